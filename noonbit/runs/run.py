"""The run folder: the interface of everything that happens after training.

    runs/20261122-141502-glance-mnist/
      run.json                  status, data, machine, versions, command, result; a format number
      recipe.toml               the resolved recipe; --config takes it back
      contract.json             what one input must be
      split.npz                 the item numbers of train, validation and test
      history.csv               one row an epoch
      weights.safetensors       the best by validation
      checkpoint.safetensors    where the training stands, for --resume
      evaluation.json           the measured figures of the test split
      predictions.parquet       of the test split: item, (fold,) class, prediction, probability
      report.html               everything above for people
      members/                  of an ensemble that was trained: a run folder for each member

An ensemble of networks is a run too: its weights are those of all members, so it needs none of
their folders, and it has no history and no checkpoint of its own. So are the networks of a
cross-validation, each of which answers for the fold that it did not learn. A run is never
overwritten. A folder made by a later format is refused by name.
"""

import csv
import io
import shlex
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import tomli_w
import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from noonbit.config.recipe import Recipe
from noonbit.config.recipe import validation_reasons as reasons_of
from noonbit.data import open_data
from noonbit.data.dataset import PART_NAMES, Indices
from noonbit.data.loader import values_at
from noonbit.data.prepared import PreparedDataset, load, prepare
from noonbit.data.preprocess.contract import Contract
from noonbit.data.split import Split
from noonbit.errors import ArtefactError, DataError, UsageError
from noonbit.evaluation.attribution import Explanation, explain
from noonbit.evaluation.cross_validation import evaluate_test
from noonbit.evaluation.inference import Predictions, predict, predict_probabilities
from noonbit.evaluation.metrics import Evaluation, evaluate
from noonbit.models.catalogue import build_for
from noonbit.models.ensemble import Ensemble, Member
from noonbit.models.tta import with_tta
from noonbit.runs.checkpoint import load_weights
from noonbit.system.files import read_json, write, write_json, write_text
from noonbit.system.runtime import Runtime
from noonbit.training.state import EpochMetrics

FORMAT = 1
"""Of the run folder; raised when an older noonbit could no longer read a new one."""
RUNS = Path("runs")
"""Where runs are made and looked for, in the folder where a person works."""
PLACING = Lock()
"""Held while a network is brought to a device, so that no thread uses a part of it on the way."""

Value = TypeVar("Value")


