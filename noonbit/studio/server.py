"""Listen for the browser until told to stop."""

import gc
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from noonbit.serve.signalled_server import SignalledServer

GRACE_SECONDS = 1
"""For open connections when the studio ends; trainings go on by themselves."""


class StudioServer(SignalledServer):
    """Says when it has started."""

    def __init__(self, app: ASGIApp, on_start: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # anybody could state another address
                ws="wsproto",
                # Frames are bytes of pictures, ten a second: to compress them would cost more time
                # than to send them to a browser on the same machine.
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept, and say so."""
        await super().startup(sockets)
        # What is here now stays, so the collector need not look through it again and again.
        gc.freeze()
        gc.enable()
        self._on_start()
