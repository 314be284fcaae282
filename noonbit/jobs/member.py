"""The training of one member of an ensemble, in a run folder with a log inside the ensemble's."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from noonbit.config.plan import Plan
from noonbit.config.recipe import Recipe
from noonbit.data.prepared import PreparedDataset, load
from noonbit.data.split import Holdout
from noonbit.errors import ArtefactError, Interrupted, NoonbitError
from noonbit.jobs.observer import Observer
from noonbit.jobs.progress import LineDisplay
from noonbit.jobs.resumable import require_resumable
from noonbit.jobs.single import Training
from noonbit.runs.folder import load_run
from noonbit.runs.lock import hold_to_resume
from noonbit.runs.run import Run
from noonbit.system.runtime import Runtime
from noonbit.training.state import TrainingState


class SharedSource:
    """The data of all members, loaded once for consecutive members with the same holdout."""

    def __init__(self, path: str | Path, data_dir: Path | None) -> None:
        self.path, self.data_dir = path, data_dir
        self.holdout: Holdout | None = None
        self.lock = Lock()
        """Held from loading to the first step: initial weights are drawn from PyTorch's global
        random stream, and the engine that one member measures is reused by the next."""

    def load(self, recipe: Recipe) -> PreparedDataset:
        """Load as `data.prepared.load`, again only if the recipe's holdout differs."""
        holdout = Holdout.from_recipe(recipe)
        if holdout != self.holdout:
            self.items = load(self.path, recipe, data_dir=self.data_dir)
            self.holdout = holdout
        return self.items


@dataclass(frozen=True, slots=True)
class MemberTraining:
    """The training of one member, started or not."""

    number: int
    """From 1."""
    count: int
    """Of all members."""
    recipe: Recipe
    folder: Path

    @property
    def is_finished(self) -> bool:
        """Whether the member's run is finished."""
        path = self.folder / "run.json"
        return path.exists() and load_run(self.folder).metadata["status"] == "finished"

    @property
    def is_started(self) -> bool:
        """Whether there is a run to resume; a kill before its first step may leave none."""
        return (self.folder / "run.json").exists()

    def run(self, source: SharedSource, observer: Observer, should_stop: Callable[[], bool]) -> Run:
        """Train the member, or resume it; without a report.

        Raises the errors of a training with the member's number before the message.
        """
        try:
            with ExitStack() as stack:
                with source.lock:
                    training = stack.enter_context(self.start_or_resume(source, observer))
                training.fit(should_stop)
                return training.evaluate()
        except Interrupted:
            raise
        except NoonbitError as error:
            error.args = (f"Member {self.number} of {self.count}: {error}",)
            raise

    @contextmanager
    def start_or_resume(self, source: SharedSource, observer: Observer) -> Iterator[Training]:
        """Prepare the training up to its next step, and hold its run folder."""
        Runtime.from_recipe(self.recipe)  # sets this thread's number of threads for loading too
        items = source.load(self.recipe)
        if not self.is_started:
            if self.folder.exists() and self.folder.resolve() != self.folder.absolute():
                raise ArtefactError(
                    f"{self.folder} is not inside the run's own folder, but a link to "
                    f"{self.folder.resolve()}. Remove the link."
                )
            shutil.rmtree(self.folder, ignore_errors=True)
            with Training.start(
                items, self.recipe, out=self.folder, data_dir=source.data_dir, observer=observer
            ) as training:
                yield training
            return
        run = load_run(self.folder)
        require_resumable(run)
        with hold_to_resume(run.path):
            # Another version may derive another preprocessor; the run's own one is kept.
            is_alike = items.preprocessor == run.contract.preprocessor
            items = (
                run.with_stored_split(items) if is_alike else run.items(data_dir=source.data_dir)
            )
            yield Training.resume(run, items, observer=observer)


class MemberLog(LineDisplay):
    """Writes a member's lines to `train.log` in its folder, and reports its epochs."""

    def __init__(self, report_epoch: Callable[[int, float], None]) -> None:
        super().__init__(sys.stderr)
        self.report_epoch = report_epoch
        self.path: Path | None = None

    def print_line(self, line: str) -> None:
        """Append a line and close the file, so that no line is lost if the member is killed."""
        assert self.path is not None  # noqa: S101 - `on_start` comes first
        with self.path.open("a", encoding="utf-8", errors="replace") as file:
            print(line, file=file)

    def on_start(self, run: Run, items: PreparedDataset, plan: Plan, state: TrainingState) -> None:
        """See `Observer`."""
        self.path = run.path / "train.log"
        super().on_start(run, items, plan, state)

    def on_epoch(self, state: TrainingState) -> None:
        """See `Observer`."""
        super().on_epoch(state)
        self.report_epoch(state.epoch, self.epochs)
