"""A message of a protocol as an answer."""

from pydantic import BaseModel
from starlette.responses import Response


def answer_message(message: BaseModel, status: int = 200) -> Response:
    """Return a message as JSON."""
    return Response(message.model_dump_json(by_alias=True), status, media_type="application/json")
