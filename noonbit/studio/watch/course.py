"""The course of a training, as its run folder tells it."""

import csv
import json
import math
import struct
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from noonbit.live.folder import LiveFolder
from noonbit.studio.language import Speech

MOST_TICKS = 400
"""That are kept; a chart is about a thousand pixels wide."""
MOST_NOTES = 50
NOTHING = "–"


@dataclass(slots=True)
class Ticks:
    """What the log says of a training's course; of a long one, every second, fourth, ... tick."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    """Each with step, epoch, loss and accuracy."""
    latest: dict[str, Any] | None = None
    every: int = 1
    """One tick of so many is kept."""
    seen: int = 0
    epoch_steps: dict[int, int] = field(default_factory=dict)
    """The last step that was seen of each epoch."""

    def add(self, tick: dict[str, Any]) -> None:
        """Take the next tick."""
        step = tick["step"]
        self.latest = tick
        self.epoch_steps[tick["epoch"]] = step
        self.seen += 1
        if self.seen % self.every == 0:
            self.rows.append(tick)
        if len(self.rows) > MOST_TICKS:
            self.rows = self.rows[1::2]
            self.every *= 2

    def forget_after(self, step: int) -> None:
        """Drop the steps after one, which a resumed training repeats."""
        if self.latest is not None and step < self.latest["step"]:
            del self.rows[bisect_right(self.rows, step, key=lambda row: row["step"]) :]


class Course:
    """What is known of a training, read on from where the last look ended."""

    def __init__(self, live: LiveFolder) -> None:
        self.live = live
        self.offset = 0
        self.step = 0
        """Of the line that was read last."""
        self.ticks = Ticks()
        self.state: str | None = None
        """What the log said last: training, paused, stopped, finished or diverged."""
        self.notes: list[dict[str, Any]] = []
        """Changes and refusals, the latest last."""
        self.header: dict[str, Any] = {}
        """Of the latest frame."""
        self.header_stamp = 0
        self.history: list[dict[str, float]] = []
        """The epochs that are over."""
        self.history_stamp = 0

    def read(self) -> None:
        """Read on. For a thread of its own: the log of an hour has megabytes."""
        lines, self.offset = self.live.read_log(self.offset)
        for line in lines:
            step = line.get("step", self.step)
            if step < self.step:
                self.ticks.forget_after(step)
                self.notes = [note for note in self.notes if note.get("step", 0) <= step]
            self.step = step
            match line.get("kind"):
                case "tick":
                    self.ticks.add(line)
                case "state":
                    self.state = line["state"]
                case "change" | "refused":
                    self.notes = [*self.notes, line][-MOST_NOTES:]
        self.read_header()
        self.read_history()

    def read_header(self) -> None:
        """Read the numbers of the latest frame, without its pictures."""
        stamp = self.live.frame_stamp()
        if stamp == self.header_stamp:
            return
        self.header_stamp = stamp
        try:
            with self.live.frame.open("rb") as file:
                (length,) = struct.unpack("<I", file.read(4))
                self.header = json.loads(file.read(length))
        except (OSError, ValueError, struct.error):
            pass  # none yet, or a damaged one

    def read_history(self) -> None:
        """Read history.csv, if it is another one."""
        try:
            stamp = (self.live.run / "history.csv").stat().st_mtime_ns
        except OSError:
            return
        if stamp == self.history_stamp:
            return
        self.history_stamp = stamp
        self.history = read_epochs(self.live.run) or self.history

    @property
    def epochs(self) -> int | None:
        """How many are planned; None where nobody has said so, or time ends the training."""
        return self.header.get("epochs")

    @property
    def share(self) -> float:
        """The share of the training's time that is over; 0 where nothing says how long it takes."""
        latest = self.ticks.latest or {}
        spent, left = latest.get("seconds"), latest.get("seconds_left")
        return 0.0 if not spent or left is None else spent / (spent + left)

    def numbers(self, speech: Speech) -> dict[str, str]:
        """Return the latest numbers as words; those of the last epoch without a tick."""
        row: dict[str, Any] = {}
        if self.history:
            row = {**self.history[-1], "epoch": int(self.history[-1]["epoch"])}
        row |= self.ticks.latest or {}
        left = row.get("seconds_left")
        is_over = self.state in ("finished", "stopped", "diverged")
        epoch = row.get("epoch")
        of = f" / {speech.number(self.epochs)}" if self.epochs and epoch is not None else ""
        return {
            "epoch": NOTHING if epoch is None else f"{speech.number(epoch)}{of}",
            "loss": text(row.get("loss"), "{:.4f}"),
            "accuracy": text(row.get("accuracy"), "{:.1%}"),
            "speed": text(row.get("items_per_second"), "{:,.0f}"),
            "left": NOTHING if is_over or left is None else minutes(left),
            "rate": text(row.get("lr"), "{:.3g}"),
        }


def read_epochs(run: Path) -> list[dict[str, float]]:
    """Return the rows of a run's history.csv; none where there is none yet, or a damaged one."""
    try:
        with (run / "history.csv").open(encoding="utf-8", newline="") as file:
            return [
                {name: float(value) if value else math.nan for name, value in row.items()}
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, TypeError):
        return []


def text(value: float | None, form: str) -> str:
    """Return a number in a form; a dash for none."""
    return NOTHING if value is None or not math.isfinite(value) else form.format(value)


def minutes(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:05`"""
    whole = math.ceil(seconds)
    hours, minute, second = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
