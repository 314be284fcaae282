"""Convolution arithmetic: where a filter lands on an image, and what comes out.

    output size = (N + 2P - F) / S + 1        N image, P padding, F filter, S stride, in pixels

    output_size(7, 3, stride=2)                                                  3
    convolution((32, 32, 3), kernel=5, filters=6).output                         (28, 28, 6)
    convolution((32, 32, 3), kernel=5, filters=6).weights                        450
    pooling((55, 55, 96), kernel=3, stride=2).output                             (27, 27, 96)

`noonbit.models.placement` has the formula, and what the two words of a padding mean. With a number,
a size that does not divide evenly is refused here, since the formula then has no answer; frameworks
silently round down.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from noonbit.errors import UsageError, plural
from noonbit.models.placement import Layer, Padding, Placement, Shape, format_shape

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST_NUMBER = 10**12
"""Maximum of every number that is asked about."""
TRIED_SETTINGS = 1_000
"""How far from a stride or padding that does not fit one that fits is looked for."""
WIDEST_SKETCH = 40
"""Longer sides are cut in the middle when drawn as text, in pixels."""
MOST_GRID_LINES = 32
"""Longer sides are drawn without grid lines, in pixels."""
COLORS = ("tab:red", "tab:blue", "tab:green", "tab:purple")
"""For the first positions and the last."""


def convolution(
    image: Shape, *, kernel: int, stride: int = 1, padding: Padding = 0, filters: int = 1
) -> Layer:
    """Return a layer of `filters` square filters. Raises `UsageError` if they do not fit."""
    require_in_range(filters=filters)
    return place(image, kernel, stride, padding, filters)


def pooling(image: Shape, *, kernel: int, stride: int, padding: Padding = 0) -> Layer:
    """Return a pooling layer of square windows. Raises `UsageError` if they do not fit."""
    return place(image, kernel, stride, padding, None)


def output_size(size: int, kernel: int, *, stride: int = 1, padding: Padding = 0) -> int:
    """Count a filter's positions along `size` pixels. Raises `UsageError` if it does not fit."""
    return place((size, size, 1), kernel, stride, padding, None).height.output


def place(image: Shape, kernel: int, stride: int, padding: Padding, filters: int | None) -> Layer:
    """Place square filters along the height and along the width. Raises `UsageError`."""
    height, width, channels = image
    require_in_range(height=height, width=width, channels=channels, kernel=kernel, stride=stride)
    if isinstance(padding, int) and padding < 0:
        raise UsageError(f"The padding {padding} is below 0; give 0 or more zeros a side.")
    if isinstance(padding, int) and padding:
        require_in_range(padding=padding)
    layer = Layer.of(image, kernel=kernel, stride=stride, padding=padding, filters=filters)
    if kernel > (smallest := min(layer.height.padded, layer.width.padded)):
        raise UsageError(
            f"A {kernel}x{kernel} filter is larger than {height}x{width} with padding {padding}. "
            f"Choose a kernel of at most {smallest}, more padding, or padding same."
        )
    if isinstance(padding, int):
        for side in (height, width):
            require_even(image, side, kernel, stride, padding)
    return layer


def require_in_range(**numbers: int) -> None:
    """Raise `UsageError` for a number below 1 or above `LARGEST_NUMBER`, with its name."""
    for name, number in numbers.items():
        if number < 1:
            raise UsageError(f"'{name}' is {number}; give at least 1.")
        if number > LARGEST_NUMBER:
            raise UsageError(f"'{name}' is too large; give at most {LARGEST_NUMBER:,}.")


def require_even(image: Shape, size: int, kernel: int, stride: int, padding: int) -> None:
    """Raise `UsageError` if the formula gives no whole number, and suggest settings that do."""
    travel = size + 2 * padding - kernel
    if travel % stride:
        raise UsageError(
            f"({size} + {2 * padding} - {kernel}) / {stride} + 1 = {travel / stride + 1:.2f} is "
            f"not whole: {kernel}x{kernel} with stride {stride} and padding {padding} does not "
            f"come out even on {image[0]}x{image[1]}. "
            f"{suggest_settings(image, kernel, stride, padding)}"
            f"Frameworks round down, to {travel // stride + 1}, and leave "
            f"{plural(travel % stride, 'pixel')} at the end out"
            f"{'; so does padding valid' if padding == 0 else ''}."
        )


def suggest_settings(image: Shape, kernel: int, stride: int, padding: int) -> str:
    """Name the nearest settings that fit: `Stride 1 or 3 fits. Padding 1 fits. `, or ``."""
    near = range(max(1, stride - TRIED_SETTINGS), stride + 9)
    strides = [s for s in near if fits(image, kernel, s, padding)]
    middle = min(padding, kernel)
    near = range(max(0, middle - TRIED_SETTINGS), min(kernel, middle + TRIED_SETTINGS))
    paddings = [p for p in near if fits(image, kernel, stride, p)]
    strides.sort(key=lambda value: abs(value - stride))
    paddings.sort(key=lambda value: abs(value - padding))
    return "".join(
        f"{name} {' or '.join(map(str, sorted(values[:2])))} fits. "
        for name, values in (("Stride", strides), ("Padding", paddings))
        if values
    )


