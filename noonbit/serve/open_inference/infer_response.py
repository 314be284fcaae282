"""Write the answer to a question of the Open Inference Protocol.

    write_response(request, probabilities, logits, signature) -> JSON, tensors behind it

Each output comes in the JSON or as bytes behind it, as it was asked for.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noonbit.serve.open_inference.binary_tensors import write_elements
from noonbit.serve.open_inference.messages import InferOutput, InferRequest
from noonbit.serve.open_inference.signature import VERSION, Signature

COMPACT = json.JSONEncoder(separators=(",", ":"))
Tensor: TypeAlias = NDArray[np.float32] | list[str]
"""Numbers of any shape, or texts, which are flat."""


@dataclass(frozen=True, slots=True)
class WrittenResponse:
    """A response's body, and how much of it is JSON if tensors follow."""

    body: bytes
    header_length: int | None


def write_response(
    request: InferRequest,
    probabilities: NDArray[np.float32],
    logits: NDArray[np.float32],
    signature: Signature,
) -> WrittenResponse:
    """Write the outputs that were asked for, in that order; arrays are (N, classes)."""
    asked = request.outputs
    if asked is None:
        asked = [InferOutput(name=name) for name in signature.output_names]
    outputs: list[dict[str, Any]] = []
    tensors: list[memoryview] = []
    for output in asked:
        values, shape = fill_output(output, probabilities, logits, signature.class_names)
        is_text = isinstance(values, list)
        written: dict[str, Any] = {
            "name": output.name,
            "datatype": "BYTES" if is_text else "FP32",
            "shape": shape,
        }
        is_binary = output.parameters.binary_data
        if is_binary is None:
            is_binary = request.parameters.binary_data_output
        if is_binary:
            tensors.append(write_tensor(values))
            written["parameters"] = {"binary_data_size": tensors[-1].nbytes}
        else:
            written["data"] = values if isinstance(values, list) else values.ravel().tolist()
        outputs.append(written)
    response = {"model_name": signature.model_name, "model_version": VERSION}
    if request.id:
        response["id"] = request.id
    header = COMPACT.encode(response | {"outputs": outputs}).encode()
    if not tensors:
        return WrittenResponse(header, None)
    return WrittenResponse(b"".join([header, *tensors]), len(header))


def fill_output(
    output: InferOutput,
    probabilities: NDArray[np.float32],
    logits: NDArray[np.float32],
    class_names: Sequence[str],
) -> tuple[Tensor, list[int]]:
    """Return the values of an output that was asked for, and their shape."""
    scores = probabilities if output.name == "probabilities" else logits
    if output.parameters.classification:
        count = min(output.parameters.classification, len(class_names))
        return classify(scores, count, class_names), [len(scores), count]
    if output.name == "class":
        best = probabilities.argmax(axis=1)
        return [class_names[index] for index in best], [len(best)]
    return scores, list(scores.shape)


def classify(scores: NDArray[np.float32], count: int, class_names: Sequence[str]) -> list[str]:
    """Return the `count` highest scores of each row as `score:index:class`, the highest first.

    Triton's extension for classification; flat, `count` for each row.
    """
    best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return [
        f"{row[index]:f}:{index}:{class_names[index]}"
        for row, order in zip(scores, best, strict=True)
        for index in order.tolist()
    ]


def write_tensor(values: Tensor) -> memoryview:
    """Return values as the bytes behind the JSON."""
    if isinstance(values, list):
        return memoryview(write_elements(text.encode() for text in values))
    return np.ascontiguousarray(values, "<f4").data
