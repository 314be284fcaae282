"""Fused layers: one layer, or several done in one pass, with a forward and a backward method.

    convolution   pool (ReLU, dropout)   ReLU (dropout)   flatten   dense

The methods compute nothing: they add calls to a program, which computes. A fused layer keeps what
its backward pass needs. Values have the dtype of the matrix products, parameter gradients are
float32. Matrix products and convolutions are PyTorch's; everything else is one pass of a kernel.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from noonbit.models.dropout import Dropout
from noonbit.training.fused.arguments import (
    ACTIVATIONS,
    ConvolutionArguments,
    DropoutArguments,
    ShortcutArguments,
    WindowArguments,
)
from noonbit.training.fused.kernels import Value
from noonbit.training.fused.operators import Layout
from noonbit.training.fused.parameter import ComputeParameter, WeightAndBias
from noonbit.training.fused.program import Program, Values

MAX_WINDOW_SIZE = 254
"""Positions in a pool's window: the maximum's is stored in a byte, and 255 means no gradient."""


class FusedLayer(Protocol):
    """One layer, or several computed in one pass."""

    @property
    def compute_parameters(self) -> Sequence[ComputeParameter]:
        """The parameters of the layer."""

    def forward(self, program: Program, values: Values) -> Values:
        """Add the forward pass and return the output; keep what `backward` needs."""

    def backward(
        self, program: Program, gradient: Values, *, needs_input_grad: bool
    ) -> Values | None:
        """Add the backward pass, which sets the parameters' gradients.

        Returns the input's gradient, if `needs_input_grad`. May overwrite `gradient`, the gradient
        of the output.
        """


class ParameterFree:
    """A fused layer without parameters, whose backward pass is the input's gradient alone."""

    compute_parameters: Sequence[ComputeParameter] = ()

    def backward(
        self, program: Program, gradient: Values, *, needs_input_grad: bool
    ) -> Values | None:
        """See `FusedLayer`."""
        return self.input_gradient(program, gradient) if needs_input_grad else None

    def input_gradient(self, program: Program, gradient: Values) -> Values:
        """Add the input's gradient, and return it; may overwrite `gradient`."""
        raise NotImplementedError


class FusedDropout:
    """Dropout as an argument of a kernel; the random bits are those the layer would draw itself."""

    def __init__(self, layer: Dropout | None) -> None:
        self.layer = layer if layer is not None and layer.p > 0 else None
        self.scale = 1.0 if self.layer is None else self.layer.scale
        self.seed = Value()

    def arguments(self, program: Program, count: int) -> DropoutArguments:
        """Return the argument for `count` values, for which every run draws anew."""
        if self.layer is None:
            return DropoutArguments(None, 0, 1.0)
        words = self.layer.empty_words(count)
        program.before(self.set_seed)
        program.call("random_bits", words, len(words), self.seed)
        return DropoutArguments(words.data_ptr(), self.layer.threshold, self.scale)

    def set_seed(self) -> None:
        """Pass the seed of the layer's next draw on."""
        assert self.layer is not None  # noqa: S101 - else nothing is drawn
        self.seed.integer = self.layer.take_seed()


def with_layout(operand: Values | Tensor | None) -> tuple[Values | Tensor | None, Layout]:
    """Return an operand of PyTorch's operators and its layout, which is not read without one."""
    return operand, operand.layout if isinstance(operand, Values) else Layout.of(operand)