def fits(image: Shape, kernel: int, stride: int, padding: int) -> bool:
    """Whether the formula gives a whole number of at least 1 for height and width."""
    travels = [side + 2 * padding - kernel for side in image[:2]]
    return all(travel >= 0 and travel % stride == 0 for travel in travels)


def sketch(placement: Placement) -> str:
    """Draw a filter's positions along one axis as text, a line each, long axes cut in the middle.

        pixel   0 1 2 3 4 5 6
        place 0 # # #
        place 1     # # #
        place 2         # # #

    Padding is a dot, and an `o` under the filter. An axis too long for a line gives an empty text.
    """
    first, last = -placement.before, placement.size + placement.after
    cells: Sequence[int | None] = range(first, last)
    places: Sequence[int | None] = range(placement.output)
    if len(cells) > WIDEST_SKETCH:
        # Enough to show the first three positions and the last two.
        head = placement.kernel + 2 * placement.stride
        tail = placement.kernel + placement.stride + placement.unused
        if head + tail > WIDEST_SKETCH:
            return ""
        cells = [*range(first, first + head), None, *range(last - tail, last)]
        places = [0, 1, 2, None, placement.output - 2, placement.output - 1]
    title = len(f"place {placement.output - 1}")
    lines = [
        format_row("" if row else "pixel", title, digits)
        for row, digits in enumerate(stack_digits(cells, placement.size))
    ]
    for index in places:
        if index is None:
            lines.append("...")
            continue
        start = index * placement.stride - placement.before
        covered = range(start, start + placement.kernel)
        pixels = range(placement.size)
        marks = [" " if cell not in covered else "#" if cell in pixels else "o" for cell in cells]
        lines.append(format_row(f"place {index}", title, marks))
    return "\n".join(lines)


def format_row(name: str, width: int, marks: Iterable[str]) -> str:
    """Join a title and its marks, separated by blanks, into one line of a sketch."""
    return f"{name:{width}} {' '.join(marks)}".rstrip()


def stack_digits(cells: Sequence[int | None], size: int) -> Iterator[tuple[str, ...]]:
    """Yield the pixel numbers digit by digit, top row first; `.` is padding, `...` a cut."""
    height = len(str(size - 1))
    names = (
        "..." if cell is None else f"{cell:>{height}}" if 0 <= cell < size else "."
        for cell in cells
    )
    return zip(*(name[-height:].rjust(height) for name in names), strict=True)


def draw(layer: Layer) -> "Figure":
    """Draw input and output side by side, with the first positions and the last in colour.

    A position and the output value it gives have the same colour.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(9, 5), layout="constrained")
    before, after = figure.subplots(1, 2)
    height, width = layer.height, layer.width
    rows, columns, _ = layer.output
    margin = (-width.before - 0.5, -height.before - 0.5)
    before.add_patch(
        Rectangle(
            margin,
            width.padded,
            height.padded,
            facecolor="#dddddd",
            edgecolor="#999999",
            hatch="///",
        )
    )
    for axes, (down, across) in ((before, layer.input[:2]), (after, layer.output[:2])):
        axes.add_patch(Rectangle((-0.5, -0.5), across, down, facecolor="white", edgecolor="black"))
        if max(down, across) <= MOST_GRID_LINES:
            axes.hlines(
                np.arange(0.5, down - 1), -0.5, across - 0.5, color="#cccccc", linewidth=0.8
            )
            axes.vlines(
                np.arange(0.5, across - 1), -0.5, down - 0.5, color="#cccccc", linewidth=0.8
            )
    shown = {(0, 0), (0, min(1, columns - 1)), (min(1, rows - 1), 0), (rows - 1, columns - 1)}
    for color, (row, column) in zip(COLORS, sorted(shown), strict=False):
        start = (width.starts[column] - 0.5, height.starts[row] - 0.5)
        for axes, corner, side in (
            (before, start, height.kernel),
            (after, (column - 0.5, row - 0.5), 1),
        ):
            axes.add_patch(Rectangle(corner, side, side, facecolor=(color, 0.3), zorder=2))
            axes.add_patch(
                Rectangle(corner, side, side, fill=False, edgecolor=color, linewidth=2.5, zorder=3)
            )
    figure.suptitle(f"{height.kernel}x{height.kernel}, stride {height.stride}")
    before.set_title(f"in: {format_shape(layer.input)}")
    after.set_title(f"out: {format_shape(layer.output)}")
    for axes in (before, after):
        axes.set_aspect("equal")
        axes.autoscale_view()
        axes.invert_yaxis()
        axes.set_axis_off()
    return figure
