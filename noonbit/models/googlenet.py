"""GoogLeNet: 22 layers, 18 of them in nine inception modules, which see several scales at once.

Szegedy et al., "Going deeper with convolutions", 2014. Counted for 224 x 224 x 3 images and 1,000
classes: 6,998,552 parameters, and 13,378,280 with the two auxiliary heads, which read the maps of
4a and 4d in training only (their losses count 0.3 each in the paper).

    stem - inception 3a, 3b - pool - 4a to 4e - pool - 5a, 5b - mean - dropout - dense

A pool after an inception module comes before its ReLU; max-pooling and ReLU commute. The paper does
not give the initial weights; these are He's.

Below 100 pixels a side: the stem begins with 3x3 and stride 1 (2 from 48 pixels on) instead of 7x7
and stride 2, without the first pool, and the auxiliary heads average to 4x4 whatever the map.
"""

import torch
from torch import Tensor, nn

from noonbit.models.dropout import Dropout
from noonbit.models.layers import (
    FeedforwardNetwork,
    ImageSize,
    PadTo,
    he_init,
    is_small,
    output_count,
    response_norm,
    small_stride,
)

SMALL_FORM = "first convolution 3x3 with stride 1 (2 from 48 pixels on), no first pool"
WIDTHS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Channels of a module: 1x1; 3x3 reduced, 3x3; 5x5 reduced, 5x5; pool projection."""
POOLED = ("3b", "4e")
WITH_AUXILIARY_HEADS = ("4a", "4d")


class Inception(nn.Module):
    """Four parallel paths over the same maps, concatenated."""

    def __init__(self, inputs: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        one, three_reduced, three, five_reduced, five, projected = widths
        self.one = nn.Conv2d(inputs, one, 1)
        self.three = nn.Sequential(
            nn.Conv2d(inputs, three_reduced, 1),
            nn.ReLU(),
            nn.Conv2d(three_reduced, three, 3, padding=1),
        )
        self.five = nn.Sequential(
            nn.Conv2d(inputs, five_reduced, 1),
            nn.ReLU(),
            nn.Conv2d(five_reduced, five, 5, padding=2),
        )
        self.pooled = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1), nn.Conv2d(inputs, projected, 1)
        )
        self.outputs = one + three + five + projected

    def forward(self, maps: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, h, w), before ReLU."""
        return torch.cat(
            [self.one(maps), self.three(maps), self.five(maps), self.pooled(maps)], dim=1
        )


def googlenet(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Stem, nine inception modules, head, and two auxiliary heads."""
    features = nn.Sequential()
    features.add_module("stem", make_stem(channels, size))
    auxiliary = {}
    inputs = 192
    for name, widths in WIDTHS.items():
        inception = Inception(inputs, widths)
        inputs = inception.outputs
        pool = [nn.MaxPool2d(3, 2, ceil_mode=True)] if name in POOLED else []
        features.add_module(name, nn.Sequential(inception, *pool, nn.ReLU()))
        if name in WITH_AUXILIARY_HEADS:
            auxiliary[name] = make_auxiliary_head(features, inputs, classes, channels, size)
    head = nn.Sequential(
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), Dropout(0.4), nn.Linear(inputs, classes)
    )
    return he_init(FeedforwardNetwork(features, head, auxiliary))


def make_stem(channels: int, size: ImageSize) -> nn.Sequential:
    """Create the stem: 192 maps of about 28x28 pixels (small form: half the image's side)."""
    if is_small(size):
        stem = nn.Sequential(
            PadTo(8, size),  # the smallest image of which three overlapping pools leave a pixel
            nn.Conv2d(channels, 64, 3, small_stride(size), padding=1),
        )
    else:
        stem = nn.Sequential(
            nn.Conv2d(channels, 64, 7, 2, padding=3), nn.MaxPool2d(3, 2, ceil_mode=True)
        )
    return stem.extend(
        [
            nn.ReLU(),
            response_norm(),
            nn.Conv2d(64, 64, 1),
            nn.ReLU(),
            nn.Conv2d(64, 192, 3, padding=1),
            nn.ReLU(),
            response_norm(),
            nn.MaxPool2d(3, 2, ceil_mode=True),
        ]
    )


def make_auxiliary_head(
    features: nn.Sequential, inputs: int, classes: int, channels: int, size: ImageSize
) -> nn.Sequential:
    """Create a small classifier on the output of `features` as built so far."""
    head = nn.Sequential(
        nn.AdaptiveAvgPool2d(4) if is_small(size) else nn.AvgPool2d(5, 3),
        nn.Conv2d(inputs, 128, 1),
        nn.ReLU(),
        nn.Flatten(),
    )
    count = output_count(nn.Sequential(features, head), channels, size)
    return head.extend([nn.Linear(count, 1024), nn.ReLU(), Dropout(0.7), nn.Linear(1024, classes)])
