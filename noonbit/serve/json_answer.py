"""A message of a protocol as an answer."""

from collections.abc import Mapping

from pydantic import BaseModel

from noonbit.serve.request import NO_HEADERS, Answer


def answer_message(
    message: BaseModel, status: int = 200, headers: Mapping[str, str] = NO_HEADERS
) -> Answer:
    """Return a message as JSON."""
    return Answer(message.model_dump_json(by_alias=True).encode(), status, headers=headers)
