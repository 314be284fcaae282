"""A line in the log and a count in the metrics for every request; never anything of its content."""

import logging
from time import perf_counter

from noonbit.serve.metrics import Metrics
from noonbit.serve.request import Request
from noonbit.terminal import cut_middle, escape_controls

LOGGER = logging.getLogger("noonbit.serve")
LONGEST_PATH = 200
"""Characters of a path that are logged."""


def note_request(request: Request, status: int, began: float, metrics: Metrics) -> None:
    """Note how a request was answered that began at `began`, by `perf_counter`."""
    seconds = perf_counter() - began
    metrics.count_request(request.route, status, seconds)
    client = (request.scope.get("client") or ("-",))[0]
    path = escape_controls(cut_middle(request.path, LONGEST_PATH))
    LOGGER.info("%s %s %s %d %.1f ms", client, request.method, path, status, 1000 * seconds)
