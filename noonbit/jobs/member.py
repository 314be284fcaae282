"""One member of an ensemble in training: a run folder, with a log, inside the ensemble's."""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from noonbit.config.plan import Plan
from noonbit.config.recipe import Recipe
from noonbit.data.prepared import Items, load
from noonbit.data.split import Holdout
from noonbit.errors import Interrupted, NoonbitError
from noonbit.jobs.observer import Observer
from noonbit.jobs.progress import LineDisplay
from noonbit.jobs.train import Job, begin_job, require_unfinished, take_up
from noonbit.runs.run import Run
from noonbit.runs.store import load_run
from noonbit.system.runtime import Runtime
from noonbit.training.loop import Epoch, State


class Source:
    """What all members are trained on, opened once for those whose items are split alike."""

    def __init__(self, path: str | Path, data_dir: Path | None) -> None:
        self.path, self.data_dir = path, data_dir
        self.holdout: Holdout | None = None
        self.lock = Lock()
        """Held from loading to the first step. Initial weights are drawn from PyTorch's one stream
        of random numbers, and an engine that a member finds fastest is the next one's too."""

    def load(self, recipe: Recipe) -> tuple[Items, dict[str, str]]:
        """As `data.prepared.load`; opened again where other items train than the last time."""
        holdout = Holdout.wanted(recipe)
        if holdout != self.holdout:
            self.loaded = load(self.path, recipe, data_dir=self.data_dir)
            self.holdout = holdout
        return self.loaded


@dataclass(frozen=True, slots=True)
class Task:
    """To train a member."""

    number: int
    """From 1."""
    count: int
    """Of all members."""
    recipe: Recipe
    folder: Path

    @property
    def is_finished(self) -> bool:
        """Whether the member's folder has all that an ensemble needs of it."""
        path = self.folder / "run.json"
        return path.exists() and load_run(self.folder).record["status"] == "finished"

    def carry_out(self, source: Source, observer: Observer, stopping: Callable[[], bool]) -> Run:
        """Train the member, or go on where it was stopped; its report is left for later.

        Raises the member's own error with its number before the sentence.
        """
        try:
            with source.lock:
                job = self.begin(source, observer)
            job.fit(stopping)
            return job.measure()
        except Interrupted:
            raise
        except NoonbitError as error:
            error.args = (f"Member {self.number} of {self.count}: {error}",)
            raise

    def begin(self, source: Source, observer: Observer) -> Job:
        """Bring the training to where its next step follows."""
        runtime = Runtime.wanted(self.recipe)
        started = time.perf_counter()
        items, framing_reasons = source.load(self.recipe)
        loading_seconds = time.perf_counter() - started
        if (self.folder / "split.npz").exists():
            run = load_run(self.folder)
            require_unfinished(run)
            # Another version may frame otherwise.
            is_framed_alike = items.framing == run.contract.framing
            own = run.as_split(items) if is_framed_alike else run.items(data_dir=source.data_dir)
            return take_up(run, own, observer=observer, loading_seconds=loading_seconds)
        # A kill before the first step left a folder that has nothing to go on from.
        shutil.rmtree(self.folder, ignore_errors=True)
        return begin_job(
            items,
            framing_reasons,
            self.recipe,
            runtime,
            out=self.folder,
            data_dir=source.data_dir,
            observer=observer,
            loading_seconds=loading_seconds,
        )


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
