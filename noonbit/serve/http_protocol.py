"""uvicorn's fastest HTTP protocol, whose parser by itself waits for any head, however large."""

import asyncio
import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from noonbit.serve.ending import CONNECTION, ClientLeft, may_end_early
from noonbit.serve.joined_writes import JoinedWrites
from noonbit.serve.security import SECURITY_HEADERS

MOST_HEAD_BYTES = 65_536
"""Of a request's line and headers, as h11 has it."""
HEAD_SECONDS = 15.0
"""For a whole head, from its first byte; and for the first byte of a connection."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """Closes a connection whose request's head is too large, or does not arrive.

    A request finds its connection in the extensions of its scope, and is told when it is lost.
    """

    running: may_end_early | None = None
    """Of the request that is being answered; those behind it on the connection wait."""
    _in_head = False
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a head."""
        super().connection_made(JoinedWrites(transport, self.loop))
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Parse bytes; a head that is whole within them costs no timer."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self.send_400_response(f"The head is larger than {MOST_HEAD_BYTES:,} bytes.")
            elif self._head_timer is None:
                self._expect_head()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: self}  # type: ignore[dict-item]
        self._in_head = True

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._in_head = False
        self._head_bytes = 0
        self._expect_no_head()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._expect_no_head()
        super().connection_lost(exc)
        if self.running is not None:
            self.running.end(ClientLeft())

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or of a method that HTTP does not know, as all else is."""
        body = json.dumps({"error": msg}).encode()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **SECURITY_HEADERS,
        }
        lines = ["HTTP/1.1 400 Bad Request", *(f"{name}: {text}" for name, text in headers.items())]
        self.transport.write("\r\n".join([*lines, "", ""]).encode("ascii") + body)
        self.transport.close()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _expect_no_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
