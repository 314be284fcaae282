"""Products by a processor's matrix tiles are those of PyTorch, rounded no more than bfloat16 is."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from noonbit.training.fused import amx
from noonbit.training.fused.amx import Tiles, suits
from noonbit.training.fused.amx_layers import TiledConvolution, TiledDense

ROUNDED = 2**-7
"""Of a result in bfloat16, as a share of the largest one."""
SUMMED = 1e-5
"""Of a sum in float32 of products that are exact."""


@pytest.fixture(scope="module")
def loaded() -> Tiles:
    found = amx.load()
    if found is None:
        pytest.skip("this processor has no matrix tiles")
    return found


def noise(*shape: int, seed: int) -> Tensor:
    """Numbers that bfloat16 holds exactly."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator).bfloat16()


def maps(*shape: int, seed: int) -> Tensor:
    return noise(*shape, seed=seed).contiguous(memory_format=torch.channels_last)


def far(ours: Tensor, exact: Tensor) -> float:
    return float((ours.double() - exact).abs().max() / exact.abs().max().clamp_min(1e-9))


def test_a_processor_that_says_it_has_tiles_gets_them() -> None:
    from noonbit.system import cpp_extension
    from noonbit.system.hardware import processor_features

    if cpp_extension.load(amx.SOURCE) is None or "amx_bf16" not in processor_features():
        pytest.skip("there is no compiler here, or no matrix tiles")
    assert amx.load() is not None


@settings(deadline=None, max_examples=60)
@given(
    *(st.integers(1, 5), st.integers(1, 9), st.integers(1, 9), st.integers(1, 70)),
    *(st.integers(1, 70), st.sampled_from([1, 2, 3, 5]), st.integers(0, 2), st.booleans()),
    *(st.booleans(), st.sampled_from([1, 2])),
)
def test_a_convolution_of_any_size_and_its_gradients_are_pytorchs(
    loaded: Tiles,
    count: int,
    height: int,
    width: int,
    channels: int,
    filters: int,
    kernel: int,
    margin: int,
    channels_last: bool,
    bias: bool,
    threads: int,
) -> None:
    margin = min(margin, kernel - 1)
    height, width = max(height, kernel), max(width, kernel)
    layer = nn.Conv2d(channels, filters, kernel, padding=margin, bias=bias)
    layer.weight.data = noise(*layer.weight.shape, seed=1).float()
    if channels_last:
        layer.to(memory_format=torch.channels_last)
    link = TiledConvolution(loaded, layer)
    values = maps(count, channels, height, width, seed=2)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    result = link.forward(values)
    gradient = maps(*result.shape, seed=3)
    back = link.backward(gradient, further=True)
    torch.set_num_threads(before)

    exact = values.double().requires_grad_()
    weight = layer.weight.detach().double().requires_grad_()
    offset = None if layer.bias is None else layer.bias.detach().double().requires_grad_()
    expected = F.conv2d(exact, weight, offset, padding=margin)
    expected.backward(gradient.double())
    assert exact.grad is not None and weight.grad is not None and back is not None
    assert layer.weight.grad is not None
    assert far(result, expected.detach()) < ROUNDED
    assert far(back, exact.grad) < ROUNDED
    assert far(layer.weight.grad, weight.grad) < SUMMED
    if layer.bias is not None and offset is not None:
        assert layer.bias.grad is not None and offset.grad is not None
        assert far(layer.bias.grad, offset.grad) < SUMMED


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 70), st.integers(1, 100), st.integers(1, 70))
def test_a_matrix_of_any_size_and_its_gradients_are_pytorchs(
    loaded: Tiles, count: int, inputs: int, outputs: int
) -> None:
    layer = nn.Linear(inputs, outputs)
    layer.weight.data = noise(outputs, inputs, seed=1).float()
    link = TiledDense(loaded, layer)
    values, gradient = noise(count, inputs, seed=2), noise(count, outputs, seed=3)
    result = link.forward(values)
    back = link.backward(gradient, further=True)
    assert back is not None and layer.weight.grad is not None and layer.bias.grad is not None
    exact = layer.weight.detach().double()
    expected = values.double() @ exact.T + layer.bias.detach().double()
    assert far(result, expected) < ROUNDED
    assert far(back, gradient.double() @ exact) < ROUNDED
    assert far(layer.weight.grad, gradient.double().T @ values.double()) < SUMMED
    assert far(layer.bias.grad, gradient.double().sum(0)) < SUMMED


def test_what_is_not_a_number_stays_so(loaded: Tiles) -> None:
    link = TiledConvolution(loaded, nn.Conv2d(32, 32, 3))
    values = maps(1, 32, 5, 5, seed=1)
    values[0, 7, 0, 0] = torch.nan
    result = link.forward(values)
    assert result[0, :, 0, 0].isnan().all()
    assert not result[0, :, 1:, 1:].isnan().any()


def test_a_layer_that_does_not_learn_gets_no_gradient(loaded: Tiles) -> None:
    layer = nn.Conv2d(32, 32, 3).requires_grad_(False)
    link = TiledConvolution(loaded, layer)
    result = link.forward(maps(2, 32, 6, 6, seed=1))
    assert link.backward(maps(*result.shape, seed=2), further=True) is not None
    assert layer.weight.grad is None and layer.bias is not None and layer.bias.grad is None


def test_products_beside_those_of_the_library_disturb_neither(loaded: Tiles) -> None:
    link = TiledConvolution(loaded, nn.Conv2d(32, 32, 3))
    values, left, right = maps(4, 32, 9, 9, seed=1), noise(64, 64, seed=2), noise(64, 64, seed=3)
    first, product = link.forward(values).clone(), left @ right
    for _ in range(3):
        assert torch.equal(left @ right, product)
        assert torch.equal(link.forward(values), first)


def test_layers_that_fill_little_of_the_tiles_are_left_to_the_library() -> None:
    assert suits(32, 32) and suits(50, 25) and suits(75, 50)
    assert not suits(16, 16) and not suits(3, 64)
