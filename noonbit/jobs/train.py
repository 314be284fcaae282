"""The whole job: source in, run folder out.

    open -> frame -> split -> build -> derive -> fit -> evaluate -> report

Each arrow is one function of another module; this one orders them and keeps the run folder true at
every moment, so that a training that is killed can be resumed and one that diverges says so.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tomli_w
from torch import nn

from noonbit.config.plan import Plan
from noonbit.config.recipe import Recipe
from noonbit.data.loader import Labelled, labelled
from noonbit.data.prepared import Items, load
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import Interrupted, TrainingDiverged, UsageError
from noonbit.evaluation.temperature import calibrated
from noonbit.jobs.interrupts import stop_on_interrupt
from noonbit.jobs.observer import Observer
from noonbit.models.catalogue import model_of
from noonbit.models.tta import viewed
from noonbit.report.page import write_report
from noonbit.runs.checkpoint import load_checkpoint, save_checkpoint, save_weights
from noonbit.runs.metadata import describe, resolved
from noonbit.runs.predictions import measure
from noonbit.runs.run import Run
from noonbit.runs.store import create
from noonbit.system.files import write, write_json, write_text
from noonbit.system.hardware import peak_memory_bytes
from noonbit.system.runtime import Runtime
from noonbit.training.autotune import settle_engine
from noonbit.training.loop import Epoch, Hooks, State, begin, fit
from noonbit.training.setup import begin_words, build_seeded, contract_for, fit_budget, plan_for

CHECKPOINT_SECONDS = 10.0
"""A checkpoint is written after an epoch when the last one is older: what a kill can cost."""


def train(
    source: str | Path,
    recipe: Recipe,
    *,
    model: nn.Module | None = None,
    out: Path | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
) -> Run:
    """Train a classifier on `source` and leave a run folder with its report.

    `model` is a network of the caller's own, instead of the recipe's name. Raises the errors of
    errors.py: data that cannot be used, `Interrupted` after saving, `TrainingDiverged`.
    """
    started = time.perf_counter()
    runtime = Runtime.wanted(recipe)
    items, framing_reasons = load(source, recipe, data_dir=data_dir)
    job = begin_job(
        items,
        framing_reasons,
        recipe,
        runtime,
        model=model,
        out=out,
        data_dir=data_dir,
        observer=observer or Observer(),
        loading_seconds=time.perf_counter() - started,
    )
    return carry_out(job, started=started)


def begin_job(
    items: Items,
    framing_reasons: dict[str, str],
    recipe: Recipe,
    runtime: Runtime,
    *,
    model: nn.Module | None = None,
    out: Path | None,
    data_dir: Path | None,
    observer: Observer,
    loading_seconds: float,
) -> "Job":
    """Decide everything for items that were loaded for this recipe, and make the run folder."""
    name = model_of(recipe, items.framing) if model is None else type(model).__name__
    network = model if model is not None else build_seeded(name, items, recipe.seed)
    word_reasons = begin_words(network, recipe, items)
    plan = plan_for(recipe, items, network, name)
    contract = contract_for(items, plan)
    learned = labelled(items, "train", runtime)
    runtime = settle_engine(network, contract, learned, plan, recipe, runtime)
    if recipe.time_budget is not None and recipe.epochs is None:
        plan = fit_budget(plan, contract, learned, network, runtime)
    reasons = {**runtime.reasons, **framing_reasons, **word_reasons, **plan.reasons}
    record = describe(
        items,
        plan,
        network,
        runtime,
        reasons=reasons,
        python=model is not None,
        data_dir=data_dir,
    )
    run = create(out, model=plan.model, source=items.data.source, record=record)
    run.model = network
    write_text(
        run.path / "recipe.toml", tomli_w.dumps(resolved(recipe, plan, python=model is not None))
    )
    write_json(run.path / "contract.json", contract.model_dump())
    write(run.path / "split.npz", items.split.save)
    state = begin(network, contract, learned, plan, runtime)
    observer.began(run, items, plan, state)
    return Job(run, state, contract, items, learned, plan, runtime, observer, loading_seconds)


def resume(
    run: Run,
    *,
    model: nn.Module | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
) -> Run:
    """Continue a training that was stopped, as if it never had been.

    `model` is the network of a run that was trained with a Python object, freshly initialised as
    it was then. Raises `UsageError` for a run that is finished or diverged, `DataError` where the
    source has changed since.
    """
    started = time.perf_counter()
    require_unfinished(run)
    Runtime.wanted(as_begun(run))  # before anything is computed
    items = run.items(data_dir=data_dir)
    loading_seconds = time.perf_counter() - started
    job = take_up(
        run, items, model=model, observer=observer or Observer(), loading_seconds=loading_seconds
    )
    return carry_out(job, started=started)


def require_unfinished(run: Run) -> None:
    """Raise `UsageError` where there is nothing to go on with."""
    if run.record["status"] == "finished":
        raise UsageError(f"{run.path.name} is finished; there is nothing to resume.")
    if run.record["status"] == "diverged":
        raise UsageError(
            f"{run.path.name} diverged and would again. "
            "Train anew with a smaller --learning-rate or a longer --warmup."
        )


def take_up(
    run: Run,
    items: Items,
    *,
    model: nn.Module | None = None,
    observer: Observer,
    loading_seconds: float,
) -> "Job":
    """A stopped training where it stood, on its items; see `resume`."""
    recipe = as_begun(run)
    runtime = Runtime.wanted(recipe)
    name = run.model_name if model is None else run.record["model"]["name"]
    network = model if model is not None else build_seeded(name, items, recipe.seed)
    plan = plan_for(recipe, items, network, name)
    learned = labelled(items, "train", runtime)
    state = begin(network, run.contract, learned, plan, runtime)
    checkpoint = run.path / "checkpoint.safetensors"
    if checkpoint.exists():
        load_checkpoint(checkpoint, state)
    else:
        begin_words(network, recipe, items)
    run.model = network
    run.update(status="training")
    observer.began(run, items, plan, state)
    return Job(run, state, run.contract, items, learned, plan, runtime, observer, loading_seconds)


@dataclass(frozen=True)
class Job:
    """A training that is ready to begin or to go on."""

    run: Run
    state: State
    contract: Contract
    items: Items
    train: Labelled
    plan: Plan
    runtime: Runtime
    observer: Observer
    loading_seconds: float

    def fit(self, stopping: Callable[[], bool]) -> None:
        """Take all steps, and keep the best weights; raises `Interrupted` after saving."""
        run, state = self.run, self.state
        validation = labelled(self.items, "validation", self.runtime)
        hooks = Hooks(self.observer.stepped, self.on_epoch, Saver(run), stopping)
        try:
            ended = fit(
                state, self.contract, self.train, validation, self.plan, self.runtime, hooks
            )
        except TrainingDiverged:
            run.update(status="diverged")
            raise
        save_checkpoint(run.path / "checkpoint.safetensors", state)
        if not ended:
            run.update(status="interrupted")
            raise Interrupted(
                f"Stopped after epoch {state.epoch}"
                + (f", step {state.step}" if state.step else "")
                + f"; everything is saved. Continue with: noonbit train --resume {run.word}"
            )
        state.model.load_state_dict(state.best)
        save_weights(run.path / "weights.safetensors", state.best)

    def measure(self) -> Run:
        """Calibrate, and measure the test split."""
        run, state = self.run, self.state
        run.model = viewed(state.model, self.plan.test_time_augmentation)
        validation = labelled(self.items, "validation", self.runtime)
        contract = calibrated(self.contract, run.model, validation, self.runtime)
        write_json(run.path / "contract.json", contract.model_dump())
        run.contract = contract
        evaluation = measure(run, self.items, contract, run.model, self.runtime)
        run.update(
            status="finished",
            result={
                "accuracy": evaluation.accuracy,
                "accuracy_low": evaluation.accuracy_low,
                "accuracy_high": evaluation.accuracy_high,
                "test_items": evaluation.items,
                "epochs": len(state.history),
                "best_epoch": state.best_epoch,
                "val_accuracy": state.history[state.best_epoch - 1].val_accuracy,
                "loading_seconds": self.loading_seconds,
                "train_seconds": sum(row.seconds for row in state.history),
            },
        )
        self.observer.measured(run, evaluation)
        return run

    def on_epoch(self, row: Epoch) -> None:
        """Keep the history file true and tell the observer."""
        self.run.write_history(self.state.history)
        self.observer.finished_epoch(row, self.plan, self.state.best_epoch == row.epoch)


def carry_out(job: Job, *, started: float) -> Run:
    """Fit, measure, and write the report."""
    with stop_on_interrupt() as stopping:
        job.fit(stopping)
    result = job.measure().record["result"]
    result["peak_memory_bytes"] = peak_memory_bytes()  # of a member: that of all of them
    write_report(job.run, job.items)
    result["total_seconds"] = time.perf_counter() - started
    job.run.update()
    return job.run


class Saver:
    """Writes a checkpoint when the last one is old."""

    def __init__(self, run: Run) -> None:
        self.path = run.path / "checkpoint.safetensors"
        self.last = time.monotonic()

    def __call__(self, state: State) -> None:
        """Write one, or not, as the class says."""
        if time.monotonic() - self.last >= CHECKPOINT_SECONDS:
            save_checkpoint(self.path, state)
            self.last = time.monotonic()


def as_begun(run: Run) -> Recipe:
    """The run's recipe with the threads, precision and engine it began with: others round."""
    machine = run.record["machine"]
    return run.recipe.model_copy(
        update={name: machine.get(name) for name in ("threads", "precision", "engine")}
    )
