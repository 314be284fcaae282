"""The one place that says what an array of images means: its axes, and its numbers.

images_from_array     an array of a file as images (N, C, H, W)
value_range_of        which raw numbers are black and white, where nothing says it
pixels_from_array     many images of a file as bytes
pixels_to_answer      the same for a network that was trained on a range
scale_to_bytes        images in memory, each judged by itself
border_level          what lies around an image
"""

from collections.abc import Sequence
from math import isqrt, prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noonbit.data.mapped import RowWriter, is_mapped
from noonbit.data.readers.bit_depth import FULL_WHITE, highest_of_depth, white_level_of
from noonbit.errors import DataError, InputRefused, join_first

ValueRange: TypeAlias = tuple[float, float]
"""The raw numbers that stand for 0 and 255."""

BYTES: ValueRange = (0.0, 255.0)
ROWS_AT_ONCE = 4096
"""Images that are scaled together, which bounds the float copy."""
SCALED_AT_ONCE = 2**17
"""Numbers that are brought to bytes together: 1 MB of float64, which stays in a core's cache."""


# Axes


def view_channels_first(images: NDArray[Any]) -> NDArray[Any] | None:
    """Images (N, H, W), (N, H, W, C) or (N, C, H, W) as (N, C, H, W), without a copy.

    C is 1 or 3, and the last axis is asked first. None for any other shape.
    """
    if images.ndim == 3:
        return images[:, None]
    if images.ndim == 4 and images.shape[3] in (1, 3):
        return images.transpose(0, 3, 1, 2)
    if images.ndim == 4 and images.shape[1] in (1, 3):
        return images
    return None


def channels_first(images: NDArray[Any], name: str) -> NDArray[Any]:
    """Images in memory as (N, C, H, W), without a copy.

    Raises `InputRefused` with `name`, that of the first image, for any other shape.
    """
    shape = images.shape[1:]
    view = None if 0 in shape else view_channels_first(images)
    if view is None:
        raise InputRefused(
            name,
            f"has the shape {shape}; an image is (height, width), (height, width, 1 or 3) or "
            "(1 or 3, height, width)",
        )
    return view


def images_from_array(array: NDArray[np.generic], *, name: str) -> NDArray[np.generic]:
    """View an array of images as (N, C, H, W) by the rules of `pixels_from_array`."""
    require_numbers(array, name=name)
    shape = array.shape
    if 0 in shape[1:]:
        raise DataError(
            f"{name} has the shape {shape}: images without a pixel. Save images of at least 1 x 1."
        )
    if array.ndim == 2 and (image_shape := shape_of_row(shape[1])):
        channels, height, width = image_shape
        return array.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
    view = view_channels_first(array)
    if view is not None:
        return view
    raise DataError(
        f"{name} has the shape {shape}; images have the shape (N, H, W), (N, H, W, C) or "
        "(N, C, H, W) with 1 or 3 channels, or (N, K) with K pixels of a square."
    )


def require_numbers(array: NDArray[np.generic], *, name: str) -> None:
    """Raise `DataError` for an array of text, dates, complex numbers or the like.

    Some of them would pass for pixels: NumPy makes numbers of dates and of the text 12, and drops
    the imaginary part of a complex one.
    """
    if array.dtype.kind not in "buif":
        raise DataError(
            f"{name} holds {describe_dtype(array.dtype)}, not pixel numbers. Save the images as "
            "one uint8 or float array."
        )


def describe_dtype(dtype: np.dtype[np.generic]) -> str:
    """What an array without pixel numbers holds, for an error."""
    if dtype.names:
        return f"records of {join_first(dtype.names, 3)}"
    return "Python objects" if dtype.kind == "O" else f"values of type {dtype}"


