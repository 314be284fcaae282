"""The Open Inference Protocol, version 2, over HTTP: its requests and responses, without a server.

    read_request(body, header_length, signature) -> InferRequest, inputs
    write_response(request, outputs, signature) -> JSON, tensors behind it

Triton, KServe, MLServer and Seldon speak it, so their clients ask this server unchanged.
Specification: github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md;
the extensions for binary tensors and classification: NVIDIA Triton, docs/protocol.

Two inputs stand for each other, and a request gives one of them: what the network takes, in one
tensor, or raw inputs as elements of the type BYTES, which the contract brings to that.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from noonbit.data.preprocess.contract import Contract
from noonbit.errors import did_you_mean
from noonbit.serve.binary_tensors import (
    NUMBER_TYPES,
    read_elements,
    read_numbers,
    split_body,
    write_elements,
)
from noonbit.serve.inputs import MOST_JSON_VALUES
from noonbit.serve.refusal import RequestRefused
from noonbit.system.files import escape_surrogates

VERSION = "1"
"""Of the one model; `/versions/1` may be named, and no other."""
EXTENSIONS = ("binary_tensor_data", "classification")
PLATFORM = "onnxruntime_onnx"
"""The model's framework, by Triton's name."""
MOST_DIMENSIONS = 8
COMPACT = json.JSONEncoder(separators=(",", ":"))

Datatype = Literal["UINT8", "INT64", "FP32", "BYTES"]


class TensorMetadata(BaseModel):
    """One tensor of a model; -1 is any number of items."""

    name: str
    datatype: Datatype
    shape: list[int]


class ModelMetadata(BaseModel):
    """What a model takes and gives. Of `inputs`, a request sends one."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class ServerMetadata(BaseModel):
    """Who answers, and which extensions it knows."""

    name: str
    version: str
    extensions: list[str]


class ServerLive(BaseModel):
    """Whether the server answers at all."""

    live: bool


class ServerReady(BaseModel):
    """Whether the server takes requests."""

    ready: bool


class ModelReady(BaseModel):
    """Whether a model takes requests."""

    name: str
    ready: bool


class ProtocolError(BaseModel):
    """Why a request was refused."""

    error: str


class _Requested(BaseModel):
    """A part of a request. Parameters that are not known mean nothing, as the protocol says."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class InputParameters(_Requested):
    """Of an input: how many bytes behind the JSON are its tensor."""

    binary_data_size: int | None = Field(default=None, ge=0)


class OutputParameters(_Requested):
    """Of an output: whether as bytes behind the JSON; or as so many `score:index:class`."""

    binary_data: bool | None = None
    classification: int = Field(default=0, ge=0)


class RequestParameters(_Requested):
    """Of a request: whether outputs come as bytes behind the JSON, unless they say otherwise."""

    binary_data_output: bool = False


class InferInput(_Requested):
    """A tensor that is given: in `data`, flat or nested, or behind the JSON."""

    name: str
    datatype: str
    shape: list[int] = Field(max_length=MOST_DIMENSIONS)
    parameters: InputParameters = InputParameters()
    data: list[Any] | None = None


class InferOutput(_Requested):
    """A tensor that is asked for."""

    name: str
    parameters: OutputParameters = OutputParameters()


class InferRequest(_Requested):
    """A question: one input, and the outputs wanted; all of them if left out."""

    id: str = ""
    parameters: RequestParameters = RequestParameters()
    inputs: list[InferInput]
    outputs: list[InferOutput] | None = None


class ResponseParameters(BaseModel):
    """Of an output: how many bytes behind the JSON are its tensor."""

    binary_data_size: int | None = None


class ResponseOutput(BaseModel):
    """A tensor that is answered, in `data` or behind the JSON."""

    name: str
    datatype: Datatype
    shape: list[int]
    parameters: ResponseParameters | None = None
    data: list[float] | list[str] | None = None


class InferResponse(BaseModel):
    """An answer, of one row an item in each output."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[ResponseOutput]


