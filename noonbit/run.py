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
      predictions.parquet       of the test split: item, class, prediction, probability
      report.html               everything above for people

A run is never overwritten. A folder made by a later format is refused by name.
"""

import csv
import io
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from noonbit import __version__
from noonbit.atomic import read_json, write_json, write_text
from noonbit.checkpoint import load_weights
from noonbit.contract import Contract
from noonbit.errors import ArtefactError, UsageError
from noonbit.evaluate import Evaluation
from noonbit.fit import Epoch
from noonbit.models import build
from noonbit.predict import Predictions, predict
from noonbit.recipe import Recipe, explain
from noonbit.runtime import CPU_INFO, Runtime

FORMAT = 1
"""Of the run folder; raised when an older noonbit could no longer read a new one."""
RUNS = Path("runs")
"""Where runs are made and looked for, in the folder where a person works."""

Value = TypeVar("Value")


class Run:
    """A training, finished or not, as its folder tells it."""

    def __init__(self, path: Path, record: dict[str, Any]) -> None:
        self.path = path
        self.record = record

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.record['status']})"

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
    def history(self) -> list[Epoch]:
        """One row an epoch, in order."""
        path = self.path / "history.csv"
        if not path.exists():
            return []
        with path.open(newline="", encoding="utf-8") as file:
            return parse(TypeAdapter(list[Epoch]), list(csv.DictReader(file)), path)

    @property
    def evaluation(self) -> Evaluation | None:
        """The figures of the test split, once they were measured."""
        path = self.path / "evaluation.json"
        if not path.exists():
            return None
        return parse(TypeAdapter(Evaluation), read_json(path), path)

    @cached_property
    def model(self) -> nn.Module:
        """The network with its best weights, on the processor, ready to predict."""
        framing = self.contract.framing
        model = build(
            self.model_name,
            len(self.class_names),
            framing.channels,
            (framing.height, framing.width),
        )
        self.load_weights(model)
        return model.eval()

    @property
    def model_name(self) -> str:
        """What builds the network anew; raises `ArtefactError` where only Python code could."""
        name: str = self.record["model"]["name"]
        if self.record["model"]["python"]:
            raise ArtefactError(
                f"{self.path.name} was trained with the Python object {name}, which a folder "
                "cannot keep. Load it with noonbit.load_run(path, model=your_module), or continue "
                "it with noonbit.resume(path, model=your_module)."
            )
        return name

    def load_weights(self, model: nn.Module) -> None:
        """Fill a network with the best weights, which a run has once its training has ended."""
        path, status = self.path / "weights.safetensors", self.record["status"]
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
        """Class names and probabilities for files, folders, arrays or pictures.

        `inputs` is a path or several, a Pillow image or several, or an array: one image (H, W) or
        (H, W, C), or many (N, H, W), (N, H, W, C) or (N, C, H, W), in the value range that the
        training data had. Raises `InputRefused` for what the contract cannot take.
        """
        runtime = runtime or Runtime.start()
        return predict(runtime.place(self.model), self.contract, inputs, runtime)

    def update(self, **facts: Any) -> None:
        """Write facts into run.json, in one step."""
        self.record.update(facts)
        write_json(self.path / "run.json", self.record)

    def write_history(self, rows: Sequence[Epoch]) -> None:
        """Put history.csv in place."""
        text = io.StringIO()
        writer = csv.DictWriter(
            text, [column.name for column in fields(Epoch)], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
        write_text(self.path / "history.csv", text.getvalue())

    def _repr_html_(self) -> str:
        """A card for notebooks."""
        from html import escape

        evaluation = self.evaluation
        headline = escape(self.record["status"])
        if evaluation is not None:
            headline = (
                f"<b>{evaluation.accuracy:.2%}</b> of {evaluation.images:,} test images "
                f"(95 % interval {evaluation.accuracy_low:.2%} to {evaluation.accuracy_high:.2%})"
            )
        return (
            f"<div><b>{escape(self.path.name)}</b><br>{headline}<br>"
            f"{escape(str(self.record['model']['name']))} on {escape(self.record['source'])}, "
            f"{len(self.history)} epochs<br><code>{escape(str(self.path))}</code></div>"
        )


def create(
    out: Path | None, *, model: str, source: str, record: dict[str, Any], runs: Path = RUNS
) -> Run:
    """A new run folder, named after time, model and data, or `out`. Never an existing one."""
    if out is None:
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        out = runs / f"{stamp}-{slug(model)}-{slug(source)}"
        suffix = 2
        while out.exists():
            out = out.with_name(f"{stamp}-{suffix}-{slug(model)}-{slug(source)}")
            suffix += 1
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        instead = f", or continue it with --resume {out}" if (out / "run.json").exists() else ""
        raise UsageError(
            f"{out} already exists, and nothing is ever overwritten. Choose another --out{instead}."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtefactError(
            f"{out} cannot be made: {error}. Choose another folder with --out."
        ) from None
    run = Run(out.resolve(), {"format": FORMAT, "status": "training", **record})
    run.update()
    return run


def slug(text: str) -> str:
    """A name that is safe in a path: `../data/my digits.csv` -> `my-digits`."""
    stem = Path(text.rpartition(":")[0] or text).name.split(".")[0] or "data"
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in stem)[:40]


def load_run(
    name: str | Path = "last", *, runs: Path = RUNS, model: nn.Module | None = None
) -> Run:
    """A run by its path, a unique beginning of its name, or `last`.

    `model` is the network of a run that was trained with a Python object. Raises `ArtefactError`
    for a folder that is no run, is damaged, or was made by a later noonbit.
    """
    path = find_run(name, runs)
    record = read_json(path / "run.json")
    number = record.get("format") if isinstance(record, dict) else None
    if not isinstance(number, int):
        raise ArtefactError(f"{path / 'run.json'} has no format number; it is no run of noonbit's.")
    if number > FORMAT:
        raise ArtefactError(
            f"{path} has run format {number}; this noonbit {__version__} reads up to {FORMAT}. "
            "Update noonbit to open it."
        )
    run = Run(path.resolve(), record)
    if model is not None:
        run.load_weights(model)
        run.model = model.eval()
    return run


def parse(kind: TypeAdapter[Value], value: Any, path: Path) -> Value:
    """A file's plain values as what they stand for; raises `ArtefactError` where they do not."""
    try:
        return kind.validate_python(value)
    except ValidationError as error:
        raise ArtefactError(
            f"{path} is damaged: {explain(error)[0]}. Restore it, or train again."
        ) from None


