"""Pieces that two or more model families share."""

from collections.abc import Callable
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ImageSize: TypeAlias = tuple[int, int]
"""(height, width) in pixels."""
Builder: TypeAlias = Callable[[int, int, ImageSize], nn.Module]
"""(number of classes, input channels, image size) -> a freshly initialised network."""


class Network(nn.Module):
    """Feature maps, then a head that turns them into one logit a class.

    Explanations read the maps that `features` gives; nothing in either part works in place.
    """

    normalises_shares = False
    """Whether batch norm may see a thread's share of a batch instead of all of it."""

    def __init__(self, features: nn.Sequential, head: nn.Sequential) -> None:
        super().__init__()
        self.features = features
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        """Normalised float images (N, C, H, W) -> logits (N, classes)."""
        logits: Tensor = self.head(self.features(images))
        return logits


class PadTo(nn.Module):
    """Zero margins for images smaller than a network needs; larger ones pass untouched."""

    def __init__(self, least: int, size: ImageSize) -> None:
        super().__init__()
        missing_height, missing_width = (max(0, least - side) for side in size)
        left, top = missing_width // 2, missing_height // 2
        self.margins = (left, missing_width - left, top, missing_height - top)

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, at least `least`, at least `least`)."""
        return F.pad(images, self.margins) if any(self.margins) else images

    def extra_repr(self) -> str:
        """The margins in the layer table."""
        return "left {}, right {}, top {}, bottom {}".format(*self.margins)


def output_count(features: nn.Module, channels: int, size: ImageSize) -> int:
    """How many numbers `features` gives for one image; what a dense layer after it needs."""
    training = features.training
    features.eval()
    with torch.no_grad():
        count = features(torch.zeros(1, channels, *size)).numel()
    features.train(training)
    return int(count)


def keras_init(network: nn.Module) -> None:
    """Keras's defaults: Glorot uniform weights (Glorot and Bengio, 2010) and biases of zero."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
