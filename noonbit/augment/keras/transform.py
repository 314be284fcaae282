"""Transform batches in Keras's order: affine, channel shift, flips, brightness.

Without `compat`, images rotate about their centre, `height_shift_range` moves them up and down, and
brightness multiplies. Keras 3 swaps the two shift ranges and, for oblong images, the coordinates of
the centre; its brightness goes through an 8-bit image, so images from 0 to 1 become black.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from noonbit.augment.affine import warp
from noonbit.augment.keras.draws import KerasParameters
from noonbit.augment.keras.settings import Floats, Settings
from noonbit.system.runtime import map_on_threads, set_operator_threads

VALUES_PER_THREAD = 2**19
"""Values of a batch for which a thread is worth starting: about 3 ms of work."""
IMAGE_AXES = (1, 2, 3)
"""The axes of a (B, C, H, W) batch that belong to one image."""


def transform(
    settings: Settings, images: NDArray[Any], draws: KerasParameters, *, white: float | None
) -> Floats:
    """Transform `images` (B, ...) of any dtype in the settings' data format, each by its own draws.

    Returns a new array in the settings' dtype. `white` is the largest possible pixel value (see
    `find_white_level`).
    """
    pixels = warp_batch(settings, settings.channels_first(images), draws)
    if draws.channel_shift is not None:
        low, high = pixels.min(IMAGE_AXES, keepdims=True), pixels.max(IMAGE_AXES, keepdims=True)
        pixels = np.clip(pixels + per_image(draws.channel_shift, pixels), low, high)
    for mirrored, axis in ((draws.flip_horizontal, 3), (draws.flip_vertical, 2)):
        if mirrored.any():
            pixels[mirrored] = np.flip(pixels[mirrored], axis)
    if draws.brightness is not None:
        factors = np.repeat(per_image(draws.brightness, pixels), pixels.shape[1], axis=1)
        factors[:, 3:] = 1  # the fourth channel is transparency
        if settings.compat is not None:
            pixels = brighten_as_keras(pixels, factors)
        else:
            pixels *= factors
            if white is not None:
                np.clip(pixels, 0, white, out=pixels)
    return settings.restored(pixels)


def transform_in_threads(
    settings: Settings,
    images: NDArray[Any],
    draws: KerasParameters,
    *,
    white: float | None,
    threads: int,
    values_per_thread: int = VALUES_PER_THREAD,
) -> Floats:
    """Do the same on several threads, one for every `values_per_thread` values of the batch."""
    count = min(threads, len(images), images.size // values_per_thread)
    if count <= 1:
        return transform(settings, images, draws, white=white)
    ends = [len(images) * share // count for share in range(count + 1)]
    transformed = np.empty(images.shape, settings.dtype)

    def transform_share(share: slice) -> None:
        transformed[share] = transform(settings, images[share], draws.take(share), white=white)

    map_on_threads(transform_share, list(map(slice, ends, ends[1:])), threads)
    return transformed


def warp_batch(settings: Settings, pixels: NDArray[Any], draws: KerasParameters) -> Floats:
    """Rotate, shift, shear and zoom a (B, C, H, W) batch: the settings' dtype, a new array.

    With `compat`, interpolation is in float64, as Keras's is for any dtype.
    """
    if draws.matrices is None:
        height, width = pixels.shape[2:]
        draws = draws.with_matrices(settings, height=height, width=width)
    if draws.matrices is None:
        return pixels.astype(settings.dtype)
    if settings.compat is not None:
        pixels = pixels.astype(np.float64)
    elif pixels.dtype != np.uint8 or settings.dtype != "float32":
        pixels = pixels.astype(settings.dtype, copy=False)
    with set_operator_threads(1):
        moved = warp(
            torch.from_numpy(pixels),
            draws.matrices,
            fill_mode=settings.fill_mode,
            cval=settings.cval,
            order=settings.interpolation_order,
        )
    return moved.numpy().astype(settings.dtype, copy=False)


def per_image(values: NDArray[np.float64], pixels: Floats) -> Floats:
    """Reshape numbers (B,) to (B, 1, 1, 1), in the dtype of `pixels`."""
    return values.astype(pixels.dtype)[:, None, None, None]


def brighten_as_keras(pixels: Floats, factors: Floats) -> Floats:
    """Multiply as Keras does with Pillow: in 8 bits, so fractions are cut off.

    An image with values outside 0 to 255 is scaled to that range first and scaled back afterwards.
    """
    low, high = pixels.min(IMAGE_AXES, keepdims=True), pixels.max(IMAGE_AXES, keepdims=True)
    levels = pixels.astype(np.float32)
    spread = levels - levels.min(IMAGE_AXES, keepdims=True)
    peak = spread.max(IMAGE_AXES, keepdims=True)
    spread = spread / np.where(peak == 0, np.float32(1), peak) * np.float32(255)
    outside = (low < 0) | (high > 255)
    levels = np.trunc(np.where(outside, spread, levels))
    brighter = np.clip(np.trunc(levels * factors.astype(np.float32)), 0, 255)
    return np.where(outside, brighter / np.float32(255) * (high - low) + low, brighter)


def find_white_level(images: NDArray[np.generic]) -> float | None:
    """Guess the largest possible pixel value from all images: 1 or 255; None if neither fits."""
    if images.dtype == np.uint8:
        return 255.0
    if not images.size or images.min() < 0:
        return None
    brightest = float(images.max())
    if images.dtype.kind == "f" and brightest <= 1:
        return 1.0
    return 255.0 if brightest <= 255 else None
