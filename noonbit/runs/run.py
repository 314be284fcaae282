"""A run: its folder's files, its network, and everything that can be done with both.

    run = load_run("last")               from noonbit.runs.folder
    run.predict("photo.png").labels
    run.evaluate("data/other.csv").accuracy

What lies in the folder is in stored_run.py; the network is built and loaded in network.py.
"""

import os
import warnings
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn

from noonbit.config.read_options import ReadOptions
from noonbit.data import open_data
from noonbit.data.dataset import RawDataset
from noonbit.data.prepared import PreparedDataset, load
from noonbit.errors import DataError, UnfinishedRunWarning, UsageError
from noonbit.evaluation.cross_validation import evaluate_test
from noonbit.evaluation.inference import Predictions, predict
from noonbit.evaluation.metrics import Evaluation
from noonbit.evaluation.other_source import evaluate_source, prepare_whole
from noonbit.evaluation.torch_inference import NetworkClassifier
from noonbit.explain.explainer import TOP, Explainer, Explanation, Request
from noonbit.explain.method import Method
from noonbit.runs.checkpoint import read_checkpoint
from noonbit.runs.network import load_network
from noonbit.runs.notebook_card import notebook_card
from noonbit.runs.stored_run import CHECKPOINT, SPLIT, StoredRun
from noonbit.system.artefacts import refuse
from noonbit.system.runtime import Runtime

DEVICE_LOCK = Lock()
"""Held while a network moves to a device, so that no thread uses it half moved."""


class Run(StoredRun):
    """A training, finished or not, that answers with its best weights."""

    def __init__(self, path: Path, metadata: dict[str, Any]) -> None:
        super().__init__(path, metadata)
        self._placed: tuple[nn.Module, torch.device, torch.device | None] | None = None
        self._first_layer: nn.Module | None = None

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.metadata['status']})"

    def _repr_html_(self) -> str:
        return notebook_card(self)

    @cached_property
    def model(self) -> nn.Module:
        """The network with its best weights, on the CPU, in evaluation mode.

        For an ensemble, an `Ensemble` of all members.
        """
        return load_network(self)

    def model_on(self, runtime: Runtime) -> nn.Module:
        """Return `model` on the runtime's device, in evaluation mode; moved there if necessary.

        Thread-safe as long as all threads use the same device, since there is only one network.
        """
        model = self.model
        with DEVICE_LOCK:
            # Compare the real device too, since other holders of the network may have moved it.
            if self._placed != (model, runtime.device, device_of(self._first_layer)):
                runtime.to_device(model).eval()
                self._first_layer = first_layer(model)
                self._placed = (model, runtime.device, device_of(self._first_layer))
        return model

    @cached_property
    def runtime(self) -> Runtime:
        """The default runtime for predictions: the whole machine, detected at the first use."""
        return Runtime.start()

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


def first_layer(model: nn.Module) -> nn.Module | None:
    """Return the first module that has parameters of its own; None without any."""
    return next((each for each in model.modules() if device_of(each) is not None), None)


def device_of(layer: nn.Module | None) -> torch.device | None:
    """Return the device of a layer's own parameters; None without any."""
    first = None if layer is None else next(layer.parameters(recurse=False), None)
    return None if first is None else first.device
