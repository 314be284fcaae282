"""Train one network from a source to a run folder.

    load -> prepare -> fit -> evaluate -> report

Each step is a function of another module. This one calls them and keeps the run folder up to date,
so that a killed training can be resumed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from noonbit.config.recipe import Recipe
from noonbit.data.prepared import PreparedDataset, load
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import Interrupted, TrainingDiverged, UsageError
from noonbit.evaluation.temperature import calibrate
from noonbit.jobs.interrupts import stop_on_interrupt
from noonbit.jobs.observer import Observer
from noonbit.models.tta import with_tta
from noonbit.report.page import write_report
from noonbit.runs.checkpoint import load_checkpoint, save_checkpoint, save_weights
from noonbit.runs.folder import create_run
from noonbit.runs.metadata import resolved_settings, training_metadata
from noonbit.runs.predictions import evaluate_test_split
from noonbit.runs.run import Run
from noonbit.system.files import write_json
from noonbit.system.hardware import peak_memory_bytes
from noonbit.system.runtime import Runtime
from noonbit.training.setup import PreparedTraining, prepare_training
from noonbit.training.state import Callbacks, StepProgress, TrainingState

CHECKPOINT_SECONDS = 10.0
"""A checkpoint is written after an epoch if the last one is older, which bounds the lost work."""
CHECKPOINT = "checkpoint.safetensors"


def train_one(
    source: str | Path,
    recipe: Recipe,
    *,
    model: nn.Module | None = None,
    out: Path | None = None,
    data_dir: Path | None = None,
    observer: Observer,
) -> Run:
    """Train one network on `source`; see `jobs.train.train`."""
    started = time.perf_counter()
    Runtime.from_recipe(recipe)  # raises for a missing device before data is loaded
    items = load(source, recipe, data_dir=data_dir)
    training = Training.start(
        items, recipe, model=model, out=out, data_dir=data_dir, observer=observer
    )
    return training.run_to_end(started=started)


def resume_one(
    run: Run, *, model: nn.Module | None = None, data_dir: Path | None = None, observer: Observer
) -> Run:
    """Resume the training of one network; see `jobs.train.resume`."""
    started = time.perf_counter()
    require_unfinished(run)
    Runtime.from_recipe(recipe_as_started(run))  # raises for a missing device before data is loaded
    items = run.items(data_dir=data_dir)
    return Training.resume(run, items, model=model, observer=observer).run_to_end(started=started)


@dataclass(frozen=True)
class Training:
    """The training of one network into a run folder, ready for its next step."""

    run: Run
    items: PreparedDataset
    prepared: PreparedTraining
    observer: Observer

    @classmethod
    def start(
        cls,
        items: PreparedDataset,
        recipe: Recipe,
        *,
        model: nn.Module | None = None,
        out: Path | None,
        data_dir: Path | None,
        observer: Observer,
    ) -> "Training":
        """Prepare a training on items loaded for this recipe, and create its run folder."""
        prepared = prepare_training(items, recipe, Runtime.from_recipe(recipe), model=model)
        state, context = prepared.state, prepared.context
        is_python_object = model is not None
        metadata = training_metadata(items, prepared, python=is_python_object, data_dir=data_dir)
        run = create_run(out, model=context.plan.model, source=items.data.source, metadata=metadata)
        settings = resolved_settings(recipe, context.plan, python=is_python_object)
        run.write_setup(settings, context.contract, items.split)
        run.model = state.model
        observer.on_start(run, items, context.plan, state)
        return cls(run, items, prepared, observer)

    @classmethod
    def resume(
        cls,
        run: Run,
        items: PreparedDataset,
        *,
        model: nn.Module | None = None,
        observer: Observer,
    ) -> "Training":
        """Prepare a stopped training from its checkpoint, if it has one."""
        if model is None:
            run.require_rebuildable()
        recipe, checkpoint = recipe_as_started(run), run.path / CHECKPOINT
        prepared = prepare_training(
            items,
            recipe,
            Runtime.from_recipe(recipe),
            model=model,
            contract=run.contract,
            has_checkpoint=checkpoint.exists(),
        )
        state = prepared.state
        if checkpoint.exists():
            load_checkpoint(checkpoint, state)
        run.model = state.model
        run.update(status="training")
        observer.on_start(run, items, prepared.context.plan, state)
        return cls(run, items, prepared, observer)

    def run_to_end(self, *, started: float) -> Run:
        """Fit, evaluate, and write the report; `started` is a time of `time.perf_counter`."""
        with stop_on_interrupt() as should_stop:
            self.fit(should_stop)
        run = self.evaluate()
        result = run.metadata["result"]
        result["peak_memory_bytes"] = peak_memory_bytes()  # of the whole process
        write_report(run, self.items)
        result["total_seconds"] = time.perf_counter() - started
        run.update()
        return run

    def fit(self, should_stop: Callable[[], bool]) -> None:
        """Train to the end and save the best weights.

        Raises `Interrupted` after saving a checkpoint, and `TrainingDiverged`.
        """
        run, state = self.run, self.prepared.state
        try:
            is_over = self.prepared.fit(RunRecorder(run, self.observer, should_stop))
        except TrainingDiverged:
            run.update(status="diverged")
            raise
        save_checkpoint(run.path / CHECKPOINT, state)
        if not is_over:
            run.update(status="interrupted")
            raise Interrupted(
                f"Stopped after epoch {state.epoch}"
                + (f", step {state.step}" if state.step else "")
                + f"; everything is saved. Continue with: noonbit train --resume {run.word}"
            )
        save_weights(run.path / "weights.safetensors", state.best)

    def evaluate(self) -> Run:
        """Calibrate the network, and evaluate the test split."""
        run, state, runtime = self.run, self.prepared.state, self.prepared.context.runtime
        run.model, run.contract = final_network(self.prepared)
        write_json(run.path / "contract.json", run.contract.model_dump())
        evaluation = evaluate_test_split(run, self.items, runtime)
        run.update(
            status="finished",
            result={
                **evaluation.headline(),
                "epochs": len(state.history),
                "best_epoch": state.best_epoch,
                "val_accuracy": state.history[state.best_epoch - 1].val_accuracy,
                "loading_seconds": self.items.loading_seconds,
                "train_seconds": sum(row.seconds for row in state.history),
            },
        )
        self.observer.on_evaluate(run, evaluation)
        return run


def final_network(prepared: PreparedTraining) -> tuple[nn.Module, Contract]:
    """Return the network with its best weights and test-time augmentation, and its contract.

    The contract has the temperature fitted on the validation split.
    """
    context, state = prepared.context, prepared.state
    state.model.load_state_dict(state.best)
    network = with_tta(state.model, context.plan.test_time_augmentation)
    contract = calibrate(context.contract, network, context.validation, context.runtime)
    return network, contract


class RunRecorder(Callbacks):
    """Writes history and checkpoints, and forwards the callbacks to the observer."""

    def __init__(self, run: Run, observer: Observer, should_stop: Callable[[], bool]) -> None:
        self.run, self.observer, self.asks_to_stop = run, observer, should_stop
        self.saved_at = time.monotonic()

    def on_step(self, progress: StepProgress) -> None:
        """Forward the step."""
        self.observer.on_step(progress)

    def on_epoch(self, state: TrainingState) -> None:
        """Write the history, and a checkpoint if the last one is old; forward the epoch."""
        self.run.write_history(state.history)
        self.observer.on_epoch(state)
        if time.monotonic() - self.saved_at >= CHECKPOINT_SECONDS:
            save_checkpoint(self.run.path / CHECKPOINT, state)
            self.saved_at = time.monotonic()

    def should_stop(self) -> bool:
        """Whether a signal or the observer asks to stop."""
        return self.asks_to_stop() or self.observer.should_stop()


def require_unfinished(run: Run) -> None:
    """Raise `UsageError` for a run that is finished or diverged."""
    who = "A member of " if run.is_ensemble else ""
    if run.metadata["status"] == "finished":
        raise UsageError(f"{run.path.name} is finished; there is nothing to resume.")
    if run.metadata["status"] == "diverged":
        raise UsageError(
            f"{who}{run.path.name} diverged and would again. "
            "Train anew with a smaller --learning-rate or a longer --warmup."
        )


def recipe_as_started(run: Run) -> Recipe:
    """Return the run's recipe with the threads, precision and engine of its start.

    Rounding depends on them.
    """
    machine = run.metadata["machine"]
    return run.recipe.model_copy(
        update={name: machine[name] for name in ("threads", "precision", "engine")}
    )