def shape_of_row(pixels: int) -> tuple[int, int, int] | None:
    """(C, H, W) of a flat row: a grey or colour square of at least 4 x 4 pixels, or None."""
    for channels in (1, 3):
        side = isqrt(max(0, pixels) // channels)
        if side >= 4 and side * side * channels == pixels:
            return channels, side, side
    return None


def picture_axes(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """(1, H, W) -> (H, W), and (3, H, W) -> (H, W, 3), as Pillow has them."""
    return array[0] if len(array) == 1 else array.transpose(1, 2, 0)


# Numbers


def value_range_of(*arrays: NDArray[np.generic], name: str) -> ValueRange:
    """The range that pixel values were meant to have, from their extremes.

    White is what `white_level_of` says: 1, 16 and 255 of usual forms, the highest value itself of
    10, 12 or 14 bits, 65,535 of 16. Values that go below 0 are accepted within -1..1 only, as
    networks that end in tanh want them. Raises `DataError` for values outside, and for NaN and
    infinity, and for arrays of anything but numbers.
    """
    for array in arrays:
        require_numbers(array, name=name)
    full = [array for array in arrays if array.size]
    if not full:
        return 0.0, 255.0
    low = min(float(array.min()) for array in full)
    high = max(float(array.max()) for array in full)
    if not np.isfinite([low, high]).all():
        raise DataError(f"{name} holds NaN or infinite values. Replace them by pixel values.")
    if low < 0:
        if low >= -1 and high <= 1:
            return -1.0, 1.0
        raise DataError(
            f"{name} holds values from {low:g} to {high:g}; pixels lie in 0..1, -1..1, 0..16, "
            "0..255 or 0..65535. Save them before they are standardised."
        )
    if high <= FULL_WHITE:
        return 0.0, white_level_of(high)
    raise DataError(
        f"{name} holds values up to {high:g}; pixels lie in 0..1, -1..1, 0..16, 0..255 or "
        "0..65535. Rescale them."
    )


def highest_levels(
    dtype: np.dtype[Any], least: NDArray[Any], most: NDArray[Any], value_range: ValueRange
) -> NDArray[np.float64]:
    """What stands for white in some arrays, to a network that was trained on `value_range`: (N,).

    `least` and `most` (N,) are the extremes of each array. Unit floats and masks are other usual
    forms of bytes, so in them 1 is white. Otherwise the range is the network's own; values outside
    it give NaN, and so do NaN and infinity. What has the same number of bits is no value outside:
    see `highest_of_depth`.
    """
    low, high = value_range
    highest = np.full(len(least), high)
    if dtype.kind in "bf" and value_range == BYTES:
        highest[(least >= 0) & (most <= 1)] = 1.0
    limits = np.where(highest == high, highest_of_depth(high), highest)
    return np.where((least >= low) & (most <= limits), highest, np.nan)


def pixels_from_array(
    array: NDArray[np.generic], *, name: str, value_range: ValueRange | None = None
) -> tuple[NDArray[np.uint8], ValueRange]:
    """Bring an array of images to uint8 (N, C, H, W), and say which raw values became 0 and 255.

    Shapes: (N, H, W); (N, H, W, C) or (N, C, H, W) with 1 or 3 channels, the last axis asked
    first; (N, K) flat rows of square images, K = side² or 3 side² (interleaved). `value_range`
    forces a range; without it `value_range_of` finds one. Raises `DataError`.
    """
    array = images_from_array(array, name=name)
    if value_range is None:
        value_range = value_range_of(array, name=name)
    are_bytes = array.dtype == np.uint8 and value_range == BYTES
    if are_bytes and array.flags.c_contiguous:
        return array.view(np.uint8), value_range
    low, high = value_range
    pixels = RowWriter(len(array), array.shape[1:], on_disk=is_mapped(array))
    for start in range(0, len(array), ROWS_AT_ONCE):
        rows = array[start : start + ROWS_AT_ONCE]
        if not are_bytes:
            values = rows.astype(np.float64).clip(low, high)
            rows = np.rint((values - low) * (255 / (high - low)))
        pixels.append(rows.astype(np.uint8, copy=False))
    return pixels.finish(), value_range


def pixels_to_answer(
    array: NDArray[np.generic], *, name: str, value_range: ValueRange | None
) -> tuple[NDArray[np.uint8], ValueRange]:
    """Images for a network that was trained on raw values of `value_range`; None: find the range.

    Raises `DataError` for values that the network never saw: clipping them would change the
    pictures unseen. See `highest_levels`.
    """
    if value_range is not None and array.size and array.dtype.kind in "buif":
        low, high = value_range
        least, most = float(array.min()), float(array.max())
        (highest,) = highest_levels(array.dtype, np.array([least]), np.array([most]), value_range)
        if np.isnan(highest):
            raise DataError(
                f"{name} holds values from {least:g} to {most:g}; this network was trained on "
                f"{low:g} to {high:g}. Bring them to that range."
            )
        value_range = (low, float(highest))
    return pixels_from_array(array, name=name, value_range=value_range)


def scale_to_bytes(
    images: NDArray[Any], value_range: tuple[float, float], names: Sequence[str]
) -> NDArray[np.uint8]:
    """Images (N, C, H, W) of numbers of `value_range` as bytes 0 to 255.

    Raises `InputRefused` for the first image that has values outside, with its name of `names`.
    """
    low, high = value_range
    if images.dtype == np.uint8 and value_range == BYTES:
        return np.ascontiguousarray(images, np.uint8)
    if images.dtype.kind not in "buif":
        raise InputRefused(names[0], f"holds {images.dtype}, not numbers")
    pixels = np.empty(images.shape, np.uint8)
    step = max(1, SCALED_AT_ONCE // prod(images.shape[1:]))
    for first in range(0, len(images), step):
        values = images[first : first + step].astype(np.float64)
        least, most = values.min(axis=(1, 2, 3)), values.max(axis=(1, 2, 3))
        highest = highest_levels(images.dtype, least, most, value_range)
        fits = ~np.isnan(highest)
        if not fits.all():
            index = int(fits.argmin())
            raise InputRefused(
                names[first + index],
                f"has values from {least[index]:g} to {most[index]:g}; this network was trained "
                f"on {low:g} to {high:g}",
            )
        values -= low
        values *= (255.0 / (highest - low))[:, None, None, None]
        pixels[first : first + step] = np.rint(values, out=values).clip(None, 255)
    return pixels


# Borders


def border_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The outermost frame of (N, C, H, W), as (N, pixels)."""
    sides = (pixels[:, :, 0], pixels[:, :, -1], pixels[:, :, :, 0], pixels[:, :, :, -1])
    return np.concatenate([side.reshape(len(pixels), -1) for side in sides], axis=1)


def border_level(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Usual brightness (0 to 255) of each image's frame; (N,).

    The median, since ink reaches the frame where drawings fill their box, as the digits of
    scikit-learn do.
    """
    return np.asarray(np.median(border_pixels(pixels), axis=1), np.float64)
