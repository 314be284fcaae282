"""Pictures of what transforms do to one image."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from noonbit.augment.draws import draw
from noonbit.augment.mixing import mix
from noonbit.augment.settings import Augmentation
from noonbit.augment.transforms import augment
from noonbit.data.contact_sheet import grid

DRAWN = 6
"""Random draws beside the image as it is."""
SIDE = 160
"""Pixels that the longer side of a photograph is shrunk to on the sheet."""

SLIDES = (
    "rotation=90",
    "width_shift=0.1,height_shift=0.1,fill=nearest",
    "zoom_range=0.3",
    "flip,vertical_flip",
)
"""What lectures show of Keras's generator, with its defaults: a row of the sheet each."""


def sheet(
    image: NDArray[np.uint8],
    rows: Sequence[Augmentation],
    *,
    seed: int,
    partners: NDArray[np.uint8],
) -> Image.Image:
    """A row for each of the settings: the image as it is, then some random draws of it.

    `image` is uint8 (C, H, W). `partners` (P, C, H, W), at least one, are what mixup and CutMix mix
    it with, in turn.
    """
    pictures, titles = [], []
    for settings in rows:
        pictures += [image, *drawn(image, settings, seed, partners)]
        title = str(settings).replace(",", "\n")
        titles += ["as it is", *[title] * DRAWN]
    return grid(np.stack([shrunk(picture) for picture in pictures]), titles, columns=1 + DRAWN)


def drawn(
    image: NDArray[np.uint8], settings: Augmentation, seed: int, partners: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Random draws of one image: uint8 (`DRAWN`, C, H, W)."""
    others = partners[np.arange(DRAWN) % len(partners)]
    pairs = np.stack([np.broadcast_to(image, others.shape), others], axis=1)
    pixels = torch.from_numpy(pairs.reshape(2 * DRAWN, *image.shape))
    draws = draw(settings, seed=seed, epoch=0, count=len(pixels), device=pixels.device)
    labels = torch.zeros(len(pixels), dtype=torch.int64)
    images, _ = mix(settings, augment(settings, pixels, draws), labels, draws, classes=1)
    return images[::2].round().clamp(0, 255).byte().numpy()


def shrunk(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photograph at a size for a sheet; a small image as it is."""
    factor = SIDE / max(image.shape[1:])
    if factor >= 1:
        return image
    size = (max(1, round(image.shape[2] * factor)), max(1, round(image.shape[1] * factor)))
    bands = [Image.fromarray(band).resize(size, Image.Resampling.LANCZOS) for band in image]
    return np.stack([np.asarray(band) for band in bands])