@dataclass(frozen=True, slots=True)
class Signature:
    """The inputs and outputs of the served model."""

    model_name: str
    values: TensorMetadata
    """What the network takes."""
    raw: TensorMetadata
    """The raw inputs, which the contract prepares."""
    class_names: tuple[str, ...]
    word_numbers: int
    """Numbers of words that the network knows; 0 of kinds without words."""

    @classmethod
    def of(cls, model_name: str, contract: Contract) -> "Signature":
        """Derive it from the contract."""
        preprocessor = contract.preprocessor
        shape = [-1, *preprocessor.shape]
        values, raw = {
            "pictures": (("images", "UINT8"), "image_bytes"),
            "sentences": (("tokens", "INT64"), "text"),
            "boards": (("planes", "UINT8"), "game"),
        }[preprocessor.input_kind]
        return cls(
            model_name,
            TensorMetadata.model_validate(
                {"name": values[0], "datatype": values[1], "shape": shape}
            ),
            TensorMetadata(name=raw, datatype="BYTES", shape=[-1]),
            tuple(map(escape_surrogates, contract.class_names)),
            preprocessor.channels if preprocessor.of_words else 0,
        )

    @property
    def inputs(self) -> list[TensorMetadata]:
        """The inputs, of which a request gives one."""
        return [self.values, self.raw]

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        return ["probabilities", "logits", "class"]

    @property
    def outputs(self) -> list[TensorMetadata]:
        """The outputs: a row of classes for each item, and the name of its most probable one."""
        classes = len(self.class_names)
        kinds: list[tuple[Datatype, list[int]]]
        kinds = [("FP32", [-1, classes]), ("FP32", [-1, classes]), ("BYTES", [-1])]
        return [
            TensorMetadata(name=name, datatype=datatype, shape=shape)
            for name, (datatype, shape) in zip(self.output_names, kinds, strict=True)
        ]

    def metadata(self) -> ModelMetadata:
        """Return what `/v2/models/NAME` answers."""
        return ModelMetadata(
            name=self.model_name,
            versions=[VERSION],
            platform=PLATFORM,
            inputs=self.inputs,
            outputs=self.outputs,
        )


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
    json_bytes = bytes(header)
    if json_bytes.count(b",") > MOST_JSON_VALUES:
        raise RequestRefused(
            413,
            f"The JSON has more than {MOST_JSON_VALUES:,} values; send less at once, or binary.",
        )
    try:
        request = InferRequest.model_validate_json(json_bytes)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise RequestRefused(
            400, f"The body is no inference request: {f'{place}: ' if place else ''}{first['msg']}."
        ) from None
    require_outputs(request, signature)
    if len(request.inputs) != 1:
        names = " or ".join(f"'{each.name}'" for each in signature.inputs)
        raise RequestRefused(
            400, f"The request has {len(request.inputs)} inputs; this model takes one: {names}."
        )
    return request, read_input(request.inputs[0], tensors, signature)


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
    wanted = next((each for each in signature.inputs if each.name == given.name), None)
    if wanted is None:
        known = [each.name for each in signature.inputs]
        raise RequestRefused(
            400,
            f"There is no input '{given.name[:100]}'; this model takes {' or '.join(known)}."
            f"{did_you_mean(given.name, known)}",
        )
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
    if wanted.datatype == "BYTES":
        return RawInputs(
            elements_of_json(given)
            if size is None
            else read_elements(given.name, tensors, given.shape[0])
        )
    if size is None:
        numbers = numbers_of_json(given)
    else:
        numbers = read_numbers(given.name, tensors, given.datatype, prod(given.shape))
    if signature.word_numbers:
        low, high = int(numbers.min()), int(numbers.max())
        if low < 0 or high >= signature.word_numbers:
            raise RequestRefused(
                400,
                f"The input '{given.name}' holds the number {low if low < 0 else high}; words have "
                f"numbers from 0 to {signature.word_numbers - 1:,}.",
            )
    return Values(numbers.reshape(given.shape))


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
    outputs, tensors = [], []
    for output in asked:
        is_binary = output.parameters.binary_data
        if is_binary is None:
            is_binary = request.parameters.binary_data_output
        array: NDArray[np.float32] | list[str]
        array = probabilities if output.name == "probabilities" else logits
        shape = list(array.shape)
        if output.parameters.classification:
            count = min(output.parameters.classification, len(signature.class_names))
            array, shape = classify(array, count, signature.class_names), [len(array), count]
        elif output.name == "class":
            array = [signature.class_names[index] for index in probabilities.argmax(axis=1)]
            shape = [len(array)]
        is_text = isinstance(array, list)
        written: dict[str, Any] = {
            "name": output.name,
            "datatype": "BYTES" if is_text else "FP32",
            "shape": shape,
        }
        if is_binary:
            tensor = (
                write_elements(text.encode() for text in array)
                if isinstance(array, list)
                else np.ascontiguousarray(array, "<f4").data
            )
            size = len(tensor) if isinstance(tensor, bytes) else tensor.nbytes
            tensors.append(tensor)
            written["parameters"] = {"binary_data_size": size}
        else:
            written["data"] = array if isinstance(array, list) else array.ravel().tolist()
        outputs.append(written)
    response = {"model_name": signature.model_name, "model_version": VERSION}
    if request.id:
        response["id"] = request.id
    header = COMPACT.encode(response | {"outputs": outputs}).encode()
    if not tensors:
        return WrittenResponse(header, None)
    return WrittenResponse(b"".join([header, *tensors]), len(header))


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
