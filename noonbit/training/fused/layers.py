"""Fused layers: one layer, or several done in one pass, with a forward and a backward method.

    convolution   pool (ReLU, dropout)   ReLU (dropout)   norm (activation)   flatten   dense

A fused layer keeps what its backward pass needs. Values have the dtype of the matrix products;
parameter gradients are float32, stored in the parameters' `grad`. Maps are (N, C, H, W) with
channels last in memory. Matrix products and convolutions are PyTorch's; everything else is one pass
of a kernel.
"""

import ctypes
import math
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from noonbit.models.dropout import Dropout
from noonbit.training.fused.kernels import (
    ACTIVATIONS,
    ActivationName,
    Kernels,
    NormArguments,
    WindowArguments,
    data_pointer,
)
from noonbit.training.fused.parameter import ComputeParameter, WeightAndBias

MAX_WINDOW_SIZE = 254
"""Positions in a pool's window: the maximum's is stored in a byte, and 255 means no gradient."""


class FusedLayer(Protocol):
    """One layer, or several computed in one pass."""

    @property
    def compute_parameters(self) -> Sequence[ComputeParameter]:
        """The parameters of the layer."""

    def forward(self, values: Tensor) -> Tensor:
        """Return the output, and keep what `backward` needs."""

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """Set the parameters' gradients; return the input's gradient, if `needs_input_grad`.

        May overwrite `gradient`, the gradient of the output.
        """


class ParameterFree:
    """A fused layer without parameters."""

    compute_parameters: Sequence[ComputeParameter] = ()


class DropoutArguments:
    """The kernels' dropout arguments; the random bits are those the `Dropout` would draw itself."""

    def __init__(self, layer: Dropout | None) -> None:
        self.layer = layer if layer is not None and layer.p > 0 else None
        self.threshold = 0 if self.layer is None else self.layer.threshold
        self.scale = 1.0 if self.layer is None else self.layer.scale

    def random_bits(self, count: int) -> Tensor | None:
        """16 random bits for each of `count` values; None without dropout."""
        return None if self.layer is None else self.layer.random_bits(count)


def empty_maps(values: Tensor, height: int, width: int, dtype: torch.dtype | None = None) -> Tensor:
    """Uninitialised maps of the batch and channels of `values`, channels last in memory."""
    count, channels = values.shape[:2]
    return values.new_empty((count, height, width, channels), dtype=dtype).permute(0, 3, 1, 2)


def to_channels_last(values: Tensor) -> Tensor:
    """The same values with channels last in memory; no copy if they already are."""
    return values.contiguous(memory_format=torch.channels_last)


