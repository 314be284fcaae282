"""What the layers of a file make of an image: shapes, parameters, multiply-adds, and the arithmetic
in words; without PyTorch.

    table = trace(file.layers, (32, 32, 3), classes=10)
    print(table.rows[0].explanation)

    32x32x3 -> conv 16 of 5x5, padding 2: (32 - 5 + 2*2)/1 + 1 = 32 -> 32x32x16,
    16*(5*5*3 + 1) = 1,216 parameters, 1,228,800 multiply-adds

A layer that its input does not fit raises `DoesNotFit`, with the arithmetic that says so. Sizes
that no machine trains are refused here, before anything of that size is made.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from noonbit.errors import UsageError
from noonbit.models.layer_file import (
    Convolution,
    Dense,
    Flatten,
    GlobalPool,
    LayerSpec,
    Norm,
    Pool,
)
from noonbit.models.placement import Layer, Placement, Shape, format_shape

MOST_PARAMETERS = 2**28
"""A billion bytes of weights; VGG with 19 layers has half as many."""
MOST_VALUES = 2**26
"""Of the outputs of all layers for one image, which training keeps: 268 MB."""
MOST_MULTIPLY_ADDS = 10**11
"""For one image: a minute of one core."""

Values: TypeAlias = Shape | tuple[int]
"""What is between two layers: maps (height, width, channels), or (numbers in a row,)."""

REASONS: Mapping[str, str] = {
    "conv_window": "its input is {input}; {sum} is below 1. "
    'Use padding = "same", a smaller size, or fewer pools',
    "pool_window": "its input is {input}; {sum} is below 1. Use a smaller size, or fewer pools",
    "uneven_padding": 'padding = "same" needs {before} zeros before {side} pixels and {after} '
    "behind, and a layer pads both sides alike. Write padding = {after}, which gives {output}",
    "needs_maps": "its input is {input} numbers in a row, and it needs maps. Put it before flatten",
    "needs_row": "its input is maps of {input}, and it needs numbers in a row. "
    "Put flatten before it",
    "parameters": "with it there are {count} parameters, and at most {most} are trained. "
    "Use fewer filters or units, or pool before flatten",
    "values": "with it the layers give {count} numbers for one image, and at most {most} are "
    "trained. Use fewer filters, a larger stride, or pool earlier",
    "multiply_adds": "with it one image takes {count} multiply-adds, and at most {most} are "
    "trained. Use fewer filters, a larger stride, or pool earlier",
}
"""Why a layer does not fit, by name, with places for the numbers; the end of a sentence."""


class DoesNotFit(UsageError):
    """A layer that its input does not fit.

    `number` counts from 1; `reason` is a name of `REASONS`, and `numbers` are what stands in it, so
    that a page can say it in another language.
    """

    def __init__(self, number: int, layer: LayerSpec, reason: str, **numbers: object) -> None:
        self.number, self.layer, self.reason, self.numbers = number, layer, reason, numbers
        super().__init__(f"layer {number}, {layer.words}: {REASONS[reason].format_map(numbers)}.")


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer on one image."""

    number: int
    """From 1."""
    layer: LayerSpec
    input: Values
    output: Values
    parameters: int
    multiply_adds: int
    windows: Layer | None = None
    """Where the windows of a convolution or pool lie."""
    is_added: bool = False
    """Whether it follows by itself, and is not written."""

    @property
    def size_formula(self) -> str:
        """How the output's size comes about, in no language; empty where the layer keeps it."""
        if self.windows is not None:
            axes = dict.fromkeys((self.windows.height, self.windows.width))
            return ", ".join(map(axis_formula, axes))
        if isinstance(self.layer, Flatten):
            return f"{'*'.join(map(str, self.input))} = {self.output[0]:,}"
        return ""

    @property
    def parameter_formula(self) -> str:
        """How the parameters are counted, in no language; empty without any."""
        match self.layer:
            case Convolution(filters=filters, size=size):
                product = f"{filters}*({size}*{size}*{self.input[-1]} + 1)"
            case Dense(units=units):
                product = f"{units}*({self.input[0]} + 1)"
            case Norm():
                product = f"2*{self.input[-1]}"
            case _:
                return ""
        return f"{product} = {self.parameters:,}"

    @property
    def leaves_out(self) -> bool:
        """Whether the formula gave no whole number, so that pixels at the end are left out."""
        windows = self.windows
        return windows is not None and (leaves_out(windows.height) or leaves_out(windows.width))

    @property
    def explanation(self) -> str:
        """The whole arithmetic as one line."""
        size = self.size_formula + (", rounded down" if self.leaves_out else "")
        costs = [f"{self.parameter_formula} parameters"] if self.parameters else []
        if self.multiply_adds:
            costs.append(f"{self.multiply_adds:,} multiply-adds")
        return ", ".join(
            [
                f"{format_shape(self.input)} -> {self.layer.words}"
                f"{f': {size}' if size else ''} -> {format_shape(self.output)}",
                *costs,
            ]
        )


