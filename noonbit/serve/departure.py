"""Notice that a client left before it had its answer."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect, Request


class unless_client_leaves:
    """Cancel what the block waits for when the client leaves; raises `ClientDisconnect` then.

    Only after the request's body was read. One task watches while the block runs in its caller's,
    so a request costs one task more and not two.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._has_left = self._is_over = False

    async def __aenter__(self) -> Self:
        """Begin to watch."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._task = task
        self._watch = asyncio.create_task(self._wait())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Watch no longer."""
        self._is_over = True
        self._watch.cancel()
        if self._has_left:
            self._task.uncancel()
            if kind is None or issubclass(kind, asyncio.CancelledError):
                raise ClientDisconnect from None

    async def _wait(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        if not self._is_over:
            self._has_left = True
            self._task.cancel()
