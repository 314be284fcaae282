"""End a request before its answer: when its client leaves, or when its time is over."""

import asyncio
from types import TracebackType
from typing import Any, Protocol, Self

from noonbit.serve.request import Request

CONNECTION = "noonbit.connection"
"""The extension of ASGI by which a request knows its connection; see `http_protocol.py`."""


class ClientLeft(Exception):
    """The client left before it had its answer."""


class TimeOver(Exception):
    """The request took longer than it may."""


class Connection(Protocol):
    """What a request has to know of its connection."""

    running: "may_end_early | None"
    """What is told when the client leaves."""


class may_end_early:
    """Cancel what the block waits for when the client leaves, or after some seconds.

    Raises `ClientLeft` or `TimeOver` then. The connection and one timer call it, so a request needs
    no task that waits beside it.
    """

    __slots__ = ("_connection", "_error", "_seconds", "_task", "_timer")

    def __init__(self, request: Request, seconds: float) -> None:
        self._connection: Connection = request.scope["extensions"][CONNECTION]
        self._seconds = seconds
        self._error: ClientLeft | TimeOver | None = None

    def __enter__(self) -> Self:
        """Begin to watch."""
        task: asyncio.Task[Any] | None = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._task = task
        self._timer = task.get_loop().call_later(self._seconds, self.end, TimeOver())
        self._connection.running = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Watch no longer."""
        self._timer.cancel()
        self._connection.running = None
        if self._error is not None:
            self._task.uncancel()
            if kind is None or issubclass(kind, asyncio.CancelledError):
                raise self._error from None

    def end(self, error: ClientLeft | TimeOver) -> None:
        """Cancel the block, which raises `error`; the first one counts."""
        if self._error is None:
            self._error = error
            self._task.cancel()
