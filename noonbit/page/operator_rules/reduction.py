"""Operators over whole axes: sums and means, softmax, the place of the largest number, one-hot."""

from collections.abc import Mapping, Sequence
from math import prod

from noonbit.page.operator_rules.movement import reshape
from noonbit.page.operator_rules.node import Lowered, Node, Rule
from noonbit.page.operator_rules.strides import contiguous_strides


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


RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("Softmax", "LogSoftmax", "ArgMax"), along_axis),
    "OneHot": one_hot,
    **dict.fromkeys(
        [f"Reduce{each}" for each in ("Max", "Min", "Mean", "Sum", "L1", "L2", "Prod")]
        + ["ReduceLogSumExp", "ReduceSumSquare"],
        reduce,
    ),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool"), pool_all),
}
