"""glance and glimpse: noonbit's own networks, made to learn fast on a processor.

    a frozen stem that whitens patches - SiLU - 2 to 4 blocks - maximum over the map - dense

    block: conv 3x3 - max-pool 2 - batch norm - SiLU - conv 3x3 - batch norm - add - SiLU

    input       stem              widths
    8x8x1       3x3               64, 128
    28x28x1     3x3               32, 64, 128
    32x32x3     3x3               64, 128, 256
    64x64x3     4x4, stride 2     64, 128, 256

`glimpse` has a tenth of the arithmetic, of large images a fifth: the stem always has stride 2, the
widths are half, and neither the stem nor the first convolution of a block pads its maps. `noonbit
train --fast` trains it.

Four choices make them fast (measured in docs/performance.md). The stem's filters are computed from
the training images before the first step (Page, "How to train your ResNet", 2018; Jordan, "94% on
CIFAR-10 in 3.29 seconds", 2024), so it needs no gradient. The first channels of every convolution
start as the identity (Jordan's dirac initialisation). Pooling comes before norm and activation,
which saves three quarters of their work. All filters but the stem's feed a batch norm, as the Muon
optimiser requires.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.models.layers import FeedforwardNetwork, ImageSize

LARGE_SIDE = 48
"""From this many pixels a side on, glance's stem has stride 2: full resolution costs too much."""
SMALLEST_HALVED_SIDE = 16
"""Below this many pixels a side, glimpse's stem has stride 1: half would be too few."""
SMALLEST_UNPADDED_SIDE = 24
"""Below this many pixels a side, glimpse pads as glance does: too little would be left."""
SMALLEST_UNPADDED_MAP = 5
"""Below this many rows or columns, a map is padded whatever the image."""
VARIANCE_FLOOR = 5e-3
"""Added to each variance, so that directions in which patches hardly vary (noise) are not
amplified."""
MAX_PATCHES = 200_000
"""Patches that the covariance is computed from."""


class WhiteningStem(nn.Conv2d):
    """A frozen convolution that whitens image patches; each filter comes with both signs."""

    def __init__(
        self,
        channels: int,
        *,
        patch: int,
        stride: int,
        padding: int = 1,
        bias: bool = False,
        variance_floor: float = VARIANCE_FLOOR,
    ) -> None:
        filters = 2 * patch * patch * channels
        super().__init__(channels, filters, patch, stride, padding, bias=bias)
        self.weight.requires_grad_(False)
        self.variance_floor = variance_floor

    def output_side(self, side: int) -> int:
        """Rows or columns of the map of an image with `side` pixels."""
        patch, stride, padding = self.kernel_size[0], self.stride[0], int(self.padding[0])
        return (side + 2 * padding - patch) // stride + 1

    @torch.no_grad()
    def init_from_data(self, images: Tensor) -> None:
        """Compute the filters from normalised training images (N, C, H, W); 2,000 are enough."""
        patch = self.kernel_size[0]
        if min(images.shape[2:]) < patch:
            images = F.pad(images, (patch,) * 4)
        patches = images.unfold(2, patch, patch - 1).unfold(3, patch, patch - 1)
        flat = patches.permute(0, 2, 3, 1, 4, 5).reshape(-1, self.weight[0].numel())
        flat = flat[:: math.ceil(len(flat) / MAX_PATCHES)]
        variances, directions = torch.linalg.eigh(flat.T @ flat / len(flat))
        scale = (variances.clamp_min(0) + self.variance_floor).rsqrt()
        filters = (directions * scale).T.flip(0).reshape(-1, *self.weight.shape[1:])
        self.weight.copy_(torch.cat([filters, -filters]))


class Block(nn.Module):
    """Two 3x3 convolutions: the first widens and pools, the second has a residual connection."""

    def __init__(self, inputs: int, width: int, *, padding: int, pool: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, padding=padding, bias=False)
        self.pool = nn.MaxPool2d(2, ceil_mode=True) if pool else nn.Identity()
        self.norm1 = nn.BatchNorm2d(width)
        self.act1 = nn.SiLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.act2 = nn.SiLU()
        for conv in (self.conv1, self.conv2):
            nn.init.dirac_(conv.weight.data[: min(conv.in_channels, width)])

    def forward(self, maps: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, width, h / 2, w / 2), rounded up; h - 2, w - 2 unpadded."""
        maps = self.act1(self.norm1(self.pool(self.conv1(maps))))
        result: Tensor = self.act2(self.norm2(self.conv2(maps)) + maps)
        return result


class Glance(FeedforwardNetwork):
    """A network whose stem is initialised from the training images."""

    normalises_shares = True

    def __init__(self, stem: WhiteningStem, features: nn.Sequential, head: nn.Sequential) -> None:
        super().__init__(features, head)
        self.stem = (stem,)  # in a tuple, as it is already registered under `features`

    def init_from_data(self, images: Tensor) -> None:
        """Initialise the stem from normalised training images (N, C, H, W)."""
        self.stem[0].init_from_data(images)


def glance(classes: int, channels: int, size: ImageSize) -> Glance:
    """glance: blocks down to a map of about 4x4; twice the widths for colour."""
    large = min(size) >= LARGE_SIDE
    stem = WhiteningStem(channels, patch=4 if large else 3, stride=2 if large else 1)
    return build_from_stem(stem, classes, size, widest=128 if channels == 1 else 256)


def glimpse(classes: int, channels: int, size: ImageSize) -> Glance:
    """glimpse: half of glance's widths; for all but tiny images a stem of stride 2, no padding."""
    padding = 0 if min(size) >= SMALLEST_UNPADDED_SIDE else 1
    stride = 2 if min(size) >= SMALLEST_HALVED_SIDE else 1
    stem = WhiteningStem(channels, patch=3, stride=stride, padding=padding)
    widest = 64 if channels == 1 else 128
    return build_from_stem(stem, classes, size, widest=widest, padding=padding)


def build_from_stem(
    stem: WhiteningStem, classes: int, size: ImageSize, *, widest: int, padding: int = 1
) -> Glance:
    """Build blocks down to a map of about 4x4, the last one of `widest` channels, and a head.

    `padding` is that of the first convolution of each block whose maps have room for its filters.
    """
    height, width = (stem.output_side(side) for side in size)
    depth = max(2, math.ceil(math.log2(max(height, width, 4) / 4)))
    narrowest = widest // 4
    widths = [max(narrowest, widest >> (depth - 1 - index)) for index in range(depth)]
    blocks, inputs = [], stem.out_channels
    for block_width in widths:
        if min(height, width) < SMALLEST_UNPADDED_MAP:
            padding = 1
        height, width = (side + 2 * padding - 2 for side in (height, width))
        pool = max(height, width) > 2
        blocks.append(Block(inputs, block_width, padding=padding, pool=pool))
        inputs = block_width
        if pool:
            height, width = math.ceil(height / 2), math.ceil(width / 2)
    head = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))
    return Glance(stem, nn.Sequential(stem, nn.SiLU(), *blocks), head)
