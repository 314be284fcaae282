"""The live folder of a run: what the training writes for watchers, and what they ask of it.

RUN/live/
  watched         touched at least once a second by whoever watches
  frame.bin       the latest moment; see frame.py
  log.jsonl       a line for each moment, change, refusal and state
  wishes/         a JSON file for each wish, taken in the order of their names

The log is only appended to, so a reader goes on where it was. A training that was killed and
resumed repeats the steps since its last checkpoint: a line of a lower step than the one before says
that the steps in between are lost.
"""

import contextlib
import json
import os
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from noonbit.errors import UsageError
from noonbit.terminal import shell_word

NAME = "live"
WATCHED_SECONDS = 3.0
"""So long after a touch somebody counts as watching."""
MOST_WISHES = 1000
"""That wait at once. A training takes hundreds a second, so more wait for none that runs."""


class LiveFolder:
    """The live folder of the run in `path`."""

    def __init__(self, path: Path) -> None:
        self.run = path
        self.path = path / NAME
        self.frame = self.path / "frame.bin"
        self.log = self.path / "log.jsonl"
        self.watched = self.path / "watched"
        self.wishes = self.path / "wishes"

    @property
    def exists(self) -> bool:
        """Whether the run was trained with --live."""
        return self.wishes.is_dir()

    def require(self) -> None:
        """Raise `UsageError` for a run that cannot be watched."""
        if not self.exists:
            raise UsageError(
                f"{self.run.name} was trained without --live, so there is nothing to watch. Train "
                "with --live; a training that was stopped can go on so: noonbit train --resume "
                f"{shell_word(str(self.run))} --live"
            )

    def touch(self) -> None:
        """Say that somebody watches, for the next seconds."""
        self.watched.touch()

    def is_watched(self) -> bool:
        """Whether somebody watches."""
        try:
            return time.time() - self.watched.stat().st_mtime < WATCHED_SECONDS
        except OSError:
            return False

    def send(self, wish: Mapping[str, Any]) -> str:
        """Ask the training for something; see `wishes.Wish`. Returns the wish's name.

        Raises `UsageError` if the run cannot be watched, or takes no wishes any more.
        """
        self.require()
        if len(os.listdir(self.wishes)) >= MOST_WISHES:
            raise UsageError(f"{self.run.name} takes no wishes; {MOST_WISHES:,} wait already.")
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}"
        temporary = self.wishes / f".{name}"
        temporary.write_text(json.dumps(dict(wish)), encoding="utf-8")
        temporary.replace(self.wishes / f"{name}.json")
        return name

    def read_frame(self) -> bytes | None:
        """Return the latest frame; None before the first."""
        try:
            return self.frame.read_bytes()
        except OSError:
            return None

    def frame_stamp(self) -> int:
        """Return a number that is another one for another frame; 0 before the first."""
        try:
            facts = self.frame.stat()
        except OSError:
            return 0
        return facts.st_mtime_ns ^ facts.st_ino

    def read_log(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Return the whole lines of the log from a byte on, and where the next ones begin."""
        try:
            with self.log.open("rb") as file:
                file.seek(offset)
                content = file.read()
        except OSError:
            return [], offset
        whole = content[: content.rfind(b"\n") + 1]
        lines = []
        for line in whole.splitlines():
            with contextlib.suppress(ValueError):  # of a kill or a disk that was full
                lines.append(json.loads(line))
        return lines, offset + len(whole)

    def end_last_line(self) -> None:
        """End a line that a kill cut, so that the next one stands by itself."""
        with contextlib.suppress(OSError), self.log.open("ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
