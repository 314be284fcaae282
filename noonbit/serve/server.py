"""Listen, answer until told to stop, and finish what was taken.

    with listen(settings) as socket:
        serve(create_app(model, settings), socket, settings)

SIGTERM and Ctrl-C both stop it: nothing new is accepted, /ready says so on connections that are
still open, and requests that were taken are answered for up to the grace period. A second signal
ends it at once.
"""

import gc
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn

from noonbit.serve.app import Application
from noonbit.serve.http_protocol import BoundedHttpProtocol
from noonbit.serve.service import Service
from noonbit.serve.settings import ServeSettings
from noonbit.serve.signalled_server import SignalledServer

BACKLOG = 512
"""Connections that the system accepts for us while the event loop is busy."""
IDLE_SECONDS = 15
"""After which a connection without a request is closed."""
SWITCH_SECONDS = 0.0002
"""For which Python's lock is kept while another thread wants it: the network's thread wants it for
a moment between two batches, and the processors idle until it has it. Python's own is 0.005."""


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


class GracefulServer(SignalledServer):
    """Says on /ready that it stops, and finishes what it has taken."""

    def __init__(
        self, config: uvicorn.Config, service: Service, on_start: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._service = service
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Warm up, then accept."""
        await super().startup(sockets)
        sys.setswitchinterval(SWITCH_SECONDS)
        # What is here now stays, so the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        self._on_start()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; at the second signal, without waiting for anybody."""
        self._service.stop()
        self.force_exit = self.should_exit
        self.should_exit = True
