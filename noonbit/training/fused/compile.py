"""From modules to links, and a step through them."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from noonbit.data.preprocess.contract import Contract
from noonbit.models.glance import Block
from noonbit.models.layers import Dropout, Network, PadTo
from noonbit.models.resnet import ConvNorm, PaddedShortcut, Residual
from noonbit.training.fused import amx, containers
from noonbit.training.fused import layers as links
from noonbit.training.fused.amx import suits
from noonbit.training.fused.amx_layers import TiledConvolution, TiledDense
from noonbit.training.fused.containers import InTurn
from noonbit.training.fused.first_layer import First, FirstActivation, Margins
from noonbit.training.fused.kernels import ActivationName, Kernels, load
from noonbit.training.fused.layers import Link

MOST_TAPS = 32
"""Of a first convolution, filter size times channels; above it oneDNN's is as fast."""
SMALL_MATRIX = 2**18
"""Weights; a larger one is faster by oneDNN, which takes 20 us to begin."""


class Chain:
    """A network as links, in one type of numbers."""

    def __init__(self, whole: InTurn, kernels: Kernels, dtype: torch.dtype) -> None:
        self.whole, self.kernels, self.dtype = whole, kernels, dtype
        converted = [one for one in whole.working if one.value.dtype != one.parameter.dtype]
        self.parameters = [one.parameter.data for one in converted]
        self.values = [one.value for one in converted]
        self.loss = torch.zeros((), dtype=torch.float64)
        self.correct = torch.zeros((), dtype=torch.int64)
        self.mean = self.std = torch.empty(0)

    def look_through(self, contract: Contract) -> None:
        """From now on, take images as this contract normalises them."""
        self.mean, self.std = (
            255 * torch.tensor(column, dtype=torch.float32)
            for column in (contract.mean, contract.std)
        )

    @torch.no_grad()
    def backward(
        self, images: Tensor, labels: Tensor, *, smoothing: float, count: int
    ) -> tuple[Tensor, Tensor]:
        """Set the parameters' gradients of the summed loss divided by `count`.

        `images` are uint8 or float32 (B, C, H, W) from 0 to 255, `labels` int64 (B,). Returns the
        summed loss and how many were right, in tensors that the next step overwrites.
        """
        if self.values:
            torch._foreach_copy_(self.values, self.parameters)
        logits = self.whole.forward(self.prepared(images))
        gradient = torch.empty_like(logits)
        self.kernels.cross_entropy(
            logits.data_ptr(),
            labels.data_ptr(),
            gradient.data_ptr(),
            *logits.shape,
            smoothing,
            1 / count,
            self.loss.data_ptr(),
            self.correct.data_ptr(),
        )
        self.whole.backward(gradient, further=False)
        return self.loss, self.correct

    def prepared(self, images: Tensor) -> Tensor:
        """Normalised as the contract would, with channels last, in the type of the products."""
        count, channels, height, width = images.shape
        images = images.contiguous()
        result = links.maps_like(images, height, width, self.dtype)
        is_bytes = images.dtype == torch.uint8
        normalise = self.kernels.normalise_bytes if is_bytes else self.kernels.normalise_floats
        normalise(
            images.data_ptr(),
            result.data_ptr(),
            count,
            channels,
            height * width,
            self.mean.data_ptr(),
            self.std.data_ptr(),
        )
        return result


def chain_of(model: nn.Module, dtype: torch.dtype) -> Chain | None:
    """A chain for a network on the processor; None where a layer or the kernels are missing."""
    if not isinstance(model, Network) or type(model).forward is not Network.forward:
        return None
    if len(model.auxiliary):
        return None
    kernels = load()
    if kernels is None:
        return None
    kind = kernels[str(dtype).removeprefix("torch.")]
    try:
        return Chain(Builder(kind, dtype).in_turn([model.features, model.head]), kind, dtype)
    except Unknown:
        return None


class Unknown(Exception):
    """A layer, or an order of layers, that no link stands for."""


