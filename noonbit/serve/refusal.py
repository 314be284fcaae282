"""Answers to requests that are not answered: a status and one sentence as JSON."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from noonbit.terminal import escape_controls

CLIENT_LEFT = 499
"""For the log alone: nobody reads this answer. The number is nginx's."""


class RequestRefused(Exception):
    """A request that is answered with a status and a sentence: what came, what is allowed."""

    def __init__(
        self, status: int, sentence: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers


class Busy(RequestRefused):
    """More waits than is allowed; the client may come back after some seconds."""

    def __init__(self, sentence: str, retry_seconds: int) -> None:
        super().__init__(503, sentence, {"Retry-After": str(retry_seconds)})


def error_response(
    status: int, sentence: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """`{"error": sentence}`, in which what a client sent steers no terminal."""
    content = {"error": escape_controls(sentence)}
    return JSONResponse(content, status_code=status, headers=headers)


async def answer_refused(request: Request, error: Exception) -> Response:
    """Answer a request with the sentence of its refusal."""
    assert isinstance(error, RequestRefused)  # noqa: S101 - it is registered for these
    return error_response(error.status, error.sentence, error.headers)


async def answer_unrouted(request: Request, error: Exception) -> Response:
    """Answer a path or a method that is not served, which Starlette refuses."""
    assert isinstance(error, HTTPException)  # noqa: S101 - likewise
    path = request.url.path[:200]
    if error.status_code == 405:
        allowed = sorted((error.headers or {}).get("Allow", "").split(", "))
        sentence = f"{path} does not take {request.method}; use {' or '.join(allowed)}."
    elif error.status_code == 404:
        sentence = f"There is nothing at {path}; see /v1/model for what this server does."
    else:
        sentence = f"{HTTPStatus(error.status_code).phrase}."
    return error_response(error.status_code, sentence, error.headers)


def bug_response() -> JSONResponse:
    """Return the answer after a bug of ours, of which the log says more."""
    return error_response(500, "This is a bug in noonbit; its server's log has the details.")
