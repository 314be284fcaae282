"""Rectangles that are painted over: random erasing, and the cuts of CutMix."""

import math

import torch
from torch import Tensor

LEAST_AREA, MOST_AREA = 0.02, 0.4
LEAST_ASPECT = 0.3
"""Of an image, and height over width at the flattest; the paper's values for all of its data."""


def erase(images: Tensor, chances: Tensor, share: float) -> Tensor:
    """Paint a rectangle of one random colour over a `share` of the images (B, C, H, W).

    `chances` is (B, 8) from 0 to 1: whether, area, aspect, down, right, and three colours. Zhong,
    Zheng, Kang, Li and Yang, "Random erasing data augmentation", 2017. A rectangle that would
    be longer than the image ends at its borders, where the paper draws again.
    """
    channels, height, width = images.shape[1:]
    chosen, area, aspect, down, right = chances[:, :5].unbind(dim=1)
    pixels = (LEAST_AREA + area * (MOST_AREA - LEAST_AREA)) * height * width
    aspect = torch.exp((aspect * 2 - 1) * -math.log(LEAST_ASPECT))
    rows = (pixels * aspect).sqrt().round().clamp(1, height)
    columns = (pixels / aspect).sqrt().round().clamp(1, width)
    top = (down * (height - rows + 1)).floor()
    left = (right * (width - columns + 1)).floor()
    # Down to no rows at all where the image is not chosen.
    bottom = torch.where(chosen < share, top + rows, top)
    painted = inside(top, bottom, left, left + columns, height, width)
    colours = (chances[:, 5 : 5 + channels] * 255).to(images.dtype)
    return torch.where(painted, colours[:, :, None, None], images)


def inside(
    top: Tensor, bottom: Tensor, left: Tensor, right: Tensor, height: int, width: int
) -> Tensor:
    """Which pixels lie in each image's rectangle, its ends not included: bool (B, 1, H, W)."""
    rows = torch.arange(height, device=top.device)
    columns = torch.arange(width, device=top.device)
    vertical = (rows >= top[:, None]) & (rows < bottom[:, None])
    horizontal = (columns >= left[:, None]) & (columns < right[:, None])
    return (vertical[:, :, None] & horizontal[:, None, :])[:, None]
