"""Ask noonbit itself, in a process of its own: whatever needs PyTorch is answered there.

    rows = await ask("models")

The studio's process stays small and quick to start, and whatever an answer costs ends with its
process.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any

from noonbit.errors import NoonbitError

PREFIX = "error: "


def command(*arguments: str) -> list[str]:
    """Return the command line of `noonbit ...` with this very Python."""
    return [sys.executable, "-m", "noonbit", *arguments]


async def ask(*arguments: str) -> Any:
    """Return the value that `noonbit ... --json` prints; raises as `run`."""
    return json.loads(await run(*arguments, "--json"))


async def run(*arguments: str) -> str:
    """Run a command and return its stdout; raises `NoonbitError` with its own sentence."""
    process = await asyncio.create_subprocess_exec(
        *command(*arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, said = await process.communicate()
    finally:
        if process.returncode is None:  # nobody waits for the answer any more
            process.kill()
    if process.returncode:
        lines = said.decode("utf-8", "replace").splitlines()
        raise NoonbitError(sentence_of(lines) or f"noonbit {arguments[0]} ended without an answer.")
    return out.decode("utf-8")


def sentence_of(lines: Sequence[str]) -> str | None:
    """Return the sentence of an error among what a command has said; None without one."""
    for line in reversed(lines):
        if line.startswith(PREFIX):
            return line.removeprefix(PREFIX)
    return None
