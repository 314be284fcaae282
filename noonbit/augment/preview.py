"""Contact sheets that show what transforms do to one image."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from noonbit.augment.draws import sample_parameters
from noonbit.augment.mixing import mix
from noonbit.augment.transforms import augment
from noonbit.config.augmentation import Augmentation
from noonbit.data.contact_sheet import draw_grid

EXAMPLES_PER_ROW = 6
"""Randomly transformed copies beside the original."""
LONGEST_SIDE = 160
"""Pixels to which the longer side of a larger image is shrunk on the sheet."""

SLIDES = (
    "rotation=90",
    "width_shift=0.1,height_shift=0.1,fill=nearest",
    "zoom_range=0.3",
    "flip,vertical_flip",
)
"""Settings that lectures show of Keras's generator; one row of the sheet each."""


def preview_sheet(
    image: NDArray[np.uint8],
    rows: Sequence[Augmentation],
    *,
    seed: int,
    partners: NDArray[np.uint8],
) -> Image.Image:
    """Draw a row for each of the settings: the original, then random transforms of it.

    `image` is uint8 (C, H, W). mixup and CutMix mix it with each of `partners`, (P, C, H, W) with P
    at least 1, in turn.
    """
    pictures, titles = [], []
    for settings in rows:
        pictures += [image, *random_examples(image, settings, seed, partners)]
        title = str(settings).replace(",", "\n")
        titles += ["as it is", *[title] * EXAMPLES_PER_ROW]
    return draw_grid(
        np.stack([shrink(picture) for picture in pictures]), titles, columns=1 + EXAMPLES_PER_ROW
    )


def random_examples(
    image: NDArray[np.uint8], settings: Augmentation, seed: int, partners: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Transform one image at random: uint8 (`EXAMPLES_PER_ROW`, C, H, W)."""
    others = partners[np.arange(EXAMPLES_PER_ROW) % len(partners)]
    pairs = np.stack([np.broadcast_to(image, others.shape), others], axis=1)
    pixels = torch.from_numpy(pairs.reshape(2 * EXAMPLES_PER_ROW, *image.shape))
    draws = sample_parameters(settings, seed=seed, epoch=0, count=len(pixels), device=pixels.device)
    labels = torch.zeros(len(pixels), dtype=torch.int64)
    images, _ = mix(settings, augment(settings, pixels, draws), labels, draws, classes=1)
    return images[::2].round().clamp(0, 255).byte().numpy()


def shrink(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shrink a large image to `LONGEST_SIDE`; return a small one unchanged."""
    factor = LONGEST_SIDE / max(image.shape[1:])
    if factor >= 1:
        return image
    size = (max(1, round(image.shape[2] * factor)), max(1, round(image.shape[1] * factor)))
    bands = [Image.fromarray(band).resize(size, Image.Resampling.LANCZOS) for band in image]
    return np.stack([np.asarray(band) for band in bands])