@dataclass(frozen=True, slots=True)
class LayerTable:
    """All layers on one image, those that follow by themselves included."""

    rows: tuple[LayerRow, ...]

    @property
    def parameters(self) -> int:
        """Learned numbers, biases included."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """Of convolutions and dense layers, for one image."""
        return sum(row.multiply_adds for row in self.rows)


def trace(layers: Iterable[LayerSpec], image: Shape, *, classes: int) -> LayerTable:
    """Follow an image (height, width, channels) through layers, and to a number for each class.

    Raises `DoesNotFit` for the first layer that does not.
    """
    return LayerTable(tuple(follow(layers, image, classes=classes)))


def follow(layers: Iterable[LayerSpec], image: Shape, *, classes: int) -> Iterator[LayerRow]:
    """Yield the rows of `trace` one by one, so those before a layer that does not fit are known."""
    tracer = Tracer(image)
    for layer in layers:
        yield tracer.add(layer)
    if len(tracer.values) > 1:
        yield tracer.add(Flatten(), is_added=True)
    # The number of classes is the data's, which may have more of them than a layer has units.
    yield tracer.add(Dense.model_construct(units=classes), is_added=True)


class Tracer:
    """Follows an image through one layer after the other."""

    def __init__(self, image: Shape) -> None:
        self.values: Values = image
        self.rows: list[LayerRow] = []
        self.given = prod(image)
        """Numbers that image and layers gave so far."""

    def add(self, layer: LayerSpec, *, is_added: bool = False) -> LayerRow:
        """Append the row of the next layer, and return it; raises `DoesNotFit`."""
        number, input = len(self.rows) + 1, self.values
        windows = place_windows(number, layer, input)
        output = output_of(layer, input, windows)
        parameters, multiply_adds = 0, 0
        match layer:
            case Convolution(filters=filters):
                assert windows is not None  # noqa: S101
                parameters, multiply_adds = windows.weights + filters, windows.multiply_adds
            case Dense(units=units):
                parameters, multiply_adds = units * (input[0] + 1), units * input[0]
            case Norm():
                parameters = 2 * input[-1]
        row = LayerRow(number, layer, input, output, parameters, multiply_adds, windows, is_added)
        self.values = output
        self.rows.append(row)
        self.given += prod(output)
        self.refuse_too_much(row)
        return row

    def refuse_too_much(self, row: LayerRow) -> None:
        """Raise `DoesNotFit` where the network has become too large with this layer."""
        table = LayerTable(tuple(self.rows))
        for reason, count, most in (
            ("parameters", table.parameters, MOST_PARAMETERS),
            ("values", self.given, MOST_VALUES),
            ("multiply_adds", table.multiply_adds, MOST_MULTIPLY_ADDS),
        ):
            if count > most:
                raise DoesNotFit(
                    row.number, row.layer, reason, count=f"{count:,}", most=f"{most:,}"
                )


def place_windows(number: int, layer: LayerSpec, input: Values) -> Layer | None:
    """Place the windows of a layer that has some; raises `DoesNotFit` for any that does not fit."""
    is_row = len(input) == 1
    if is_row and isinstance(layer, Convolution | Pool | GlobalPool | Norm | Flatten):
        raise DoesNotFit(number, layer, "needs_maps", input=f"{input[0]:,}")
    if not is_row and isinstance(layer, Dense):
        raise DoesNotFit(number, layer, "needs_row", input=format_shape(input))
    if len(input) == 1 or not isinstance(layer, Convolution | Pool):
        return None
    if isinstance(layer, Convolution):
        windows = Layer.of(
            input,
            kernel=layer.size,
            stride=layer.stride,
            padding=layer.padding,
            filters=layer.filters,
        )
    else:
        windows = Layer.of(
            input, kernel=layer.size, stride=layer.step, padding="valid", filters=None
        )
    for axis in (windows.height, windows.width):
        if axis.before != axis.after:
            output = Placement(axis.size, axis.kernel, axis.stride, axis.after, axis.after).output
            raise DoesNotFit(
                number,
                layer,
                "uneven_padding",
                before=axis.before,
                after=axis.after,
                side=axis.size,
                output=output,
            )
        if axis.padded < axis.kernel:
            padding = f" + 2*{axis.before}" if axis.before else ""
            raise DoesNotFit(
                number,
                layer,
                "conv_window" if isinstance(layer, Convolution) else "pool_window",
                input=format_shape(input[:2]),
                sum=f"{axis.size} - {axis.kernel}{padding} + 1",
            )
    return windows


def output_of(layer: LayerSpec, input: Values, windows: Layer | None) -> Values:
    """Return what a layer that fits makes of its input."""
    if windows is not None:
        return windows.output
    match layer:
        case GlobalPool():
            return (1, 1, input[-1])
        case Flatten():
            return (prod(input),)
        case Dense(units=units):
            return (units,)
    return input


def axis_formula(axis: Placement) -> str:
    """`(32 - 5 + 2*2)/1 + 1 = 32`; with its half where it is not whole."""
    padding = f" + 2*{axis.before}" if axis.before else ""
    exact = (axis.padded - axis.kernel) / axis.stride + 1
    return f"({axis.size} - {axis.kernel}{padding})/{axis.stride} + 1 = {exact:.4g}"


def leaves_out(axis: Placement) -> bool:
    """Whether the windows do not come out even along an axis."""
    return (axis.padded - axis.kernel) % axis.stride != 0
