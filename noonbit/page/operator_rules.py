"""How each operator of ONNX becomes one of the page's.

    RULES["Conv"](node) -> ("Conv", names of inputs, settings)

A rule writes out every setting that network.js needs, and refuses what the page cannot compute.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from noonbit.page.spec import Attributes, UnknownLayer

if TYPE_CHECKING:
    from onnx import NodeProto


class GraphState:
    """What is known of a graph so far, which the rules add to."""

    def __init__(self, run: str, word: str, constants: dict[str, NDArray[Any]]) -> None:
        self.run, self.word = run, word
        self.constants = constants
        """What does not depend on the picture, by name."""
        self.weights: dict[str, NDArray[Any]] = {}
        """Matrices that were changed."""
        self.multiply_adds = 0

    def add_weight(self, name: str, values: NDArray[Any], factor: float) -> str:
        """Keep a matrix that was changed, and return its name; equal ones are kept once."""
        found = np.ascontiguousarray(values * factor if factor != 1 else values, np.float32)
        kept = f"{name}:{'x'.join(map(str, found.shape))}"
        if kept in self.weights and not np.array_equal(self.weights[kept], found):
            kept += f":{len(self.weights)}"
        self.weights[kept] = found
        return kept

    def is_weight(self, name: str) -> bool:
        """Whether a name is a constant's."""
        return name in self.weights or name in self.constants

    def stored(self, name: str) -> NDArray[Any]:
        """A constant as the page has it: float32 or int32."""
        value = self.weights[name] if name in self.weights else self.constants[name]
        if value.dtype.kind == "f":
            return value.astype(np.float32)
        limits = np.iinfo(np.int32)
        # The largest int64 stands for "to the end".
        return np.clip(value.astype(np.int64), limits.min, limits.max).astype(np.int32)

    def unknown(self, op: str, module: str, detail: str = "") -> UnknownLayer:
        """The refusal of a layer."""
        where = f" ({module})" if module else ""
        return UnknownLayer(
            f"{self.run} has the layer {op}{where}{f' {detail}' if detail else ''}, which the page "
            f"cannot compute. Export it as ONNX: noonbit export {self.word}"
        )


@dataclass(slots=True)
class Node:
    """An ONNX node with all that is known of its inputs."""

    proto: "NodeProto"
    inputs: list[str]
    """Empty names stand for inputs that are left out."""
    attributes: Attributes
    shapes: list[tuple[int, ...]]
    constants: list[NDArray[Any] | None]
    """The values of the inputs that do not depend on the picture."""
    shape: tuple[int, ...]
    module: str
    state: "GraphState" = field(repr=False)

    def constant(self, index: int) -> NDArray[Any] | None:
        """The constant at an input; None where it is left out. Refuses one that is computed."""
        if index >= len(self.inputs) or not self.inputs[index]:
            return None
        value = self.constants[index]
        if value is None:
            raise self.unknown("with settings that depend on the input")
        return value

    def numbers(self, name: str, index: int, default: Sequence[int] | None) -> list[int] | None:
        """Whole numbers that older opsets have as an attribute, and newer ones as an input."""
        value = self.constant(index)
        found = self.attributes.get(name, default) if value is None else value.ravel().tolist()
        return None if found is None else [int(each) for each in found]

    def unknown(self, detail: str) -> UnknownLayer:
        """The refusal of this node."""
        return self.state.unknown(self.proto.op_type, self.module, detail)

    def require(self, condition: bool, detail: str) -> None:
        """Refuse unless the condition holds."""
        if not condition:
            raise self.unknown(detail)


Lowered = tuple[str, list[str], Attributes]
"""Operator, inputs, attributes."""
Rule = Callable[[Node], Lowered]


def plain(*settings: tuple[str, float]) -> Rule:
    """An operator on each number alone, with these settings and their defaults."""

    def rule(node: Node) -> Lowered:
        return (
            node.proto.op_type,
            node.inputs[:1],
            {name: float(node.attributes.get(name, default)) for name, default in settings},
        )

    return rule


