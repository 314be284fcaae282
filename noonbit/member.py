"""One member of an ensemble in training: a run folder, with a log, inside the ensemble's."""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from noonbit.errors import (
    ArtefactError,
    CheckFailed,
    DataError,
    Interrupted,
    MissingExtra,
    NoonbitError,
    TrainingDiverged,
    UsageError,
)
from noonbit.fit import Epoch, State
from noonbit.items import Items
from noonbit.job import Observer, resume, train
from noonbit.progress import LineDisplay
from noonbit.recipe import Plan, Recipe
from noonbit.run import Run
from noonbit.runs import load_run

KINDS = (UsageError, DataError, ArtefactError, CheckFailed, TrainingDiverged, MissingExtra)
ERRORS: dict[int, type[NoonbitError]] = {kind.exit_code: kind for kind in (*KINDS, Interrupted)}


@dataclass(frozen=True, slots=True)
class Task:
    """What a process needs to know to train a member."""

    number: int
    """From 1."""
    count: int
    """Of all members."""
    source: str
    recipe: Recipe
    folder: Path
    data_dir: Path | None

    @property
    def is_finished(self) -> bool:
        """Whether the member's folder has all that an ensemble needs of it."""
        path = self.folder / "run.json"
        return path.exists() and load_run(self.folder).record["status"] == "finished"

    def carry_out(self, observer: Observer) -> Run:
        """Train the member, or go on where it was stopped.

        Raises the member's own error with its number before the sentence.
        """
        try:
            if (self.folder / "split.npz").exists():
                run = load_run(self.folder)
                return resume(run, data_dir=self.data_dir, observer=observer)
            # A kill before the first step left a folder that has nothing to go on from.
            shutil.rmtree(self.folder, ignore_errors=True)
            return train(
                self.source,
                self.recipe,
                out=self.folder,
                data_dir=self.data_dir,
                observer=observer,
            )
        except KINDS as error:
            sentence = f"Member {self.number} of {self.count}: {error}"
            raise error_of(error.exit_code, sentence) from None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for another process."""
        return asdict(self) | {
            "recipe": self.recipe.given(),
            "folder": str(self.folder),
            "data_dir": None if self.data_dir is None else str(self.data_dir),
        }

    @classmethod
    def of_dict(cls, plain: dict[str, Any]) -> "Task":
        """What `as_dict` gave."""
        data_dir = plain["data_dir"]
        return cls(
            **plain
            | {
                "recipe": Recipe.model_validate(plain["recipe"]),
                "folder": Path(plain["folder"]),
                "data_dir": None if data_dir is None else Path(data_dir),
            }
        )


def error_of(exit_code: int, sentence: str) -> NoonbitError:
    """The error that a process left with, by its exit code."""
    return ERRORS.get(exit_code, NoonbitError)(sentence)


class Log(LineDisplay):
    """Writes a member's lines to `train.log` in its folder and passes its epochs on."""

    def __init__(self, tell_epoch: Callable[[int, int], None]) -> None:
        super().__init__(sys.stderr)
        self.tell_epoch = tell_epoch
        self.path: Path | None = None

    def say(self, text: str) -> None:
        """One line, at once; the file is closed in between, since a member may be killed."""
        self.spoke = time.monotonic()
        assert self.path is not None  # noqa: S101 - `began` comes first
        with self.path.open("a", encoding="utf-8") as file:
            print(text, file=file)

    def began(self, run: Run, items: Items, plan: Plan, state: State) -> None:
        """See `Observer`."""
        self.path = run.path / "train.log"
        super().began(run, items, plan, state)

    def finished_epoch(self, row: Epoch, plan: Plan, is_best: bool) -> None:
        """See `Observer`."""
        super().finished_epoch(row, plan, is_best)
        self.tell_epoch(row.epoch, plan.epochs)
