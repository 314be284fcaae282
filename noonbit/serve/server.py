"""Listen, answer until told to stop, and finish what was taken.

    with listen(settings) as socket:
        serve(create_app(model, settings), socket, settings)

SIGTERM and Ctrl-C both stop it: nothing new is accepted, /ready says so on connections that are
still open, and requests that were taken are answered for up to the grace period. A second signal
ends it at once.
"""

import asyncio
import errno
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import FrameType

import uvicorn

from noonbit.errors import UsageError
from noonbit.serve.app import Application
from noonbit.serve.http_protocol import BoundedHttpProtocol
from noonbit.serve.service import Service
from noonbit.serve.settings import ServeSettings

BACKLOG = 512
"""Connections that the system accepts for us while the event loop is busy."""
IDLE_SECONDS = 15
"""After which a connection without a request is closed."""
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def listen(settings: ServeSettings) -> Iterator[socket.socket]:
    """Take the port, before anything is loaded; nobody is accepted yet.

    Raises `UsageError` if that is impossible: it is in use, forbidden, or not of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(
            f"--host {settings.host} is no address of this machine: {error.strerror}. Use "
            "127.0.0.1, or 0.0.0.0 for all addresses."
        ) from None
    with closing(listener):
        try:
            # Else a port is not free for a minute after its last connection was closed.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError as error:
            raise UsageError(explain_no_port(settings, error)) from None
        yield listener


def explain_no_port(settings: ServeSettings, error: OSError) -> str:
    """Return a sentence: why the port cannot be had, and what to do."""
    place = f"Port {settings.port} of {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return f"{place} is in use. Choose another with --port, or end what listens there."
    if error.errno == errno.EACCES:
        return f"{place} is not for this user. Choose one above 1023 with --port."
    return f"{place} cannot be used: {error.strerror}. Choose another --host."


def url_of(listener: socket.socket) -> str:
    """Return the URL under which this machine reaches a socket."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    app: Application,
    listener: socket.socket,
    settings: ServeSettings,
    *,
    on_start: Callable[[], None] = lambda: None,
) -> int:
    """Answer requests until SIGTERM or Ctrl-C, which is no error; calls `on_start` when ready.

    Returns how many requests were given up because the grace period was over.
    """
    make_server(app, settings, on_start=on_start).answer(listener)
    return app.service.given_up


def make_server(
    app: Application, settings: ServeSettings, *, on_start: Callable[[], None] = lambda: None
) -> "GracefulServer":
    """Return uvicorn with an application of `create_app`."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # we write our own
        server_header=False,
        proxy_headers=False,  # anybody could state another address
        http=BoundedHttpProtocol,
        ws="none",
        lifespan="on",
        backlog=BACKLOG,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=max(1, round(settings.grace_seconds)),
    )
    return GracefulServer(config, app.service, on_start)


class GracefulServer(uvicorn.Server):
    """uvicorn, which when it was stopped by a signal would send itself that signal again."""

    def __init__(
        self, config: uvicorn.Config, service: Service, on_start: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._service = service
        self._on_start = on_start

    def answer(self, listener: socket.socket) -> None:
        """Answer until stopped; on uvloop where it is installed, which Windows does not have."""
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self.serve(sockets=[listener]))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Warm up, then accept."""
        await super().startup(sockets)
        # What is here now stays, so the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        self._on_start()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the signals as long as the block lasts; they go to the main thread alone."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in STOPPING_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; at the second signal, without waiting for anybody."""
        self._service.stop()
        self.force_exit = self.should_exit
        self.should_exit = True
