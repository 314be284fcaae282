"""Batches transformed as drawn: affine, then channel shift, flips and brightness, as Keras orders.

Without `compat`, an image is turned about its own centre, `height_shift_range` moves it up and
down, and brightness multiplies. Keras 3 exchanges the two shift ranges and, for an oblong image,
the coordinates of the centre; it brightens through an 8-bit picture, which turns an image of values
from 0 to 1 black.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from noonbit.augment.affine import warp
from noonbit.augment.keras.draws import Draws
from noonbit.augment.keras.settings import Floats, Settings
from noonbit.system.runtime import operators_use

VALUES_A_SHARE = 2**19
"""Numbers of a batch that are worth waking a thread for: about 3 ms of work."""
OF_EACH = (1, 2, 3)
"""The axes of a (B, C, H, W) batch that belong to one image."""


def transformed(
    settings: Settings, images: NDArray[Any], draws: Draws, *, white: float | None
) -> Floats:
    """`images` (B, ...) in the settings' data format, each by its own draws; a new array.

    Images of any number type become the settings' dtype.

    `white` is the brightest value that an image can have (see `white_of`).
    """
    pixels = warped(settings, settings.channels_first(images), draws)
    if draws.channel_shift is not None:
        low, high = pixels.min(OF_EACH, keepdims=True), pixels.max(OF_EACH, keepdims=True)
        pixels = np.clip(pixels + column(draws.channel_shift, pixels), low, high)
    for mirrored, axis in ((draws.flip_horizontal, 3), (draws.flip_vertical, 2)):
        if mirrored.any():
            pixels[mirrored] = np.flip(pixels[mirrored], axis)
    if draws.brightness is not None:
        factors = np.repeat(column(draws.brightness, pixels), pixels.shape[1], axis=1)
        factors[:, 3:] = 1  # a fourth channel is transparency, which has no brightness
        if settings.compat is not None:
            pixels = brightened_as_keras(pixels, factors)
        else:
            pixels *= factors
            if white is not None:
                np.clip(pixels, 0, white, out=pixels)
    return settings.restored(pixels)


def transformed_in_shares(
    settings: Settings, images: NDArray[Any], draws: Draws, *, white: float | None, threads: int
) -> Floats:
    """The same for images of any dtype, on several threads where the batch is worth waking them."""
    count = min(threads, len(images), images.size // VALUES_A_SHARE)
    if count <= 1:
        return transformed(settings, images, draws, white=white)
    ends = [len(images) * share // count for share in range(count + 1)]
    together = np.empty(images.shape, settings.dtype)

    def transform(share: slice) -> None:
        together[share] = transformed(settings, images[share], draws.take(share), white=white)

    # A pool of its own: a flow may be read by one of the threads of `Runtime.spread`, and waiting
    # there for the same pool would never end.
    list(transformers(threads).map(transform, map(slice, ends, ends[1:])))
    return together


@cache
def transformers(threads: int) -> ThreadPoolExecutor:
    """The process's threads for transforming."""
    return ThreadPoolExecutor(threads, "noonbit-transform")


def warped(settings: Settings, pixels: NDArray[Any], draws: Draws) -> Floats:
    """A (B, C, H, W) batch in the settings' dtype, rotated, shifted, sheared and zoomed at once.

    Positions are float64 for `compat`, since Keras interpolates in it whatever the dtype.
    """
    if draws.matrices is None:
        height, width = pixels.shape[2:]
        draws = draws.placed(settings, height=height, width=width)
    if draws.matrices is None:
        return pixels.astype(settings.dtype)
    if settings.compat is not None:
        pixels = pixels.astype(np.float64)
    elif pixels.dtype != np.uint8 or settings.dtype != "float32":
        pixels = pixels.astype(settings.dtype, copy=False)
    with operators_use(1):
        moved = warp(
            torch.from_numpy(pixels),
            draws.matrices,
            fill_mode=settings.fill_mode,
            cval=settings.cval,
            order=settings.interpolation_order,
        )
    return moved.numpy().astype(settings.dtype, copy=False)


def column(values: NDArray[np.float64], pixels: Floats) -> Floats:
    """One number an image, to be combined with a (B, C, H, W) batch in its dtype."""
    return values.astype(pixels.dtype)[:, None, None, None]


def brightened_as_keras(pixels: Floats, factors: Floats) -> Floats:
    """Brightness through an 8-bit picture, as Keras has Pillow do it: whatever is cut off is lost.

    An image with values outside 0 to 255 is spread over that range first and brought back after.
    """
    low, high = pixels.min(OF_EACH, keepdims=True), pixels.max(OF_EACH, keepdims=True)
    levels = pixels.astype(np.float32)
    spread = levels - levels.min(OF_EACH, keepdims=True)
    peak = spread.max(OF_EACH, keepdims=True)
    spread = spread / np.where(peak == 0, np.float32(1), peak) * np.float32(255)
    outside = (low < 0) | (high > 255)
    levels = np.trunc(np.where(outside, spread, levels))
    brighter = np.clip(np.trunc(levels * factors.astype(np.float32)), 0, 255)
    return np.where(outside, brighter / np.float32(255) * (high - low) + low, brighter)


def white_of(images: NDArray[np.generic]) -> float | None:
    """The brightest value that such images can have: 1 or 255, by all of them; None if unknown."""
    if images.dtype == np.uint8:
        return 255.0
    if not images.size or images.min() < 0:
        return None
    brightest = float(images.max())
    if images.dtype.kind == "f" and brightest <= 1:
        return 1.0
    return 255.0 if brightest <= 255 else None
