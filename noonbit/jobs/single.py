"""Train one network from a source to a run folder.

    load -> prepare -> fit -> evaluate -> report

Each step is a function of another module. This one calls them and keeps the run folder up to date,
so that a killed training can be resumed.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from noonbit.config.recipe import Recipe
from noonbit.data.prepared import PreparedDataset, load
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import (
    Interrupted,
    TrainingDiverged,
)
from noonbit.evaluation.temperature import calibrate
from noonbit.evaluation.unknown import with_unknown
from noonbit.jobs.extension import extend, extended_recipe
from noonbit.jobs.initial import Beginning, begin_from
from noonbit.jobs.interrupts import stop_on_interrupt
from noonbit.jobs.moved import load_items
from noonbit.jobs.observer import Observer
from noonbit.jobs.pretrained import (
    FittedHead,
    calibrate_by_folds,
    describe_origin,
    find_beginning,
    find_from_nothing,
    fit_pretrained_head,
    is_head_alone,
    without_unused_settings,
)
from noonbit.jobs.recorder import RunRecorder, time_budget_result
from noonbit.jobs.resumable import (
    recipe_as_started,
    require_no_checkpoint_needed,
    require_resumable,
)
from noonbit.jobs.training_forecast import forecast_training
from noonbit.live.recorder import End, LiveRecorder
from noonbit.models.custom import refuse_failures_in_training
from noonbit.models.tta import with_tta
from noonbit.pretrained.network import PretrainedNetwork
from noonbit.report.page import write_report
from noonbit.runs.changes import read_changes
from noonbit.runs.checkpoint import load_checkpoint, save_checkpoint, save_weights
from noonbit.runs.folder import new_run
from noonbit.runs.lock import hold_to_resume
from noonbit.runs.metadata import resolved_settings, training_metadata
from noonbit.runs.network import require_rebuildable
from noonbit.runs.network_code import keep_files
from noonbit.runs.predictions import evaluate_test_split
from noonbit.runs.run import Run
from noonbit.runs.stored_run import CHECKPOINT, RECIPE
from noonbit.runs.timed_steps import read_timed_steps
from noonbit.system.artefacts import refuse, settings_of
from noonbit.system.files import write_json
from noonbit.system.hardware import peak_memory_bytes
from noonbit.system.runtime import Runtime
from noonbit.training.setup import PreparedTraining, prepare_training
from noonbit.training.state import Callbacks

BY_FOLDS = ("temperature", "unknown_below", "out_of_distribution_rule")
"""What run.json keeps of the folds of a head, where that head alone answers."""


def train_one(
    source: str | Path,
    recipe: Recipe,
    *,
    model: nn.Module | None = None,
    from_run: Run | None = None,
    out: Path | None = None,
    data_dir: Path | None = None,
    live: bool = False,
    observer: Observer,
) -> Run:
    """Train one network on `source`; see `jobs.train.train`."""
    started = time.perf_counter()
    Runtime.from_recipe(recipe)  # raises for a missing device before data is loaded
    beginning = None
    if from_run is None:
        items = load(source, recipe, data_dir=data_dir)
    else:
        beginning = begin_from(from_run, source, recipe, model=model, data_dir=data_dir)
        items, recipe = beginning.items, beginning.recipe
    with Training.start(
        items,
        recipe,
        model=model,
        beginning=beginning,
        out=out,
        data_dir=data_dir,
        observer=observer,
    ) as training:
        return training.run_to_end(started=started, live=live)


def resume_one(
    run: Run,
    *,
    source: str | Path | None = None,
    epochs: int | None = None,
    model: nn.Module | None = None,
    data_dir: Path | None = None,
    live: bool = False,
    observer: Observer,
) -> Run:
    """Resume the training of one network; see `jobs.train.resume`."""
    started = time.perf_counter()
    require_resumable(run, epochs)
    Runtime.from_recipe(recipe_as_started(run))  # raises for a missing device before data is loaded
    with hold_to_resume(run.path):
        items = load_items(run, source, data_dir)
        training = Training.resume(run, items, epochs=epochs, model=model, observer=observer)
        return training.run_to_end(started=started, live=live)


@dataclass
class Training:
    """The training of one network into a run folder, ready for its next step."""

    run: Run
    items: PreparedDataset
    prepared: PreparedTraining
    observer: Observer
    asked: Recipe | None = None
    """The recipe before its open settings were derived; None for a resumed training."""
    pretrained: PretrainedNetwork | None = None
    """Whose head is fitted before the first step."""
    fitted: FittedHead | None = None
    """That head, after `fit`."""

    @classmethod
    @contextmanager
    def start(
        cls,
        items: PreparedDataset,
        recipe: Recipe,
        *,
        model: nn.Module | None = None,
        beginning: Beginning | None = None,
        out: Path | None,
        data_dir: Path | None,
        observer: Observer,
    ) -> Iterator["Training"]:
        """Prepare a training on items loaded for this recipe, and hold its new run folder."""
        initial = None if beginning is None else beginning.weights
        pretrained = None
        if (published := find_beginning(recipe, items)) is not None:
            pretrained, initial = published
        prepared = prepare_training(
            items, recipe, Runtime.from_recipe(recipe), model=model, initial=initial
        )
        state, context = prepared.state, prepared.context
        is_python_object = model is not None
        metadata = training_metadata(items, prepared, python=is_python_object, data_dir=data_dir)
        if beginning is not None:
            metadata["initial"] = beginning.metadata
        settings = resolved_settings(recipe, context.plan, python=is_python_object)
        if pretrained is not None:
            metadata["pretrained"] = describe_origin(pretrained)
            settings = without_unused_settings(settings)
        with new_run(
            out, model=context.plan.model, source=items.data.source, metadata=metadata
        ) as run:
            if prepared.file is not None:
                keep_files(run.path, [prepared.file])
            run.write_setup(settings, context.contract, items.split)
            if beginning is not None:
                # So that the run can be resumed without the one that it began with.
                save_checkpoint(run.path / CHECKPOINT, state)
            run.update()
            run.model = state.model
            observer.on_start(run, items, context.plan, state)
            yield cls(run, items, prepared, observer, recipe, pretrained)

    @classmethod
    def resume(
        cls,
        run: Run,
        items: PreparedDataset,
        *,
        epochs: int | None = None,
        model: nn.Module | None = None,
        observer: Observer,
    ) -> "Training":
        """Prepare a stopped training from its checkpoint, if it has one.

        `epochs` replaces the number that was planned; see `jobs.extension`.
        """
        if model is None:
            require_rebuildable(run)
        recipe, checkpoint = recipe_as_started(run), run.path / CHECKPOINT
        if epochs is not None:
            recipe = extended_recipe(recipe, epochs)
        elif recipe.fits_head_alone:
            # recipe.toml has no epochs of a head alone, which would be derived as for a training.
            recipe = recipe.model_copy(update={"epochs": 1})
        has_checkpoint = os.path.lexists(checkpoint)
        if not has_checkpoint:
            require_no_checkpoint_needed(run)
        pretrained, initial = None, None
        if not has_checkpoint and (published := find_beginning(recipe, items)) is not None:
            pretrained, initial = published
        with settings_of(run.path / RECIPE):
            prepared = prepare_training(
                items,
                recipe,
                Runtime.from_recipe(recipe),
                model=model,
                initial=initial,
                contract=run.contract,
                has_checkpoint=has_checkpoint,
            )
        state = prepared.state
        state.changes = read_changes(run.path)
        if has_checkpoint:
            load_checkpoint(checkpoint, state)
            count = len(prepared.context.train)
            if state.items_seen > count:
                refuse(checkpoint, f"it stands at item {state.items_seen} of {count} of an epoch")
        if epochs is not None:
            extend(run, prepared, epochs)
        elif recipe.time_budget is not None:
            state.timed_steps = read_timed_steps(run.path, at_least=state.total_steps)
        run.model = state.model
        run.update(status="training")
        observer.on_start(run, items, prepared.context.plan, state)
        return cls(run, items, prepared, observer, None, pretrained)

    def run_to_end(self, *, started: float, live: bool = False) -> Run:
        """Forecast, fit, evaluate, and write the report; `started` is of `time.perf_counter`."""
        forecast = None
        if self.pretrained is None:  # else the time goes into features, which may be cached
            forecast = forecast_training(self.prepared, self.items, self.asked)
        if forecast is not None:
            self.observer.on_forecast(forecast)
        with stop_on_interrupt() as should_stop:
            self.fit(should_stop, live=live)
        run = self.evaluate()
        result = run.metadata["result"]
        result["peak_memory_bytes"] = peak_memory_bytes()  # of the whole process
        if forecast is not None:
            result["forecast_seconds"] = forecast.seconds
        write_report(run, self.items)
        result["total_seconds"] = time.perf_counter() - started
        run.update()
        return run

    def fit(self, should_stop: Callable[[], bool], *, live: bool = False) -> None:
        """Train to the end and save the best weights; `live` lets others watch and steer.

        Raises `Interrupted` after saving a checkpoint, and `TrainingDiverged`.
        """
        run, state, context = self.run, self.prepared.state, self.prepared.context
        watching = LiveRecorder(run.path, state, context, self.items) if live else None
        observers: list[Callbacks] = [self.observer, *([] if watching is None else [watching])]
        recorder = RunRecorder(run, state, context.plan, observers, should_stop)
        end: End = "stopped"
        try:
            if self.pretrained is not None:
                self.fit_head(self.pretrained, recorder)
            with refuse_failures_in_training(self.prepared.file):
                is_over = self.prepared.fit(recorder)
            end = "finished" if is_over else "stopped"
        except TrainingDiverged:
            run.update(status="diverged")
            end = "diverged"
            raise
        finally:
            recorder.close()
            if watching is not None:
                watching.close(end)
        save_checkpoint(run.path / CHECKPOINT, state)
        if not is_over:
            run.update(status="interrupted")
            raise Interrupted(
                f"Stopped after epoch {state.epoch}"
                + (f", step {state.step}" if state.step else "")
                + f"; everything is saved. Continue with: noonbit train --resume {run.word}"
            )
        save_weights(run.path / "weights.safetensors", state.best)

    def fit_head(self, pretrained: PretrainedNetwork, recorder: RunRecorder) -> None:
        """Fit the last layer on the features of published weights, which is epoch 1."""

        def on_progress(done: int, count: int) -> None:
            self.observer.on_features(done, count)
            if done < count and recorder.should_stop():
                raise Interrupted(
                    f"Stopped before the first step. Begin again with: noonbit train --resume "
                    f"{self.run.word}"
                )

        try:
            fitted = fit_pretrained_head(
                self.prepared, self.items, pretrained, on_progress=on_progress
            )
        except Interrupted:
            self.run.update(status="interrupted")
            raise
        self.fitted = fitted
        if not len(self.items.split.validation) and is_head_alone(self.prepared):
            contract, rule = calibrate_by_folds(
                self.run.contract,
                fitted.head,
                self.items,
                unknown=self.prepared.context.plan.unknown,
            )
            self.run.metadata["pretrained"].update(
                temperature=contract.temperature,
                unknown_below=contract.unknown_below,
                out_of_distribution_rule=None if rule is None else rule.model_dump(),
            )
        self.run.metadata["pretrained"].update(fitted.figures())
        recorder.on_epoch(self.prepared.state)

    def evaluate(self) -> Run:
        """Calibrate the network, and evaluate the test split."""
        run, state, runtime = self.run, self.prepared.state, self.prepared.context.runtime
        run.model, run.contract = final_network(self.prepared)
        pretrained = run.metadata.get("pretrained", {})
        if not is_head_alone(self.prepared):
            for name in BY_FOLDS:
                pretrained.pop(name, None)
        elif pretrained.get("temperature") is not None:
            by_folds = {name: pretrained.get(name) for name in ("temperature", "unknown_below")}
            run.contract = run.contract.model_copy(update=by_folds)
        write_json(run.path / "contract.json", run.contract.model_dump())
        logits = None
        if self.fitted is not None and is_head_alone(self.prepared):
            logits = self.fitted.head.apply(self.fitted.features[self.items.split.test])
        evaluation = evaluate_test_split(run, self.items, runtime, logits=logits)
        run.update(
            status="finished",
            result={
                **evaluation.headline(),
                "epochs": len(state.history),
                "best_epoch": state.best_epoch,
                "val_accuracy": state.history[state.best_epoch - 1].val_accuracy,
                "loading_seconds": self.items.loading_seconds,
                "train_seconds": sum(row.seconds for row in state.history),
                **time_budget_result(self.prepared),
            },
        )
        if self.pretrained is not None and (found := find_from_nothing(run)) is not None:
            run.metadata["pretrained"].update(found)
            run.update()
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
    if context.plan.unknown:
        contract = with_unknown(contract, network, context.validation, context.runtime)
    return network, contract
