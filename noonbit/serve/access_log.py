"""A line in the log and a count in the metrics for every request; never anything of its content."""

import logging
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from noonbit.serve.metrics import Metrics
from noonbit.serve.refusal import CLIENT_LEFT, bug_response
from noonbit.terminal import cut_middle, escape_controls

LOGGER = logging.getLogger("noonbit.serve")
LONGEST_PATH = 200
"""Characters of a path that are logged."""


class AccessLog:
    """ASGI middleware outside of all others."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, and note how it was answered: 499 if its client left before."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), CLIENT_LEFT

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        except Exception:
            LOGGER.exception("This is a bug in noonbit; please report it with these lines")
            if status != CLIENT_LEFT:  # the answer has begun, so it can only be cut off
                raise
            await bug_response()(scope, receive, note_status)
        finally:
            seconds = perf_counter() - began
            # The path of the route: those that clients make up would fill the memory.
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.requests.labels(route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            client = (scope.get("client") or ("-",))[0]
            LOGGER.info(
                "%s %s %s %d %.1f ms",
                client,
                scope["method"],
                escape_controls(cut_middle(scope["path"], LONGEST_PATH)),
                status,
                1000 * seconds,
            )