class FusedConvolution(WeightAndBias):
    """Any convolution, by PyTorch's operators."""

    def __init__(self, layer: nn.Conv2d, dtype: torch.dtype) -> None:
        super().__init__(layer, dtype)
        self.geometry = (layer.stride, layer.padding, layer.dilation)
        self.groups = layer.groups

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, filters, h, w)."""
        self.values = values
        result = torch.conv2d(
            values,
            self.weight.value,
            self.bias_value,
            *self.geometry,  # type: ignore[arg-type]
            self.groups,
        )
        return to_channels_last(result)

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """See `FusedLayer`; one call computes all three gradients."""
        stride, padding, dilation = self.geometry
        trains_bias = self.bias is not None and self.bias.requires_grad
        input_gradient, weight_gradient, bias_gradient = (
            torch.ops.aten.convolution_backward.default(
                gradient,
                self.values,
                self.weight.value,
                [len(self.weight.value)] if self.bias is not None else None,
                stride,
                padding,
                dilation,
                False,
                (0, 0),
                self.groups,
                (needs_input_grad, self.weight.requires_grad, trains_bias),
            )
        )
        if self.weight.requires_grad:
            self.weight.set_gradient(weight_gradient)
        if self.bias is not None and trains_bias:
            self.bias.set_gradient(bias_gradient)
        return to_channels_last(input_gradient) if needs_input_grad else None


class FusedMaxPool(ParameterFree):
    """Max-pooling with windows that do not overlap, then optionally ReLU and dropout."""

    def __init__(
        self,
        kernels: Kernels,
        *,
        side: int | None,
        stride: int | None,
        ceil_mode: bool,
        rectified: bool,
        dropout: Dropout | None,
    ) -> None:
        self.kernels, self.side, self.stride, self.ceil_mode = kernels, side, stride, ceil_mode
        self.rectified = rectified
        self.dropout = DropoutArguments(dropout)

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, h, w)."""
        count, channels, height, width = self.shape = values.shape
        side = self.side or max(height, width)  # None: the whole map
        stride = self.stride or side
        rows, columns = (self.count_windows(length, side, stride) for length in (height, width))
        self.window = WindowArguments(count, height, width, channels, side, stride, rows, columns)
        result = empty_maps(values, rows, columns)
        self.argmax = torch.empty(result.numel(), dtype=torch.uint8)
        random_bits = self.dropout.random_bits(result.numel())
        self.kernels.pool(
            values.data_ptr(),
            result.data_ptr(),
            self.argmax.data_ptr(),
            ctypes.addressof(self.window),
            self.rectified,
            data_pointer(random_bits),
            self.dropout.threshold,
            self.dropout.scale,
        )
        return result

    def count_windows(self, length: int, side: int, stride: int) -> int:
        """Count the windows along a side; with `ceil_mode`, one may be cut off at the edge."""
        if length <= side:
            return 1
        steps = (length - side) / stride
        count = (math.ceil(steps) if self.ceil_mode else math.floor(steps)) + 1
        return count - 1 if (count - 1) * stride >= length else count

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """Pass the gradient to the position of each maximum, zero elsewhere."""
        if not needs_input_grad:
            return None
        input_gradient = empty_maps(gradient, *self.shape[2:])
        self.kernels.pool_back(
            gradient.data_ptr(),
            self.argmax.data_ptr(),
            input_gradient.data_ptr(),
            ctypes.addressof(self.window),
            self.dropout.scale,
        )
        return input_gradient


class FusedReLU(ParameterFree):
    """ReLU, then optionally dropout."""

    def __init__(self, kernels: Kernels, dropout: Dropout | None) -> None:
        self.kernels, self.dropout = kernels, DropoutArguments(dropout)

    def forward(self, values: Tensor) -> Tensor:
        """Any shape; in place, as no fused layer before it needs its own output again."""
        random_bits = self.dropout.random_bits(values.numel())
        self.kernels.activate(
            values.data_ptr(),
            values.data_ptr(),
            values.numel(),
            ACTIVATIONS["relu"],
            data_pointer(random_bits),
            self.dropout.threshold,
            self.dropout.scale,
        )
        self.result = values
        return values

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """Zero the gradient where the output is zero: the input was negative, or dropped."""
        if needs_input_grad:
            self.kernels.rectify_back(
                gradient.data_ptr(),
                self.result.data_ptr(),
                gradient.data_ptr(),
                gradient.numel(),
                self.dropout.scale,
            )
        return gradient if needs_input_grad else None