def find_run(name: str | Path, runs: Path) -> Path:
    """The folder that a user means."""
    path = Path(name)
    if (path / "run.json").is_file():
        return path
    if path.is_file():
        raise ArtefactError(f"{path} is a file, not a run folder; the run comes first.")
    if path.is_dir() and str(name) != "last":
        raise ArtefactError(f"{path} is not a run: it has no run.json.")
    found = sorted(entry.parent for entry in runs.glob("*/run.json"))
    if not found:
        raise ArtefactError(
            f"There is no run in {runs.resolve()}. Make one with `noonbit train SOURCE`, "
            "or give the path of a run folder."
        )
    if str(name) == "last":
        return max(found, key=lambda entry: (entry / "run.json").stat().st_mtime_ns)
    matches = [entry for entry in found if entry.name.startswith(str(name))]
    if len(matches) == 1:
        return matches[0]
    names = ", ".join(entry.name for entry in (matches or found)[-5:])
    what = "Several runs begin" if matches else "No run begins"
    raise ArtefactError(
        f"{what} with '{name}' in {runs.resolve()}. "
        f"{'They are' if matches else 'The latest are'}: {names}."
    )


def describe_machine(runtime: Runtime) -> dict[str, Any]:
    """The facts that a figure needs beside it."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor_name(),
        "device": str(runtime.device)
        if runtime.device.type == "cpu"
        else torch.cuda.get_device_name(runtime.device),
        "threads": runtime.threads,
        "precision": runtime.precision,
        "versions": {"noonbit": __version__}
        | {name: version(name) for name in ("torch", "numpy", "pillow", "pyarrow")},
        "command": sys.argv,
    }


def processor_name() -> str:
    """As Linux knows it, else what Python says."""
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
