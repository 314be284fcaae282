"""A request as an endpoint sees it, its answer, and the route on which they meet.

Plain objects between ASGI and the endpoints: a request of one image takes half a millisecond of the
network, so a framework's own objects and layers would be as much again.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]

JSON = "application/json"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Request:
    """A request whose head was read; its body is read by whoever needs it."""

    __slots__ = ("_headers", "receive", "route", "scope")

    def __init__(self, scope: Mapping[str, Any], receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        """The next message of ASGI: a piece of the body, or that the client left."""
        self.route = "other"
        """The path by which it is counted: those that clients make up would fill the memory."""
        self._headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))

    @property
    def method(self) -> str:
        """The method, in capitals."""
        method: str = self.scope["method"]
        return method

    @property
    def path(self) -> str:
        """The path, with `%20` and the like decoded."""
        path: str = self.scope["path"]
        return path

    def header(self, name: bytes) -> str | None:
        """Return the first header of a name, which is given in lower case; None without one."""
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    def headers(self, name: bytes) -> list[str]:
        """Return all headers of a name."""
        return [value.decode("latin-1") for each, value in self.scope["headers"] if each == name]

    def query(self) -> list[tuple[str, str]]:
        """Return the names and values behind the question mark."""
        return parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)


class Answer(NamedTuple):
    """What a request is answered with."""

    body: bytes
    status: int = 200
    media_type: str = JSON
    headers: Mapping[str, str] = NO_HEADERS
    """Besides the type and the length, which follow from the body."""


Endpoint: TypeAlias = Callable[[Request], Awaitable[Answer]]


class Route(NamedTuple):
    """What answers to one method on one path."""

    method: str
    path: str
    endpoint: Endpoint
    label: str = ""
    """The path in the metrics, where it is another."""