class FusedBatchNorm:
    """Batch norm with the batch's statistics, then an optional residual sum and an activation.

    Of a share of a batch, the statistics are those of the share, until it is synchronised.
    """

    def __init__(
        self, kernels: Kernels, layer: nn.BatchNorm2d, activation: ActivationName = "none"
    ) -> None:
        self.kernels, self.layer = kernels, layer
        self.activation = ACTIVATIONS[activation]
        self.weight = ComputeParameter(layer.weight, torch.float32)
        self.bias = ComputeParameter(layer.bias, torch.float32)
        self.compute_parameters = (self.weight, self.bias)
        self.saved = torch.empty(4 * layer.num_features)
        self.residual: Tensor | None = None
        self.share, self.shares = 0, 1
        self.sums: Tensor | None = None
        self.meeting: int | None = None

    def synchronise(self, share: int, sums: Tensor, meeting: int) -> None:
        """Use the statistics of the whole batch; this layer computes share number `share` of it.

        `sums` and `meeting` are those of all shares.
        """
        self.share, self.sums, self.meeting = share, sums, meeting

    def forward(self, values: Tensor, residual: Tensor | None = None) -> Tensor:
        """(N, C, H, W) and a residual of the same shape -> the same shape."""
        layer = self.layer
        assert layer.running_mean is not None and layer.running_var is not None  # noqa: S101
        assert layer.num_batches_tracked is not None  # noqa: S101
        layer.num_batches_tracked += 1
        self.values, self.residual = values, residual
        self.norm = NormArguments(
            values.numel() // values.shape[1],
            values.shape[1],
            layer.weight.data_ptr(),
            layer.bias.data_ptr(),
            layer.eps,
            layer.momentum,
            layer.running_mean.data_ptr(),
            layer.running_var.data_ptr(),
            self.saved.data_ptr(),
            self.activation,
            self.share,
            self.shares,
            data_pointer(self.sums),
            self.meeting,
        )
        result = empty_maps(values, *values.shape[2:])
        self.kernels.norm(
            values.data_ptr(),
            data_pointer(residual),
            result.data_ptr(),
            ctypes.addressof(self.norm),
        )
        return result

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """See `FusedLayer`; the gradient of the maps alone."""
        return self.backward_both(gradient)[0]

    def backward_both(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients of the maps and of the residual; the latter overwrites `gradient`."""
        maps_gradient = (
            empty_maps(gradient, *gradient.shape[2:]) if self.residual is not None else gradient
        )
        self.kernels.norm_back(
            gradient.data_ptr(),
            self.values.data_ptr(),
            data_pointer(self.residual),
            gradient.data_ptr(),
            maps_gradient.data_ptr(),
            ctypes.addressof(self.norm),
            self.weight.gradient.data_ptr(),
            self.bias.gradient.data_ptr(),
        )
        for parameter in self.compute_parameters:
            if parameter.requires_grad:
                parameter.publish_gradient()
        return maps_gradient, gradient


class FusedFlatten(ParameterFree):
    """Maps to rows, channel by channel, in the order of `nn.Flatten`."""

    def __init__(self, kernels: Kernels) -> None:
        self.kernels = kernels

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C * H * W); a copy unless C or H * W is 1."""
        self.shape = values.shape
        count, channels, *size = self.shape
        pixels = math.prod(size)
        self.moves = channels > 1 and pixels > 1  # otherwise both memory orders are the same
        if not self.moves:
            return values.reshape(count, channels * pixels)
        rows = values.new_empty((count, channels * pixels))
        self.kernels.transpose(values.data_ptr(), rows.data_ptr(), count, pixels, channels)
        return rows

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """Bring the gradient back to channels last."""
        if not needs_input_grad:
            return None
        if not self.moves:
            return gradient.view(self.shape)
        count, channels, height, width = self.shape
        input_gradient = empty_maps(gradient.view(self.shape), height, width)
        self.kernels.transpose(
            gradient.data_ptr(), input_gradient.data_ptr(), count, channels, height * width
        )
        return input_gradient


class FusedShortcut(ParameterFree):
    """The parameter-free shortcut: every `stride`-th pixel, and zero maps for those missing."""

    def __init__(self, stride: int, missing: int) -> None:
        self.stride, self.before, self.after = stride, missing // 2, missing - missing // 2

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C + missing, H / stride, W / stride)."""
        self.shape = values.shape
        strided = values[:, :, :: self.stride, :: self.stride]
        padded = nn.functional.pad(strided, (0, 0, 0, 0, self.before, self.after))
        return to_channels_last(padded)

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """Pass the gradient to the pixels that forward read, zero elsewhere."""
        input_gradient = empty_maps(gradient[:, : self.shape[1]], *self.shape[2:]).zero_()
        channels = slice(self.before, gradient.shape[1] - self.after)
        input_gradient[:, :, :: self.stride, :: self.stride] = gradient[:, channels]
        return input_gradient


class FusedMean(ParameterFree):
    """Global average pooling."""

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, 1, 1)."""
        self.shape = values.shape
        return values.mean(dim=(2, 3), keepdim=True)

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """Spread the gradient evenly over the pixels."""
        per_pixel = gradient / (self.shape[2] * self.shape[3])
        return to_channels_last(per_pixel.expand(self.shape))


class FusedDense(WeightAndBias):
    """A dense layer."""

    def forward(self, values: Tensor) -> Tensor:
        """(N, inputs) -> (N, outputs)."""
        self.values = values
        return nn.functional.linear(values, self.weight.value, self.bias_value)

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """See `FusedLayer`."""
        if self.weight.requires_grad:
            self.weight.set_gradient_product(gradient.t(), self.values)
        if self.bias is not None and self.bias.requires_grad:
            self.bias.set_gradient_sum(gradient)
        return gradient @ self.weight.value if needs_input_grad else None
