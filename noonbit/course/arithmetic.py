"""Convolution arithmetic: where a filter lands on an image, and what comes out.

    output size = (N + 2P - F) / S + 1        N image, P padding, F filter, S stride, in pixels

    output_size(7, 3, stride=2)                                                  3
    convolution((32, 32, 3), kernel=5, filters=6).output                         (28, 28, 6)
    convolution((32, 32, 3), kernel=5, filters=6).weights                        450
    pooling((55, 55, 96), kernel=3, stride=2).output                             (27, 27, 96)

Padding is a number of zeros on every side; `"valid"`, none, where pixels at the right and the
bottom that fill no window are left out; or `"same"`, as many as make the output N / S, rounded up.
Both words mean what TensorFlow means by them: where `same` cannot give both sides as many zeros,
the right and the bottom get one more. With a number, a filter that does not come out even is
refused, since the formula has no answer then; frameworks round down in silence.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from noonbit.errors import UsageError, plural

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Padding: TypeAlias = int | Literal["valid", "same"]
Shape: TypeAlias = tuple[int, int, int]
"""(height, width, channels), in the order in which the papers write them."""

WIDEST_SKETCH = 40
"""Pixels of a side that are drawn as text in full."""
MOST_GRID_LINES = 32
"""Pixels of a side that are drawn with lines between them."""
COLORS = ("tab:red", "tab:blue", "tab:green", "tab:purple")
"""Of the first places and the last."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a filter lands along the height or the width."""

    size: int
    """Pixels of the image."""
    kernel: int
    stride: int
    before: int
    """Zeros on the left or at the top."""
    after: int

    @property
    def padded(self) -> int:
        """Pixels with their padding."""
        return self.before + self.size + self.after

    @property
    def output(self) -> int:
        """How many places the filter has."""
        return (self.padded - self.kernel) // self.stride + 1

    @property
    def starts(self) -> list[int]:
        """The first pixel under the filter at each place; negative in the padding."""
        return [index * self.stride - self.before for index in range(self.output)]

    @property
    def unused(self) -> int:
        """Pixels at the end that no place reaches."""
        return max(0, self.size + self.before - (self.output - 1) * self.stride - self.kernel)


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution or a pool on an image, in figures."""

    input: Shape
    height: Placement
    width: Placement
    filters: int | None
    """None: a pool, which keeps the channels apart and learns nothing."""

    @property
    def output(self) -> Shape:
        """(height, width, channels) of what comes out."""
        channels = self.input[2] if self.filters is None else self.filters
        return (self.height.output, self.width.output, channels)

    @property
    def weights(self) -> int:
        """Numbers that are learned, without one bias a filter."""
        kernel = self.height.kernel
        return 0 if self.filters is None else kernel * kernel * self.input[2] * self.filters

    @property
    def multiply_adds(self) -> int:
        """Multiplications with their additions, for one image: each weight at each place."""
        return self.weights * self.height.output * self.width.output


def convolution(
    image: Shape, *, kernel: int, stride: int = 1, padding: Padding = 0, filters: int = 1
) -> Layer:
    """A layer of `filters` square filters. Raises `UsageError` where they do not fit."""
    require_positive(filters=filters)
    return Layer(image, *place(image, kernel, stride, padding), filters)


def pooling(image: Shape, *, kernel: int, stride: int, padding: Padding = 0) -> Layer:
    """A pool over square windows. Raises `UsageError` where they do not fit."""
    return Layer(image, *place(image, kernel, stride, padding), None)


def output_size(size: int, kernel: int, *, stride: int = 1, padding: Padding = 0) -> int:
    """Places of a filter along `size` pixels. Raises `UsageError` where it does not fit."""
    return place((size, size, 1), kernel, stride, padding)[0].output


def place(image: Shape, kernel: int, stride: int, padding: Padding) -> tuple[Placement, Placement]:
    """Where a square filter lands along the height and along the width."""
    height, width, channels = image
    require_positive(height=height, width=width, channels=channels, kernel=kernel, stride=stride)
    if isinstance(padding, int) and padding < 0:
        raise UsageError(f"The padding {padding} is below 0; give 0 or more zeros a side.")
    down, across = (
        Placement(side, kernel, stride, *zeros(side, kernel, stride, padding))
        for side in (height, width)
    )
    if kernel > (smallest := min(down.padded, across.padded)):
        raise UsageError(
            f"A {kernel}x{kernel} filter is larger than {height}x{width} with padding {padding}. "
            f"Choose a kernel of at most {smallest}, more padding, or padding same."
        )
    if isinstance(padding, int):
        for side in (height, width):
            require_even(image, side, kernel, stride, padding)
    return down, across


def zeros(size: int, kernel: int, stride: int, padding: Padding) -> tuple[int, int]:
    """The zeros before and after `size` pixels."""
    if padding == "valid":
        return 0, 0
    if padding == "same":
        missing = max(0, (-(-size // stride) - 1) * stride + kernel - size)
        return missing // 2, missing - missing // 2
    return padding, padding


def require_positive(**numbers: int) -> None:
    """Raise `UsageError` naming a number that is below 1."""
    for name, number in numbers.items():
        if number < 1:
            raise UsageError(f"'{name}' is {number}; give at least 1.")


def require_even(image: Shape, size: int, kernel: int, stride: int, padding: int) -> None:
    """Raise `UsageError` where the formula gives no whole number, with settings near that do."""
    travel = size + 2 * padding - kernel
    if travel % stride:
        raise UsageError(
            f"({size} + {2 * padding} - {kernel}) / {stride} + 1 = {travel / stride + 1:.2f} is "
            f"not whole: {kernel}x{kernel} with stride {stride} and padding {padding} does not "
            f"come out even on {image[0]}x{image[1]}. "
            f"{nearest_fits(image, kernel, stride, padding)}"
            f"Frameworks round down, to {travel // stride + 1}, and leave "
            f"{plural(travel % stride, 'pixel')} at the end out"
            f"{'; so does padding valid' if padding == 0 else ''}."
        )


def nearest_fits(image: Shape, kernel: int, stride: int, padding: int) -> str:
    """The nearest settings that fit: `Stride 1 or 3 fits. Padding 1 fits. `, or nothing."""
    strides = [s for s in range(1, stride + 9) if fits(image, kernel, s, padding)]
    paddings = [p for p in range(kernel) if fits(image, kernel, stride, p)]
    strides.sort(key=lambda value: abs(value - stride))
    paddings.sort(key=lambda value: abs(value - padding))
    return "".join(
        f"{name} {' or '.join(map(str, sorted(values[:2])))} fits. "
        for name, values in (("Stride", strides), ("Padding", paddings))
        if values
    )


def fits(image: Shape, kernel: int, stride: int, padding: int) -> bool:
    """Whether the formula gives a whole number of at least 1 for both sides."""
    travels = [side + 2 * padding - kernel for side in image[:2]]
    return all(travel >= 0 and travel % stride == 0 for travel in travels)


def sketch(placement: Placement) -> str:
    """The filter's places along one side as text, a line each; long sides are cut in the middle.

        pixel   0 1 2 3 4 5 6
        place 0 # # #
        place 1     # # #
        place 2         # # #

    Padding is a dot, and `o` under the filter. Sides too long for a line give an empty text.
    """
    first, last = -placement.before, placement.size + placement.after
    cells: list[int | None] = list(range(first, last))
    places: list[int | None] = list(range(placement.output))
    if len(cells) > WIDEST_SKETCH:
        # Enough to see the first three places and the last two.
        head = placement.kernel + 2 * placement.stride
        tail = placement.kernel + placement.stride + placement.unused
        if head + tail > WIDEST_SKETCH:
            return ""
        cells = [*range(first, first + head), None, *range(last - tail, last)]
        places = [0, 1, 2, None, placement.output - 2, placement.output - 1]
    title = len(f"place {placement.output - 1}")
    lines = [
        line("" if row else "pixel", title, digits)
        for row, digits in enumerate(stacked_digits(cells, placement.size))
    ]
    for index in places:
        if index is None:
            lines.append("...")
            continue
        start = index * placement.stride - placement.before
        covered = range(start, start + placement.kernel)
        pixels = range(placement.size)
        marks = [" " if cell not in covered else "#" if cell in pixels else "o" for cell in cells]
        lines.append(line(f"place {index}", title, marks))
    return "\n".join(lines)


def line(name: str, width: int, marks: Iterable[str]) -> str:
    """A row of a sketch, a blank between the marks."""
    return f"{name:{width}} {' '.join(marks)}".rstrip()


def stacked_digits(cells: Sequence[int | None], size: int) -> Iterator[tuple[str, ...]]:
    """The numbers of pixels, read downwards; a dot for padding, three where pixels are cut."""
    height = len(str(size - 1))
    names = (
        "..." if cell is None else f"{cell:>{height}}" if 0 <= cell < size else "."
        for cell in cells
    )
    return zip(*(name[-height:].rjust(height) for name in names), strict=True)


def draw(layer: Layer) -> "Figure":
    """Image and output side by side; the first places, the last, and their values in one colour."""
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
    before.set_title(f"in: {describe(layer.input)}")
    after.set_title(f"out: {describe(layer.output)}")
    for axes in (before, after):
        axes.set_aspect("equal")
        axes.autoscale_view()
        axes.invert_yaxis()
        axes.set_axis_off()
    return figure


def describe(shape: Shape) -> str:
    """`28x28x6`."""
    return "x".join(map(str, shape))
