"""Begin trainings as processes of their own, and find all that there are.

    runs/NAME/       the run folder, written by the training
    runs/NAME.log    what its process said, and the number of that process

A training is in a session of its own, so it goes on when the studio ends, however that ends. All
that the studio knows of it is read from these two, so any number of studios know the same.
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from noonbit.errors import ArtefactError, UsageError
from noonbit.language import VARIABLE
from noonbit.live.folder import LiveFolder
from noonbit.runs.find import RUN_JSON, RUNS, slug
from noonbit.runs.lock import is_held
from noonbit.studio.engine import command, sentence_of
from noonbit.system.artefacts import read_artefact_json

MOST_LOG_BYTES = 2**16
"""Of a log, from its end."""
PROCESS = "process  "
"""Begins the line of the process's number."""
ACTIVE = ("training", "starting")
"""Of a training that goes on."""


@dataclass(frozen=True, slots=True)
class Order:
    """A training as it was asked for on a page."""

    source: str
    """A known name, or a path on this machine."""
    model: str | None = None
    """A network of the catalogue or a TOML file; None lets noonbit choose."""
    is_fast: bool = False
    is_pretrained: bool = False
    """Whether to begin with published weights, of the usual network unless `model` is another."""
    settings: tuple[tuple[str, str], ...] = ()
    """Flags of `noonbit train` and their values, such as ("epochs", "3")."""

    def flags(self) -> list[str]:
        """Return the arguments of `noonbit train`. Raises `UsageError` for what runs other code."""
        if self.source.startswith("-"):
            raise UsageError(f"{self.source} is no source; write ./{self.source} for a file.")
        if self.model is not None and ".py" in self.model:
            raise UsageError("A network of your own is a TOML file here; Python code is not run.")
        flags = [self.source]
        if self.is_fast:
            flags.append("--fast")
        if self.is_pretrained:
            flags.append("--pretrained")
        if self.model is not None:
            flags.append(f"--model={self.model}")
        return [*flags, *(f"--{name}={value}" for name, value in self.settings)]


@dataclass(frozen=True, slots=True)
class Training:
    """What is known of a run, or of a training that is no run yet."""

    name: str
    path: Path
    status: str
    """starting, training, interrupted, finished, diverged, or failed."""
    source: str = ""
    model: str = ""
    created: str = ""
    """A time such as 2026-11-22T14:15:02+01:00."""
    result: dict[str, Any] | None = None
    message: str = ""
    """What the engine said of a failure."""

    @property
    def is_active(self) -> bool:
        """Whether its process works."""
        return self.status in ACTIVE

    @property
    def live(self) -> LiveFolder:
        """What it writes for watchers, and reads from them."""
        return LiveFolder(self.path)


