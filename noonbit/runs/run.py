"""The run folder, and everything that can be done with a run after training.

    runs/20261122-141502-glance-mnist/
      run.json                  status, data, machine, versions, command, result; a format number
      recipe.toml               the resolved recipe; --config takes it back
      contract.json             what one input must be
      split.npz                 the item numbers of train, validation and test
      model-3fa9c1d20b7e.py     the code of a network of the user's own; see network_code.py
      model-3fa9c1d20b7e.toml   its layers, where it was written as data
      history.csv               one row per epoch
      history.png               loss and accuracy of each epoch, drawn
      weights.safetensors       the best weights by validation
      checkpoint.safetensors    the state of the training, for --resume
      schedule.csv              with a time budget: seconds and learning rate of each step
      changes.csv               settings that somebody changed while it trained
      live/                     with --live: what watchers see and ask; see noonbit.live
      evaluation.json           the metrics of the test split
      predictions.parquet       of the test split: item, (fold, group,) class, prediction, ...
      check.json                items to look at, after `noonbit check RUN`
      check.csv                 the same as a table
      errors.png                what `noonbit errors RUN` drew
      learning_curve.json       trainings on parts of the training items, with --learning-curve
      learning_curve/           their run folders
      report.html               everything above as a page
      export/                   what `noonbit export RUN` wrote
      members/                  of a trained ensemble: a run folder for each member

An ensemble is a run too: its weights are those of all members, so it needs none of their folders,
and it has no history and no checkpoint of its own. So is a cross-validation, each of whose networks
is evaluated on the fold that it did not train on. A run is never overwritten. A folder of a later
format is refused.
"""

import math
import os
import tomllib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import tomli_w
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from noonbit.config.read_options import ReadOptions
from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.dataset import PART_NAMES, RawDataset
from noonbit.data.prepared import PreparedDataset, load
from noonbit.data.preprocess.contract import Contract
from noonbit.data.split import Split
from noonbit.errors import ArtefactError, DataError, UnfinishedRunWarning, UsageError
from noonbit.evaluation.cross_validation import evaluate_test
from noonbit.evaluation.inference import Predictions, predict
from noonbit.evaluation.metrics import Evaluation
from noonbit.evaluation.other_source import evaluate_source, prepare_whole
from noonbit.evaluation.torch_inference import NetworkClassifier
from noonbit.explain.explainer import TOP, Explainer, Explanation, Request
from noonbit.explain.method import Method
from noonbit.models.catalogue import build_for, outline_for
from noonbit.models.custom import CustomNetwork, is_custom
from noonbit.models.ensemble import Ensemble, Member
from noonbit.models.network_file import NetworkFile
from noonbit.models.tta import with_tta
from noonbit.runs.checkpoint import (
    load_state,
    read_checkpoint,
    read_tensors,
    require_finite,
    require_fitting,
)
from noonbit.runs.find import RUN_JSON, RUNS
from noonbit.runs.history import NAME as HISTORY
from noonbit.runs.history import read_history, write_history
from noonbit.runs.network_code import name_to_build, read_copies
from noonbit.runs.stored_evaluation import NAME as EVALUATION
from noonbit.runs.stored_evaluation import read_evaluation
from noonbit.system.artefacts import (
    damaged,
    parse_artefact,
    read_artefact_json,
    read_artefact_text,
    refuse,
    settings_of,
)
from noonbit.system.files import sync_folder, write, write_json, write_text
from noonbit.system.paths import absolute
from noonbit.system.runtime import Runtime
from noonbit.terminal import shell_word
from noonbit.training.state import EpochMetrics

LARGE_INPUT = 2**16
"""Values of an input from which a dense layer may take gigabytes, if the contract is not the
weights': they are then compared before the network is built."""
RECIPE, CONTRACT, SPLIT = "recipe.toml", "contract.json", "split.npz"
WEIGHTS, CHECKPOINT = "weights.safetensors", "checkpoint.safetensors"
DEVICE_LOCK = Lock()
"""Held while a network moves to a device, so that no thread uses it half moved."""


