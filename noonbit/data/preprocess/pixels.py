"""Images as arrays: which axis is which, what their numbers mean, and what lies around them."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.errors import InputRefused

SCALED_AT_ONCE = 2**17
"""Numbers that are brought to bytes together: 1 MB of float64, which stays in a core's cache."""


def channels_first(images: NDArray[Any], name: str) -> NDArray[Any]:
    """Images (N, H, W), (N, H, W, C) or (N, C, H, W) as (N, C, H, W), without a copy.

    The only place that says which axis of an image in memory is which: C is 1 or 3, and the last
    axis is asked first. `name` is that of the first image, in the error for any other shape.
    """
    shape = images.shape[1:]
    if 0 not in shape:
        if len(shape) == 2:
            return images[:, None]
        if len(shape) == 3 and shape[2] in (1, 3):
            return images.transpose(0, 3, 1, 2)
        if len(shape) == 3 and shape[0] in (1, 3):
            return images
    raise InputRefused(
        name,
        f"has the shape {shape}; an image is (height, width), (height, width, 1 or 3) or "
        "(1 or 3, height, width)",
    )


def picture_axes(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """(1, H, W) -> (H, W), and (3, H, W) -> (H, W, 3), as Pillow has them."""
    return array[0] if len(array) == 1 else array.transpose(1, 2, 0)


def border_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The outermost frame of (N, C, H, W), as (N, pixels)."""
    sides = (pixels[:, :, 0], pixels[:, :, -1], pixels[:, :, :, 0], pixels[:, :, :, -1])
    return np.concatenate([side.reshape(len(pixels), -1) for side in sides], axis=1)


def border_level(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Mean brightness (0 to 255) of each image's frame; (N,)."""
    return np.asarray(border_pixels(pixels).mean(axis=1), np.float64)


def scale_to_bytes(
    images: NDArray[Any], value_range: tuple[float, float], names: Sequence[str]
) -> NDArray[np.uint8]:
    """Images (N, C, H, W) of numbers of `value_range` as bytes 0 to 255.

    Raises `InputRefused` for the first image that has values outside, with its name of `names`.
    """
    low, high = value_range
    if images.dtype == np.uint8 and (low, high) == (0.0, 255.0):
        return np.ascontiguousarray(images, np.uint8)
    if images.dtype.kind not in "buif":
        raise InputRefused(names[0], f"holds {images.dtype}, not numbers")
    pixels = np.empty(images.shape, np.uint8)
    step = max(1, SCALED_AT_ONCE // prod(images.shape[1:]))
    for first in range(0, len(images), step):
        values = images[first : first + step].astype(np.float64)
        least, most = values.min(axis=(1, 2, 3)), values.max(axis=(1, 2, 3))
        highest = np.full(len(values), high)
        if images.dtype.kind in "bf" and (low, high) == (0.0, 255.0):
            # Unit floats and masks are other usual forms of the same pixels.
            highest[(least >= 0) & (most <= 1)] = 1.0
        fits = (least >= low) & (most <= highest)  # no number fits nowhere, and fails both
        if not fits.all():
            index = int(fits.argmin())
            raise InputRefused(
                names[first + index],
                f"has values from {least[index]:g} to {most[index]:g}; this network was trained "
                f"on {low:g} to {high:g}",
            )
        values -= low
        values *= (255.0 / (highest - low))[:, None, None, None]
        pixels[first : first + step] = np.rint(values, out=values)
    return pixels
