"""The messages of the Open Inference Protocol; the OpenAPI document is made of them too."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_DIMENSIONS = 8
"""Of a tensor that is given."""

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