class FusedConvolution(WeightAndBias):
    """Any convolution, by PyTorch's operators."""

    def __init__(self, layer: nn.Conv2d, dtype: torch.dtype) -> None:
        super().__init__(layer, dtype)
        self.layer = layer

    def forward(self, program: Program, values: Values) -> Values:
        """(N, C, H, W) -> (N, filters, h, w)."""
        self.values = values
        shape = (len(values), self.layer.out_channels, *self.output_size(values))
        result, owner = program.returned_by_pytorch(shape, values.dtype)
        program.call(
            "convolution",
            *with_layout(values),
            *with_layout(self.weight.value),
            *with_layout(self.bias_value),
            self.arguments(needs_input_grad=False),
            *with_layout(result),
            owner,
        )
        return result

    def output_size(self, values: Values) -> tuple[int, ...]:
        """Return the height and width of the output, as in the documentation of `nn.Conv2d`."""
        layer = self.layer
        return tuple(
            (values.shape[2 + axis] + 2 * int(layer.padding[axis]) - extent) // stride + 1
            for axis, stride in enumerate(layer.stride)
            for extent in [layer.dilation[axis] * (layer.kernel_size[axis] - 1) + 1]
        )

    def arguments(self, *, needs_input_grad: bool) -> ConvolutionArguments:
        """Return the layer's settings, and the gradients that are wanted."""
        layer, result = self.layer, ConvolutionArguments(groups=self.layer.groups)
        result.stride[:], result.dilation[:] = layer.stride, layer.dilation
        result.padding[:] = [int(padding) for padding in layer.padding]
        result.wanted[:] = needs_input_grad, self.weight.requires_grad, self.trains_bias
        return result

    def backward(
        self, program: Program, gradient: Values, *, needs_input_grad: bool
    ) -> Values | None:
        """See `FusedLayer`; one call computes all three gradients."""
        result, owner = program.returned_by_pytorch(self.values.shape, self.values.dtype)
        program.call(
            "convolution_back",
            *with_layout(gradient),
            *with_layout(self.values),
            *with_layout(self.weight.value),
            self.arguments(needs_input_grad=needs_input_grad),
            *(result, owner),
            *with_layout(self.weight.gradient),
            *with_layout(self.bias_gradient),
        )
        return result if needs_input_grad else None


class FusedMaxPool(ParameterFree):
    """Max-pooling with windows that do not overlap, then optionally ReLU and dropout."""

    def __init__(
        self,
        *,
        side: int | None,
        stride: int | None,
        ceil_mode: bool,
        rectified: bool,
        dropout: Dropout | None,
    ) -> None:
        self.side, self.stride, self.ceil_mode = side, stride, ceil_mode
        self.rectified = rectified
        self.dropout = FusedDropout(dropout)

    def forward(self, program: Program, values: Values) -> Values:
        """(N, C, H, W) -> (N, C, h, w)."""
        self.values = values
        count, channels, height, width = values.shape
        side = self.side or max(height, width)  # None: the whole map
        stride = self.stride or side
        rows, columns = (self.count_windows(length, side, stride) for length in (height, width))
        self.window = WindowArguments(count, height, width, channels, side, stride, rows, columns)
        result = program.empty((count, channels, rows, columns), values.dtype)
        self.argmax = program.buffer(result.count)
        dropout = self.dropout.arguments(program, result.count)
        program.call("pool", values, result, self.argmax, self.window, self.rectified, dropout)
        return result

    def count_windows(self, length: int, side: int, stride: int) -> int:
        """Count the windows along a side; with `ceil_mode`, one may be cut off at the edge."""
        if length <= side:
            return 1
        steps = (length - side) / stride
        count = (math.ceil(steps) if self.ceil_mode else math.floor(steps)) + 1
        return count - 1 if (count - 1) * stride >= length else count

    def input_gradient(self, program: Program, gradient: Values) -> Values:
        """Pass the gradient to the position of each maximum, zero elsewhere."""
        result = program.empty_like(self.values)
        program.call("pool_back", gradient, self.argmax, result, self.window, self.dropout.scale)
        return result


class FusedReLU(ParameterFree):
    """ReLU, then optionally dropout."""

    def __init__(self, dropout: Dropout | None) -> None:
        self.dropout = FusedDropout(dropout)

    def forward(self, program: Program, values: Values) -> Values:
        """Any shape; in place, as no fused layer before it needs its own output again."""
        dropout = self.dropout.arguments(program, values.count)
        program.call("activate", values, values, values.count, ACTIVATIONS["relu"], dropout)
        self.result = values
        return values

    def input_gradient(self, program: Program, gradient: Values) -> Values:
        """Zero the gradient where the output is zero: the input was negative, or dropped."""
        program.call(
            "rectify_back", gradient, self.result, gradient, gradient.count, self.dropout.scale
        )
        return gradient


