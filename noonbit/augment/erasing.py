"""Random erasing, and the rectangles that CutMix shares with it."""

import math

import torch
from torch import Tensor

LEAST_AREA, MOST_AREA = 0.02, 0.4
LEAST_ASPECT = 0.3
"""The rectangle's share of the image, and its least height over width; the paper's values."""


def erase(images: Tensor, numbers: Tensor, share: float) -> Tensor:
    """Paint a rectangle of one random colour into a `share` of the images (B, C, H, W).

    `numbers` is (B, 8), random from 0 to 1: whether to erase, area, aspect ratio, top, left, and
    three colour values. Zhong, Zheng, Kang, Li and Yang, "Random erasing data augmentation", 2017;
    but a rectangle longer than the image is clipped, where the paper samples again.
    """
    channels, height, width = images.shape[1:]
    chance, area, aspect, down, right = numbers[:, :5].unbind(dim=1)
    pixels = (LEAST_AREA + area * (MOST_AREA - LEAST_AREA)) * height * width
    aspect = torch.exp((aspect * 2 - 1) * -math.log(LEAST_ASPECT))
    rows = (pixels * aspect).sqrt().round().clamp(1, height)
    columns = (pixels / aspect).sqrt().round().clamp(1, width)
    top = (down * (height - rows + 1)).floor()
    left = (right * (width - columns + 1)).floor()
    # An image that is not to be erased gets a rectangle of no rows.
    bottom = torch.where(chance < share, top + rows, top)
    painted = rectangle_mask(top, bottom, left, left + columns, height, width)
    colours = (numbers[:, 5 : 5 + channels] * 255).to(images.dtype)
    return torch.where(painted, colours[:, :, None, None], images)


def rectangle_mask(
    top: Tensor, bottom: Tensor, left: Tensor, right: Tensor, height: int, width: int
) -> Tensor:
    """Mark the pixels from top and left to before bottom and right: bool (B, 1, H, W)."""
    rows = torch.arange(height, device=top.device)
    columns = torch.arange(width, device=top.device)
    vertical = (rows >= top[:, None]) & (rows < bottom[:, None])
    horizontal = (columns >= left[:, None]) & (columns < right[:, None])
    return (vertical[:, :, None] & horizontal[:, None, :])[:, None]
