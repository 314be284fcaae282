"""Reads and writes the files of a run folder; run.py predicts with them.

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

import os
import tomllib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import TypeAdapter

from noonbit.config.recipe import Recipe
from noonbit.data.dataset import PART_NAMES
from noonbit.data.preprocess.contract import Contract
from noonbit.data.split import Split
from noonbit.evaluation.metrics import Evaluation
from noonbit.models.custom import CustomNetwork, is_custom
from noonbit.models.network_file import NetworkFile
from noonbit.runs.find import RUN_JSON, RUNS
from noonbit.runs.history import NAME as HISTORY
from noonbit.runs.history import read_history, write_history
from noonbit.runs.network_code import read_copies
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
from noonbit.terminal import shell_word
from noonbit.training.state import EpochMetrics

RECIPE, CONTRACT, SPLIT = "recipe.toml", "contract.json", "split.npz"
WEIGHTS, CHECKPOINT = "weights.safetensors", "checkpoint.safetensors"


class StoredRun:
    """A training, finished or not, as its folder keeps it."""

    def __init__(self, path: Path, metadata: dict[str, Any]) -> None:
        self.path = path
        self.metadata = metadata
        """The entries of run.json."""

    @property
    def source(self) -> str:
        """The data that trained it, as the user named them."""
        return str(self.metadata["source"])

    @property
    def word(self) -> str:
        """The run as an argument of a command: its name inside runs/, else its path; quoted."""
        is_known = self.path.parent == absolute(RUNS) and not self.path.name.startswith("-")
        return shell_word(self.path.name if is_known else str(self.path))

    @property
    def is_finished(self) -> bool:
        """Whether the run is trained and evaluated."""
        return bool(self.metadata["status"] == "finished")

    @property
    def is_ensemble(self) -> bool:
        """Whether the run is an ensemble or a cross-validation, of several networks."""
        return "members" in self.metadata["model"]

    @property
    def folds(self) -> int | None:
        """The number of folds of a cross-validation; None for any other run."""
        count: int | None = self.metadata.get("training", {"settings": {}})["settings"].get("folds")
        return count

    @property
    def is_without_code(self) -> bool:
        """Whether every network is made by noonbit, of the catalogue or from a list of layers."""
        model = self.metadata["model"]
        names = [member["name"] for member in model.get("members", [model])]
        return not model["python"] and not any(map(is_custom, names))

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

    @property
    def weights_path(self) -> Path:
        """The file of the best weights: the checkpoint's if the training is not finished."""
        return self.path / (WEIGHTS if self.is_finished else CHECKPOINT)

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
