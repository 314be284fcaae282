"""One packet for an answer that is written in two parts, its head and its body."""

import asyncio
from typing import Any


class JoinedWrites(asyncio.Transport):
    """A transport that sends together what is written in one turn of the event loop.

    uvicorn writes the head of an answer, then its body. Two packets cost the server two system
    calls and wake its client twice.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport, self._loop = transport, loop
        self._pieces: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes, after this turn of the event loop."""
        if not self._pieces:
            self._loop.call_soon(self._send)
        self._pieces.append(bytes(data))

    def close(self) -> None:
        """Close the connection after what was written."""
        self._send()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether the connection is closed, or about to be."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known about the connection, such as its addresses."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Read no more for now."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._transport.resume_reading()

    def _send(self) -> None:
        pieces, self._pieces = self._pieces, []
        if pieces and not self.is_closing():  # else the client has left since, and nobody reads
            self._transport.writelines(pieces)
