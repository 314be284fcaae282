"""Operators that only move numbers: Reshape, Slice, Pad, Gather and their like."""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from noonbit.page.operator_rules.node import Lowered, Node, Rule
from noonbit.page.operator_rules.strides import broadcast_strides, contiguous_strides


def reshape(node: Node) -> Lowered:
    """The same numbers in another shape."""
    return "Reshape", node.inputs[:1], {}


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


def slice_axes(node: Node) -> Lowered:
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


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Dropout"), reshape),
    "Transpose": transpose,
    "Expand": expand,
    "Slice": slice_axes,
    "Pad": pad,
    "Gather": gather,
    "GatherND": gather_nd,
    "Concat": concat,
}
