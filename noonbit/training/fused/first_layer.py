"""Fused layers that stand before any trainable layer, and so need no input gradient."""

from collections.abc import Sequence

import torch
from torch import nn

from noonbit.models.dropout import Dropout
from noonbit.training.fused.arguments import (
    ACTIVATIONS,
    DropoutArguments,
    FirstArguments,
    PaddingArguments,
)
from noonbit.training.fused.layers import FusedDropout, ParameterFree
from noonbit.training.fused.parameter import WeightAndBias
from noonbit.training.fused.program import Program, Values


class FusedPadding(ParameterFree):
    """Zero margins around images that are too small; always the first layer."""

    def __init__(self, margins: Sequence[int]) -> None:
        """`margins` are left, right, top and bottom, as `torch.nn.functional.pad` takes them."""
        self.margins = tuple(margins)

    def forward(self, program: Program, values: Values) -> Values:
        """(N, C, H, W) -> (N, C, H + top + bottom, W + left + right)."""
        count, channels, height, width = values.shape
        left, right, top, bottom = self.margins
        result = program.empty(
            (count, channels, height + top + bottom, width + left + right), values.dtype
        )
        arguments = PaddingArguments(count, height, width, channels, *self.margins)
        program.call("pad", values, result, arguments)
        return result


class FusedFirstConvolution(WeightAndBias):
    """The first convolution with its pool, activation and dropout, in one pass.

    Its filters are small and its maps the largest of the network: with oneDNN, this convolution and
    its pool took a third of a step of `cnn`. Weights are float32 whatever the dtype of the maps.
    """

    def __init__(
        self,
        layer: nn.Conv2d,
        *,
        side: int,
        ceil_mode: bool,
        rectified: bool,
        dropout: Dropout | None,
    ) -> None:
        super().__init__(layer, torch.float32)
        self.side, self.ceil_mode, self.rectified = side, ceil_mode, rectified
        self.dropout = FusedDropout(dropout)
        self.kernel, self.margin = layer.kernel_size[0], int(layer.padding[0])

    def forward(self, program: Program, values: Values) -> Values:
        """(N, C, H, W) -> (N, filters, h, w)."""
        self.values = values
        weight = self.weight.value
        count, channels, *size = values.shape
        height, width = (length + 2 * self.margin for length in size)
        cut_off = self.side - 1 if self.ceil_mode else 0
        rows, columns = (
            (length - self.kernel + 1 + cut_off) // self.side for length in (height, width)
        )
        self.arguments = FirstArguments(
            *(count, height, width, channels, len(weight), self.kernel, self.margin, self.side),
            *(rows, columns, self.rectified, *weight.stride()),
        )
        result = program.empty((count, len(weight), rows, columns), values.dtype)
        self.argmax = program.buffer(result.count)
        dropout = self.dropout.arguments(program, result.count)
        program.call(
            "first",
            *(values, weight, self.bias_value, result, self.argmax, self.arguments, dropout),
        )
        return result

    def backward(
        self, program: Program, gradient: Values, *, needs_input_grad: bool
    ) -> Values | None:
        """Set the gradients of weight and bias; return None, as the input is the images."""
        assert not needs_input_grad, "the first convolution reads the images"  # noqa: S101
        program.call(
            "first_back",
            *(gradient, self.argmax, self.values, self.arguments, self.dropout.scale),
            *(self.weight.gradient, self.bias_gradient),
        )
        return None


class FusedFirstActivation(ParameterFree):
    """SiLU with no trainable layer before it, as behind a frozen stem: forward only."""

    def forward(self, program: Program, values: Values) -> Values:
        """Any shape; in place."""
        dropout = DropoutArguments(None, 0, 1.0)
        program.call("activate", values, values, values.count, ACTIVATIONS["silu"], dropout)
        return values
