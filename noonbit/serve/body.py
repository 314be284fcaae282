"""Read the body of a request within its limits, and hold only so many bytes of all of them.

Content-Length is what the client says; what counts is what arrives.
"""

import asyncio
from typing import Self

from noonbit.serve.content_encoding import decompress_body
from noonbit.serve.ending import ClientLeft
from noonbit.serve.refusal import Busy, RequestRefused
from noonbit.serve.request import Request
from noonbit.serve.settings import ServeSettings

RETRY_SECONDS = 1


class BodyReader:
    """Reads bodies, and counts the bytes that are held until their requests are answered."""

    def __init__(self, settings: ServeSettings) -> None:
        self._settings = settings
        self.held_bytes = 0
        """Of all requests that were not answered yet."""

    @property
    def most_bytes(self) -> int:
        """Of one body."""
        return self._settings.max_body_bytes

    def count(self, body: "HeldBody", more: int) -> None:
        """Count bytes of a body; raises `RequestRefused` if it or all of them are too many."""
        settings = self._settings
        if body.size + more > settings.max_body_bytes:
            raise too_large(settings.max_body_bytes)
        if self.held_bytes + more > settings.max_held_bytes:
            raise Busy(
                f"Other requests hold {self.held_bytes:,} bytes of the {settings.max_held_bytes:,} "
                "that this server keeps; come back later.",
                RETRY_SECONDS,
            )
        body.size += more
        self.held_bytes += more

    def require_acceptable(self, request: Request, *, may_be_compressed: bool) -> None:
        """Refuse by the headers alone what is compressed, or says that it is too large."""
        encoding = request.header(b"content-encoding")
        if encoding is not None and not may_be_compressed:
            name = encoding.strip().lower()
            if name not in ("", "identity"):
                raise RequestRefused(
                    415, f"The body is compressed ({name[:50]}); send it as it is, uncompressed."
                )
        stated = request.header(b"content-length") or "0"
        if stated.isdecimal() and int(stated[:20]) > self._settings.max_body_bytes:
            raise too_large(self._settings.max_body_bytes)


class HeldBody:
    """The body of one request, whose bytes count until the block ends."""

    def __init__(self, reader: BodyReader) -> None:
        self._reader = reader
        self.size = 0

    def __enter__(self) -> Self:
        """Hold nothing yet."""
        return self

    def __exit__(self, *error: object) -> None:
        """Hold nothing any more."""
        self._reader.held_bytes -= self.size

    async def read(self, request: Request, *, may_be_compressed: bool = False) -> bytes:
        """Read the whole body, and decompress it where it may be compressed.

        Raises `RequestRefused` if it is too large or compressed, and `ClientLeft` if the client
        leaves in its middle.
        """
        self._reader.require_acceptable(request, may_be_compressed=may_be_compressed)
        chunks: list[bytes] = []
        more = True
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise ClientLeft
            chunk = message.get("body", b"")
            self._reader.count(self, len(chunk))
            chunks.append(chunk)
            more = message.get("more_body", False)
        packed = b"".join(chunks)
        encoding = request.header(b"content-encoding")
        if encoding is None:
            return packed
        most_bytes = self._reader.most_bytes
        body = await asyncio.to_thread(decompress_body, packed, encoding, most_bytes=most_bytes)
        self._reader.count(self, max(0, len(body) - len(packed)))
        return body


def too_large(most: int) -> RequestRefused:
    """Return the refusal of a body above the limit."""
    return RequestRefused(413, f"The body is larger than {most:,} bytes; send less at once.")
