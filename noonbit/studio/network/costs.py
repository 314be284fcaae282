"""What every network costs on some data, which the engine is asked once."""

import asyncio
from typing import Any

from noonbit.errors import UsageError
from noonbit.studio.engine import ask
from noonbit.studio.state import studio

_ASKED: dict[str, "asyncio.Task[dict[str, Any]]"] = {}


async def costs_of(source: str) -> dict[str, Any]:
    """Return the answer of `noonbit models SOURCE --json`, which takes some seconds.

    It is asked for again if it failed. Raises `NoonbitError`.
    """
    if source.startswith("-"):
        raise UsageError(f"{source} is no source; write ./{source} for a file.")
    if source not in _ASKED:
        _ASKED[source] = asyncio.ensure_future(ask("models", source, *studio.data_flags()))
    try:
        return await asyncio.shield(_ASKED[source])
    except Exception:
        _ASKED.pop(source, None)
        raise