class FusedFlatten(ParameterFree):
    """Maps to rows, channel by channel, in the order of `nn.Flatten`."""

    def forward(self, program: Program, values: Values) -> Values:
        """(N, C, H, W) -> (N, C * H * W); a copy unless C or H * W is 1."""
        self.values = values
        count, channels, *size = values.shape
        pixels = math.prod(size)
        self.moves = channels > 1 and pixels > 1  # otherwise both memory orders are the same
        if not self.moves:
            return values.reshape((count, channels * pixels))
        rows = program.empty((count, channels * pixels), values.dtype)
        program.call("transpose", values, rows, count, pixels, channels)
        return rows

    def input_gradient(self, program: Program, gradient: Values) -> Values:
        """Bring the gradient back to channels last."""
        if not self.moves:
            return gradient.reshape(self.values.shape)
        count, channels, *size = self.values.shape
        result = program.empty_like(self.values)
        program.call("transpose", gradient, result, count, channels, math.prod(size))
        return result


class FusedShortcut(ParameterFree):
    """The parameter-free shortcut: every `stride`-th pixel, and zero maps for those missing."""

    def __init__(self, stride: int, missing: int) -> None:
        self.stride, self.before, self.after = stride, missing // 2, missing - missing // 2

    def forward(self, program: Program, values: Values) -> Values:
        """(N, C, H, W) -> (N, C + missing, H / stride, W / stride)."""
        self.values = values
        count, channels, height, width = values.shape
        self.arguments = ShortcutArguments(
            *(count, height, width, channels, self.stride, self.before, self.after)
        )
        size = (-(-height // self.stride), -(-width // self.stride))
        result = program.empty((count, self.before + channels + self.after, *size), values.dtype)
        program.call("shortcut", values, result, self.arguments)
        return result

    def input_gradient(self, program: Program, gradient: Values) -> Values:
        """Pass the gradient to the pixels that forward read, zero elsewhere."""
        result = program.empty_like(self.values)
        program.call("shortcut_back", gradient, result, self.arguments)
        return result


class FusedMean(ParameterFree):
    """Global average pooling."""

    def forward(self, program: Program, values: Values) -> Values:
        """(N, C, H, W) -> (N, C, 1, 1)."""
        self.values = values
        count, channels, height, width = values.shape
        result = program.empty((count, channels, 1, 1), values.dtype)
        program.call("mean", values, result, count, height * width, channels)
        return result

    def input_gradient(self, program: Program, gradient: Values) -> Values:
        """Spread the gradient evenly over the pixels."""
        count, channels, height, width = self.values.shape
        result = program.empty_like(self.values)
        program.call("mean_back", gradient, result, count, height * width, channels)
        return result


class FusedDense(WeightAndBias):
    """A dense layer."""

    def forward(self, program: Program, values: Values) -> Values:
        """(N, inputs) -> (N, outputs)."""
        self.values = values
        weight, bias = self.weight.value, self.bias_value
        result = program.empty((len(values), len(weight)), values.dtype)
        program.call(
            "matrix_product",
            *with_layout(values),
            *with_layout(weight.t()),
            *with_layout(None if bias is None else bias.expand(result.shape)),
            *with_layout(result),
        )
        return result

    def backward(
        self, program: Program, gradient: Values, *, needs_input_grad: bool
    ) -> Values | None:
        """See `FusedLayer`."""
        values, weight = self.values, self.weight
        if weight.requires_grad:
            target = weight.gradient
            is_direct = target.dtype == gradient.dtype
            layout = Layout.make(target.shape, target.stride(), gradient.dtype)
            product = program.buffer(target.numel() * gradient.dtype.itemsize)
            program.call(
                "matrix_product",
                *(gradient, gradient.transposed_layout),
                *with_layout(values),
                *with_layout(None),
                *(target if is_direct else product, layout),
            )
            if not is_direct:
                program.call("widen", product, target, target.numel())
        if self.bias is not None and self.trains_bias:
            program.call("add_rows", gradient, self.bias.gradient, *gradient.shape)
        if not needs_input_grad:
            return None
        result = program.empty_like(values)
        program.call(
            "matrix_product",
            *with_layout(gradient),
            *with_layout(weight.value),
            *with_layout(None),
            *with_layout(result),
        )
        return result
