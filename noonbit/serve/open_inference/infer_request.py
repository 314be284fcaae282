"""Read a question of the Open Inference Protocol, and the one input that it gives.

    read_request(body, header_length, signature) -> InferRequest, Values | RawInputs

Whatever does not fit the served model is refused, with what would.
"""

import base64
import binascii
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from noonbit.errors import did_you_mean
from noonbit.serve.inputs import MOST_JSON_VALUES
from noonbit.serve.open_inference.binary_tensors import (
    NUMBER_TYPES,
    read_elements,
    read_numbers,
    split_body,
)
from noonbit.serve.open_inference.messages import InferInput, InferRequest, TensorMetadata
from noonbit.serve.open_inference.signature import Signature
from noonbit.serve.refusal import RequestRefused


@dataclass(frozen=True, slots=True)
class Values:
    """A tensor of what the network takes."""

    array: NDArray[Any]
    """(N, *shape), uint8 or int64; a view of the request's body where that holds it in binary."""

    def __len__(self) -> int:
        return len(self.array)


@dataclass(frozen=True, slots=True)
class RawInputs:
    """Encoded pictures, or texts in UTF-8."""

    elements: list[bytes]

    def __len__(self) -> int:
        return len(self.elements)


def read_request(
    body: bytes, header_length: str | None, signature: Signature
) -> tuple[InferRequest, Values | RawInputs]:
    """Read a question and its one input; raises `RequestRefused` with what is wrong with it.

    `header_length` is the header Inference-Header-Content-Length, if there is one.
    """
    header, tensors = split_body(body, header_length)
    request = parse_request(bytes(header))
    require_outputs(request, signature)
    if len(request.inputs) != 1:
        names = " or ".join(f"'{each.name}'" for each in signature.inputs)
        raise RequestRefused(
            400, f"The request has {len(request.inputs)} inputs; this model takes one: {names}."
        )
    return request, read_input(request.inputs[0], tensors, signature)


def parse_request(json_bytes: bytes) -> InferRequest:
    """Parse the JSON of a question; raises `RequestRefused`."""
    if json_bytes.count(b",") > MOST_JSON_VALUES:
        raise RequestRefused(
            413,
            f"The JSON has more than {MOST_JSON_VALUES:,} values; send less at once, or binary.",
        )
    try:
        return InferRequest.model_validate_json(json_bytes)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RequestRefused(
            400, f"The body is no inference request: {f'{place}: ' if place else ''}{first['msg']}."
        ) from None


def require_outputs(request: InferRequest, signature: Signature) -> None:
    """Raise `RequestRefused` for outputs that do not exist, come twice, or cannot be classified."""
    known = signature.output_names
    names = [each.name for each in request.outputs or ()]
    for name in names:
        if name not in known:
            raise RequestRefused(
                400,
                f"There is no output '{name[:100]}'; this model has {', '.join(known)}."
                f"{did_you_mean(name, known)}",
            )
        if names.count(name) > 1:
            raise RequestRefused(400, f"The output '{name}' is asked for twice; ask once.")
    for output in request.outputs or ():
        if output.name == "class" and output.parameters.classification:
            raise RequestRefused(
                400,
                "The output 'class' holds names already; ask 'probabilities' for classification.",
            )


def read_input(given: InferInput, tensors: memoryview, signature: Signature) -> Values | RawInputs:
    """Read the tensor of an input from its JSON, or from `tensors`; raises `RequestRefused`."""
    wanted = find_input(given.name, signature)
    require_form(given, wanted)
    require_data(given, tensors)
    is_binary = given.parameters.binary_data_size is not None
    if wanted.datatype == "BYTES":
        return RawInputs(
            read_elements(given.name, tensors, given.shape[0])
            if is_binary
            else elements_of_json(given)
        )
    if is_binary:
        numbers = read_numbers(given.name, tensors, given.datatype, prod(given.shape))
    else:
        numbers = numbers_of_json(given)
    if signature.word_numbers:
        require_word_numbers(given.name, numbers, signature.word_numbers)
    return Values(numbers.reshape(given.shape))


