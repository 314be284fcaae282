"""schedule.csv: what the clock decided in a training with a time budget, a line for each step.

A line is written as soon as its step is over, so that a killed training loses none.
"""

import csv
import os
from itertools import pairwise
from pathlib import Path

from pydantic import TypeAdapter

from noonbit.errors import ArtefactError
from noonbit.system.artefacts import (
    RESTORE,
    damaged,
    parse_artefact,
    read_artefact_text,
    refuse,
)
from noonbit.system.files import write_text
from noonbit.training.state import TimedStep, TrainingState

NAME = "schedule.csv"
HEADER = "seconds,lr\n"
STEPS_ADAPTER = TypeAdapter(list[TimedStep])
MOST_BYTES = 2**30
"""Twenty-five million steps."""


class TimedStepsFile:
    """Appends the steps of a training to the schedule.csv of its run folder."""

    def __init__(self, folder: Path, state: TrainingState) -> None:
        """Begin with the steps that `state` has already."""
        self.state, self.written = state, len(state.timed_steps)
        path = folder / NAME
        write_text(path, HEADER + format_steps(state.timed_steps))
        self.file = path.open("a", encoding="utf-8")

    def append(self) -> None:
        """Write the steps that are new; they outlive the process from here on."""
        new = self.state.timed_steps[self.written :]
        self.file.write(format_steps(new))
        self.file.flush()
        self.written += len(new)

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def format_steps(steps: list[TimedStep]) -> str:
    """Return a line for each step; every digit, so that reading gives the same bits."""
    return "".join(f"{step.seconds!r},{step.lr!r}\n" for step in steps)


def read_timed_steps(folder: Path, *, at_least: int) -> list[TimedStep]:
    """Read schedule.csv; an empty list if there is none.

    Raises `ArtefactError` if it is damaged, or has fewer steps than the `at_least` of a checkpoint.
    """
    path = folder / NAME
    if not at_least and not os.path.lexists(path):
        return []
    text = read_artefact_text(path, most_bytes=MOST_BYTES)
    whole_lines = text[: text.rfind("\n") + 1].splitlines()
    with damaged(path):
        stored = [(float(seconds), float(lr)) for seconds, lr in csv.reader(whole_lines[1:])]
    steps = parse_artefact(STEPS_ADAPTER, stored, path)
    if any(one.seconds > other.seconds for one, other in pairwise(steps)):
        refuse(path, "a step began before the one before it")
    if len(steps) < at_least:
        raise ArtefactError(
            f"{path} ends after {len(steps):,} steps, but the checkpoint stands at {at_least:,}. "
            f"{RESTORE}"
        )
    return steps