class Run:
    """A training, finished or not, as stored in its folder."""

    def __init__(self, path: Path, metadata: dict[str, Any]) -> None:
        self.path = path
        self.metadata = metadata
        self._placed: tuple[nn.Module, torch.device, torch.device | None] | None = None

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.metadata['status']})"

    @property
    def source(self) -> str:
        """The data that trained it, as the user named them."""
        return str(self.metadata["source"])

    @property
    def word(self) -> str:
        """The run as an argument of a command: its name inside runs/, else its path; quoted."""
        is_known = self.path.parent == absolute(RUNS) and not self.path.name.startswith("-")
        return shell_word(self.path.name if is_known else str(self.path))

    @cached_property
    def contract(self) -> Contract:
        """The contract of one input; see `Contract`."""
        path = self.path / CONTRACT
        contract = parse_artefact(TypeAdapter(Contract), read_artefact_json(path), path)
        if list(contract.class_names) != self.metadata["data"]["classes"]:
            refuse(path, "its classes are not those of run.json")
        return contract

    @cached_property
    def recipe(self) -> Recipe:
        """The resolved recipe."""
        path = self.path / RECIPE
        text = read_artefact_text(path)
        with settings_of(path), damaged(path):
            return Recipe.from_settings(tomllib.loads(text), origin=RECIPE)

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the network's outputs."""
        return self.contract.class_names

    @property
    def history(self) -> list[EpochMetrics]:
        """One row per epoch, in order; none before the first epoch is over, and for an ensemble."""
        is_finished = self.is_finished and not self.is_ensemble
        if not is_finished and not os.path.lexists(self.path / HISTORY):
            return []
        rows = read_history(self.path)
        if is_finished and len(rows) != self.metadata["result"]["epochs"]:
            refuse(self.path / HISTORY, f"it has {len(rows)} epochs, and run.json has others")
        return rows

    @property
    def evaluation(self) -> Evaluation | None:
        """The metrics of the test split; None before it was evaluated."""
        if not os.path.lexists(self.path / EVALUATION):
            return None
        return read_evaluation(self.path, self.class_names)

    @property
    def split(self) -> Split:
        """The stored split."""
        data, path = self.metadata["data"], self.path / SPLIT
        counts: dict[str, int] = {part: sum(data["counts"][part]) for part in PART_NAMES}
        split = Split.load(path, data["split"], counts, folds=self.folds)
        if self.is_finished and self.folds is not None and split.folds is None:
            refuse(path, "it does not say the fold of each item")
        return split

    @cached_property
    def model(self) -> nn.Module:
        """The network with its best weights, on the CPU, in evaluation mode.

        For an ensemble, an `Ensemble` of all members.
        """
        if not self.is_ensemble:
            self.require_rebuildable()
        weights, _ = self.best_weights()
        if self.is_without_code and math.prod(self.contract.preprocessor.shape) > LARGE_INPUT:
            require_fitting(weights, self.outline().state_dict(), self.weights_path)
        network = self.assemble(self.build)
        load_state(network, weights, self.weights_path)
        if not isinstance(network, Ensemble):
            return self.with_test_time_augmentation(network)
        for member in network.members:
            if not (member.get_buffer("temperature") > 0 and (member.get_buffer("std") > 0).all()):
                refuse(self.weights_path, "a member has a temperature or a deviation of 0 or less")
        return network.eval()

    def assemble(self, build: Callable[[Mapping[str, Any]], nn.Module]) -> nn.Module:
        """Make the untrained network of what `build` makes of a network in run.json."""
        model = self.metadata["model"]
        if not self.is_ensemble:
            return build(model)
        channels = self.contract.preprocessor.normalised_channels
        with settings_of(self.path / RUN_JSON):
            return Ensemble(
                [
                    Member.blank(with_tta(build(member), member["views"]), channels)
                    for member in model["members"]
                ],
                model["combine"],
            )

    def outline(self) -> nn.Module:
        """The network without its numbers, by which they are checked before it takes any memory.

        For some networks, PyTorch imports its compiler for that (2 s).
        """
        contract, path = self.contract, self.path / CONTRACT
        with settings_of(path), damaged(path), torch.device("meta"):
            return self.assemble(
                lambda network: outline_for(
                    contract.preprocessor,
                    name_to_build(self.path, network),
                    len(contract.class_names),
                )
            )

    def model_on(self, runtime: Runtime) -> nn.Module:
        """Return `model` on the runtime's device, in evaluation mode; moved there if necessary.

        Thread-safe as long as all threads use the same device, since there is only one network.
        """
        model = self.model
        with DEVICE_LOCK:
            # Compare the real device too, since other holders of the network may have moved it.
            if self._placed != (model, runtime.device, device_of(model)):
                runtime.to_device(model).eval()
                self._placed = (model, runtime.device, device_of(model))
        return model

    @cached_property
    def runtime(self) -> Runtime:
        """The default runtime for predictions: the whole machine, detected at the first use."""
        return Runtime.start()

    @property
    def is_ensemble(self) -> bool:
        """Whether the run is an ensemble or a cross-validation, of several networks."""
        return "members" in self.metadata["model"]

    @property
    def folds(self) -> int | None:
        """The number of folds of a cross-validation; None for any other run."""
        count: int | None = self.metadata.get("training", {"settings": {}})["settings"].get("folds")
        return count

    def build(self, network: Mapping[str, Any]) -> nn.Module:
        """Build a network of run.json for the run's inputs and classes, freshly initialised.

        Raises `ArtefactError` if it cannot be built, or is code that the user has not trusted.
        """
        name = name_to_build(self.path, network)
        try:
            return build_for(self.contract.preprocessor, name, len(self.class_names))
        except UsageError as error:
            raise ArtefactError(
                f"The network of {self.path.name} cannot be built: {error}"
            ) from error

    def network_files(self) -> list[NetworkFile]:
        """The run's copies of the files that its networks were built from, where they were.

        Raises as `network_code.read_copy`.
        """
        return read_copies(self.path, self.metadata["model"])

    def custom_networks(self) -> list[CustomNetwork]:
        """Those of them that are code; raises alike."""
        return [file for file in self.network_files() if isinstance(file, CustomNetwork)]

    def trust(self) -> None:
        """Let the code of the run's custom networks run, here and from now on."""
        for network in self.custom_networks():
            network.trust()

    def with_test_time_augmentation(self, model: nn.Module) -> nn.Module:
        """Wrap a trained network in the recipe's test-time augmentation; in evaluation mode."""
        with settings_of(self.path / RECIPE):
            return with_tta(model, self.recipe.test_time_augmentation or "none").eval()

    def require_rebuildable(self) -> None:
        """Raise `ArtefactError` for a network that was given as a Python object."""
        if self.metadata["model"]["python"]:
            raise ArtefactError(
                f"{self.path.name} was trained with the Python object "
                f"{self.metadata['model']['name']}, which a folder cannot keep. Load it with "
                "noonbit.load_run(path, model=your_module), or continue it with "
                "noonbit.resume(path, model=your_module)."
            )

    def best_weights(self) -> tuple[dict[str, Tensor], int | None]:
        """Return the state dict of the best epoch, so far if the training is not finished.

        Also the number of that epoch; None for an ensemble. Raises `ArtefactError` if there are no
        weights yet, or those of another network.
        """
        best_epoch: int | None
        if self.is_finished:
            weights, _ = read_tensors(self.weights_path)
            best_epoch = self.metadata["result"].get("best_epoch")
        else:
            self.require_best_so_far()
            checkpoint = read_checkpoint(self.weights_path)
            weights, best_epoch = checkpoint.best, checkpoint.state.best_epoch
        if self.is_without_code:
            require_finite(weights, self.weights_path)
        return weights, best_epoch

    @property
    def is_without_code(self) -> bool:
        """Whether every network is made by noonbit, of the catalogue or from a list of layers."""
        model = self.metadata["model"]
        names = [member["name"] for member in model.get("members", [model])]
        return not model["python"] and not any(map(is_custom, names))

    @property
    def is_finished(self) -> bool:
        """Whether the run is trained and evaluated."""
        return bool(self.metadata["status"] == "finished")

    @property
    def weights_path(self) -> Path:
        """The file of the best weights: the checkpoint's if the training is not finished."""
        return self.path / (WEIGHTS if self.is_finished else CHECKPOINT)

    def require_best_so_far(self) -> None:
        """Raise `ArtefactError` if a run that is not finished has no weights to answer with."""
        status = self.metadata["status"]
        again = f"Continue its training with: noonbit train --resume {self.word}"
        reason = f"its status is {status}"
        if status == "diverged":
            again = "Train anew with a smaller --learning-rate."
        elif self.is_ensemble:
            reason = "not all of its networks are trained"
        elif os.path.lexists(self.path / CHECKPOINT):
            if read_checkpoint(self.path / CHECKPOINT).state.best_epoch:
                return
            reason = "its first epoch is not over"
        raise ArtefactError(f"{self.path.name} has no weights yet: {reason}. {again}")

    def load_weights(self, model: nn.Module) -> None:
        """Load `best_weights` into a network; raises `ArtefactError` if they do not fit."""
        load_state(model, self.best_weights()[0], self.weights_path)

    def warn_if_unfinished(self) -> None:
        """Issue an `UnfinishedRunWarning` if the run answers with its best weights so far."""
        if self.is_finished or self.is_ensemble:
            return
        path = self.path / CHECKPOINT
        if os.path.lexists(path) and (epoch := read_checkpoint(path).state.best_epoch):
            warnings.warn(
                f"{self.path.name} is not finished. It answers with its best weights so far, of "
                f"epoch {epoch}; its probabilities are not calibrated yet. Continue with: noonbit "
                f"train --resume {self.word}",
                UnfinishedRunWarning,
                stacklevel=3,
            )

    def predict(
        self,
        inputs: Any,
        *,
        runtime: Runtime | None = None,
        options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    ) -> Predictions:
        """Predict classes and probabilities for files, folders, arrays, pictures or `Sentences`.

        `inputs` is a path or several, a Pillow image or several, or an array: one image (H, W) or
        (H, W, C), or many (N, H, W), (N, H, W, C) or (N, C, H, W), in the value range that the
        training data had. `options` say how to read a path. Thread-safe. A run that is not finished
        answers with its best weights so far, and warns with `UnfinishedRunWarning`. Raises
        `InputRefused` for inputs that the contract cannot take.
        """
        self.warn_if_unfinished()
        if isinstance(inputs, Tensor):
            inputs = inputs.detach().cpu().numpy()
        return predict(self.classifier(runtime or self.runtime), inputs, options=options)

    def classifier(self, runtime: Runtime) -> NetworkClassifier:
        """Return the network on the runtime's device with its contract."""
        return NetworkClassifier(self.model_on(runtime), self.contract, runtime)

    @cached_property
    def explainer(self) -> Explainer:
        """What explains the run's answers; keeps the features of its training items."""
        return Explainer(self.classifier(self.runtime), self.items)

    def explain(
        self,
        item: Any,
        *,
        class_name: str | None = None,
        method: Method | None = None,
        top: int = TOP,
        move: int | None = None,
    ) -> Explanation:
        """Explain one answer: a `PictureExplanation`, `SentenceExplanation`, `PositionExplanation`.

        `item` is a picture's path, a Pillow image or an array; a sentence; a game's path, of which
        `move` names the position; or the number of an item of the run's data. It is the most
        probable class that is explained, or `class_name`. `method` finds the regions of a picture;
        by default all that suit the network. `top` training pictures, n-grams or stones are named.
        Raises `UsageError` for what does not fit the network, `DataError` for what cannot be read,
        and `MissingExtra` without captum, which pictures need.
        """
        self.warn_if_unfinished()
        if isinstance(item, Tensor):
            item = item.detach().cpu().numpy()
        return self.explainer.explain(item, Request(class_name, method, top=top, move=move))

    def items(self, *, data_dir: Path | None = None) -> PreparedDataset:
        """Load the run's data set again, with the stored split.

        Raises `DataError` if it has changed, since metrics would not be comparable.
        """
        source = self.metadata["source_path"]
        if data_dir is None and self.metadata["data_dir"] is not None:
            data_dir = Path(self.metadata["data_dir"])
        items = load(
            source, self.recipe, data_dir=data_dir, preprocessor=self.contract.preprocessor
        )
        return self.with_stored_split(items)

    def with_stored_split(self, items: PreparedDataset) -> PreparedDataset:
        """Give items of the run's source, preprocessed as its own, the stored split.

        Raises `DataError` if the source has changed.
        """
        if items.fingerprint != self.metadata["data"]["fingerprint"]:
            raise DataError(
                f"{self.metadata['source_path']} has changed since {self.path.name} was trained on "
                "it, so its figures would not be comparable. Restore the data, or train again."
            )
        # Not drawn again, since another version might draw another split.
        split = replace(self.split, reasons=items.split.reasons)
        count = len(items.labels)
        for part in (split.train, split.validation, split.test):
            if len(part) and part[-1] >= count:
                refuse(self.path / SPLIT, f"it has item {part[-1]:,}, and the data {count:,} items")
        return replace(items, split=split)

    def evaluate(
        self,
        source: str | Path | None = None,
        *,
        data_dir: Path | None = None,
        options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    ) -> Evaluation:
        """Evaluate the run on its own test split, as its training did, or on another `source`.

        In a cross-validation, each network is evaluated on its own fold. Another `source` is used
        as a whole, or its test part if it has one; classes are matched by name. A run that is not
        finished is evaluated with its best weights so far, with `UnfinishedRunWarning`. The source
        is read as `options` say, else as the run's own was, if that fits it. Raises `DataError` for
        a class that the run does not know.
        """
        self.warn_if_unfinished()
        for network in self.custom_networks():
            network.require_trusted()  # before the data are loaded
        if source is None:
            items, runtime = self.items(data_dir=data_dir), Runtime.from_recipe(self.recipe)
            return evaluate_test(self.model_on(runtime), self.contract, items, runtime)[1]
        data = self.open_another(source, data_dir, options)
        items = prepare_whole(data, self.contract.preprocessor, on_bad=self.recipe.on_bad)
        if (
            self.folds is not None
            and data.test is None
            and items.fingerprint == self.metadata["data"]["fingerprint"]
        ):
            # All its items trained some of the networks, so each predicts its own fold only.
            return self.evaluate(data_dir=data_dir)
        classifier = self.classifier(Runtime.from_recipe(self.recipe))
        return evaluate_source(classifier, items, name=self.path.name)

    def open_another(
        self, source: str | Path, data_dir: Path | None, options: ReadOptions
    ) -> RawDataset:
        """Open another source than the run's own."""
        on_bad = self.recipe.on_bad
        if not options.given() and self.recipe.given():
            try:
                return open_data(source, data_dir=data_dir, on_bad=on_bad, options=self.recipe)
            except UsageError:  # what was said of the run's own source is not for this one
                pass
        return open_data(source, data_dir=data_dir, on_bad=on_bad, options=options)

    def update(self, **facts: Any) -> None:
        """Atomically update run.json; what was written before is on the disk then."""
        self.metadata.update(facts)
        write_json(self.path / RUN_JSON, self.metadata)
        sync_folder(self.path)

    def write_setup(self, settings: dict[str, Any], contract: Contract, split: Split) -> None:
        """Write recipe.toml, contract.json and split.npz."""
        write_text(self.path / RECIPE, tomli_w.dumps(settings))
        write_json(self.path / CONTRACT, contract.model_dump())
        write(self.path / SPLIT, split.save)

    def write_history(self, rows: Sequence[EpochMetrics]) -> None:
        """Write history.csv."""
        write_history(self.path, rows)

    def _repr_html_(self) -> str:
        """Return a card for notebooks: accuracy, network, data, and where report and files are."""
        from html import escape

        evaluation, epochs = self.evaluation, len(self.history)
        headline = escape(self.metadata["status"])
        if evaluation is not None:
            noun = self.contract.preprocessor.noun
            headline = (
                f"<b>{evaluation.accuracy:.2%}</b> of {evaluation.items:,} test {noun}s "
                f"(95 % interval {evaluation.accuracy_low:.2%} to {evaluation.accuracy_high:.2%})"
            )
        report = self.path / "report.html"
        link = (
            f' · <a href="{escape(report.as_uri())}" target="_blank">report</a>'
            if report.is_file()
            else ""
        )
        return (
            f"<div><b>{escape(self.path.name)}</b><br>{headline}<br>"
            f"{escape(str(self.metadata['model']['name']))} on {escape(self.metadata['source'])}"
            f"{f', {epochs} epochs' if epochs else ''}<br>"
            f"<code>{escape(str(self.path))}</code>{link}</div>"
        )


def device_of(model: nn.Module) -> torch.device | None:
    """Return the device of the first parameter; None without parameters."""
    first = next(model.parameters(), None)
    return None if first is None else first.device
