"""Fused layers that stand before any trainable layer, and so need no input gradient."""

import ctypes
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from noonbit.models.dropout import Dropout
from noonbit.training.fused.kernels import ACTIVATIONS, FirstArguments, Kernels, data_pointer
from noonbit.training.fused.layers import DropoutArguments, ParameterFree, to_channels_last
from noonbit.training.fused.parameter import WeightAndBias


class FusedPadding(ParameterFree):
    """Zero margins around images that are too small; always the first layer."""

    def __init__(self, margins: Sequence[int]) -> None:
        self.margins = tuple(margins)

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H + top + bottom, W + left + right)."""
        return to_channels_last(nn.functional.pad(values, self.margins))

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """Return None: nothing before it is trained."""
        assert not needs_input_grad, "padding is the first layer"  # noqa: S101
        return None


class FusedFirstConvolution(WeightAndBias):
    """The first convolution with its pool, activation and dropout, in one pass.

    Its filters are small and its maps the largest of the network: with oneDNN, this convolution and
    its pool took a third of a step of `cnn`. Weights are float32 whatever the dtype of the maps.
    """

    def __init__(
        self,
        kernels: Kernels,
        layer: nn.Conv2d,
        *,
        side: int,
        ceil_mode: bool,
        rectified: bool,
        dropout: Dropout | None,
    ) -> None:
        super().__init__(layer, torch.float32)
        self.kernels, self.side, self.ceil_mode = kernels, side, ceil_mode
        self.rectified = rectified
        self.dropout = DropoutArguments(dropout)
        self.kernel, self.margin = layer.kernel_size[0], int(layer.padding[0])
        self.filters = layer.out_channels
        self.padded = -(-self.filters // kernels.lanes) * kernels.lanes
        # The kernel's own order: filters last, zeros beyond them. The last row is the bias.
        taps = (self.kernel, self.kernel, layer.in_channels, self.padded)
        self.by_taps, self.bias_row = torch.zeros(taps), torch.zeros(self.padded)
        self.by_taps_gradient, self.bias_gradient = torch.zeros(taps), torch.zeros(self.padded)

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, filters, h, w)."""
        if self.margin:
            values = to_channels_last(nn.functional.pad(values, (self.margin,) * 4))
        self.values = values
        count, channels, height, width = values.shape
        cut_off = self.side - 1 if self.ceil_mode else 0
        rows, columns = (
            (length - self.kernel + 1 + cut_off) // self.side for length in (height, width)
        )
        self.geometry = FirstArguments(
            *(count, height, width, channels, self.filters, self.padded, self.kernel, self.side),
            *(rows, columns, self.rectified),
        )
        result = values.new_empty((count, rows, columns, self.filters)).permute(0, 3, 1, 2)
        self.argmax = torch.empty(result.numel(), dtype=torch.uint8)
        self.by_taps[..., : self.filters] = self.weight.value.permute(2, 3, 1, 0)
        if self.bias is not None:
            self.bias_row[: self.filters] = self.bias.value
        random_bits = self.dropout.random_bits(result.numel())
        self.kernels.first(
            values.data_ptr(),
            self.by_taps.data_ptr(),
            self.bias_row.data_ptr(),
            result.data_ptr(),
            self.argmax.data_ptr(),
            ctypes.addressof(self.geometry),
            data_pointer(random_bits),
            self.dropout.threshold,
            self.dropout.scale,
        )
        return result

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """Set the gradients of weight and bias; return None, as the input is the images."""
        assert not needs_input_grad, "the first convolution reads the images"  # noqa: S101
        self.kernels.first_back(
            gradient.data_ptr(),
            self.argmax.data_ptr(),
            self.values.data_ptr(),
            ctypes.addressof(self.geometry),
            self.dropout.scale,
            self.by_taps_gradient.data_ptr(),
            self.bias_gradient.data_ptr(),
        )
        self.weight.set_gradient(self.by_taps_gradient[..., : self.filters].permute(3, 2, 0, 1))
        if self.bias is not None:
            self.bias.set_gradient(self.bias_gradient[: self.filters])
        return None


class FusedFirstActivation(ParameterFree):
    """SiLU with no trainable layer before it, as behind a frozen stem: forward only."""

    def __init__(self, kernels: Kernels) -> None:
        self.kernels = kernels

    def forward(self, values: Tensor) -> Tensor:
        """Any shape; in place."""
        data = values.data_ptr()
        self.kernels.activate(data, data, values.numel(), ACTIVATIONS["silu"], None, 0, 1.0)
        return values

    def backward(self, gradient: Tensor, *, needs_input_grad: bool) -> Tensor | None:
        """Return None: nothing before it is trained."""
        assert not needs_input_grad, "no layer before this activation is trained"  # noqa: S101
        return None
