"""Build a fused network from modules: several layers that one pass can compute become one."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from noonbit.models.dropout import Dropout
from noonbit.models.glance import Block
from noonbit.models.layers import FeedforwardNetwork, PadTo
from noonbit.models.resnet import ConvNorm, PaddedShortcut, Residual
from noonbit.training.fused import amx
from noonbit.training.fused.amx_layers import AmxConvolution, AmxDense
from noonbit.training.fused.arguments import ActivationName
from noonbit.training.fused.batch_norm import FusedBatchNorm
from noonbit.training.fused.containers import FusedResidual, FusedSequential
from noonbit.training.fused.first_layer import (
    FusedFirstActivation,
    FusedFirstConvolution,
    FusedPadding,
)
from noonbit.training.fused.kernels import load
from noonbit.training.fused.layers import (
    MAX_WINDOW_SIZE,
    FusedConvolution,
    FusedDense,
    FusedFlatten,
    FusedLayer,
    FusedMaxPool,
    FusedMean,
    FusedReLU,
    FusedShortcut,
)
from noonbit.training.fused.network import FusedNetwork

MAX_FIRST_TAPS = 75
"""Kernel height x width x channels of a first convolution; above it oneDNN is as fast."""
MAX_TAPS_BESIDE_TILES, MAX_POOLED_WEIGHTS_BESIDE_TILES = 32, 2_000
"""Where a processor has matrix tiles, oneDNN is faster above so many taps, unless a pool follows
and there are so few weights: docs/performance.md, "Matrix tiles stay"."""
MAX_AMX_WEIGHTS = 2**18
"""Weights of a dense layer; oneDNN, which takes 20 us to start, is faster above it."""


def build_fused(model: nn.Module, dtype: torch.dtype) -> FusedNetwork | None:
    """Build the fused form of a network on the processor.

    None if a layer has no fused form, or if there are no compiled kernels.
    """
    if (
        not isinstance(model, FeedforwardNetwork)
        or type(model).forward is not FeedforwardNetwork.forward
    ):
        return None
    if len(model.auxiliary):
        return None
    kernels = load(dtype)
    if kernels is None:
        return None
    builder = FusedBuilder(dtype, has_amx=kernels.has_amx)
    try:
        layers = builder.build_network(model)
    except UnsupportedLayer:
        return None
    return FusedNetwork(layers, builder.norms, kernels, dtype)


def is_dense(tensor: Tensor) -> bool:
    """Whether the numbers of a tensor fill its memory, in any order, without gaps or repetition."""
    last = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    return last == tensor.numel() - 1


class UnsupportedLayer(Exception):
    """A layer, or a sequence of layers, that has no fused form."""


class FusedBuilder:
    """Builds fused layers from modules; layers that one pass can compute become one."""

    def __init__(self, dtype: torch.dtype, *, has_amx: bool) -> None:
        self.dtype, self.has_amx = dtype, has_amx
        self.norms: list[FusedBatchNorm] = []
        self.nothing_is_trainable = True
        """Whether no layer built so far, nested ones included, is trained: if so, the next needs no
        input gradient."""

    def build_network(self, network: FeedforwardNetwork) -> FusedSequential:
        """Build features and head. Raises `UnsupportedLayer` for a layer without a fused form."""
        if not all(is_dense(parameter) for parameter in network.parameters()):
            raise UnsupportedLayer("a parameter that is a part of another tensor")
        modules = [network.features, network.head]
        for layer in flatten_layers(modules):
            if isinstance(layer, nn.Linear):
                raise UnsupportedLayer("a dense layer on maps, before they are flattened to rows")
            if isinstance(layer, nn.Flatten):
                break
        return self.build_sequential(modules)

    def build_sequential(self, modules: Sequence[nn.Module]) -> FusedSequential:
        """Build modules that are called one after the other."""
        layers = list(flatten_layers(modules))
        fused: list[FusedLayer] = []
        while layers:
            fused.append(self.build_next(layers, is_first=self.nothing_is_trainable))
            if any(each.requires_grad for each in fused[-1].compute_parameters):
                self.nothing_is_trainable = False
        return FusedSequential(fused)

    def build_next(self, layers: list[nn.Module], *, is_first: bool) -> FusedLayer:
        """Build one fused layer, and remove the modules it replaces from the front of the list."""
        layer = layers.pop(0)
        match layer:
            case PadTo() if is_first:  # it has no backward pass
                return FusedPadding(layer.margins)
            case nn.Conv2d() if is_first and self.takes_first_kernel(layer, layers):
                return self.build_first_convolution(layer, layers)
            case nn.Conv2d() if layer.padding_mode == "zeros" and isinstance(layer.padding, tuple):
                return self.build_convolution(layer)
            case nn.Linear():
                return self.build_dense(layer)
            case nn.Flatten() if layer.start_dim == 1 and layer.end_dim == -1:
                return FusedFlatten()
            case nn.ReLU():
                return FusedReLU(pop_if(layers, Dropout))
            case nn.SiLU() if is_first:
                return FusedFirstActivation()
            case nn.MaxPool2d() | nn.AdaptiveMaxPool2d():
                return self.build_pool(layer, layers)
            case nn.AdaptiveAvgPool2d() if layer.output_size in (1, (1, 1)):
                return FusedMean()
            case nn.BatchNorm2d():
                return self.build_norm(layer, layers)
            case Block():
                first = self.build_sequential([layer.conv1, layer.pool, layer.norm1, layer.act1])
                last = self.build_norm(layer.norm2, [layer.act2])
                path, shortcut = self.build_sequential([layer.conv2]), self.build_sequential([])
                return FusedSequential([first, FusedResidual(path, shortcut, last)])
            case Residual():
                *path_layers, norm = flatten_layers([layer.path])
                path = self.build_sequential(path_layers)
                shortcut = self.build_sequential([layer.shortcut])
                return FusedResidual(path, shortcut, self.build_norm(norm, [layer.act]))
            case PaddedShortcut():
                return FusedShortcut(layer.stride, layer.missing)
        raise UnsupportedLayer(type(layer).__name__)

    def takes_first_kernel(self, layer: nn.Conv2d, following: Sequence[nn.Module]) -> bool:
        """Whether the kernel for first convolutions computes this one, faster than oneDNN."""
        taps = count_taps(layer)
        if not can_be_first(layer) or taps > MAX_FIRST_TAPS:
            return False
        has_pool = bool(following) and isinstance(following[0], nn.MaxPool2d)
        has_few_weights = layer.weight.numel() <= MAX_POOLED_WEIGHTS_BESIDE_TILES
        return not self.has_amx or taps <= MAX_TAPS_BESIDE_TILES or (has_pool and has_few_weights)

    def build_first_convolution(self, layer: nn.Conv2d, layers: list[nn.Module]) -> FusedLayer:
        """Build the first convolution, with the pool, ReLU and dropout that follow it."""
        side, ceil_mode = 1, False
        match layers[0] if layers else None:
            case nn.MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1) as pool:
                del layers[0]
                side, ceil_mode = 2, pool.ceil_mode
            case _ if self.has_amx and layer.out_channels >= amx.CHANNEL_BLOCK // 2:
                return AmxConvolution(layer)
        return FusedFirstConvolution(
            layer,
            side=side,
            ceil_mode=ceil_mode,
            rectified=pop_if(layers, nn.ReLU) is not None,
            dropout=pop_if(layers, Dropout),
        )

    def build_convolution(self, layer: nn.Conv2d) -> FusedLayer:
        """Build any other convolution: on AMX tiles if it fills them."""
        if (
            self.has_amx
            and has_simple_geometry(layer)
            and int(layer.padding[0]) < layer.kernel_size[0]
            and amx.fills_tiles(layer.in_channels, layer.out_channels)
        ):
            return AmxConvolution(layer)
        return FusedConvolution(layer, self.dtype)

    def build_dense(self, layer: nn.Linear) -> FusedLayer:
        """Build a dense layer: on AMX tiles if it is small."""
        if self.has_amx and layer.weight.numel() <= MAX_AMX_WEIGHTS:
            return AmxDense(layer)
        return FusedDense(layer, self.dtype)

    def build_pool(
        self, layer: nn.MaxPool2d | nn.AdaptiveMaxPool2d, layers: list[nn.Module]
    ) -> FusedLayer:
        """Build a max-pool, with the ReLU and dropout that follow it."""
        side: int | None = None
        stride: int | None = None
        ceil_mode = False
        match layer:
            case nn.MaxPool2d(kernel_size=int(side), stride=int(stride), padding=0, dilation=1):
                ceil_mode = layer.ceil_mode
                if stride < side or side**2 > MAX_WINDOW_SIZE:
                    raise UnsupportedLayer("a pool whose windows overlap, or are large")
            case nn.AdaptiveMaxPool2d(output_size=1 | (1, 1)):
                pass
            case _:
                raise UnsupportedLayer("another pool")
        return FusedMaxPool(
            side=side,
            stride=stride,
            ceil_mode=ceil_mode,
            rectified=pop_if(layers, nn.ReLU) is not None,
            dropout=pop_if(layers, Dropout),
        )

    def build_norm(self, layer: nn.Module, layers: list[nn.Module]) -> FusedBatchNorm:
        """Build a batch norm, with the activation that follows it."""
        if not isinstance(layer, nn.BatchNorm2d) or layer.momentum is None or not layer.affine:
            raise UnsupportedLayer("another norm")
        activation: ActivationName = "none"
        # With dropout, ReLU stays a layer of its own, which applies both in one pass.
        dropout_follows = len(layers) > 1 and isinstance(layers[1], Dropout)
        if pop_if(layers, nn.SiLU):
            activation = "silu"
        elif not dropout_follows and pop_if(layers, nn.ReLU):
            activation = "relu"
        self.norms.append(FusedBatchNorm(layer, activation))
        return self.norms[-1]


def can_be_first(layer: nn.Conv2d) -> bool:
    """Whether the kernel for first convolutions can compute this one."""
    return (
        layer.weight.requires_grad and has_simple_geometry(layer) and layer.padding_mode == "zeros"
    )


def count_taps(layer: nn.Conv2d) -> int:
    """Return the numbers that each filter of one group multiplies at a place."""
    return layer.weight[0].numel()


def has_simple_geometry(layer: nn.Conv2d) -> bool:
    """Whether kernel and padding are square, stride and dilation 1, and there is one group."""
    kernel, padding = layer.kernel_size, layer.padding
    return (
        kernel[0] == kernel[1]
        and isinstance(padding, tuple)
        and padding[0] == padding[1]
        and layer.stride == layer.dilation == (1, 1)
        and layer.groups == 1
    )


def flatten_layers(modules: Sequence[nn.Module]) -> Iterator[nn.Module]:
    """Yield the layers in call order, without those that do nothing."""
    for module in modules:
        if isinstance(module, nn.Sequential):
            yield from flatten_layers(list(module))
        elif isinstance(module, ConvNorm):
            yield from (module.conv, module.norm)
        elif not isinstance(module, nn.Identity) and not (
            isinstance(module, PadTo) and not any(module.margins)
        ):
            yield module


Layer = TypeVar("Layer", bound=nn.Module)


def pop_if(layers: list[nn.Module], kind: type[Layer]) -> Layer | None:
    """Remove and return the first layer if it is a `kind`; else return None."""
    if layers and isinstance(layers[0], kind):
        layer = layers[0]
        del layers[0]
        return layer
    return None