def gelu(node: Node) -> Lowered:
    """Gelu, exact or by tanh."""
    approximate = node.attributes.get("approximate", b"none") == b"tanh"
    return ("GeluTanh" if approximate else "Gelu"), node.inputs[:1], {}


def clip(node: Node) -> Lowered:
    """Clip between two numbers, either of which may be missing."""
    low, high = node.constant(1), node.constant(2)
    return (
        "Clip",
        node.inputs[:1],
        {
            "min": None if low is None else float(low.item()),
            "max": None if high is None else float(high.item()),
        },
    )


def broadcast(node: Node) -> Lowered:
    """An operator on the numbers of two or three inputs, each with the strides that repeat it."""
    count = 3 if node.proto.op_type == "Where" else 2
    node.require(len(node.inputs) == count, f"of {len(node.inputs)} inputs")
    strides = [broadcast_strides(shape, node.shape) for shape in node.shapes]
    return node.proto.op_type, node.inputs, {"strides": strides}


def broadcast_strides(shape: Sequence[int], to: Sequence[int]) -> list[int]:
    """The strides by which an array is read as one of another shape; 0 where it is repeated."""
    padded = [1] * (len(to) - len(shape)) + list(shape)
    return [
        0 if side == 1 else stride
        for side, stride in zip(padded, contiguous_strides(padded), strict=True)
    ]


def contiguous_strides(shape: Sequence[int]) -> list[int]:
    """How many numbers lie between neighbours along each axis."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


def reshape(node: Node) -> Lowered:
    """The same numbers in another shape."""
    return "Reshape", node.inputs[:1], {}


def cast(node: Node) -> Lowered:
    """Another type of number: none, or whole numbers and truth values of others."""
    from onnx import TensorProto

    target = node.attributes["to"]
    if target in (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16):
        return "ToFloat", node.inputs[:1], {}
    return ("ToBool" if target == TensorProto.BOOL else "ToInt"), node.inputs[:1], {}


def strided(node: Node, offset: int, strides: Sequence[int]) -> Lowered:
    """Numbers read from an offset in steps; ONNX's Slice, Transpose and Expand."""
    return "Strided", node.inputs[:1], {"offset": offset, "strides": list(strides)}


def transpose(node: Node) -> Lowered:
    """The axes in another order."""
    strides = contiguous_strides(node.shapes[0])
    order = node.attributes.get("perm", range(len(strides) - 1, -1, -1))
    return strided(node, 0, [strides[axis] for axis in order])


def expand(node: Node) -> Lowered:
    """Axes of 1, repeated."""
    return strided(node, 0, broadcast_strides(node.shapes[0], node.shape))


def cut(node: Node) -> Lowered:
    """Slice: a range along each axis, forward or backward."""
    shape = node.shapes[0]
    starts = node.numbers("starts", 1, None) or []
    axes = node.numbers("axes", 3, range(len(starts))) or []
    steps = node.numbers("steps", 4, [1] * len(starts)) or []
    strides, offset = contiguous_strides(shape), 0
    for start, axis, step in zip(starts, axes, steps, strict=True):
        axis %= len(shape)
        first = start + shape[axis] if start < 0 else start
        first = min(max(first, 0), shape[axis] - (step < 0))
        offset += first * strides[axis]
        strides[axis] *= step
    return strided(node, offset, strides)


def pad(node: Node) -> Lowered:
    """Margins of a constant, of the edge or of the mirror image."""
    rank = len(node.shapes[0])
    pads = node.numbers("pads", 1, None) or []
    axes = node.numbers("axes", 3, range(rank)) or []
    before = [0] * rank
    for axis, first in zip(axes, pads, strict=False):
        before[axis % rank] = first
    mode = node.attributes.get("mode", b"constant").decode()
    node.require(mode in ("constant", "edge", "reflect"), f"in the mode {mode}")
    value = node.constant(2)
    return (
        "Pad",
        node.inputs[:1],
        {
            "sides": list(node.shapes[0]),
            "before": before,
            "mode": mode,
            "value": 0.0 if value is None else float(value.item()),
        },
    )


