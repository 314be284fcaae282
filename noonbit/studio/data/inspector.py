"""Ask the process that has opened a data set (inspection.py) for what the page Data shows.

inspector = Inspector("digits")
description = await inspector.describe()
answer = await inspector.ask({"augment": "rotation=15", "seed": 1})
inspector.close()
"""

import asyncio
import json
import sys
from typing import Any

from noonbit.errors import NoonbitError, UsageError
from noonbit.studio.state import studio

MOST_ANSWER_BYTES = 2**28
"""Of a line: 100 classes with eight pictures each."""


class Inspector:
    """One process for one data set and one page."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._process: asyncio.subprocess.Process | None = None
        self._is_closed = False
        self._one_at_a_time = asyncio.Lock()

    async def describe(self) -> dict[str, Any]:
        """Start the process, and return the description. Raises `NoonbitError`."""
        if self.source.startswith("-"):
            raise UsageError(f"{self.source} is no source; write ./{self.source} for a file.")
        if not self.source or "\0" in self.source:
            raise UsageError("A source is a known name, or a path; this is neither.")
        where = [] if studio.data_dir is None else [str(studio.data_dir)]
        async with self._one_at_a_time:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "noonbit.studio.data.inspection", self.source, *where),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=MOST_ANSWER_BYTES,
            )
            if self._is_closed:  # while it started
                self._kill()
            return await self._read()

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a question. Raises `NoonbitError`."""
        async with self._one_at_a_time:
            assert self._process is not None  # noqa: S101 - described first
            assert self._process.stdin is not None  # noqa: S101 - a pipe
            try:
                self._process.stdin.write(json.dumps(question).encode() + b"\n")
                await self._process.stdin.drain()
            except (ConnectionError, RuntimeError):  # it ended
                raise self._ended() from None
            return await self._read()

    async def _read(self) -> dict[str, Any]:
        assert self._process is not None  # noqa: S101 - by the callers
        assert self._process.stdout is not None  # noqa: S101 - a pipe
        try:
            line = await self._process.stdout.readline()
            answer: dict[str, Any] = json.loads(line)
        except ValueError:  # of no line, half a line, or one beyond the limit
            raise self._ended() from None
        if "error" in answer:
            raise NoonbitError(answer["error"])
        return answer

    def _ended(self) -> NoonbitError:
        self._kill()
        return NoonbitError(
            f"The process that read {self.source} ended without an answer. `noonbit check` in a "
            "terminal says more."
        )

    def close(self) -> None:
        """End the process."""
        self._is_closed = True
        self._kill()

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
