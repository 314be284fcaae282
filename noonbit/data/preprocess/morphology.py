"""Morphology of small pictures: extremes in windows, connected pieces, distances, a slight blur.

The same values as scipy.ndimage's to the bit, which a test holds. NumPy alone, because importing
scipy.ndimage takes 0.4 s, about a third of what one photograph of a digit needs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TRUNCATED = 4.0
"""Standard deviations at which a blur's weights end, as scipy's."""


def window_maximum(values: NDArray[Any], window: int, axis: int, *, beyond: float) -> NDArray[Any]:
    """The highest value in the `window`, an odd number, around each along an axis.

    Outside of the array every value counts as `beyond`. Windows of doubled width are made of two
    overlapping ones, so the time grows with the logarithm of the window.
    """
    reach = window // 2
    lines = np.moveaxis(values, axis, 0)
    margin = ((reach, reach), *[(0, 0)] * (lines.ndim - 1))
    highest = np.pad(lines, margin, constant_values=beyond)
    width = 1
    while width < window:
        step = min(width, window - width)
        highest = np.maximum(highest[:-step], highest[step:])
        width += step
    return np.moveaxis(highest, 0, axis)


def window_minimum(values: NDArray[Any], window: int, axis: int, *, beyond: float) -> NDArray[Any]:
    """As `window_maximum`, the lowest value."""
    return -window_maximum(-values, window, axis, beyond=-beyond)


def disc_maximum(values: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """The highest value (H, W) within `radius` pixels of each; outside of the array they are 0."""
    reach = int(radius)
    padded = np.pad(values, ((reach, reach), (0, 0)))
    columns = np.arange(1, reach + 1)
    highest = np.zeros_like(values)
    for offset in range(-reach, reach + 1):
        half = int(np.count_nonzero(columns**2 + offset**2 <= radius**2))
        rows = padded[reach + offset : reach + offset + len(values)]
        highest = np.maximum(highest, window_maximum(rows, 2 * half + 1, 1, beyond=0))
    return highest


def grow(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask (H, W) with the four neighbours of each of its pixels."""
    rows, columns = (window_maximum(mask, 3, axis, beyond=False) for axis in (0, 1))
    return np.asarray(rows | columns)


def shrink(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels of a mask (H, W) all of whose eight neighbours are in it, or outside the array."""
    outside = window_maximum(~mask, 3, 0, beyond=False)
    return ~window_maximum(outside, 3, 1, beyond=False)


def blur(levels: NDArray[np.float32], deviation: float) -> NDArray[np.float32]:
    """A Gaussian blur (H, W) of so many pixels; the picture is mirrored at its edges."""
    reach = int(TRUNCATED * deviation + 0.5)
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 / deviation**2 * offsets**2)
    weights /= weights.sum()
    for axis in (0, 1):
        lines = np.moveaxis(levels, axis, 0)
        count = len(lines)
        around = np.pad(lines, ((reach, reach), (0, 0)), "symmetric").astype(np.float64)
        blurred = around[reach : reach + count] * weights[reach]
        for step in range(reach, 0, -1):  # the order in which scipy adds
            before = around[reach - step : reach - step + count]
            after = around[reach + step : reach + step + count]
            blurred += (before + after) * weights[reach - step]
        levels = np.moveaxis(blurred.astype(np.float32), 0, axis)
    return levels


@dataclass(frozen=True, slots=True)
class Pieces:
    """The connected pieces of masks."""

    numbers: NDArray[np.int64]
    """(N, H, W): the piece of each pixel, counted from 1 in the order of their first pixels over
    all masks; 0 outside."""
    count: int


def connect(masks: NDArray[np.bool_], *, diagonal: bool) -> Pieces:
    """The connected pieces of each mask (N, H, W), by edges or, `diagonal`, by corners as well.

    Runs of pixels in a row are joined with those that they touch in the row above, all at once:
    each tree of runs hangs itself below the lowest number that it touches, until none touches
    another tree.
    """
    starts = masks.copy()
    starts[:, :, 1:] &= ~masks[:, :, :-1]
    runs = starts.cumsum(dtype=np.int64).reshape(masks.shape) - 1
    upper, lower = _touching_runs(masks, runs, diagonal=diagonal)
    root = np.arange(np.count_nonzero(starts))
    while len(upper):
        np.minimum.at(root, np.maximum(upper, lower), np.minimum(upper, lower))
        while not np.array_equal(above := root[root], root):
            root = above
        upper, lower = root[upper], root[lower]
        apart = upper != lower
        upper, lower = upper[apart], lower[apart]
    is_first = root == np.arange(len(root))
    number = is_first.cumsum()[root]
    numbers = np.zeros(masks.shape, np.int64)
    numbers[masks] = number[runs[masks]]
    return Pieces(numbers, int(is_first.sum()))


def _touching_runs(
    masks: NDArray[np.bool_], runs: NDArray[np.int64], *, diagonal: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The runs of neighbouring rows that touch: the upper ones, and the lower one of each."""
    above, below = slice(None, -1), slice(1, None)
    everywhere = slice(None)
    pairs = [(everywhere, everywhere)]
    if diagonal:
        pairs += [(above, below), (below, above)]
    uppers, lowers = [], []
    for upper, lower in pairs:
        touch = masks[:, above, upper] & masks[:, below, lower]
        uppers.append(runs[:, above, upper][touch])
        lowers.append(runs[:, below, lower][touch])
    return np.concatenate(uppers), np.concatenate(lowers)


def distance_to_outside(masks: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The distance of each pixel of masks (N, H, W) to the nearest outside its mask, in pixels.

    The border of each mask has to be outside. The time grows with the greatest distance.
    """
    rows = np.arange(masks.shape[1], dtype=np.int32)[:, None]
    last = np.maximum.accumulate(np.where(masks, np.int32(0), rows), axis=1)
    following = np.where(masks, rows[-1], rows)[:, ::-1]
    following = np.minimum.accumulate(following, axis=1)[:, ::-1]
    along_columns = np.minimum(rows - last, following - rows) ** 2
    squares = along_columns.copy()
    step = 1
    while step < masks.shape[2] and step**2 < squares.max(initial=0):
        left, right = slice(None, -step), slice(step, None)
        for here, there in ((left, right), (right, left)):
            nearer = along_columns[:, :, there] + np.int32(step**2)
            np.minimum(squares[:, :, here], nearer, out=squares[:, :, here])
        step += 1
    return np.sqrt(squares.astype(np.float64))
