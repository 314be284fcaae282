"""Servers that the studio has started: `noonbit serve RUN`, each a process of its own.

They belong to the studio: whoever opens its pages sees them, anybody there may stop them, and they
end with it. Each listens on a port of this machine alone that the system chose.
"""

import asyncio
from collections import deque
from contextlib import suppress
from pathlib import Path

from noonbit.errors import NoonbitError
from noonbit.studio.engine import command, sentence_of

MOST_LINES = 200
"""Of what a server has said that are kept."""
GRACE_SECONDS = 10.0
"""For requests that it has taken, when it is told to end."""
NEXT = "next     "
"""Begins the line with the command that asks a server."""


class Server:
    """One server, from its start on."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._said: deque[str] = deque(maxlen=MOST_LINES)
        self.url: str | None = None
        """Where it answers; None until it does."""
        self.command: str | None = None
        """What asks it from a terminal."""
        self._listening = asyncio.ensure_future(self._listen())

    @property
    def is_running(self) -> bool:
        """Whether its process has not ended."""
        return self._process.returncode is None

    @property
    def error(self) -> str | None:
        """The sentence with which it ended; None without one.

        The first, since what could not be exported is named before what could not be served.
        """
        return sentence_of(list(reversed(self._said)))

    async def _listen(self) -> None:
        """Read all that it says, so that it never waits for a reader."""
        assert self._process.stdout is not None and self._process.stderr is not None  # noqa: S101
        await asyncio.gather(
            self._read_address(self._process.stdout), self._read_lines(self._process.stderr)
        )
        await self._process.wait()

    async def _read_address(self, stream: asyncio.StreamReader) -> None:
        self.url = (await stream.readline()).decode("utf-8", "replace").strip() or None
        await stream.read()  # it says no more there

    async def _read_lines(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            text = line.decode("utf-8", "replace").rstrip()
            self._said.append(text)
            if text.startswith(NEXT):
                self.command = text.removeprefix(NEXT)

    async def stop(self) -> None:
        """End it, after what it has been asked already; at once if that takes long."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(asyncio.shield(self._listening), GRACE_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._listening


class Servers:
    """All that a studio has started and that have not been stopped, by the name of their run."""

    def __init__(self) -> None:
        self._of_run: dict[str, Server] = {}

    def find(self, name: str) -> Server | None:
        """Return the server of a run, running or ended by itself; None if there is none."""
        return self._of_run.get(name)

    async def start(self, name: str, path: Path) -> Server:
        """Start the server of a run unless it runs. Raises `NoonbitError`."""
        server = self._of_run.get(name)
        if server is not None and server.is_running:
            return server
        try:
            process = await asyncio.create_subprocess_exec(
                *command("serve", str(path.absolute()), "--port=0"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise NoonbitError(f"No server can be started: {error}.") from None
        self._of_run[name] = Server(process)
        return self._of_run[name]

    async def stop(self, name: str) -> None:
        """Stop the server of a run, if there is one."""
        server = self._of_run.pop(name, None)
        if server is not None:
            await server.stop()

    async def stop_all(self) -> None:
        """Stop all of them, when the studio ends."""
        await asyncio.gather(*(self.stop(name) for name in list(self._of_run)))


servers = Servers()
"""Of the studio of this process."""
