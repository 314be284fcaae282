"""noonbit arithmetic IMAGE"""

from typing import TYPE_CHECKING, Any

from noonbit.cli.output import Json, OutFile, print_json, print_line, say
from noonbit.errors import UsageError, plural

if TYPE_CHECKING:
    from noonbit.models.placement import Layer, Padding, Placement

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
    out
        Draw it, as a PNG; left out: no picture is written.
    """
    from noonbit.data.preprocess.images import parse_image_size

    shape = parse_image_size(image, flag="")
    if pool and filters is not None:
        raise UsageError("--filters has no use with --pool: a pool has no filters.")
    from noonbit.course.arithmetic import convolution, draw, pooling
    from noonbit.models.placement import format_shape

    zeros = parse_padding(padding)
    if pool:
        step = kernel if stride is None else stride
        layer = pooling(shape, kernel=kernel, stride=step, padding=zeros)
    else:
        step, count = (1 if number is None else number for number in (stride, filters))
        layer = convolution(shape, kernel=kernel, stride=step, padding=zeros, filters=count)
    if out is not None:
        from noonbit.system.files import write

        figure = draw(layer)
        write(out, lambda temporary: figure.savefig(temporary, format="png", dpi=100))
    if json:
        print_json(layer_to_dict(layer) | {"picture": None if out is None else str(out)})
    else:
        print_layer(layer)
    if out is not None:
        say(f"\npicture  {out}")
    say(f"\nnext     noonbit arithmetic {format_shape(layer.output)} --kernel 3 --padding 1")


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