def gather(node: Node) -> Lowered:
    """Rows of the first input, at the whole numbers of the second."""
    shape = node.shapes[0]
    axis = node.attributes.get("axis", 0) % len(shape)
    return (
        "Gather",
        node.inputs,
        {"outer": prod(shape[:axis]), "length": shape[axis], "inner": prod(shape[axis + 1 :])},
    )


def gather_nd(node: Node) -> Lowered:
    """GatherND at constant places, as Gather of rows over the leading axes together."""
    node.require(not node.attributes.get("batch_dims", 0), "with batches")
    places = node.constant(1)
    assert places is not None  # noqa: S101 - ONNX has no default for it
    shape, leading = node.shapes[0], places.shape[-1]
    sides = shape[:leading]
    rows = np.ravel_multi_index(tuple(np.moveaxis(places % sides, -1, 0)), sides)
    name = f"{node.proto.output[0]}.rows"
    node.state.constants[name] = rows
    inner = prod(shape[leading:])
    return "Gather", [node.inputs[0], name], {"outer": 1, "length": prod(sides), "inner": inner}


def concat(node: Node) -> Lowered:
    """Inputs one after the other along an axis; `lengths` are the numbers of each for one place."""
    axis = node.attributes["axis"] % len(node.shape)
    return (
        "Concat",
        node.inputs,
        {"outer": prod(node.shape[:axis]), "lengths": [prod(each[axis:]) for each in node.shapes]},
    )


def along_axis(node: Node) -> Lowered:
    """Softmax, LogSoftmax and ArgMax: over one axis."""
    shape = node.shapes[0]
    default = 0 if node.proto.op_type == "ArgMax" else -1
    axis = node.attributes.get("axis", default) % len(shape)
    node.require(not node.attributes.get("select_last_index", 0), "that takes the last of equals")
    return (
        node.proto.op_type,
        node.inputs[:1],
        {"outer": prod(shape[:axis]), "length": shape[axis], "inner": prod(shape[axis + 1 :])},
    )


def one_hot(node: Node) -> Lowered:
    """A row of `off` with one `on`, at each whole number."""
    depth, values = node.constant(1), node.constant(2)
    assert depth is not None and values is not None  # noqa: S101 - ONNX has no default for them
    axis = node.attributes.get("axis", -1) % len(node.shape)
    return (
        "OneHot",
        node.inputs[:1],
        {
            "outer": prod(node.shape[:axis]),
            "length": int(depth.item()),
            "inner": prod(node.shape[axis + 1 :]),
            "off": float(values[0]),
            "on": float(values[1]),
        },
    )


def reduce(node: Node) -> Lowered:
    """Sums, means, largest numbers ... over some axes, all by default."""
    shape = node.shapes[0]
    axes = node.numbers("axes", 1, None)
    if not axes and node.attributes.get("noop_with_empty_axes", 0):
        return reshape(node)
    return reduce_over(node, node.proto.op_type, axes or list(range(len(shape))))


def pool_all(node: Node) -> Lowered:
    """GlobalAveragePool and GlobalMaxPool."""
    op = {"GlobalAveragePool": "ReduceMean", "GlobalMaxPool": "ReduceMax"}[node.proto.op_type]
    return reduce_over(node, op, list(range(2, len(node.shapes[0]))))


def reduce_over(node: Node, op: str, axes: Sequence[int]) -> Lowered:
    """A reduction, with the shape and strides of what is kept and of what is reduced."""
    shape = node.shapes[0]
    strides, reduced = contiguous_strides(shape), {axis % len(shape) for axis in axes}
    kept = [axis for axis in range(len(shape)) if axis not in reduced]
    return (
        op,
        node.inputs[:1],
        {
            "kept": [shape[axis] for axis in kept],
            "kept_strides": [strides[axis] for axis in kept],
            "reduced": [shape[axis] for axis in sorted(reduced)],
            "reduced_strides": [strides[axis] for axis in sorted(reduced)],
        },
    )


