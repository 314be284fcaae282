"""A studio in a process of its own, as a person starts it, in a folder of its own."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from noonbit.studio.trainings import PROCESS


@dataclass
class RunningStudio:
    url: str
    folder: Path
    process: subprocess.Popen[str]
    client: httpx.Client

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """End it at once, as the system would."""
        self.process.kill()
        self.process.wait()

    @property
    def runs(self) -> Path:
        """The folder of its runs."""
        return self.folder / "runs"

    def stop_trainings(self) -> None:
        """End what it started, since trainings outlive it."""
        for log in self.runs.glob("*.log"):
            for line in log.read_text(encoding="utf-8").splitlines():
                if line.startswith(PROCESS):
                    with suppress(ProcessLookupError):
                        os.kill(int(line.removeprefix(PROCESS)), signal.SIGKILL)


@contextmanager
def running_studio(
    folder: Path, *flags: str, port: int = 0, browser: bool = False
) -> Iterator[RunningStudio]:
    """Start `noonbit studio` in a folder, and stop it as Ctrl-C does.

    What goes wrong in it behind a page that looks well is a fault too: it may have said no
    traceback.
    """
    said = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
    command = [sys.executable, "-m", "noonbit", "studio", f"--port={port}", *flags]
    if not browser:
        command.append("--no-browser")
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=said,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), f"the studio did not start: {url!r}"
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            yield RunningStudio(url, folder, process, client)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
        said.close()
    assert "Traceback" not in text, text
