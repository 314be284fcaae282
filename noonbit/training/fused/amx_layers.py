"""Links whose products a processor's matrix tiles do, in bfloat16 whatever the layer's size.

They round the float32 weights as they read them and leave float32 gradients where the optimiser
looks, so nothing is converted before a step or after it.
"""

from ctypes import addressof

import torch
from torch import Tensor, nn

from noonbit.training.fused.amx import Geometry, Tiles
from noonbit.training.fused.parameter import Working


class Tiled:
    """Filters over maps: forwards, backwards, and what their gradients are."""

    def __init__(self, tiles: Tiles, layer: nn.Conv2d | nn.Linear) -> None:
        self.tiles = tiles
        self.weight = Working(layer.weight, torch.float32)
        self.bias = None if layer.bias is None else Working(layer.bias, torch.float32)
        self.working = [one for one in (self.weight, self.bias) if one is not None]
        self.geometry = Geometry()
        self.shape: tuple[int, ...] = ()
        """Of the values that the geometry is of."""

    def multiply(self, values: Tensor, result: Tensor) -> Tensor:
        """Put what comes out into `result`, whose memory is that of `geometry`."""
        self.values = values
        self.tiles.convolve(
            values.data_ptr(),
            self.weight.value.data_ptr(),
            None if self.bias is None else self.bias.value.data_ptr(),
            result.data_ptr(),
            addressof(self.geometry),
        )
        return result

    def backward(self, gradient: Tensor, *, further: bool) -> Tensor | None:
        """The parameters' gradients, and that of what came in."""
        self.receive(gradient)
        if not further:
            return None
        back = torch.empty_like(self.values)  # in the same order of memory
        self.tiles.convolve_back(
            gradient.data_ptr(),
            self.weight.value.data_ptr(),
            back.data_ptr(),
            addressof(self.geometry),
        )
        return back

    def receive(self, gradient: Tensor) -> None:
        """Set the gradients of filters and biases, where they learn."""
        learning = [one for one in self.working if one.learns]
        if not learning:
            return
        self.tiles.convolve_weights(
            self.values.data_ptr(),
            gradient.data_ptr(),
            self.weight.gradient.data_ptr(),
            None if self.bias is None else self.bias.gradient.data_ptr(),
            addressof(self.geometry),
        )
        for one in learning:
            one.parameter.grad = one.gradient


class TiledConvolution(Tiled):
    """Filters over maps, by steps of one pixel."""

    def __init__(self, tiles: Tiles, layer: nn.Conv2d) -> None:
        super().__init__(tiles, layer)
        self.kernel, self.margin = layer.kernel_size[0], int(layer.padding[0])

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, filters, h, w)."""
        weight = self.weight.value
        if values.shape != self.shape:
            self.shape = values.shape
            self.geometry = geometry(self.shape, weight, margin=self.margin)
        height, width = (side + 2 * self.margin - self.kernel + 1 for side in values.shape[2:])
        room = values.new_empty((len(values), height, width, len(weight)))
        return self.multiply(values, room).permute(0, 3, 1, 2)


class TiledDense(Tiled):
    """A matrix and a bias: filters of one pixel, over an image of which each item is a pixel."""

    def forward(self, values: Tensor) -> Tensor:
        """(N, inputs) -> (N, outputs)."""
        weight = self.weight.value
        if values.shape != self.shape:
            self.shape = values.shape
            count, inputs = self.shape
            self.geometry = geometry((1, inputs, 1, count), weight[:, :, None, None], margin=0)
        return self.multiply(values, values.new_empty((len(values), len(weight))))


def geometry(shape: tuple[int, ...], weight: Tensor, *, margin: int) -> Geometry:
    """Of maps (N, C, H, W) and filters (F, C, k, k)."""
    count, channels, height, width = shape
    filters, _, kernel, _ = weight.shape
    return Geometry(count, height, width, channels, filters, kernel, margin, *weight.stride())
