"""A line in the log and a count in the metrics for every request; never anything of its content."""

import asyncio
import logging
from time import perf_counter

from noonbit.serve.metrics import Metrics
from noonbit.serve.request import Request
from noonbit.terminal import cut_middle, escape_controls

LOGGER = logging.getLogger("noonbit.serve")
LONGEST_PATH = 200
"""Characters of a path that are logged."""


class AccessLog:
    """Notes requests; those that are answered together, as a batch is, share one record."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lines: list[str] = []

    def note(self, request: Request, status: int, began: float) -> None:
        """Note how a request was answered that began at `began`, by `perf_counter`."""
        seconds = perf_counter() - began
        self._metrics.count_request(request.route, status, seconds)
        if not self._lines:
            asyncio.get_running_loop().call_soon(self._write)
        client = (request.scope.get("client") or ("-",))[0]
        path = escape_controls(cut_middle(request.path, LONGEST_PATH))
        self._lines.append(f"{client} {request.method} {path} {status} {1000 * seconds:.1f} ms")

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        LOGGER.info("%s", "\n".join(lines))
