"""What a rule is given, and what it gives back: a node, and the graph that is known so far."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

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
    state: GraphState = field(repr=False)

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


Lowered: TypeAlias = tuple[str, list[str], Attributes]
"""Operator, inputs, attributes."""
Rule: TypeAlias = Callable[[Node], Lowered]
