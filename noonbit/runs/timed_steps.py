"""schedule.csv: what the clock decided in a training with a time budget, a line for each step.

A line is written as soon as its step is over, so that a killed training loses none.
"""

import csv
from pathlib import Path

from noonbit.errors import ArtefactError
from noonbit.system.files import write_text
from noonbit.training.state import TimedStep, TrainingState

NAME = "schedule.csv"
HEADER = "seconds,lr\n"


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
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole_lines = text[: text.rfind("\n") + 1].splitlines()
    try:
        steps = [
            TimedStep(float(seconds), float(lr)) for seconds, lr in csv.reader(whole_lines[1:])
        ]
    except ValueError as error:
        raise ArtefactError(f"{path} is damaged: {error}. Restore it, or train again.") from None
    if len(steps) < at_least:
        raise ArtefactError(
            f"{path} ends after {len(steps):,} steps, but the checkpoint stands at {at_least:,}. "
            "Restore it, or train again."
        )
    return steps
