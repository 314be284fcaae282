"""Run one fused layer on tensors, in a program of its own."""

from collections.abc import Sequence

import torch
from torch import Tensor

from noonbit.training.fused.kernels import Kernels
from noonbit.training.fused.layers import FusedLayer
from noonbit.training.fused.program import Program, Values


def given(program: Program, values: Tensor) -> Values:
    """A copy of a tensor, maps with channels last, as values of a program."""
    memory = channels_last(values)
    buffer = program.input()
    buffer.point_to(memory)
    program.kept.append(memory)
    return Values(tuple(values.shape), values.dtype, buffer)


def channels_last(values: Tensor) -> Tensor:
    """A copy, in the memory order of a program."""
    if values.ndim == 4:
        return values.permute(0, 2, 3, 1).contiguous().clone().permute(0, 3, 1, 2)
    return values.contiguous().clone()


def taken(program: Program, values: Values | None) -> Tensor:
    """A tensor that will have what the values are at this point of the program."""
    assert values is not None
    result = channels_last(torch.zeros(values.shape, dtype=values.dtype))
    program.call("add", values, result, values.count)
    return result


def run_forward(kernels: Kernels, layer: FusedLayer, values: Tensor) -> Tensor:
    """The output of a layer."""
    program = Program(kernels)
    result = taken(program, layer.forward(program, given(program, values)))
    program.finish()
    program.run()
    return result


def run_both(
    kernels: Kernels, layer: FusedLayer, values: Tensor, gradient: Tensor
) -> Sequence[Tensor]:
    """The output of a layer, and the gradient of its input."""
    program = Program(kernels)
    result = taken(program, layer.forward(program, given(program, values)))
    back = layer.backward(program, given(program, gradient), needs_input_grad=True)
    input_gradient = taken(program, back)
    program.finish()
    program.run()
    for each in layer.compute_parameters:
        if each.requires_grad:
            each.publish_gradient()
    return result, input_gradient
