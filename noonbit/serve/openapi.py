"""The OpenAPI 3.1 document of a server: every path that it answers, and the form of every answer.

The schemas are those of the types that the server itself reads and writes (`messages.py` here
and in `open_inference/`), and the limits are its settings, so that none can say something else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, TypeAlias
from urllib.parse import quote

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from noonbit.serve.inputs import FORMS, describe_bodies
from noonbit.serve.messages import AliveAnswer, ErrorAnswer, ModelAnswer, PredictAnswer
from noonbit.serve.open_inference.messages import (
    InferRequest,
    InferResponse,
    ModelMetadata,
    ModelReady,
    ServerLive,
    ServerMetadata,
    ServerReady,
)
from noonbit.serve.open_inference.signature import VERSION
from noonbit.serve.service import Service

Json: TypeAlias = dict[str, Any]

MESSAGES: list[tuple[type[BaseModel], JsonSchemaMode]] = [
    *(
        (kind, "serialization")
        for kind in (
            AliveAnswer,
            ErrorAnswer,
            InferResponse,
            ModelAnswer,
            ModelMetadata,
            ModelReady,
            PredictAnswer,
            ServerLive,
            ServerMetadata,
            ServerReady,
        )
    ),
    (InferRequest, "validation"),
]
REFERENCE = "#/components/schemas/{model}"
BINARY: Json = {"type": "string", "format": "binary"}
REASONS = {
    400: "The request cannot be read, or is not of the form that this path takes.",
    401: "There is no key, or a wrong one.",
    403: "The Host is none of this server's names, or a page of another site asks.",
    408: "The body did not arrive in time.",
    413: "The body, its inputs or its pictures are more or larger than the limits.",
    415: "The body is of a type, or compressed in a way, that is not taken.",
    422: "An input cannot be used.",
    503: "More waits than is allowed, or the server stops; Retry-After says when to come back.",
    504: "There was no answer in time.",
}
"""Why a request is refused, by status."""
ITEMS: dict[str, Json] = {
    "images": {"type": "string", "contentEncoding": "base64"},
    "arrays": {"type": "array", "items": {"type": "array"}},
    "texts": {"type": "string"},
    "games": {"type": "string", "description": "A game of Go in SGF, judged at its end."},
    "planes": {"type": "array", "items": {"type": "array"}},
}
"""An input in JSON, by the key of its list."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What one path answers to one method."""

    method: str
    path: str
    summary: str
    answer: type[BaseModel] | str
    """The type of the answer in JSON, or the media type of another one."""
    refusals: tuple[int, ...] = ()
    """Statuses of refusals, besides those of every path."""
    bodies: Mapping[str, Json] = field(default_factory=dict)
    """What a request may hold, by media type."""
    parameters: tuple[Json, ...] = ()
    description: str = ""
    also: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    """Further statuses whose answer is no refusal of the whole."""
    binary_answer: bool = False

    def document(self, *, has_key: bool) -> Json:
        """Return the operation as the document has it."""
        written: Json = {"summary": self.summary, "operationId": f"{self.method} {self.path}"}
        if self.description:
            written["description"] = self.description
        if self.parameters:
            written["parameters"] = list(self.parameters)
        if self.bodies:
            content = {media: {"schema": schema} for media, schema in self.bodies.items()}
            written["requestBody"] = {"required": True, "content": content}
        written["responses"] = {
            str(status): response for status, response in sorted(self._responses(has_key).items())
        }
        return written

    def _responses(self, has_key: bool) -> dict[int, Json]:
        content = (
            {self.answer: {"schema": {"type": "string"}}}
            if isinstance(self.answer, str)
            else json_content(self.answer)
        )
        if self.binary_answer:
            content["application/octet-stream"] = {"schema": BINARY}
        responses: dict[int, Json] = {200: {"description": "The answer.", "content": content}}
        for status in (400, *((401,) if has_key else ()), 403, *self.refusals):
            responses[status] = {
                "description": REASONS[status],
                "content": json_content(ErrorAnswer),
            }
        for status, kind in self.also.items():
            responses[status] = {"description": REASONS[status], "content": json_content(kind)}
        return responses


