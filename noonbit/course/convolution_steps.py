"""A convolution or a max-pool worked out by hand: at each place the numbers that meet, and the sum.

    steps = work_out(layer, pixels, weights)
    print(steps[0].arithmetic)                          1*1 + 2*1 + 4*1 + 5*1 = 12

`layer` says where the windows lie (`arithmetic.place`). As in every framework, a convolution does
not flip its filter. Padding counts as zeros for a filter, and not at all for a pool.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noonbit.errors import UsageError
from noonbit.models.placement import Layer, format_shape

Array = NDArray[np.float64]
MOST_PLACES = 1_000
"""Places that are worked out; more would be read by nobody."""


@dataclass(frozen=True, slots=True)
class Step:
    """One place of the window."""

    row: int
    column: int
    """Of the number in the output, from 0."""
    arithmetic: str
    """`1*1 + 2*1 + 4*1 + 5*1 = 12`"""
    result: float


def parse_grid(text: str, flag: str) -> Array:
    """Parse rows of numbers, `1 2 / 3 4`, as float64 (rows, columns); raises `UsageError`."""
    try:
        rows = [[float(word) for word in row.split()] for row in text.split("/")]
        grid = np.array(rows, dtype=np.float64)
    except ValueError:
        grid = np.empty(0)
    if grid.ndim != 2 or not grid.size or not np.isfinite(grid).all():
        raise UsageError(
            f"{flag} '{text}' is no grid; write rows of as many numbers each, with / between the "
            "rows: '1 2 / 3 4'."
        )
    return grid


def work_out(layer: Layer, pixels: Array, weights: Array | None) -> list[Step]:
    """Work out every place of one filter, or without `weights` of a max-pool, row by row.

    `pixels` are (height, width), `weights` (kernel, kernel). Raises `UsageError` if they are not of
    the layer's size, or for too many places.
    """
    height, width = layer.height, layer.width
    require_size("--pixels", pixels, layer.input[:2], layer.input)
    if weights is not None:
        require_size("--weights", weights, (height.kernel, width.kernel), layer.input)
    if (places := height.output * width.output) > MOST_PLACES:
        raise UsageError(
            f"There are {places:,} places, and at most {MOST_PLACES:,} are worked out. "
            "Choose a smaller image or a larger stride."
        )
    steps = []
    for row, top in enumerate(height.starts):
        for column, left in enumerate(width.starts):
            cells = [
                (y, x)
                for y in range(top, top + height.kernel)
                for x in range(left, left + width.kernel)
            ]
            is_inside = [0 <= y < layer.input[0] and 0 <= x < layer.input[1] for y, x in cells]
            values = [
                float(pixels[y, x]) if inside else 0.0
                for (y, x), inside in zip(cells, is_inside, strict=True)
            ]
            if weights is None:
                kept = [value for value, inside in zip(values, is_inside, strict=True) if inside]
                result = max(kept)
                text = f"max({', '.join(map(format_number, kept))})"
            else:
                factors = weights.ravel().tolist()
                result = sum(a * b for a, b in zip(values, factors, strict=True))
                text = " + ".join(
                    f"{format_number(a)}*{format_factor(b)}"
                    for a, b in zip(values, factors, strict=True)
                )
            steps.append(Step(row, column, f"{text} = {format_number(result)}", result))
    return steps


def require_size(flag: str, grid: Array, size: Sequence[int], image: tuple[int, int, int]) -> None:
    """Raise `UsageError` unless a grid has `size`, and the image a single channel."""
    if image[2] != 1:
        raise UsageError(f"{flag} is for one channel, and the image is {format_shape(image)}.")
    if grid.shape != tuple(size):
        came, wanted = ("x".join(map(str, each)) for each in (grid.shape, size))
        raise UsageError(f"{flag} has {came} numbers, and {wanted} are needed.")


def format_number(value: float) -> str:
    """Format a number as short as it is: `2`, `0.5`."""
    return f"{value:.6g}"


def format_factor(value: float) -> str:
    """Format a number behind a sign: a negative one in brackets."""
    return f"({format_number(value)})" if value < 0 else format_number(value)