def convolution(node: Node) -> Lowered:
    """Conv over rows, or over rows and columns; a row is an image of height 1."""
    spatial = len(node.shapes[0]) - 2
    node.require(spatial in (1, 2), f"over {spatial} axes")
    node.require(not is_padded_by_name(node), "with auto_pad")
    window = window_of(node, node.shapes[1][2:], 2)
    _, channels, *sides = node.shapes[0]
    outputs, _, *output_sides = (node.shape[1], 0, *node.shape[2:])
    node.state.multiply_adds += prod(node.shape) * prod(node.shapes[1][1:])
    attributes = {
        **window,
        "groups": int(node.attributes.get("group", 1)),
        "channels": channels,
        "sides": [1] * (2 - spatial) + sides,
        "outputs": outputs,
        "output_sides": [1] * (2 - spatial) + output_sides,
    }
    return "Conv", [name for name in node.inputs if name], attributes


def pool(node: Node) -> Lowered:
    """MaxPool and AveragePool over up to three axes; fewer are more with a side of 1."""
    spatial = len(node.shapes[0]) - 2
    node.require(spatial in (1, 2, 3), f"over {spatial} axes")
    node.require(not is_padded_by_name(node), "with auto_pad")
    node.require(len(node.proto.output) == 1, "that gives the places of the largest numbers")
    attributes = {
        **window_of(node, node.attributes["kernel_shape"], 3),
        "planes": prod(node.shapes[0][:2]),
        "sides": [1] * (3 - spatial) + list(node.shapes[0][2:]),
        "output_sides": [1] * (3 - spatial) + list(node.shape[2:]),
    }
    if node.proto.op_type == "AveragePool":
        pads = node.attributes.get("pads", [0] * 2 * spatial)
        attributes["counts_margins"] = bool(node.attributes.get("count_include_pad", 0))
        # A window may end outside the margins (ceil_mode), and that part never counts.
        attributes["ends"] = [0] * (3 - spatial) + list(pads[spatial:])
    return node.proto.op_type, node.inputs[:1], attributes


