"""The links of a chain: what each layer gives, and how the gradient comes back through it.

    convolution   pool (ReLU, dropout)   rectifier (dropout)   norm (activation)   flatten   dense

A link remembers what its way back needs. Values are in the type of the matrix products; gradients
of parameters are float32, put where the optimiser looks. Maps are (N, C, H, W) with channels last
in memory. Matrix products and convolutions are PyTorch's; all else is one pass of a kernel.
"""

import ctypes
import math
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from noonbit.models.layers import Dropout
from noonbit.training.fused.kernels import ACTIVATIONS, ActivationName, Kernels, Norm, Window
from noonbit.training.fused.parameter import Working

MOST_PLACES = 254
"""Of a window: its place is stored in a byte, in which 255 means that nothing comes back."""


class Link(Protocol):
    """One layer, or several done together."""

    @property
    def working(self) -> Sequence[Working]:
        """Its parameters."""

    def forward(self, values: Tensor) -> Tensor:
        """What comes out; what the way back needs is remembered."""

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """Set the parameters' gradients; the gradient of what came in, where it goes further."""


class Plain:
    """A link without parameters."""

    working: Sequence[Working] = ()


class DroppedOut:
    """What the kernels want to know of a `Dropout`: the numbers are those it would draw itself."""

    def __init__(self, layer: Dropout | None) -> None:
        self.layer = layer if layer is not None and layer.p > 0 else None
        self.least = 0 if self.layer is None else self.layer.least
        self.scale = 1.0 if self.layer is None else self.layer.scale

    def numbers(self, count: int) -> Tensor | None:
        """16 random bits for each of `count` values; None without dropout."""
        return None if self.layer is None else self.layer.numbers(count)


def pointer(tensor: Tensor | None) -> int | None:
    """Where its numbers lie."""
    return None if tensor is None else tensor.data_ptr()


def maps_like(values: Tensor, height: int, width: int, dtype: torch.dtype | None = None) -> Tensor:
    """Room for maps of another size, channels last in memory."""
    count, channels = values.shape[:2]
    room = values.new_empty((count, height, width, channels), dtype=dtype)
    return room.permute(0, 3, 1, 2)


def maps_last(values: Tensor) -> Tensor:
    """The same numbers with channels last in memory; costs nothing where they are."""
    return values.contiguous(memory_format=torch.channels_last)


class Convolution:
    """Filters over maps."""

    def __init__(self, layer: nn.Conv2d, dtype: torch.dtype) -> None:
        self.weight = Working(layer.weight, dtype)
        self.bias = None if layer.bias is None else Working(layer.bias, dtype)
        self.working = [one for one in (self.weight, self.bias) if one is not None]
        self.geometry = (layer.stride, layer.padding, layer.dilation)
        self.groups = layer.groups

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, filters, h, w)."""
        self.values = values
        bias = None if self.bias is None else self.bias.value
        return maps_last(
            torch.conv2d(values, self.weight.value, bias, *self.geometry, self.groups)  # type: ignore[arg-type]
        )

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """All three gradients in one call, as oneDNN has them."""
        stride, padding, dilation = self.geometry
        learns_bias = self.bias is not None and self.bias.learns
        back, weight, bias = torch.ops.aten.convolution_backward.default(
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
            (further, self.weight.learns, learns_bias),
        )
        if self.weight.learns:
            self.weight.receive(weight)
        if self.bias is not None and learns_bias:
            self.bias.receive(bias)
        return maps_last(back) if further else None


class Pool(Plain):
    """The maximum of windows that do not overlap; then ReLU and dropout, where they follow."""

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
        self.dropout = DroppedOut(dropout)

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, h, w)."""
        count, channels, height, width = self.shape = values.shape
        side = self.side or max(height, width)  # None: the whole map
        stride = self.stride or side
        rows, columns = (self.windows(length, side, stride) for length in (height, width))
        self.window = Window(count, height, width, channels, side, stride, rows, columns)
        result = maps_like(values, rows, columns)
        self.chosen = torch.empty(result.numel(), dtype=torch.uint8)
        numbers = self.dropout.numbers(result.numel())
        self.kernels.pool(
            values.data_ptr(),
            result.data_ptr(),
            self.chosen.data_ptr(),
            ctypes.addressof(self.window),
            self.rectified,
            pointer(numbers),
            self.dropout.least,
            self.dropout.scale,
        )
        return result

    def windows(self, length: int, side: int, stride: int) -> int:
        """How many fit; with `ceil_mode` also one that is cut off at the edge."""
        if length <= side:
            return 1
        steps = (length - side) / stride
        count = (math.ceil(steps) if self.ceil_mode else math.floor(steps)) + 1
        return count - 1 if (count - 1) * stride >= length else count

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """To the places of the maxima, zero elsewhere."""
        if not further:
            return None
        back = maps_like(gradient, *self.shape[2:])
        self.kernels.pool_back(
            gradient.data_ptr(),
            self.chosen.data_ptr(),
            back.data_ptr(),
            ctypes.addressof(self.window),
            self.dropout.scale,
        )
        return back