class Trainings:
    """The trainings of a folder of runs."""

    def __init__(self, data_dir: Path | None, runs: Path = RUNS) -> None:
        self.runs = runs
        self.data_dir = data_dir
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def begin(self, order: Order, *, language: str = "en") -> str:
        """Start a training and return its name; its report is in `language`.

        Raises `NoonbitError`.
        """
        flags = order.flags()
        if self.data_dir is not None:
            flags.append(f"--data-dir={self.data_dir}")
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        model = "fast" if order.is_fast else order.model or "default"
        if order.is_pretrained:
            model = "pretrained"
        base = f"{stamp}-{slug(model)}-{slug(order.source)}"
        name, number = base, 1
        while (self.runs / name).exists() or log_path(self.runs / name).exists():
            number += 1
            name = f"{base}-{number}"
        self._start(name, ["train", *flags, "--live", f"--out={self.runs / name}"], language)
        return name

    def resume(self, name: str, *, language: str = "en") -> None:
        """Let a run that was stopped go on. Raises `NoonbitError`."""
        training = self.find(name)
        if training is None or training.is_active:
            raise UsageError(f"{name} is being trained; wait until it ends.")
        flags = [] if self.data_dir is None else [f"--data-dir={self.data_dir}"]
        self._start(name, ["train", f"--resume={training.path}", "--live", *flags], language)

    def _start(self, name: str, arguments: Sequence[str], language: str) -> None:
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
            with log_path(self.runs / name).open("ab", buffering=0) as log:
                process = subprocess.Popen(
                    command(*arguments),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    env={**os.environ, VARIABLE: language},
                )
                log.write(f"{PROCESS}{process.pid}\n".encode())
        except OSError as error:
            raise ArtefactError(f"No training can begin in {self.runs}: {error}.") from None
        self._children[process.pid] = process

    def list(self) -> list[Training]:
        """Return all trainings, those that go on first, then the latest first."""
        try:
            entries = os.listdir(self.runs)
        except OSError:
            return []
        names = {entry.removesuffix(".log") for entry in entries}
        found = [training for name in names if (training := self.find(name)) is not None]
        return sorted(found, key=lambda each: (each.is_active, each.created), reverse=True)

    def find(self, name: str) -> Training | None:
        """Return a training by the name of its folder; None if there is none."""
        if not is_name(name):
            return None
        path = self.runs / name
        if (path / RUN_JSON).is_file():
            return self._of_run(path)
        if log_path(path).is_file():
            return self._of_log(path)
        return None

    def _of_run(self, path: Path) -> Training:
        try:
            stored = read_artefact_json(path / RUN_JSON)
            status, source = str(stored["status"]), str(stored["source"])
            model, created = short_name(str(stored["model"]["name"])), str(stored["created"])
            result = stored.get("result")
        except ArtefactError as error:
            return Training(path.name, path, "failed", message=str(error))
        except (KeyError, TypeError):
            return Training(path.name, path, "failed", message=f"{path / RUN_JSON} is damaged.")
        message = ""
        if status != "finished":
            if is_held(path):
                status = "training"
            elif self._is_running(path):
                status = "starting"  # it goes on, or evaluates
            else:
                status = "interrupted" if status == "training" else status
                message = sentence_of(read_log(path)) or ""
        return Training(path.name, path, status, source, model, created, result, message)

    def _of_log(self, path: Path) -> Training:
        created = datetime.fromtimestamp(log_path(path).stat().st_mtime).astimezone().isoformat()
        if self._is_running(path):
            return Training(path.name, path, "starting", created=created)
        message = sentence_of(read_log(path)) or ""
        return Training(path.name, path, "failed", created=created, message=message)

    def _is_running(self, path: Path) -> bool:
        """Whether the process that the log names still runs."""
        numbers = [
            line.removeprefix(PROCESS) for line in read_log(path) if line.startswith(PROCESS)
        ]
        if not numbers or not numbers[-1].isdecimal():
            return False
        number = int(numbers[-1])
        if number in self._children:  # else it would stay a process until somebody asks for its end
            return self._children[number].poll() is None
        return is_noonbit(number)


def short_name(model: str) -> str:
    """Return the name of a network as a page shows it: of a TOML file, what its author named it."""
    return Path(model).stem if model.endswith(".toml") else model


def is_name(name: str) -> bool:
    """Whether this is the name of something in a folder, and no way to somewhere else."""
    return bool(name) and not name.startswith(".") and not set(name) & set("/\\\0")


def is_noonbit(number: int) -> bool:
    """Whether the process of that number runs, and is still one of noonbit."""
    try:
        # The number may be another process's by now.
        return b"noonbit" in Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return not Path("/proc/self").exists() and is_process(number)


def is_process(number: int) -> bool:
    """Whether there is a process of that number, where the system has no /proc."""
    try:
        os.kill(number, 0)
    except OSError:
        return False
    return True


def log_path(run: Path) -> Path:
    """Return where the process of a run says what it says."""
    return run.with_name(f"{run.name}.log")


def read_log(run: Path) -> list[str]:
    """Return the last lines of what a run's process said; none where nothing was said."""
    try:
        with log_path(run).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - MOST_LOG_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