def is_padded_by_name(node: Node) -> bool:
    """Whether margins are given by a word (SAME_UPPER); PyTorch gives numbers."""
    return bool(node.attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"))


def window_of(node: Node, kernel: Sequence[int], axes: int) -> Attributes:
    """Size, steps, margins at the beginning and spread of a moving window, for so many axes."""
    spatial = len(kernel)
    ones, zeros = [1] * (axes - spatial), [0] * (axes - spatial)
    return {
        "kernel": ones + list(kernel),
        "strides": ones + list(node.attributes.get("strides", [1] * spatial)),
        "pads": zeros + list(node.attributes.get("pads", [0] * spatial)[:spatial]),
        "dilations": ones + list(node.attributes.get("dilations", [1] * spatial)),
    }


def dense(node: Node) -> Lowered:
    """Gemm: rows times a matrix (outputs, inputs), plus a bias."""
    node.require(not node.attributes.get("transA", 0), "with its input transposed")
    bias = node.constant(2)
    matrix = node.constant(1)
    assert matrix is not None  # noqa: S101 - constant() refuses otherwise
    if not node.attributes.get("transB", 0):
        matrix = matrix.T
    inputs = [
        node.inputs[0],
        node.state.add_weight(f"{node.inputs[1]}", matrix, node.attributes.get("alpha", 1.0)),
    ]
    if bias is not None:
        filled = np.broadcast_to(bias, (len(matrix),)) if bias.ndim < 2 else bias.reshape(-1)
        node.require(len(filled) == len(matrix), "with a bias for each row")
        inputs.append(
            node.state.add_weight(node.inputs[2], filled, node.attributes.get("beta", 1.0))
        )
    return multiply(node, inputs, matrix.shape)


def matrix_product(node: Node) -> Lowered:
    """MatMul: with a constant matrix as Gemm, else of two results, batch by batch."""
    matrix = node.constants[1]
    if matrix is not None and matrix.ndim == 2:
        name = node.state.add_weight(node.inputs[1], matrix.T, 1.0)
        return multiply(node, [node.inputs[0], name], matrix.T.shape)
    one, other = node.shapes
    node.require(len(one) == len(other) >= 2 and one[:-2] == other[:-2], "of different batches")
    node.state.multiply_adds += prod(node.shape) * one[-1]
    return (
        "MatMul",
        node.inputs,
        {"batch": prod(one[:-2]), "rows": one[-2], "inner": one[-1], "columns": other[-1]},
    )


def multiply(node: Node, inputs: list[str], shape: tuple[int, ...]) -> Lowered:
    """Rows times a matrix of this shape (outputs, inputs)."""
    columns, inner = shape
    rows = prod(node.shapes[0]) // inner
    node.state.multiply_adds += rows * inner * columns
    return "Gemm", inputs, {"rows": rows, "inner": inner, "columns": columns}


def batch_norm(node: Node) -> Lowered:
    """BatchNormalization as a scale and a shift for each channel."""
    node.require(not node.attributes.get("training_mode", 0), "in training mode")
    scale, bias, mean, variance = (
        np.asarray(node.constant(index), np.float64) for index in (1, 2, 3, 4)
    )
    scale = scale / np.sqrt(variance + node.attributes.get("epsilon", 1e-5))
    output = node.proto.output[0]
    return (
        "ScaleShift",
        [
            node.inputs[0],
            node.state.add_weight(f"{output}.scale", scale, 1.0),
            node.state.add_weight(f"{output}.shift", bias - mean * scale, 1.0),
        ],
        {"channels": node.shape[1], "inner": prod(node.shape[2:])},
    )


def response_norm(node: Node) -> Lowered:
    """LRN: each number by the squares of its neighbouring channels."""
    defaults = {"alpha": 1e-4, "beta": 0.75, "bias": 1.0, "size": 0}
    settings = {name: node.attributes.get(name, each) for name, each in defaults.items()}
    return (
        "LRN",
        node.inputs[:1],
        {**settings, "channels": node.shape[1], "inner": prod(node.shape[2:])},
    )


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(
        ("Abs", "Ceil", "Erf", "Exp", "Floor", "HardSwish", "Identity", "Log", "Mish", "Neg")
        + ("Not", "Reciprocal", "Relu", "Sigmoid", "Sign", "Softplus", "Softsign")
        + ("Sqrt", "Tanh"),
        plain(),
    ),
    "Elu": plain(("alpha", 1.0)),
    "HardSigmoid": plain(("alpha", 0.2), ("beta", 0.5)),
    "LeakyRelu": plain(("alpha", 0.01)),
    "Selu": plain(("alpha", 1.6732632423543772), ("gamma", 1.0507009873554805)),
    "Gelu": gelu,
    "Clip": clip,
    **dict.fromkeys(
        ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "PRelu", "Equal", "Greater", "Less")
        + ("GreaterOrEqual", "LessOrEqual", "And", "Or", "Where"),
        broadcast,
    ),
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout"), reshape),
    "Cast": cast,
    "Transpose": transpose,
    "Expand": expand,
    "Slice": cut,
    "Pad": pad,
    "Gather": gather,
    "GatherND": gather_nd,
    "Concat": concat,
    **dict.fromkeys(("Softmax", "LogSoftmax", "ArgMax"), along_axis),
    "OneHot": one_hot,
    **dict.fromkeys(
        [f"Reduce{each}" for each in ("Max", "Min", "Mean", "Sum", "L1", "L2", "Prod")]
        + ["ReduceLogSumExp", "ReduceSumSquare"],
        reduce,
    ),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool"), pool_all),
    "Conv": convolution,
    **dict.fromkeys(("MaxPool", "AveragePool"), pool),
    "Gemm": dense,
    "MatMul": matrix_product,
    "BatchNormalization": batch_norm,
    "LRN": response_norm,
}
"""How each operator of ONNX becomes one of the page's."""
