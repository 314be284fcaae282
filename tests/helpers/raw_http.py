"""Requests as bytes on a socket, for what no HTTP client would send."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        yield connection


def head(request: str, *headers: str, host: str = "localhost") -> bytes:
    lines = [f"{request} HTTP/1.1", f"Host: {host}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def receive(connection: socket.socket) -> tuple[int, dict[str, str], Any]:
    """The status, headers (names in lower case) and JSON of the next response."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        assert more, f"closed after {received!r}"
        received += more
    first, _, rest = received.partition(b"\r\n\r\n")
    status, *lines = first.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    while len(rest) < int(headers["content-length"]):
        more = connection.recv(65536)
        assert more, f"closed after {rest!r}"
        rest += more
    return int(status.split()[1]), headers, json.loads(rest or b"null")