def find_input(name: str, signature: Signature) -> TensorMetadata:
    """Return the model's input of that name; raises `RequestRefused` if there is none."""
    found = next((each for each in signature.inputs if each.name == name), None)
    if found is None:
        known = [each.name for each in signature.inputs]
        raise RequestRefused(
            400,
            f"There is no input '{name[:100]}'; this model takes {' or '.join(known)}."
            f"{did_you_mean(name, known)}",
        )
    return found


def require_form(given: InferInput, wanted: TensorMetadata) -> None:
    """Raise `RequestRefused` for an input of another type or shape than the model's."""
    if given.datatype != wanted.datatype:
        raise RequestRefused(
            400,
            f"The input '{given.name}' is of the type {given.datatype[:40]}; send "
            f"{wanted.datatype}.",
        )
    fits = len(given.shape) == len(wanted.shape) and given.shape[1:] == wanted.shape[1:]
    if not fits or not 0 < given.shape[0] < 2**31:
        raise RequestRefused(
            400,
            f"The input '{given.name}' has the shape {given.shape}; this model takes "
            f"{wanted.shape}, where -1 is a number of items from 1.",
        )


def require_data(given: InferInput, tensors: memoryview) -> None:
    """Raise `RequestRefused` for an input without data, or of other bytes than follow the JSON."""
    size = given.parameters.binary_data_size
    if size is None and given.data is None:
        raise RequestRefused(
            400,
            f"The input '{given.name}' has no data; send `data`, or bytes behind the JSON with "
            "`binary_data_size`. Shared memory is not read.",
        )
    if (size or 0) != len(tensors):
        raise RequestRefused(
            400,
            f"The input '{given.name}' has binary_data_size {size or 0:,}, and {len(tensors):,} "
            "bytes follow the JSON.",
        )


def require_word_numbers(name: str, numbers: NDArray[Any], count: int) -> None:
    """Raise `RequestRefused` unless all numbers are those of `count` words, from 0."""
    low, high = int(numbers.min()), int(numbers.max())
    if low < 0 or high >= count:
        raise RequestRefused(
            400,
            f"The input '{name}' holds the number {low if low < 0 else high}; words have "
            f"numbers from 0 to {count - 1:,}.",
        )


def numbers_of_json(given: InferInput) -> NDArray[Any]:
    """Return the integers of an input's JSON, flat or nested: (count,). Raises `RequestRefused`."""
    dtype = NUMBER_TYPES[given.datatype]
    try:
        array = np.array(given.data)
    except (ValueError, OverflowError, RecursionError):  # lists of different lengths
        array = np.array(None)
    if array.dtype.kind not in "iu":
        raise RequestRefused(
            400,
            f"The input '{given.name}' holds other than integers, or lists of different lengths; "
            "send its numbers flat or nested, in row-major order.",
        )
    if array.size != prod(given.shape):
        raise RequestRefused(
            400,
            f"The input '{given.name}' holds {array.size:,} numbers, and its shape "
            f"{given.shape} needs {prod(given.shape):,}.",
        )
    limits = np.iinfo(dtype)
    if array.min() < limits.min or array.max() > limits.max:
        raise RequestRefused(
            400,
            f"The input '{given.name}' holds numbers from {array.min()} to {array.max()}; "
            f"{given.datatype} has {limits.min} to {limits.max}.",
        )
    return array.astype(dtype).ravel()


def elements_of_json(given: InferInput) -> list[bytes]:
    """Return the elements of an input's JSON: text as UTF-8, and pictures out of base64.

    Raises `RequestRefused`.
    """
    texts = given.data or []
    if not all(isinstance(text, str) for text in texts) or len(texts) != given.shape[0]:
        raise RequestRefused(
            400,
            f"The input '{given.name}' holds {len(texts):,} elements in JSON; its shape "
            f"{given.shape} needs so many strings in one list.",
        )
    if given.name != "image_bytes":
        return [text.encode("utf-8", "replace") for text in texts]
    try:
        return [base64.b64decode(text, validate=True) for text in texts]
    except (binascii.Error, ValueError):
        raise RequestRefused(
            400,
            f"The input '{given.name}' is not base64; in JSON a picture is base64, or send it in "
            "binary, as tritonclient does with binary_data=True.",
        ) from None
