"""Programs: the memory of their values, what they refuse, and the threads that run them."""

import threading
from itertools import combinations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.models.catalogue import build
from noonbit.training.fused import build_fused, kernels, operators
from noonbit.training.fused.arguments import WindowArguments
from noonbit.training.fused.kernels import Kernels
from noonbit.training.fused.layers import (
    FusedConvolution,
    FusedDense,
    FusedMean,
    FusedShortcut,
)
from noonbit.training.fused.network import MAX_PROGRAMS
from noonbit.training.fused.operators import Layout
from noonbit.training.fused.program import ALIGNMENT, Buffer, Program, place
from noonbit.training.fused.team import Team
from tests.helpers.fused_layers import given as values_of
from tests.helpers.fused_layers import run_both, taken


@pytest.fixture(scope="module")
def loaded() -> Kernels:
    found = kernels.load(torch.float32)
    if found is None:
        pytest.skip("no C++ compiler is here")
    return found


@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 20), st.integers(0, 9)), max_size=30))
def test_values_in_use_at_the_same_time_never_share_memory(
    lifetimes: list[tuple[int, int, int]],
) -> None:
    buffers = []
    for size, first, length in lifetimes:
        buffers.append(Buffer(size))
        buffers[-1].note_call(first)
        buffers[-1].note_call(first + length)
    total = place(buffers)
    assert all(each.offset % ALIGNMENT == 0 for each in buffers)
    assert all(each.offset + each.size <= total for each in buffers)
    for one, other in combinations(buffers, 2):
        if one.first_call <= other.last_call and other.first_call <= one.last_call:
            apart = (one.offset + one.size <= other.offset, other.offset + other.size <= one.offset)
            assert any(apart)


def test_values_that_are_never_needed_at_the_same_time_share_memory(loaded: Kernels) -> None:
    program = Program(loaded)
    given_values = torch.rand(1, 64)
    values = values_of(program, given_values)
    for _ in range(10):
        following = program.empty_like(values)
        program.call("narrow", values, following, values.count)
        values = following
    result = taken(program, values)
    program.finish()
    assert len({each.offset for each in program.buffers}) == 2
    program.run()
    assert torch.equal(result, given_values)


def test_a_call_that_does_not_fit_its_kernel_is_refused(loaded: Kernels) -> None:
    program = Program(loaded)
    values = values_of(program, torch.rand(1, 4))
    with pytest.raises(ValueError, match="zip"):
        program.call("add", values, values)
    for wrong in (4.0, torch.rand(2), None, WindowArguments()):
        with pytest.raises(TypeError, match="a kernel wants i, and got"):
            program.call("add", values, values, wrong)
    with pytest.raises(KeyError):
        program.call("nothing", values)


