"""The commands of the documents' programs, begun on the page Learn, and what each said.

    learn/D2-4-quick.log        what the process said
    learn/D2-4-quick.process    the number of that process

Like trainings, they are in a session of their own: one that takes hours goes on when the page or
the studio is closed, and is found again.
"""

import os
import re
import shlex
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from noonbit.errors import ArtefactError, UsageError
from noonbit.language import VARIABLE
from noonbit.studio.engine import command, sentence_of
from noonbit.studio.trainings import MOST_LOG_BYTES, Order, is_noonbit

FOLDER = Path("learn")
"""Of the logs, in the folder in which the studio was started."""
PICTURE = re.compile(r"(?:picture|sheet) +(\S.*\.png)")
"""The line in which a command says that it wrote a picture."""
MOST_PICTURES = 4
MOST_PICTURE_BYTES = 2**22


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of a command that was begun."""

    is_running: bool
    lines: tuple[str, ...]
    """Its output, of a long one the end."""
    error: str | None
    """The sentence with which it ended; None while it runs, and where nothing was wrong."""
    pictures: tuple[Path, ...]
    begun: float
    """When, in seconds since 1970."""


def training_order(text: str) -> Order | None:
    """Return a command as the order of a training that can be watched; None if it is none.

    Several networks at once cannot be watched, so those run as any other command.
    """
    name, *words = shlex.split(text)[1:]
    flags = words[1:]
    if name != "train" or {"--members", "--folds"} & set(flags):
        return None
    settings = zip(flags[::2], flags[1::2], strict=True)
    return Order(
        words[0], settings=tuple((flag.removeprefix("--"), value) for flag, value in settings)
    )


class CourseCommands:
    """The commands that were begun, each by the name of its program and form."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self, name: str, text: str, data_dir: Path | None, language: str) -> None:
        """Start a command of the path, such as `noonbit show digits`, in a language.

        Raises `NoonbitError`.
        """
        if (said := self.find(name)) is not None and said.is_running:
            raise UsageError(f"{text} is running; wait until it ends, or stop it.")
        environment = {**os.environ, VARIABLE: language}
        if data_dir is not None:
            environment["NOONBIT_DATA"] = str(data_dir)  # as --data-dir, for every command
        try:
            self.folder.mkdir(exist_ok=True)
            with self.log_path(name).open("wb", buffering=0) as log:
                process = subprocess.Popen(
                    command(*shlex.split(text)[1:]),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    env=environment,
                )
                self._children[name] = process
        except OSError as error:
            raise ArtefactError(f"{text} cannot begin in {self.folder}: {error}.") from None
        self.number_path(name).write_text(str(process.pid), encoding="utf-8")

    def stop(self, name: str) -> None:
        """End a command as Ctrl-C does, so that a training saves first."""
        number = self.process_number(name)
        if number is not None and is_noonbit(number):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGINT)

    def find_latest(self, *names: str) -> tuple[str, Said] | None:
        """Return which of some commands was begun last, and what is known of it."""
        found = [(name, said) for name in names if (said := self.find(name)) is not None]
        return max(found, key=lambda each: each[1].begun, default=None)

    def find(self, name: str) -> Said | None:
        """Return what is known of a command; None if it was never begun."""
        try:
            with self.log_path(name).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - MOST_LOG_BYTES))
                lines = file.read().decode("utf-8", "replace").splitlines()
            begun = self.number_path(name).stat().st_mtime
        except OSError:
            return None
        child = self._children.get(name)
        if child is None:
            number = self.process_number(name)
            is_running = number is not None and is_noonbit(number)
        else:
            is_running = child.poll() is None
        error = None if is_running else sentence_of(lines)
        pictures = () if is_running else pictures_of(lines)
        return Said(is_running, tuple(lines), error, pictures, begun)

    def log_path(self, name: str) -> Path:
        """Return where a command's output lies."""
        return self.folder / f"{name}.log"

    def number_path(self, name: str) -> Path:
        """Return where the number of a command's process lies."""
        return self.folder / f"{name}.process"

    def process_number(self, name: str) -> int | None:
        """Return the number of the process that was begun last; None without one."""
        try:
            text = self.number_path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        return int(text) if text.isdecimal() else None


def pictures_of(lines: list[str]) -> tuple[Path, ...]:
    """Return the pictures that a command said it wrote, below the working directory."""
    found = []
    for match in filter(None, map(PICTURE.fullmatch, lines)):
        path = Path(match[1]).resolve()
        is_own = path.is_relative_to(Path.cwd()) and path.is_file()
        if is_own and path.stat().st_size <= MOST_PICTURE_BYTES:
            found.append(path)
    return tuple(found[:MOST_PICTURES])
