"""The runs of a folder in a list, each with its figures; quick, since it imports no PyTorch.

    listing = list_runs(Path("runs"))
    best = sort_runs(filter_runs(listing.runs, source="digits"), "accuracy", descending=True)[0]

Only run.json is read, and that there are weights. What is no run, or cannot be read, is said in a
sentence and does not end the list.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter

from noonbit.errors import ArtefactError, ArtefactNotFound, UsageError
from noonbit.runs.find import RUN_JSON
from noonbit.runs.lock import is_held
from noonbit.runs.stored_types import Amount, Count, Share, Stored, Time, read_known_format
from noonbit.system.artefacts import parse_artefact
from noonbit.system.paths import absolute, exists, is_folder, list_names

Status: TypeAlias = Literal["training", "interrupted", "finished", "diverged"]
Column: TypeAlias = Literal[
    "name", "source", "model", "status", "accuracy", "train_seconds", "parameters", "created"
]
"""By which runs are sorted."""
WEIGHTS = "weights.safetensors"


class _Network(Stored):
    name: str
    parameters: Count


class _Settings(Stored):
    folds: Count | None = None


class _Training(Stored):
    settings: _Settings


class _Machine(Stored):
    versions: dict[str, str]


class _Result(Stored):
    accuracy: Share | None
    accuracy_low: Share
    accuracy_high: Share
    test_items: Count
    train_seconds: Amount


class _RunJson(Stored):
    """The entries of run.json that a list shows; `run_json.RunEntry` has all of them."""

    status: Status
    created: Time
    source: str
    model: _Network
    machine: _Machine
    training: _Training | None = None
    result: _Result | None = None


RUN_JSON_ADAPTER = TypeAdapter(_RunJson)


@dataclass(frozen=True, slots=True)
class ListedRun:
    """What a list says of one run."""

    name: str
    """Of its folder."""
    path: Path
    source: str
    """The data, as the user named them."""
    model: str
    status: Status
    """`training` only while a process works on it."""
    created: datetime
    version: str
    """Of noonbit, which trained it."""
    parameters: int
    weights_bytes: int | None
    """None before there are weights."""
    split: Literal["test", "folds"]
    """On which items the accuracy is measured: of a cross-validation, on each fold by the network
    that did not train on it."""
    accuracy: float | None = None
    """None before a run is finished, and without test items."""
    accuracy_low: float | None = None
    """95 % interval, as in the run's report."""
    accuracy_high: float | None = None
    test_items: int | None = None
    train_seconds: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {
            "path": str(absolute(self.path)),
            "created": self.created.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Listing:
    """The runs of a folder, and what else lies there."""

    runs: tuple[ListedRun, ...]
    """By name."""
    others: tuple[str, ...]
    """A sentence for each folder that is no run, or cannot be read."""


def list_runs(folder: Path) -> Listing:
    """List the runs in a folder; files beside them, such as logs, are passed over.

    Raises `ArtefactNotFound` if there is no such folder, and `UsageError` for a run itself.
    """
    if exists(folder / RUN_JSON):
        raise UsageError(
            f"{folder} is a run itself. Give the folder that it lies in, or see its figures with "
            "noonbit evaluate."
        )
    if not is_folder(folder):
        raise ArtefactNotFound(f"{folder} is no folder. Give the one in which runs lie.")
    runs, others = [], []
    for name in sorted(list_names(folder)):
        path = folder / name
        if name.startswith(".") or not is_folder(path):
            continue
        if not exists(path / RUN_JSON):
            others.append(f"{path} is no run: it has no run.json.")
            continue
        try:
            runs.append(read_listed_run(path))
        except ArtefactError as error:
            others.append(str(error))
    return Listing(tuple(runs), tuple(others))


def read_listed_run(path: Path) -> ListedRun:
    """Read what a list says of a run; raises `ArtefactError` if its run.json cannot be used."""
    stored = parse_artefact(RUN_JSON_ADAPTER, read_known_format(path), path / RUN_JSON)
    status, result = stored.status, stored.result
    if status != "finished" and is_held(path):
        status = "training"
    elif status == "training":
        status = "interrupted"  # its process was killed
    has_folds = stored.training is not None and stored.training.settings.folds is not None
    return ListedRun(
        name=path.name,
        path=path,
        source=stored.source,
        model=stored.model.name,
        status=status,
        created=datetime.fromisoformat(stored.created).astimezone(),
        version=stored.machine.versions.get("noonbit", ""),
        parameters=stored.model.parameters,
        weights_bytes=file_bytes(path / WEIGHTS),
        split="folds" if has_folds else "test",
        **({} if result is None else result.model_dump()),
    )


def file_bytes(path: Path) -> int | None:
    """Return the size of a file; None if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def filter_runs(runs: Iterable[ListedRun], *, source: str = "", model: str = "") -> list[ListedRun]:
    """Return the runs whose source and network hold these texts, upper or lower case."""
    return [
        run
        for run in runs
        if source.casefold() in run.source.casefold() and model.casefold() in run.model.casefold()
    ]


def sort_runs(
    runs: Iterable[ListedRun], column: Column, *, descending: bool = False
) -> list[ListedRun]:
    """Return the runs by one of their figures; those without it come last, in either direction.

    Runs that are alike in it are sorted by name.
    """
    by_name = sorted(runs, key=lambda run: run.name)
    value = attrgetter(column)
    known = [run for run in by_name if value(run) is not None]
    unknown = [run for run in by_name if value(run) is None]
    return [*sorted(known, key=value, reverse=descending), *unknown]