class Run:
    """A training, finished or not, as its folder tells it."""

    def __init__(self, path: Path, metadata: dict[str, Any]) -> None:
        self.path = path
        self.metadata = metadata
        self._placed: tuple[nn.Module, torch.device, torch.device | None] | None = None

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.metadata['status']})"

    @property
    def word(self) -> str:
        """What a command takes for this run: its name inside runs/, else its path."""
        known = self.path.parent == RUNS.resolve()
        return shlex.quote(self.path.name if known else str(self.path))

    @cached_property
    def contract(self) -> Contract:
        """What one input must be."""
        path = self.path / "contract.json"
        return parse(TypeAdapter(Contract), read_json(path), path)

    @cached_property
    def recipe(self) -> Recipe:
        """The resolved recipe."""
        path = self.path / "recipe.toml"
        try:
            return Recipe.load(path)
        except UsageError as error:
            raise ArtefactError(f"{error} Restore the run's recipe, or train again.") from None

    @property
    def class_names(self) -> tuple[str, ...]:
        """In the order of the network's outputs."""
        return self.contract.class_names

    @property
    def history(self) -> list[EpochMetrics]:
        """One row an epoch, in order."""
        path = self.path / "history.csv"
        if not path.exists():
            return []
        with path.open(newline="", encoding="utf-8") as file:
            return parse(TypeAdapter(list[EpochMetrics]), list(csv.DictReader(file)), path)

    @property
    def evaluation(self) -> Evaluation | None:
        """The figures of the test split, once they were measured."""
        path = self.path / "evaluation.json"
        if not path.exists():
            return None
        return parse(TypeAdapter(Evaluation), read_json(path), path)

    @cached_property
    def model(self) -> nn.Module:
        """The network with its best weights, on the processor, ready to predict.

        Of an ensemble, an `Ensemble` of all of them.
        """
        about = self.metadata["model"]
        if not self.is_ensemble:
            self.require_rebuildable()
            network = self.build(about["name"])
            self.load_weights(network)
            return self.answering(network)
        ensemble = Ensemble(
            [
                Member.blank(
                    with_tta(self.build(member["name"]), member["views"]),
                    self.contract.preprocessor.normalised_channels,
                )
                for member in about["members"]
            ],
            about["combine"],
        )
        self.load_weights(ensemble)
        return ensemble.eval()

    def model_on(self, runtime: Runtime) -> nn.Module:
        """`model` on the runtime's device, in evaluation; brought there where it is not yet.

        For any number of threads that agree on the device: there is one network, which moves.
        """
        model = self.model
        with PLACING:
            # Where it is, too: whoever else holds the network may have moved it.
            if self._placed != (model, runtime.device, device_of(model)):
                runtime.to_device(model).eval()
                self._placed = (model, runtime.device, device_of(model))
        return model

    @cached_property
    def runtime(self) -> Runtime:
        """The whole machine, as it was when it was first asked to predict."""
        return Runtime.start()

    @property
    def is_ensemble(self) -> bool:
        """Whether several networks answer as one here."""
        return "members" in self.metadata["model"]

    @property
    def folds(self) -> int | None:
        """How many folds a cross-validation has; None for any other run."""
        count: int | None = self.metadata.get("training", {"settings": {}})["settings"].get("folds")
        return count

    def build(self, name: str) -> nn.Module:
        """A network of this name for the run's inputs and classes, freshly initialised."""
        return build_for(self.contract.preprocessor, name, len(self.class_names))

    def answering(self, model: nn.Module) -> nn.Module:
        """A trained network as it answers: with its recipe's test-time augmentation."""
        return with_tta(model, self.recipe.test_time_augmentation or "none").eval()

    def require_rebuildable(self) -> None:
        """Raise `ArtefactError` for a network that only Python code could build anew."""
        if self.metadata["model"]["python"]:
            raise ArtefactError(
                f"{self.path.name} was trained with the Python object "
                f"{self.metadata['model']['name']}, which a folder cannot keep. Load it with "
                "noonbit.load_run(path, model=your_module), or continue it with "
                "noonbit.resume(path, model=your_module)."
            )

    def load_weights(self, model: nn.Module) -> None:
        """Fill a network with the best weights, which a run has once its training has ended."""
        path, status = self.path / "weights.safetensors", self.metadata["status"]
        if status != "finished" and not path.exists():
            again = (
                "Train anew with a smaller --learning-rate."
                if status == "diverged"
                else f"Continue its training with: noonbit train --resume {self.word}"
            )
            raise ArtefactError(
                f"{self.path.name} has no weights yet: its status is {status}. {again}"
            )
        load_weights(path, model)

    def predict(self, inputs: Any, *, runtime: Runtime | None = None) -> Predictions:
        """Class names and probabilities for files, folders, arrays, pictures or `Sentences`.

        `inputs` is a path or several, a Pillow image or several, or an array: one image (H, W) or
        (H, W, C), or many (N, H, W), (N, H, W, C) or (N, C, H, W), in the value range that the
        training data had. Several threads may ask at once. Raises `InputRefused` for what the
        contract cannot take.
        """
        runtime = runtime or self.runtime
        return predict(self.model_on(runtime), self.contract, inputs, runtime)

    def explain(self, texts: Sequence[str]) -> list[Explanation]:
        """Which n-grams decided about some sentences; see `noonbit.evaluation.attribution`.

        Raises `UsageError` for a run of another network than sentence-cnn and its forms.
        """
        return explain(self.model, self.contract, texts)

    def items(self, *, data_dir: Path | None = None) -> PreparedDataset:
        """What the run was trained on, opened again.

        Raises `DataError` where it is no longer the same, since figures would not be comparable.
        """
        source = self.metadata["source_path"]
        if data_dir is None and self.metadata["data_dir"] is not None:
            data_dir = Path(self.metadata["data_dir"])
        items = load(
            source, self.recipe, data_dir=data_dir, preprocessor=self.contract.preprocessor
        )
        return self.as_split(items)

    def as_split(self, items: PreparedDataset) -> PreparedDataset:
        """Items of its source, framed as its own are, with the split that it was trained on.

        Raises `DataError` where the source is no longer the same.
        """
        if items.fingerprint != self.metadata["data"]["fingerprint"]:
            raise DataError(
                f"{self.metadata['source_path']} has changed since {self.path.name} was trained on "
                "it, so its figures would not be comparable. Restore the data, or train again."
            )
        # The stored split, not one drawn again: another version might draw others.
        return replace(items, split=Split.load(self.path / "split.npz", items.split.reasons))

    def evaluate(
        self, source: str | Path | None = None, *, data_dir: Path | None = None
    ) -> Evaluation:
        """Measure the run on its own test split again: the figures that its training printed.

        Of a cross-validation, each network again on its own fold. Or on another `source`, all of
        it, or its test part if it has one; classes are matched by name. Raises `DataError` where
        that has a class which the run does not know.
        """
        if source is None:
            items, runtime = self.items(data_dir=data_dir), Runtime.from_recipe(self.recipe)
            return evaluate_test(self.model_on(runtime), self.contract, items, runtime)[1]
        data = open_data(source, data_dir=data_dir, on_bad=self.recipe.on_bad)
        items = prepare(data, self.contract.preprocessor, on_bad=self.recipe.on_bad)
        if (
            self.folds is not None
            and data.test is None
            and items.fingerprint == self.metadata["data"]["fingerprint"]
        ):
            # Every item of it trained some of the networks; none is asked about those.
            return self.evaluate(data_dir=data_dir)
        unknown = [name for name in data.class_names if name not in self.class_names]
        if unknown:
            raise DataError(
                f"{source} has the class '{unknown[0]}', which {self.path.name} was not trained "
                f"on. Its classes are: {', '.join(self.class_names)}."
            )
        numbers = np.array([self.class_names.index(name) for name in data.class_names], np.int64)
        if data.test is not None:
            return self.measure(items, items.split.test, numbers[items.labels], "test")
        everything = np.sort(np.concatenate([items.indices(part) for part in PART_NAMES]))
        return self.measure(items, everything, numbers[items.labels], "all")

    def measure(
        self, items: PreparedDataset, indices: Indices, labels: Indices, split: str
    ) -> Evaluation:
        """The figures of the items at `indices`, by `labels` (N,) in the run's own classes."""
        runtime = Runtime.from_recipe(self.recipe)
        values = values_at(items.values, indices, runtime.device)
        probabilities = predict_probabilities(
            self.model_on(runtime), self.contract, values, runtime
        )
        return evaluate(
            probabilities,
            labels[indices],
            self.class_names,
            split=split,
            groups=items.groups(indices),
        )

    def update(self, **facts: Any) -> None:
        """Write facts into run.json, in one step."""
        self.metadata.update(facts)
        write_json(self.path / "run.json", self.metadata)

    def write_decisions(
        self, settings: dict[str, Any], contract: Contract, split: Split
    ) -> None:
        """Put recipe.toml, contract.json and split.npz in place."""
        write_text(self.path / "recipe.toml", tomli_w.dumps(settings))
        write_json(self.path / "contract.json", contract.model_dump())
        write(self.path / "split.npz", split.save)

    def write_history(self, rows: Sequence[EpochMetrics]) -> None:
        """Put history.csv in place."""
        text = io.StringIO()
        writer = csv.DictWriter(
            text, [column.name for column in fields(EpochMetrics)], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
        write_text(self.path / "history.csv", text.getvalue())

    def _repr_html_(self) -> str:
        """A card for notebooks."""
        from html import escape

        evaluation, epochs = self.evaluation, len(self.history)
        headline = escape(self.metadata["status"])
        if evaluation is not None:
            noun = self.contract.preprocessor.noun
            headline = (
                f"<b>{evaluation.accuracy:.2%}</b> of {evaluation.items:,} test {noun}s "
                f"(95 % interval {evaluation.accuracy_low:.2%} to {evaluation.accuracy_high:.2%})"
            )
        return (
            f"<div><b>{escape(self.path.name)}</b><br>{headline}<br>"
            f"{escape(str(self.metadata['model']['name']))} on {escape(self.metadata['source'])}"
            f"{f', {epochs} epochs' if epochs else ''}<br>"
            f"<code>{escape(str(self.path))}</code></div>"
        )


def device_of(model: nn.Module) -> torch.device | None:
    """Where its first parameter is; None without any."""
    first = next(model.parameters(), None)
    return None if first is None else first.device


def parse(kind: TypeAdapter[Value], value: Any, path: Path) -> Value:
    """A file's plain values as what they stand for; raises `ArtefactError` where they do not."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        raise ArtefactError(
            f"{path} is damaged: {reasons_of(error)[0]}. Restore it, or train again."
        ) from None
