"""Operators that are layers: convolutions, pools, matrix products and normalisations."""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from noonbit.page.operator_rules.node import Lowered, Node, Rule
from noonbit.page.spec import Attributes


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
    "Conv": convolution,
    **dict.fromkeys(("MaxPool", "AveragePool"), pool),
    "Gemm": dense,
    "MatMul": matrix_product,
    "BatchNormalization": batch_norm,
    "LRN": response_norm,
}
