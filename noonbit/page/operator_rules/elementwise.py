"""Operators on each number alone, or on the numbers at one place of two or three inputs."""

from collections.abc import Mapping

from noonbit.page.operator_rules.node import Lowered, Node, Rule
from noonbit.page.operator_rules.strides import broadcast_strides


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


def cast(node: Node) -> Lowered:
    """Another type of number: none, or whole numbers and truth values of others."""
    from onnx import TensorProto

    target = node.attributes["to"]
    if target in (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16):
        return "ToFloat", node.inputs[:1], {}
    return ("ToBool" if target == TensorProto.BOOL else "ToInt"), node.inputs[:1], {}


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
    "Cast": cast,
}
