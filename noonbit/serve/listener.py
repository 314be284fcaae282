"""Take a port, or say why not."""

import errno
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Protocol

from noonbit.errors import UsageError


class Place(Protocol):
    """Where to listen; both servers' settings say it."""

    @property
    def host(self) -> str:
        """An address or a name of this machine."""

    @property
    def port(self) -> int:
        """0 lets the system choose one."""


@contextmanager
def listen(place: Place) -> Iterator[socket.socket]:
    """Take the port, before anything is loaded; nobody is accepted yet.

    Raises `UsageError` if that is impossible: it is in use, forbidden, or not of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(
            f"--host {place.host} is no address of this machine: {error.strerror}. Use "
            "127.0.0.1, or 0.0.0.0 for all addresses."
        ) from None
    with closing(listener):
        try:
            # Else a port is not free for a minute after its last connection was closed.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError as error:
            raise UsageError(explain_no_port(place, error)) from None
        yield listener


def explain_no_port(place: Place, error: OSError) -> str:
    """Return a sentence: why the port cannot be had, and what to do."""
    port = f"Port {place.port} of {place.host}"
    if error.errno == errno.EADDRINUSE:
        return f"{port} is in use. Choose another with --port, or end what listens there."
    if error.errno == errno.EACCES:
        return f"{port} is not for this user. Choose one above 1023 with --port."
    return f"{port} cannot be used: {error.strerror}. Choose another --host."


def url_of(listener: socket.socket) -> str:
    """Return the URL under which this machine reaches a socket."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