class Rectifier(Plain):
    """ReLU; then dropout, where it follows."""

    def __init__(self, kernels: Kernels, dropout: Dropout | None) -> None:
        self.kernels, self.dropout = kernels, DroppedOut(dropout)

    def forward(self, values: Tensor) -> Tensor:
        """Any shape; in place, since what came before needs its own result no more."""
        numbers = self.dropout.numbers(values.numel())
        self.kernels.activate(
            values.data_ptr(),
            values.data_ptr(),
            values.numel(),
            ACTIVATIONS["relu"],
            pointer(numbers),
            self.dropout.least,
            self.dropout.scale,
        )
        self.result = values
        return values

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """Zero where the result is: it was negative, or dropped."""
        if further:
            self.kernels.rectify_back(
                gradient.data_ptr(),
                self.result.data_ptr(),
                gradient.data_ptr(),
                gradient.numel(),
                self.dropout.scale,
            )
        return gradient if further else None


class Normalisation:
    """Batch norm over the batch's own statistics; a residual, where one comes in; an activation."""

    def __init__(
        self, kernels: Kernels, layer: nn.BatchNorm2d, activation: ActivationName = "none"
    ) -> None:
        self.kernels, self.layer = kernels, layer
        self.activation = ACTIVATIONS[activation]
        self.weight = Working(layer.weight, torch.float32)
        self.bias = Working(layer.bias, torch.float32)
        self.working = (self.weight, self.bias)
        self.saved = torch.empty(4 * layer.num_features)
        self.residual: Tensor | None = None

    def forward(self, values: Tensor, residual: Tensor | None = None) -> Tensor:
        """(N, C, H, W) and a residual of the same shape -> the same shape."""
        layer = self.layer
        assert layer.running_mean is not None and layer.running_var is not None  # noqa: S101
        assert layer.num_batches_tracked is not None  # noqa: S101
        layer.num_batches_tracked += 1
        self.values, self.residual = values, residual
        self.norm = Norm(
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
        )
        result = maps_like(values, *values.shape[2:])
        self.kernels.norm(
            values.data_ptr(), pointer(residual), result.data_ptr(), ctypes.addressof(self.norm)
        )
        return result

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """The gradient of the maps alone; see `backward_both`."""
        return self.backward_both(gradient)[0]

    def backward_both(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients of the maps and of the residual; `gradient` becomes the second."""
        back = maps_like(gradient, *gradient.shape[2:]) if self.residual is not None else gradient
        self.kernels.norm_back(
            gradient.data_ptr(),
            self.values.data_ptr(),
            pointer(self.residual),
            gradient.data_ptr(),
            back.data_ptr(),
            ctypes.addressof(self.norm),
            self.weight.gradient.data_ptr(),
            self.bias.gradient.data_ptr(),
        )
        for working in (self.weight, self.bias):
            if working.learns:
                working.parameter.grad = working.gradient
        return back, gradient


class Flatten(Plain):
    """Maps to rows, channel by channel, as `nn.Flatten` orders them."""

    def __init__(self, kernels: Kernels) -> None:
        self.kernels = kernels

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C * H * W); rows stay as they are."""
        self.shape = values.shape
        count, channels, *size = self.shape
        pixels = math.prod(size)
        self.moves = channels > 1 and pixels > 1  # else both orders are one
        if not self.moves:
            return values.reshape(count, channels * pixels)
        rows = values.new_empty((count, channels * pixels))
        self.kernels.transpose(values.data_ptr(), rows.data_ptr(), count, pixels, channels)
        return rows

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """Back to channels last."""
        if not further:
            return None
        if not self.moves:
            return gradient.view(self.shape)
        count, channels, height, width = self.shape
        back = maps_like(gradient.view(self.shape), height, width)
        self.kernels.transpose(
            gradient.data_ptr(), back.data_ptr(), count, channels, height * width
        )
        return back


class Thinned(Plain):
    """Every second pixel, and zeros for maps that are missing."""

    def __init__(self, stride: int, missing: int) -> None:
        self.stride, self.before, self.after = stride, missing // 2, missing - missing // 2

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C + missing, H / stride, W / stride)."""
        self.shape = values.shape
        kept = values[:, :, :: self.stride, :: self.stride]
        return maps_last(nn.functional.pad(kept, (0, 0, 0, 0, self.before, self.after)))

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """To the pixels that were kept."""
        back = maps_like(gradient[:, : self.shape[1]], *self.shape[2:]).zero_()
        kept = slice(self.before, gradient.shape[1] - self.after)
        back[:, :, :: self.stride, :: self.stride] = gradient[:, kept]
        return back


class Mean(Plain):
    """The mean of each map."""

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, 1, 1)."""
        self.shape = values.shape
        return values.mean(dim=(2, 3), keepdim=True)

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """An equal share to every pixel."""
        shared = gradient / (self.shape[2] * self.shape[3])
        return maps_last(shared.expand(self.shape))


class Dense:
    """A matrix and a bias."""

    def __init__(self, layer: nn.Linear, dtype: torch.dtype) -> None:
        self.weight = Working(layer.weight, dtype)
        self.bias = None if layer.bias is None else Working(layer.bias, dtype)
        self.working = [one for one in (self.weight, self.bias) if one is not None]

    def forward(self, values: Tensor) -> Tensor:
        """(N, inputs) -> (N, outputs)."""
        self.values = values
        return nn.functional.linear(
            values, self.weight.value, None if self.bias is None else self.bias.value
        )

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """Two products and a sum."""
        if self.weight.learns:
            self.weight.receive_product(gradient.t(), self.values)
        if self.bias is not None and self.bias.learns:
            self.bias.receive(gradient.sum(dim=0, dtype=torch.float32))
        return gradient @ self.weight.value if further else None
