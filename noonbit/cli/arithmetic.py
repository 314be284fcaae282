"""noonbit arithmetic IMAGE"""

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from cyclopts import Parameter

from noonbit.cli.output import Json, OutFile, print_json, print_line, say
from noonbit.errors import UsageError, plural

if TYPE_CHECKING:
    from noonbit.course.convolution_steps import Step
    from noonbit.models.placement import Layer, Padding, Placement

Grid: TypeAlias = Annotated[str | None, Parameter(allow_leading_hyphen=True)]
"""Rows of numbers, of which the first may be negative."""
MOST_DIGITS = 12
"""Of the padding; longer numbers are too large for a picture of anything."""


def arithmetic(
    image: str,
    /,
    *,
    kernel: int,
    stride: int | None = None,
    padding: str = "0",
    filters: int | None = None,
    pool: bool = False,
    pixels: Grid = None,
    weights: Grid = None,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """Work out and draw where a filter lands on an image, and what comes out.

    Parameters
    ----------
    image
        height x width, or height x width x channels: 7x7, 32x32x3.
    kernel
        Pixels a side of the filter or the pool.
    stride
        Pixels from one place to the next; by default 1 for a filter and the kernel for a pool.
    padding
        Zeros on every side; or valid (none, what is left over is left out); or same (as many as
        keep the size at stride 1).
    filters
        How many filters; by default 1.
    pool
        A pool instead of filters: it keeps the channels apart and learns nothing.
    pixels
        The image's numbers, row by row, to work out every place: '1 2 3 / 4 5 6 / 7 8 9'.
    weights
        The filter's numbers in the same way; of a pool the largest number is taken.
    out
        Draw it, as a PNG; left out: no picture is written.
    """
    from noonbit.data.preprocess.images import parse_image_size

    shape = parse_image_size(image, flag="")
    if pool and filters is not None:
        raise UsageError("--filters has no use with --pool: a pool has no filters.")
    require_numbers_together(pixels, weights, pool=pool)
    from noonbit.course.arithmetic import convolution, draw, pooling
    from noonbit.models.placement import format_shape

    zeros = parse_padding(padding)
    if pool:
        step = kernel if stride is None else stride
        layer = pooling(shape, kernel=kernel, stride=step, padding=zeros)
    else:
        step, count = (1 if number is None else number for number in (stride, filters))
        layer = convolution(shape, kernel=kernel, stride=step, padding=zeros, filters=count)
    steps = [] if pixels is None else work_out_steps(layer, pixels, weights)
    if out is not None:
        from noonbit.system.files import write

        figure = draw(layer)
        write(out, lambda temporary: figure.savefig(temporary, format="png", dpi=100))
    if json:
        from dataclasses import asdict

        worked_out = {"steps": [asdict(step) for step in steps]}
        picture = {"picture": None if out is None else str(out)}
        print_json(layer_to_dict(layer) | worked_out | picture)
    else:
        print_layer(layer)
        print_steps(steps)
    if out is not None:
        say(f"\npicture  {out}")
    say(f"\nnext     noonbit arithmetic {format_shape(layer.output)} --kernel 3 --padding 1")


def require_numbers_together(pixels: str | None, weights: str | None, *, pool: bool) -> None:
    """Raise `UsageError` unless there are pixels with weights, or for a pool pixels alone."""
    if pool and weights is not None:
        raise UsageError("--weights has no use with --pool: a pool has no weights.")
    if not pool and (pixels is None) != (weights is None):
        raise UsageError("A filter is worked out from both --pixels and --weights; give the other.")


def work_out_steps(layer: "Layer", pixels: str, weights: str | None) -> "list[Step]":
    """Parse the numbers and work out every place. Raises `UsageError`."""
    from noonbit.course.convolution_steps import parse_grid, work_out

    factors = None if weights is None else parse_grid(weights, "--weights")
    return work_out(layer, parse_grid(pixels, "--pixels"), factors)


def print_steps(steps: "list[Step]") -> None:
    """Print every place with its arithmetic, then the output as rows of numbers."""
    from noonbit.course.convolution_steps import format_number

    if not steps:
        return
    print_line()
    for step in steps:
        print_line(f"row {step.row}, column {step.column}   {step.arithmetic}")
    numbers = [format_number(step.result) for step in steps]
    columns, width = steps[-1].column + 1, max(map(len, numbers))
    print_line("\noutput")
    for start in range(0, len(numbers), columns):
        row = numbers[start : start + columns]
        print_line(" ".join(f"{number:>{width}}" for number in row))


def layer_to_dict(layer: "Layer") -> dict[str, Any]:
    """Return the layer's figures as plain values for JSON."""
    height, width = layer.height, layer.width
    return {
        "input": layer.input,
        "output": layer.output,
        "kernel": height.kernel,
        "stride": height.stride,
        "padding": {
            "top": height.before,
            "bottom": height.after,
            "left": width.before,
            "right": width.after,
        },
        "unused": {"rows": height.unused, "columns": width.unused},
        "filters": layer.filters,
        "weights": layer.weights,
        "biases": layer.filters or 0,
        "multiply_adds": layer.multiply_adds,
    }


def parse_padding(text: str) -> "Padding":
    """Parse `1`, `valid` or `same`; raises `UsageError` for anything else."""
    word = text.lower()
    if word.isdecimal() and len(word) <= MOST_DIGITS:
        return int(word)
    if word == "valid":
        return "valid"
    if word == "same":
        return "same"
    raise UsageError(
        f"--padding {text} is none; write a number of zeros, of up to {MOST_DIGITS} digits, or "
        "valid or same."
    )


def print_layer(layer: "Layer") -> None:
    """Print the layer in words, the filter's positions along each axis, and the figures."""
    from noonbit.course.arithmetic import sketch
    from noonbit.models.placement import format_shape

    height, width = layer.height, layer.width
    channels = layer.input[2]
    size = f"{height.kernel}x{height.kernel}"
    if layer.filters is None:
        what = f"{size} pool"
    else:
        what = f"{plural(layer.filters, 'filter')} of {size}x{channels}"
    print_line(
        f"{format_shape(layer.input)}, {what}, stride {height.stride}, {format_padding(layer)}"
    )
    print_line()
    if height == width:
        drawn = [("along either side", width)]
    else:
        drawn = [("along the height", height), ("along the width", width)]
    for title, placement in drawn:
        if text := sketch(placement):
            for line in (title, *text.splitlines(), ""):
                print_line(line)
    for title, placement in drawn:
        print_line(f"{title:17}  {format_formula(placement)}")
    print_line(f"output             {format_shape(layer.output)}")
    if layer.filters is not None:
        print_line(
            f"weights            {layer.weights:,}, and {plural(layer.filters, 'bias', 'biases')}"
        )
        print_line(f"multiply-adds      {layer.multiply_adds:,} an image")


def format_formula(placement: "Placement") -> str:
    """Format `(7 + 2 - 3) / 2 + 1 = 4`, with the pixels that are left out."""
    p = placement
    text = f"({p.size} + {p.before + p.after} - {p.kernel}) / {p.stride} + 1 = {p.output}"
    if p.unused:
        text += f", rounded down; {plural(p.unused, 'pixel')} at the end left out"
    return text


def format_padding(layer: "Layer") -> str:
    """Describe the padding in words."""
    height, width = layer.height, layer.width
    zeros = {height.before, height.after, width.before, width.after}
    if len(zeros) == 1:
        return f"padding {zeros.pop()}"
    return (
        f"padding {height.before} at the top, {height.after} at the bottom, {width.before} on the "
        f"left and {width.after} on the right"
    )