class Builder:
    """Makes links of modules; layers that one pass can do become one link."""

    def __init__(self, kernels: Kernels, dtype: torch.dtype) -> None:
        self.kernels, self.dtype = kernels, dtype
        self.tiles = amx.load() if dtype == torch.bfloat16 else None
        self.nothing_learns = True
        """Of the links made so far, nested ones too: no way back leads beyond the next."""

    def in_turn(self, modules: Sequence[nn.Module]) -> InTurn:
        """Modules that are called one after the other."""
        layers = list(leaves(modules))
        made: list[Link] = []
        while layers:
            made.append(self.next_link(layers, is_first=self.nothing_learns))
            if any(one.learns for one in made[-1].working):
                self.nothing_learns = False
        return InTurn(made)

    def next_link(self, layers: list[nn.Module], *, is_first: bool) -> Link:
        """Take a link's layers from the front of the list."""
        layer = layers.pop(0)
        match layer:
            case PadTo() if is_first:  # and no way back is needed
                return Margins(layer.margins)
            case nn.Conv2d() if is_first and self.is_small(layer):
                return self.first(layer, layers)
            case nn.Conv2d() if layer.padding_mode == "zeros" and isinstance(layer.padding, tuple):
                return self.convolution(layer)
            case nn.Linear():
                return self.dense(layer)
            case nn.Flatten() if layer.start_dim == 1 and layer.end_dim == -1:
                return links.Flatten(self.kernels)
            case nn.ReLU():
                return links.Rectifier(self.kernels, taken(layers, Dropout))
            case nn.SiLU() if is_first:
                return FirstActivation(self.kernels)
            case nn.MaxPool2d() | nn.AdaptiveMaxPool2d():
                return self.pool(layer, layers)
            case nn.AdaptiveAvgPool2d() if layer.output_size in (1, (1, 1)):
                return links.Mean()
            case nn.BatchNorm2d():
                return self.norm(layer, layers)
            case Block():
                first = self.in_turn([layer.conv1, layer.pool, layer.norm1, layer.act1])
                last = self.norm(layer.norm2, [layer.act2])
                path, shortcut = self.in_turn([layer.conv2]), self.in_turn([])
                return InTurn([first, containers.Residual(path, shortcut, last)])
            case Residual():
                *path_layers, end = leaves([layer.path])
                path, shortcut = self.in_turn(path_layers), self.in_turn([layer.shortcut])
                return containers.Residual(path, shortcut, self.norm(end, [layer.act]))
            case PaddedShortcut():
                return links.Thinned(layer.stride, layer.missing)
        raise Unknown(type(layer).__name__)

    def is_small(self, layer: nn.Conv2d) -> bool:
        """Whether a convolution that comes first is one for the kernel of its own."""
        kernel, margin = layer.kernel_size, layer.padding
        taps = kernel[0] * kernel[1] * layer.in_channels
        learns = layer.weight.requires_grad
        square = kernel[0] == kernel[1] and isinstance(margin, tuple) and margin[0] == margin[1]
        plain = layer.stride == layer.dilation == (1, 1) and layer.groups == 1
        return learns and square and plain and layer.padding_mode == "zeros" and taps <= MOST_TAPS

    def first(self, layer: nn.Conv2d, layers: list[nn.Module]) -> Link:
        """The first convolution, with the pool, ReLU and dropout after it."""
        side, ceil_mode = 1, False
        match layers[0] if layers else None:
            case nn.MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1) as pool:
                del layers[0]
                side, ceil_mode = 2, pool.ceil_mode
            case _ if self.tiles and layer.out_channels >= amx.SIDE // 2:
                return TiledConvolution(self.tiles, layer)
        return First(
            self.kernels,
            layer,
            side=side,
            ceil_mode=ceil_mode,
            rectified=taken(layers, nn.ReLU) is not None,
            dropout=taken(layers, Dropout),
        )

    def convolution(self, layer: nn.Conv2d) -> Link:
        """Any other convolution: by tiles, where there are some and it fills them."""
        kernel, margin = layer.kernel_size, layer.padding
        square = kernel[0] == kernel[1] and margin[0] == margin[1] and int(margin[0]) < kernel[0]
        plain = layer.stride == layer.dilation == (1, 1) and layer.groups == 1
        if self.tiles and square and plain and suits(layer.in_channels, layer.out_channels):
            return TiledConvolution(self.tiles, layer)
        return links.Convolution(layer, self.dtype)

    def dense(self, layer: nn.Linear) -> Link:
        """A matrix: by tiles, where it is small."""
        if self.tiles and layer.weight.numel() <= SMALL_MATRIX:
            return TiledDense(self.tiles, layer)
        return links.Dense(layer, self.dtype)

    def pool(self, layer: nn.MaxPool2d | nn.AdaptiveMaxPool2d, layers: list[nn.Module]) -> Link:
        """A maximum, with the ReLU and dropout after it."""
        side: int | None = None
        stride: int | None = None
        ceil_mode = False
        match layer:
            case nn.MaxPool2d(kernel_size=int(side), stride=int(stride), padding=0, dilation=1):
                ceil_mode = layer.ceil_mode
                if stride < side or side**2 > links.MOST_PLACES:
                    raise Unknown("a pool whose windows overlap, or are large")
            case nn.AdaptiveMaxPool2d(output_size=1 | (1, 1)):
                pass
            case _:
                raise Unknown("another pool")
        return links.Pool(
            self.kernels,
            side=side,
            stride=stride,
            ceil_mode=ceil_mode,
            rectified=taken(layers, nn.ReLU) is not None,
            dropout=taken(layers, Dropout),
        )

    def norm(self, layer: nn.Module, layers: list[nn.Module]) -> links.Normalisation:
        """Batch norm, with the activation after it."""
        if not isinstance(layer, nn.BatchNorm2d) or layer.momentum is None or not layer.affine:
            raise Unknown("another norm")
        activation: ActivationName = "none"
        dropped_out = len(layers) > 1 and isinstance(layers[1], Dropout)
        if taken(layers, nn.SiLU):
            activation = "silu"
        elif not dropped_out and taken(layers, nn.ReLU):
            activation = "relu"
        return links.Normalisation(self.kernels, layer, activation)


def leaves(modules: Sequence[nn.Module]) -> Iterator[nn.Module]:
    """The layers in the order in which they are called, without those that do nothing."""
    for module in modules:
        if isinstance(module, nn.Sequential):
            yield from leaves(list(module))
        elif isinstance(module, ConvNorm):
            yield from (module.conv, module.norm)
        elif not isinstance(module, nn.Identity) and not (
            isinstance(module, PadTo) and not any(module.margins)
        ):
            yield module


Layer = TypeVar("Layer", bound=nn.Module)


def taken(layers: list[nn.Module], kind: type[Layer]) -> Layer | None:
    """The next layer, taken from the list, if it is of a kind."""
    if layers and isinstance(layers[0], kind):
        layer = layers[0]
        del layers[0]
        return layer
    return None