@settings(deadline=None, max_examples=40)
@given(
    *(st.integers(1, 4), st.sampled_from([1, 2, 4]), st.integers(1, 3), st.integers(1, 3)),
    *(st.sampled_from([1, 2, 3]), st.sampled_from([1, 2]), st.integers(0, 2)),
    *(st.sampled_from([1, 2]), st.booleans(), st.booleans()),
)
def test_any_convolution_and_its_gradients_are_pytorchs(
    count: int,
    groups: int,
    channels: int,
    filters: int,
    kernel: int,
    stride: int,
    padding: int,
    dilation: int,
    bias: bool,
    channels_last: bool,
) -> None:
    found = kernels.load(torch.float32)
    if found is None:
        pytest.skip("no C++ compiler is here")
    torch.manual_seed(0)
    layer = nn.Conv2d(
        *(groups * channels, groups * filters, kernel, stride, padding, dilation, groups, bias)
    )
    if channels_last:
        layer.to(memory_format=torch.channels_last)
    values = torch.randn(count, groups * channels, 7, 9, requires_grad=True)
    expected = layer(values)
    gradient = torch.randn(expected.shape)
    expected.backward(gradient)
    parameters = [each.grad for each in layer.parameters()]
    layer.zero_grad()
    ours, back = run_both(found, FusedConvolution(layer, torch.float32), values.detach(), gradient)
    torch.testing.assert_close(ours, expected.detach(), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(back, values.grad, atol=1e-5, rtol=1e-5)
    for parameter, grad in zip(layer.parameters(), parameters, strict=True):
        torch.testing.assert_close(parameter.grad, grad, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("is_transposed", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_dense_layer_and_its_gradients_are_pytorchs(
    loaded: Kernels, dtype: torch.dtype, bias: bool, is_transposed: bool
) -> None:
    found = kernels.load(dtype)
    assert found is not None
    torch.manual_seed(0)
    layer = nn.Linear(30, 7, bias=bias)
    layer.weight.data = layer.weight.data.to(dtype).float()  # exactly so in both
    if is_transposed:  # in memory
        layer.weight = nn.Parameter(layer.weight.detach().t().contiguous().t())
    values = torch.randn(5, 30).to(dtype)
    exact = values.float().requires_grad_()
    expected = F.linear(exact, layer.weight, layer.bias)
    gradient = torch.randn(5, 7).to(dtype)
    expected.backward(gradient.float())
    parameters = [each.grad for each in layer.parameters()]
    layer.zero_grad()
    fused = FusedDense(layer, dtype)
    for each in fused.compute_parameters:
        each.value.copy_(each.parameter.detach())
    ours, back = run_both(found, fused, values, gradient)
    tolerance = 1e-5 if dtype == torch.float32 else 0.03
    torch.testing.assert_close(ours.float(), expected.detach(), atol=tolerance, rtol=tolerance)
    torch.testing.assert_close(back.float(), exact.grad, atol=tolerance, rtol=tolerance)
    for parameter, grad in zip(layer.parameters(), parameters, strict=True):
        assert parameter.dtype == torch.float32
        torch.testing.assert_close(parameter.grad, grad, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("frozen", ["weight", "bias"])
def test_a_frozen_parameter_of_a_convolution_gets_no_gradient(loaded: Kernels, frozen: str) -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(2, 3, 3)
    layer.get_parameter(frozen).requires_grad_(False)
    values = torch.randn(2, 2, 6, 6, requires_grad=True)
    expected = layer(values)
    gradient = torch.randn(expected.shape)
    expected.backward(gradient)
    exact = {name: parameter.grad for name, parameter in layer.named_parameters()}
    layer.zero_grad()
    _, back = run_both(loaded, FusedConvolution(layer, torch.float32), values.detach(), gradient)
    torch.testing.assert_close(back, values.grad, atol=1e-5, rtol=1e-5)
    for name, parameter in layer.named_parameters():
        if name == frozen:
            assert parameter.grad is None
        else:
            torch.testing.assert_close(parameter.grad, exact[name], atol=1e-4, rtol=1e-4)


def test_the_shortcut_and_the_mean_are_pytorchs_in_both_dtypes() -> None:
    torch.manual_seed(0)
    for dtype in (torch.float32, torch.bfloat16):
        found = kernels.load(dtype)
        if found is None:
            pytest.skip("no C++ compiler is here")
        values = torch.randn(3, 5, 7, 6).to(dtype).requires_grad_()
        shortcut = F.pad(values[:, :, ::2, ::2], (0, 0, 0, 0, 1, 2))
        for layer, expected in (
            (FusedShortcut(stride=2, missing=3), shortcut),
            (FusedMean(), values.mean(dim=(2, 3), keepdim=True)),
        ):
            gradient = torch.randn(expected.shape).to(dtype)
            (exact,) = torch.autograd.grad(expected, values, gradient)
            ours, back = run_both(found, layer, values.detach(), gradient)
            torch.testing.assert_close(ours, expected.detach())
            torch.testing.assert_close(back, exact)


def test_what_pytorch_returns_is_released_after_its_last_use(loaded: Kernels) -> None:
    program = Program(loaded)
    layer = FusedConvolution(nn.Conv2d(2, 3, 3), torch.float32)
    maps = layer.forward(program, values_of(program, torch.rand(1, 2, 6, 6)))
    taken(program, maps)
    later = values_of(program, torch.rand(1, 4))
    program.call("add", later, later, later.count)
    program.finish()
    names = [kernel.name.decode() for kernel, _ in program.calls]
    assert names == ["convolution", "add", "release", "add"]
    program.run()
    assert [owner.pointer for _, owner in program.returned] == [None]


def test_what_pytorch_refuses_is_said_in_its_words_and_nothing_is_kept(loaded: Kernels) -> None:
    program = Program(loaded)
    layer = FusedConvolution(nn.Conv2d(2, 3, 3), torch.float32)
    maps = layer.forward(program, values_of(program, torch.rand(1, 2, 6, 6)))
    left, right, result = torch.rand(2, 3), torch.rand(4, 5), torch.rand(2, 5)
    program.call(
        "matrix_product",
        *(left, Layout.of(left), right, Layout.of(right)),
        *(None, Layout.of(None), result, Layout.of(result)),
    )
    taken(program, maps)
    program.finish()
    with pytest.raises(RuntimeError, match="refused a matrix_product. .*2x3 and 4x5"):
        program.run()
    assert [owner.pointer for _, owner in program.returned] == [None]


def test_without_one_of_pytorchs_functions_there_are_no_operators(
    loaded: Kernels, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert operators.load() is not None
    monkeypatch.setattr(operators, "FUNCTIONS", (*operators.FUNCTIONS, "aoti_torch_nothing"))
    assert operators.load() is None


def test_an_older_pytorch_refuses_without_words(
    loaded: Kernels, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Older:
        """PyTorch without the function that says why another failed, as up to 2.9."""

        def __getattr__(self, name: str) -> object:
            if name == operators.LAST_ERROR:
                raise AttributeError(name)
            return getattr(pytorch, name)

    pytorch = operators.find_pytorch()
    left, right, result = torch.rand(2, 3), torch.rand(4, 5), torch.rand(2, 5)
    program = Program(loaded)
    program.call(
        "matrix_product",
        *(left, Layout.of(left), right, Layout.of(right)),
        *(None, Layout.of(None), result, Layout.of(result)),
    )
    program.finish()
    try:
        with monkeypatch.context() as changed:
            changed.setattr(operators, "find_pytorch", Older)
            assert operators.load() is not None
            with pytest.raises(RuntimeError, match=r"PyTorch refused a matrix_product\.$"):
                program.run()
    finally:
        operators.load()


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.integers(0, 2000))
def test_random_bits_are_those_of_pytorchs_generator(seed: int, count: int) -> None:
    found = kernels.load(torch.float32)
    if found is None:
        pytest.skip("no C++ compiler is here")
    generator = torch.Generator().manual_seed(seed)
    expected = torch.empty(count, dtype=torch.int64).random_(-(1 << 63), None, generator=generator)
    program, words = Program(found), torch.zeros(count, dtype=torch.int64)
    program.call("random_bits", words, count, seed)
    program.finish()
    program.run()
    assert torch.equal(words, expected)


def test_every_shape_of_a_batch_has_its_program_and_the_oldest_is_forgotten(
    loaded: Kernels,
) -> None:
    torch.manual_seed(0)
    model = build("cnn", 3, 1, (12, 12)).train()
    fused = build_fused(model, torch.float32)
    assert fused is not None
    preprocessor = ImagePreprocessor(height=12, width=12, channels=1)
    contract = Contract(
        preprocessor=preprocessor, mean=(0.5,), std=(0.2,), class_names=("a", "b", "c")
    )
    fused.set_normalization(contract)
    losses = {}
    for again in range(2):
        for count in range(2, 3 + MAX_PROGRAMS):
            images, labels = torch.full((count, 1, 12, 12), 9.0), torch.zeros(count).long()
            loss, _ = fused.backward(images, labels, smoothing=0.0, count=count)
            assert losses.setdefault(count, loss.item()) == loss.item(), again
            assert len(fused.steps) <= MAX_PROGRAMS
            begin, end = fused.memory.data_ptr(), fused.memory.data_ptr() + len(fused.memory)
            assert all(
                begin <= each.address.pointer <= end - each.size
                for step in fused.steps.values()
                for each in step.program.buffers
                if each.first_call is not None
            )
    for count in (3, 5):
        assert losses[count] == pytest.approx(count * losses[2] / 2, rel=1e-5)


@pytest.mark.parametrize("threads", [2, 3])
def test_a_team_runs_all_programs_and_adds_their_gradients(loaded: Kernels, threads: int) -> None:
    before = threading.active_count()
    team = Team(loaded, threads)
    assert threading.active_count() == before + threads - 1
    for count in (2, 1, threads):
        programs, gradients = [], []
        for number in range(count):
            program, gradient = Program(loaded), torch.zeros(1000)
            program.call("add", torch.full((1000,), 10.0**number), gradient, 1000)
            program.finish()
            programs.append(program)
            gradients.append(gradient)
        team.run(programs, gradients)
        assert gradients[0].unique().tolist() == [float("1" * count)]
    team.close()
    assert threading.active_count() == before
