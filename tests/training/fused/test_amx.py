"""AMX products equal PyTorch's up to bfloat16 rounding."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from noonbit.training.fused import amx, kernels
from noonbit.training.fused.amx import fills_tiles
from noonbit.training.fused.amx_layers import AmxConvolution, AmxDense
from noonbit.training.fused.compile import FusedBuilder
from noonbit.training.fused.kernels import Kernels
from tests.helpers.fused_layers import run_both, run_forward

ROUNDED = 2**-7
"""Relative error of a bfloat16 result."""
SUMMED = 1e-5
"""Relative error of a float32 sum of exact products."""


@pytest.fixture(scope="module")
def loaded() -> Kernels:
    found = kernels.load(torch.bfloat16)
    if found is None or not found.has_amx:
        pytest.skip("this processor has no matrix tiles")
    return found


def noise(*shape: int, seed: int) -> Tensor:
    """Random values that bfloat16 represents exactly."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator).bfloat16()


def maps(*shape: int, seed: int) -> Tensor:
    return noise(*shape, seed=seed).contiguous(memory_format=torch.channels_last)


def relative_error(ours: Tensor, exact: Tensor) -> float:
    return float((ours.double() - exact).abs().max() / exact.abs().max().clamp_min(1e-9))


def test_a_processor_that_says_it_has_tiles_gets_them() -> None:
    from noonbit.system import cpp_extension
    from noonbit.system.hardware import processor_features

    if cpp_extension.load(amx.SOURCE) is None or "amx_bf16" not in processor_features():
        pytest.skip("there is no compiler here, or no matrix tiles")
    if cpp_extension.chosen_level() == "x86-64-v3":
        pytest.skip("the kernels are for processors without matrix tiles")
    assert amx.load() is not None


@settings(deadline=None, max_examples=60)
@given(
    *(st.integers(1, 5), st.integers(1, 9), st.integers(1, 9), st.integers(1, 70)),
    *(st.integers(1, 70), st.sampled_from([1, 2, 3, 5]), st.integers(0, 2), st.booleans()),
    st.booleans(),
)
def test_a_convolution_of_any_size_and_its_gradients_are_pytorchs(
    loaded: Kernels,
    count: int,
    height: int,
    width: int,
    channels: int,
    filters: int,
    kernel: int,
    margin: int,
    channels_last: bool,
    bias: bool,
) -> None:
    margin = min(margin, kernel - 1)
    height, width = max(height, kernel), max(width, kernel)
    layer = nn.Conv2d(channels, filters, kernel, padding=margin, bias=bias)
    layer.weight.data = noise(*layer.weight.shape, seed=1).float()
    if channels_last:
        layer.to(memory_format=torch.channels_last)
    values = maps(count, channels, height, width, seed=2)
    size = (side + 2 * margin - kernel + 1 for side in (height, width))
    gradient = maps(count, filters, *size, seed=3)
    result, back = run_both(loaded, AmxConvolution(layer), values, gradient)

    exact = values.double().requires_grad_()
    weight = layer.weight.detach().double().requires_grad_()
    offset = None if layer.bias is None else layer.bias.detach().double().requires_grad_()
    expected = F.conv2d(exact, weight, offset, padding=margin)
    expected.backward(gradient.double())
    assert exact.grad is not None and weight.grad is not None
    assert layer.weight.grad is not None
    assert relative_error(result, expected.detach()) < ROUNDED
    assert relative_error(back, exact.grad) < ROUNDED
    assert relative_error(layer.weight.grad, weight.grad) < SUMMED
    if layer.bias is not None and offset is not None:
        assert layer.bias.grad is not None and offset.grad is not None
        assert relative_error(layer.bias.grad, offset.grad) < SUMMED


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 70), st.integers(1, 100), st.integers(1, 70))
def test_a_matrix_of_any_size_and_its_gradients_are_pytorchs(
    loaded: Kernels, count: int, inputs: int, outputs: int
) -> None:
    layer = nn.Linear(inputs, outputs)
    layer.weight.data = noise(outputs, inputs, seed=1).float()
    values, gradient = noise(count, inputs, seed=2), noise(count, outputs, seed=3)
    result, back = run_both(loaded, AmxDense(layer), values, gradient)
    assert layer.weight.grad is not None and layer.bias.grad is not None
    exact = layer.weight.detach().double()
    expected = values.double() @ exact.T + layer.bias.detach().double()
    assert relative_error(result, expected) < ROUNDED
    assert relative_error(back, gradient.double() @ exact) < ROUNDED
    assert relative_error(layer.weight.grad, gradient.double().T @ values.double()) < SUMMED
    assert relative_error(layer.bias.grad, gradient.double().sum(0)) < SUMMED


def test_nan_is_propagated(loaded: Kernels) -> None:
    values = maps(1, 32, 5, 5, seed=1)
    values[0, 7, 0, 0] = torch.nan
    result = run_forward(loaded, AmxConvolution(nn.Conv2d(32, 32, 3)), values)
    assert result[0, :, 0, 0].isnan().all()
    assert not result[0, :, 1:, 1:].isnan().any()


def test_a_frozen_layer_gets_no_gradient(loaded: Kernels) -> None:
    layer = nn.Conv2d(32, 32, 3).requires_grad_(False)
    gradient = maps(2, 32, 4, 4, seed=2)
    run_both(loaded, AmxConvolution(layer), maps(2, 32, 6, 6, seed=1), gradient)
    assert layer.weight.grad is None and layer.bias is not None and layer.bias.grad is None


def test_products_beside_those_of_the_library_disturb_neither(loaded: Kernels) -> None:
    fused = AmxConvolution(nn.Conv2d(32, 32, 3))
    values, left, right = maps(4, 32, 9, 9, seed=1), noise(64, 64, seed=2), noise(64, 64, seed=3)
    first, product = run_forward(loaded, fused, values), left @ right
    for _ in range(3):
        assert torch.equal(left @ right, product)
        assert torch.equal(run_forward(loaded, fused, values), first)


def test_layers_that_fill_little_of_the_tiles_are_left_to_the_library() -> None:
    assert fills_tiles(32, 32) and fills_tiles(50, 25) and fills_tiles(75, 50)
    assert not fills_tiles(16, 16) and not fills_tiles(3, 64)


@pytest.mark.parametrize(
    ("channels", "side", "filters", "pools", "takes"),
    [
        (3, 3, 64, True, True),
        (3, 3, 64, False, True),
        (3, 5, 16, True, True),  # convnetjs
        (3, 5, 16, False, False),
        (3, 5, 32, True, False),
        (3, 6, 8, True, False),
    ],
)
def test_beside_tiles_onednn_has_first_convolutions_of_many_numbers_but_a_few_before_a_pool(
    channels: int, side: int, filters: int, pools: bool, takes: bool
) -> None:
    builder = FusedBuilder(torch.bfloat16, has_amx=True)
    layer = nn.Conv2d(channels, filters, side)
    following = [nn.MaxPool2d(2)] if pools else [nn.ReLU()]
    assert builder.takes_first_kernel(layer, following) is takes
    without = FusedBuilder(torch.float32, has_amx=False)
    assert without.takes_first_kernel(layer, following) is (layer.weight[0].numel() <= 75)
