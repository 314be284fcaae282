"""Keep a process for each run that is looked at, so that a click is answered without a start.

    overview = await processes.ask(run, "overview")
    picture = await processes.fetch(run, "picture", item=17)

A start takes two seconds, for PyTorch and the weights. A process answers one question after the
other, and ends when nobody has asked it for some minutes.
"""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from noonbit.errors import ArtefactError
from noonbit.runs.find import RUN_JSON
from noonbit.studio.look.worker import Answer
from noonbit.studio.state import studio

IDLE_SECONDS = 300.0
"""After the last question, until a process ends."""
MOST_PROCESSES = 3
"""At once; each holds PyTorch and a network. The one that was asked longest ago gives way."""


class RunProcess:
    """The process of one run, started with the first question."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._stamp = 0
        self._end: asyncio.TimerHandle | None = None

    async def fetch(self, question: str, values: dict[str, Any]) -> Answer:
        """Return the answer to a question; raises `NoonbitError` with the sentence of a refusal."""
        # A page that is left cancels its questions; half an answer must not stay in the pipe.
        return await asyncio.shield(asyncio.ensure_future(self._exchange(question, values)))

    async def _exchange(self, question: str, values: dict[str, Any]) -> Answer:
        async with self._lock:
            process = await self._running()
            assert process.stdin is not None and process.stdout is not None  # noqa: S101 - pipes
            line = json.dumps({"question": question, "values": values}).encode() + b"\n"
            try:
                process.stdin.write(line)
                await process.stdin.drain()
                header = json.loads(await process.stdout.readuntil(b"\n"))
                content = await process.stdout.readexactly(header.get("size", 0))
            except (OSError, EOFError):
                self.close()
                raise ArtefactError(
                    f"The process that looked into {self.run.name} has ended. Load the page again."
                ) from None
            self._end_later()
        if "error" in header:
            raise ArtefactError(header["error"])
        return header["type"], content

    async def _running(self) -> asyncio.subprocess.Process:
        """Return the process; another one if the run has changed since it was started."""
        try:
            stamp = (self.run / RUN_JSON).stat().st_mtime_ns
        except OSError:
            raise ArtefactError(f"{self.run} is no run any more.") from None
        if self._process is None or self._process.returncode is not None or stamp != self._stamp:
            self.close()
            folder = [] if studio.data_dir is None else [str(studio.data_dir)]
            self._stamp = stamp
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "noonbit.studio.look.inspector",
                str(self.run),
                *folder,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the studio, which then ends this one
            )
        return self._process

    def _end_later(self) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.close)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._end is not None:
            self._end.cancel()
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
        self._process = None


class RunProcesses:
    """The processes of the runs that are looked at."""

    def __init__(self) -> None:
        self._of: dict[Path, RunProcess] = {}

    async def ask(self, run: Path, question: str, **values: Any) -> Any:
        """Return the value of an answer in JSON; raises as `fetch`."""
        _, content = await self.fetch(run, question, **values)
        return json.loads(content)

    async def fetch(self, run: Path, question: str, **values: Any) -> Answer:
        """Return the media type and the bytes of an answer; raises `NoonbitError`."""
        return await self._process_of(run).fetch(question, values)

    def _process_of(self, run: Path) -> RunProcess:
        process = self._of.pop(run, None) or RunProcess(run)
        self._of[run] = process  # the last in the order, since it was asked last
        while len(self._of) > MOST_PROCESSES:
            self._of.pop(next(iter(self._of))).close()
        return process

    def close(self) -> None:
        """End all of them."""
        for process in self._of.values():
            process.close()
        self._of.clear()


processes = RunProcesses()
"""Those of this studio."""