def json_content(kind: type[BaseModel]) -> Json:
    """Return the content of an answer in JSON."""
    return {"application/json": {"schema": {"$ref": REFERENCE.format(model=kind.__name__)}}}


def build_document(service: Service) -> Json:
    """Return the document of what a service answers."""
    _, schemas = models_json_schema(MESSAGES, ref_template=REFERENCE)
    has_key = service.settings.api_key is not None
    components: Json = {"schemas": schemas["$defs"]}
    document: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": f"noonbit serves {service.name}",
            "version": version("noonbit"),
            "description": service.model.contract.preprocessor.describe_in_full(),
        },
        "paths": {},
        "components": components,
    }
    if has_key:
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        document["security"] = [{"bearer": []}, {"key": []}]
    for operation in list_operations(service):
        methods = document["paths"].setdefault(operation.path, {})
        methods[operation.method] = operation.document(has_key=has_key)
    return document


def list_operations(service: Service) -> Iterator[Operation]:
    """Yield everything that a service answers."""
    bounded = (408, 413, 415, 503, 504)
    top = {
        "name": "top",
        "in": "query",
        "description": "How many classes to name for each input.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999, "default": 1},
    }
    yield Operation(
        "post",
        "/v1/predict",
        "Name the classes of inputs",
        PredictAnswer,
        bounded,
        predict_bodies(service),
        (top,),
        f"Send {describe_bodies(service.kind)}. An input that cannot be used has an `error` in "
        "place of its answer; if none can be used, the status is 422.",
        {422: PredictAnswer},
    )
    yield Operation("get", "/v1/model", "What is served, and its limits", ModelAnswer)
    yield Operation("get", "/health", "Whether the server is alive", AliveAnswer)
    yield Operation("get", "/ready", "Whether it takes requests", ServerReady, (503,))
    yield Operation("get", "/metrics", "Counters for Prometheus", "text/plain")
    yield Operation("get", "/v2", "Open Inference Protocol: the server", ServerMetadata)
    yield Operation("get", "/v2/health/live", "Whether the server is alive", ServerLive)
    yield Operation(
        "get", "/v2/health/ready", "Whether it takes requests", ServerReady, also={503: ServerReady}
    )
    model = f"/v2/models/{quote(service.name, safe='')}"
    length = {
        "name": "Inference-Header-Content-Length",
        "in": "header",
        "description": "The bytes of JSON, where tensors follow them in the body.",
        "schema": {"type": "integer", "minimum": 0},
    }
    for path in (model, f"{model}/versions/{VERSION}"):
        yield Operation("get", path, "The model's inputs and outputs", ModelMetadata)
        yield Operation(
            "get",
            f"{path}/ready",
            "Whether the model takes requests",
            ModelReady,
            also={503: ModelReady},
        )
        yield Operation(
            "post",
            f"{path}/infer",
            "Ask the model",
            InferResponse,
            (*bounded, 422),
            {
                "application/json": {"$ref": REFERENCE.format(model=InferRequest.__name__)},
                "application/octet-stream": BINARY,
            },
            (length,),
            "In JSON, or in JSON with tensors behind it, as tritonclient sends it.",
            binary_answer=True,
        )
    yield Operation("get", "/openapi.json", "This document", "application/json")
    yield Operation("get", "/docs", "This document as a page", "text/html")
    yield Operation("get", "/docs/style.css", "The page's style", "text/css")


def predict_bodies(service: Service) -> dict[str, Json]:
    """Return what /v1/predict takes, by media type."""
    most = service.settings.max_inputs
    files = {"type": "array", "items": BINARY, "minItems": 1, "maxItems": most}
    bodies: dict[str, Json] = {
        "multipart/form-data": {
            "type": "object",
            "properties": {"file": files},
            "required": ["file"],
        },
        "application/json": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {
                        key: {
                            "type": "array",
                            "items": ITEMS[key],
                            "minItems": 1,
                            "maxItems": most,
                        }
                    },
                    "required": [key],
                    "additionalProperties": False,
                }
                for key in FORMS[service.kind].keys
            ]
        },
    }
    if service.kind == "pictures":
        bodies |= dict.fromkeys(("image/png", "image/jpeg", "image/*"), BINARY)
    return bodies
