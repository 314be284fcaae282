"""ResNet: residual blocks, which let deep networks train.

He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015.

    name       blocks        of     counted for 224x224x3, 1,000 classes
    resnet18   2, 2, 2, 2    two 3x3                          11,689,512
    resnet34   3, 4, 6, 3    two 3x3                          21,797,672
    resnet50   3, 4, 6, 3    1x1, 3x3, 1x1                    25,557,032
    resnet101  3, 4, 23, 3   1x1, 3x3, 1x1                    44,549,160
    resnet152  3, 8, 36, 3   1x1, 3x3, 1x1                    60,192,808

The forms for CIFAR (section 4.2) have three stages of 16, 32 and 64 channels, shortcuts without
parameters (option A: every second pixel, missing channels zero), and one form for every image size:

    name       blocks        of     counted for 32x32x3, 10 classes
    resnet20   3, 3, 3       two 3x3                             269,722
    resnet32   5, 5, 5       two 3x3                             464,154
    resnet44   7, 7, 7       two 3x3                             658,586
    resnet56   9, 9, 9       two 3x3                             853,018
    resnet110  18, 18, 18    two 3x3                           1,727,962

Two departures, neither of which changes a count. In a bottleneck, the stride of 2 is in the 3x3
convolution, since the paper's 1x1 would skip three quarters of the pixels (Gross and Wilber,
"Training and investigating residual nets", 2016). The last norm of a block starts with a scale of
zero, so that the block starts as its shortcut (Goyal et al., 2017).

Below 100 pixels a side, the networks of the first table start with a 3x3 convolution of stride 1 (2
from 48 pixels on) instead of 7x7 with stride 2 and a pool.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.models.layers import FeedforwardNetwork, ImageSize, he_init, is_small, small_stride

SMALL_FORM = "first convolution 3x3 with stride 1 (2 from 48 pixels on), no first pool"


class ConvNorm(nn.Module):
    """A padded convolution without bias, then batch norm; `scale` is the norm's initial weight."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, *, scale: float = 1.0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        nn.init.constant_(self.norm.weight, scale)

    def forward(self, maps: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, h / stride, w / stride), rounded up."""
        result: Tensor = self.norm(self.conv(maps))
        return result


class Residual(nn.Module):
    """A residual block: ReLU of the sum of a path of convolutions and a shortcut."""

    def __init__(self, path: nn.Sequential, shortcut: nn.Module) -> None:
        super().__init__()
        self.path = path
        self.shortcut = shortcut
        self.act = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, h / stride, w / stride), rounded up."""
        result: Tensor = self.act(self.path(maps) + self.shortcut(maps))
        return result


class PaddedShortcut(nn.Module):
    """A shortcut without parameters (option A): strided pixels, zeros for missing channels."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.missing = outputs - inputs

    def forward(self, maps: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, h / stride, w / stride), rounded up."""
        front = self.missing // 2
        strided = maps[:, :, :: self.stride, :: self.stride]
        return F.pad(strided, (0, 0, 0, 0, front, self.missing - front))


def basic_path(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """Two 3x3 convolutions."""
    return nn.Sequential(
        ConvNorm(inputs, outputs, 3, stride), nn.ReLU(), ConvNorm(outputs, outputs, 3, scale=0.0)
    )


def bottleneck_path(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """1x1, 3x3 and 1x1 convolutions; the 3x3 has a quarter of the output's channels."""
    width = outputs // 4
    return nn.Sequential(
        ConvNorm(inputs, width, 1),
        nn.ReLU(),
        ConvNorm(width, width, 3, stride),
        nn.ReLU(),
        ConvNorm(width, outputs, 1, scale=0.0),
    )


def projection_shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    """A 1x1 convolution (option B)."""
    return ConvNorm(inputs, outputs, 1, stride)


MakePath: TypeAlias = Callable[[int, int, int], nn.Sequential]
"""(input channels, output channels, stride) -> the path of a block."""
MakeShortcut: TypeAlias = Callable[[int, int, int], nn.Module]
"""(input channels, output channels, stride) -> the shortcut where channels or stride change."""

FORMS: dict[int, tuple[MakePath, int, tuple[int, ...]]] = {
    18: (basic_path, 64, (2, 2, 2, 2)),
    34: (basic_path, 64, (3, 4, 6, 3)),
    50: (bottleneck_path, 256, (3, 4, 6, 3)),
    101: (bottleneck_path, 256, (3, 4, 23, 3)),
    152: (bottleneck_path, 256, (3, 8, 36, 3)),
}
"""Depth -> path of a block, output channels of the first stage, blocks a stage."""


def resnet(depth: int, classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """One of the networks for photographs, 18 to 152 layers deep."""
    path, width, blocks = FORMS[depth]
    if is_small(size):
        stem = nn.Sequential(ConvNorm(channels, 64, 3, small_stride(size)), nn.ReLU())
    else:
        pool = nn.MaxPool2d(3, stride=2, padding=1)
        stem = nn.Sequential(ConvNorm(channels, 64, 7, 2), pool, nn.ReLU())
    stages = build_stages(64, width, blocks, path, projection_shortcut)
    return assemble_network(stem, stages, width << 3, classes)


def cifar_resnet(depth: int, classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """One of the networks for CIFAR, with (depth - 2) / 6 blocks in each of three stages."""
    stem = nn.Sequential(ConvNorm(channels, 16, 3), nn.ReLU())
    stages = build_stages(16, 16, (depth // 6,) * 3, basic_path, PaddedShortcut)
    return assemble_network(stem, stages, 16 << 2, classes)


def build_stages(
    inputs: int,
    width: int,
    blocks: tuple[int, ...],
    make_path: MakePath,
    make_shortcut: MakeShortcut,
) -> Iterator[Residual]:
    """Yield the blocks of all stages.

    The first stage has `width` channels; each further one doubles them and halves the map.
    """
    for stage, count in enumerate(blocks):
        outputs = width << stage
        for index in range(count):
            stride = 2 if stage > 0 and index == 0 else 1
            shortcut: nn.Module = nn.Identity()
            if inputs != outputs:
                shortcut = make_shortcut(inputs, outputs, stride)
            yield Residual(make_path(inputs, outputs, stride), shortcut)
            inputs = outputs


def assemble_network(
    stem: nn.Module, blocks: Iterable[nn.Module], width: int, classes: int
) -> FeedforwardNetwork:
    """Join stem, blocks, global average pool and dense layer; initialise the weights."""
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes))
    return he_init(FeedforwardNetwork(nn.Sequential(stem, *blocks), head))
