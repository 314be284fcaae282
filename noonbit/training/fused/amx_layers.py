"""Fused layers that multiply on AMX tiles, in bfloat16.

They round the float32 weights while reading them and write float32 gradients straight to the
optimiser's memory, so nothing is converted before or after a step.
"""

import torch
from torch import Tensor, nn

from noonbit.training.fused.arguments import AmxArguments
from noonbit.training.fused.parameter import WeightAndBias
from noonbit.training.fused.program import Program, Values


class AmxLayer(WeightAndBias):
    """A convolution of stride 1: forward, backward, and the gradients of weight and bias."""

    def __init__(self, layer: nn.Conv2d | nn.Linear) -> None:
        super().__init__(layer, torch.float32)

    def multiply(
        self, program: Program, values: Values, arguments: AmxArguments, result: Values
    ) -> Values:
        """Add the product, laid out as `arguments` say, and return `result`."""
        self.values, self.arguments = values, arguments
        program.call(
            "amx_convolution", values, self.weight.value, self.bias_value, result, arguments
        )
        return result

    def backward(
        self, program: Program, gradient: Values, *, needs_input_grad: bool
    ) -> Values | None:
        """See `FusedLayer`."""
        if self.weight.requires_grad or self.trains_bias:
            program.call(
                "amx_convolution_weights",
                *(self.values, gradient, self.weight.gradient, self.bias_gradient),
                self.arguments,
            )
        if not needs_input_grad:
            return None
        result = program.empty_like(self.values)
        program.call("amx_convolution_back", gradient, self.weight.value, result, self.arguments)
        return result


class AmxConvolution(AmxLayer):
    """A square convolution of stride 1."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__(layer)
        self.kernel, self.margin = layer.kernel_size[0], int(layer.padding[0])

    def forward(self, program: Program, values: Values) -> Values:
        """(N, C, H, W) -> (N, filters, h, w)."""
        weight = self.weight.value
        height, width = (side + 2 * self.margin - self.kernel + 1 for side in values.shape[2:])
        result = program.empty((len(values), len(weight), height, width), values.dtype)
        arguments = make_arguments(values.shape, weight, margin=self.margin)
        return self.multiply(program, values, arguments, result)


class AmxDense(AmxLayer):
    """A dense layer, computed as a 1x1 convolution over one image whose pixels are the items."""

    def forward(self, program: Program, values: Values) -> Values:
        """(N, inputs) -> (N, outputs)."""
        weight = self.weight.value
        count, inputs = values.shape
        result = program.empty((count, len(weight)), values.dtype)
        shape = (1, inputs, 1, count)
        arguments = make_arguments(shape, weight[:, :, None, None], margin=0)
        return self.multiply(program, values, arguments, result)


def make_arguments(shape: tuple[int, ...], weight: Tensor, *, margin: int) -> AmxArguments:
    """Describe a convolution of maps (N, C, H, W) with filters (F, C, k, k)."""
    count, channels, height, width = shape
    filters, _, kernel, _ = weight.shape
    return AmxArguments(count, height, width, channels, filters, kernel, margin, *weight.stride())
