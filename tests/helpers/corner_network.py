"""Networks that look at the upper left corner of a picture, and how much of a map lies there."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor

SIDE, CORNER = 24, 8
"""Pixels a side of a picture, and of its corner."""


class Mask(nn.Module):
    """Lets the corner of maps pass, and sets all else to zero."""

    def forward(self, maps: Tensor) -> Tensor:
        mask = torch.zeros_like(maps)
        mask[:, :, :CORNER, :CORNER] = 1
        return maps * mask


def corner_network(*, weight: float = 1.0) -> nn.Sequential:
    """`bright` gets the mean level of the corner as its logit, `dark` its negative."""
    convolution = nn.Conv2d(1, 1, 3, padding=1, bias=False)
    nn.init.dirac_(convolution.weight)
    dense = nn.Linear(SIDE * SIDE, 2, bias=False)
    nn.init.constant_(dense.weight, weight / CORNER**2)
    with torch.no_grad():
        dense.weight[0] *= -1
    return nn.Sequential(convolution, Mask(), nn.Flatten(), dense).eval()


def corner_contract() -> Contract:
    """Grey pictures on a scale of 0 to 1, in two classes."""
    preprocessor = ImagePreprocessor(height=SIDE, width=SIDE, channels=1)
    return Contract.unit(preprocessor, ("dark", "bright"))


def noise(*, seed: int = 0) -> NDArray[np.uint8]:
    """A picture (1, h, w) of noise whose corner is brighter than its mean."""
    pixels = np.random.default_rng(seed).integers(0, 156, (1, SIDE, SIDE), np.uint8)
    pixels[:, :CORNER, :CORNER] += 100
    return pixels


def share_within(values: NDArray[np.float32], side: int) -> float:
    """The share of a map's positive values in the upper left square of so many pixels a side."""
    positive = np.maximum(values, 0)
    return float(positive[:side, :side].sum() / positive.sum())
