"""Whether an exported file answers as its run does: both answer the run's test items.

A file that disagrees is worse than none, so every export ends with this comparison, and a file
that fails is not left behind.
"""

import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.base import Values
from noonbit.errors import ArtefactError, CheckFailed, DataError
from noonbit.evaluation.torch_inference import predict_logits
from noonbit.export.onnx_model import Outputs
from noonbit.export.sampling import MOST_ITEMS, take_evenly
from noonbit.runs.run import Run
from noonbit.system.artefacts import read_artefact_json
from noonbit.system.files import write_json

Answer: TypeAlias = Callable[[NDArray[Any]], Outputs]
"""Values (N, *shape) -> what an exported file answers."""

RANDOM_ITEMS = 256
"""Made-up inputs that are compared where the run's data are not here."""
ITEMS_AT_ONCE = 1_024
MOST_DIFFERENCE = 1e-4
"""Of two probabilities. Sums in another order give 1e-6 to 1e-5; a wrong layer gives far more."""
PARITY = "parity.json"
PACKAGES = ("noonbit", "torch", "onnx", "onnxscript", "onnxruntime", "numpy")


@dataclass(frozen=True, slots=True)
class ParityItems:
    """Inputs on which files are compared with the run."""

    values: Values
    """Of the whole data set (N, *shape)."""
    rows: NDArray[np.int64]
    """Those that are compared."""
    described: str
    """`test items`, or what was taken instead."""

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, first: int) -> NDArray[Any]:
        """The inputs from number `first` on, at most `ITEMS_AT_ONCE`."""
        return np.asarray(self.values[self.rows[first : first + ITEMS_AT_ONCE]])


@dataclass(frozen=True, slots=True)
class Parity:
    """How far the answers of a file are from those of its run."""

    file: str
    items: int
    compared_on: str
    worst_probability_difference: float
    worst_logit_difference: float
    agreeing_classes: int
    """Items for which both name the same class, or two that are as probable within the bound."""
    most_difference: float
    versions: dict[str, str]

    @property
    def holds(self) -> bool:
        """Whether the file answers as the run does."""
        return (
            self.worst_probability_difference <= self.most_difference
            and self.agreeing_classes == self.items
        )

    def describe(self) -> str:
        """Return `2,000 of 2,000 test items agree, worst difference 2.1e-07`."""
        return (
            f"{self.agreeing_classes:,} of {self.items:,} {self.compared_on} agree, worst "
            f"difference {self.worst_probability_difference:.1e}"
        )

    def require(self) -> None:
        """Raise `CheckFailed` if the file does not answer as the run does."""
        if not self.holds:
            raise CheckFailed(
                f"The exported file does not answer as the run does, so it was not kept: "
                f"{self.describe()}; up to {self.most_difference:g} is rounding. Please report it "
                "with the name of the network."
            )


def parity_items(run: Run, items: PreparedDataset | None) -> ParityItems:
    """Return what files of a run are compared on: at most 10,000 of its test items.

    `items` are those of its data; where these are not here (None), made-up inputs serve. A run
    without a test split is compared on its validation items, else on those that trained it.
    """
    if items is not None:
        for part, described in (
            ("test", "test items"),
            ("validation", "validation items"),
            ("train", "training items"),
        ):
            rows = items.indices(part)
            if len(rows):
                return ParityItems(items.values, take_evenly(rows, MOST_ITEMS), described)
    preprocessor, random = run.contract.preprocessor, np.random.default_rng(0)
    values = preprocessor.random_values(RANDOM_ITEMS, random)
    return ParityItems(values, np.arange(RANDOM_ITEMS), "made-up inputs")


def items_if_here(run: Run, data_dir: Path | None) -> tuple[PreparedDataset | None, str | None]:
    """Return the run's data, or why they cannot be used."""
    try:
        return run.items(data_dir=data_dir), None
    except DataError as error:
        return None, str(error)


def measure_parity(run: Run, inputs: ParityItems, answer: Answer, file: str) -> Parity:
    """Compare the answers of a file with those of its run."""
    temperature = run.contract.temperature
    worst_logit = worst_probability = 0.0
    agreeing = 0
    for first in range(0, len(inputs), ITEMS_AT_ONCE):
        values = inputs.batch(first)
        logits = predict_logits(
            run.model_on(run.runtime), run.contract, torch.from_numpy(values), run.runtime
        )
        wanted = (torch.from_numpy(logits) / temperature).softmax(dim=1).numpy()
        outputs = answer(values)
        worst_logit = max(worst_logit, largest_difference(outputs.logits, logits))
        worst_probability = max(
            worst_probability, largest_difference(outputs.probabilities, wanted)
        )
        each, named = np.arange(len(values)), outputs.probabilities.argmax(axis=1)
        agreeing += int((wanted[each, named] >= wanted.max(axis=1) - MOST_DIFFERENCE).sum())
    return Parity(
        file=file,
        items=len(inputs),
        compared_on=inputs.described,
        worst_probability_difference=worst_probability,
        worst_logit_difference=worst_logit,
        agreeing_classes=agreeing,
        most_difference=MOST_DIFFERENCE,
        versions=versions(),
    )


def largest_difference(given: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """Return the largest absolute difference; infinite where one is not a number."""
    difference = np.abs(given.astype(np.float64) - wanted)
    return float(np.nan_to_num(difference, nan=np.inf).max(initial=0.0))


def versions() -> dict[str, str]:
    """Return the versions of all that took part."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def add_to_record(folder: Path, file: str, facts: dict[str, Any]) -> None:
    """Write what was measured of a file into `parity.json` beside it, as its one entry."""
    path = folder / PARITY
    try:
        record = read_artefact_json(path)
    except ArtefactError:  # there is none, or it is damaged, and is made anew
        record = {}
    write_json(path, {**(record if isinstance(record, dict) else {}), file: facts})


def plain_facts(parity: Parity) -> dict[str, Any]:
    """Return the fields of a comparison for JSON, without the name of the file."""
    facts = asdict(parity)
    del facts["file"]
    return facts
