"""Links that stand where nothing before them learns: margins, and the first to see images."""

import ctypes
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from noonbit.models.layers import Dropout
from noonbit.training.fused.kernels import ACTIVATIONS, Kernels
from noonbit.training.fused.kernels import First as Geometry
from noonbit.training.fused.layers import DroppedOut, Plain, maps_last, pointer
from noonbit.training.fused.parameter import Working


class Margins(Plain):
    """Zeros around images that are too small; always the first link."""

    def __init__(self, margins: Sequence[int]) -> None:
        self.margins = tuple(margins)

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, more, more)."""
        return maps_last(nn.functional.pad(values, self.margins))

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """Nothing to do."""
        assert not further, "margins are the first link"  # noqa: S101
        return None


class First:
    """The first convolution, its pool, activation and dropout, in one pass.

    Its filters are small and its maps the network's largest: oneDNN's convolution and the pool
    after it took a third of a step of `cnn`. Weights are float32 whatever the type of the maps.
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
        self.kernels, self.side, self.ceil_mode = kernels, side, ceil_mode
        self.rectified = rectified
        self.dropout = DroppedOut(dropout)
        self.kernel, self.margin = layer.kernel_size[0], int(layer.padding[0])
        self.weight = Working(layer.weight, torch.float32)
        self.bias = None if layer.bias is None else Working(layer.bias, torch.float32)
        self.working = [one for one in (self.weight, self.bias) if one is not None]
        self.filters = layer.out_channels
        self.padded = -(-self.filters // Geometry.LANES) * Geometry.LANES
        # The kernel's own order: filters last, zeros beyond them. The last row is the bias.
        taps = (self.kernel, self.kernel, layer.in_channels, self.padded)
        self.by_taps, self.bias_row = torch.zeros(taps), torch.zeros(self.padded)
        self.by_taps_back, self.bias_back = torch.zeros(taps), torch.zeros(self.padded)

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, filters, h, w)."""
        if self.margin:
            values = maps_last(nn.functional.pad(values, (self.margin,) * 4))
        self.values = values
        count, channels, height, width = values.shape
        cut_off = self.side - 1 if self.ceil_mode else 0
        rows, columns = (
            (length - self.kernel + 1 + cut_off) // self.side for length in (height, width)
        )
        self.geometry = Geometry(
            *(count, height, width, channels, self.filters, self.padded, self.kernel, self.side),
            *(rows, columns, self.rectified),
        )
        result = values.new_empty((count, rows, columns, self.filters)).permute(0, 3, 1, 2)
        self.chosen = torch.empty(result.numel(), dtype=torch.uint8)
        self.by_taps[..., : self.filters] = self.weight.value.permute(2, 3, 1, 0)
        if self.bias is not None:
            self.bias_row[: self.filters] = self.bias.value
        numbers = self.dropout.numbers(result.numel())
        self.kernels.first(
            values.data_ptr(),
            self.by_taps.data_ptr(),
            self.bias_row.data_ptr(),
            result.data_ptr(),
            self.chosen.data_ptr(),
            ctypes.addressof(self.geometry),
            pointer(numbers),
            self.dropout.least,
            self.dropout.scale,
        )
        return result

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """The parameters' alone: what comes in are images."""
        assert not further, "the first convolution is the first link that learns"  # noqa: S101
        self.kernels.first_back(
            gradient.data_ptr(),
            self.chosen.data_ptr(),
            self.values.data_ptr(),
            ctypes.addressof(self.geometry),
            self.dropout.scale,
            self.by_taps_back.data_ptr(),
            self.bias_back.data_ptr(),
        )
        self.weight.receive(self.by_taps_back[..., : self.filters].permute(3, 2, 0, 1))
        if self.bias is not None:
            self.bias.receive(self.bias_back[: self.filters])
        return None


class FirstActivation(Plain):
    """SiLU where nothing before it learns, as behind a frozen stem: there is no way back."""

    def __init__(self, kernels: Kernels) -> None:
        self.kernels = kernels

    def forward(self, values: Tensor) -> Tensor:
        """Any shape; in place."""
        data = values.data_ptr()
        self.kernels.activate(data, data, values.numel(), ACTIVATIONS["silu"], None, 0, 1.0)
        return values

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """Nothing to do."""
        assert not further, "this link has no way back"  # noqa: S101
        return None
