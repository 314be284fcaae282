"""What network.js is told of a network: operators in order, their weights, and what to show."""

from dataclasses import asdict, dataclass
from typing import Any

from numpy.typing import NDArray

from noonbit.errors import ArtefactError

Attributes = dict[str, Any]
"""Settings of an operator, as JSON holds them."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of the page; its name is ONNX's where it computes what ONNX's does."""

    op: str
    inputs: list[str]
    outputs: list[str]
    """Always one name; a list, as in ONNX."""
    attributes: Attributes
    name: str
    """The module that it comes from: `features.3`."""
    shape: list[int]
    """Of the output; the first axis is the batch of 1."""
    dtype: str
    """Of the output: `float32`, or `int32` for whole numbers and truth values."""


@dataclass(frozen=True, slots=True)
class Map:
    """An intermediate result that the page shows: what one layer hands to the next."""

    name: str
    """The kind of layer, its number and its module: `convolution 2 (features.3)`."""
    kind: str
    """`convolution`, `pool`, `dense` or `words`."""
    output: str
    """The name of the operator's output."""
    shape: list[int]
    """[channels, height, width]; units of a dense layer are channels of 1x1."""


@dataclass(frozen=True, slots=True)
class PageGraph:
    """What network.js runs."""

    input: str
    input_shape: list[int]
    """Without the batch."""
    input_dtype: str
    """`float32`, or `int32` for bytes and word numbers."""
    operators: list[Operator]
    outputs: dict[str, str]
    """From `logits` and `probabilities` to the names of results."""
    maps: list[Map]
    weights: dict[str, NDArray[Any]]
    """float32 or int32, by name; only those that an operator takes."""
    multiply_adds: int
    """Of one answer: what its time goes by."""

    def as_dict(self) -> dict[str, Any]:
        """All but the weights as plain values, for network.js."""
        operators = [asdict(each) for each in self.operators]
        maps = [asdict(each) for each in self.maps]
        return {
            "input": self.input,
            "input_shape": self.input_shape,
            "input_dtype": self.input_dtype,
            "operators": operators,
            "outputs": self.outputs,
            "maps": maps,
            "multiply_adds": self.multiply_adds,
        }


class UnknownLayer(ArtefactError):
    """A network with a layer that the page cannot compute."""
