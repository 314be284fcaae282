"""Is one run better than another? A paired comparison on the test items that both were tested on.

    comparison = compare_runs(reference, other)
    comparison.verdict                "better", "worse" or "undecided"
    comparison.gain                   accuracy of `other` minus that of `reference`

Two runs on the same items err on much the same ones, so their difference is known far better than
either accuracy; `noonbit.evaluation.significance` has the statistics. The verdict is that of the
95 % interval of the difference: `better` above zero, `worse` below it, else `undecided`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from statistics import median
from typing import Any, Literal, TypeAlias

import numpy as np

from noonbit.data.dataset import Indices
from noonbit.errors import ArtefactError, UsageError, join_first
from noonbit.evaluation.significance import Gain, mcnemar_p, paired_gain
from noonbit.runs.differences import Difference, find_differences
from noonbit.runs.listing import file_bytes
from noonbit.runs.predictions import StoredPredictions, read_predictions
from noonbit.runs.run import Run
from noonbit.runs.training_notes import flattery_note
from noonbit.runs.value_text import format_p, format_points, format_value
from noonbit.system.paths import absolute

Verdict: TypeAlias = Literal["better", "worse", "undecided"]


@dataclass(frozen=True, slots=True)
class RunFigures:
    """The figures of a run by itself."""

    name: str
    path: str
    source: str
    model: str
    split: str
    """`test`, or of a cross-validation `folds`."""
    items: int
    accuracy: float
    accuracy_low: float
    """95 % interval, of this accuracy alone."""
    accuracy_high: float
    loss: float
    calibration_error: float
    train_seconds: float
    items_per_second: float | None
    """Of the training, the median over its epochs; None for an ensemble."""
    parameters: int
    multiply_adds: int
    weights_bytes: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    @classmethod
    def of(cls, run: Run) -> "RunFigures":
        """Read the figures of a run; raises `ArtefactError` if it has none yet."""
        evaluation, metadata, history = run.evaluation, run.metadata, run.history
        if evaluation is None or not run.is_finished:
            raise ArtefactError(
                f"{run.path.name} has no test figures yet, since its training did not end. "
                f"Continue it with: noonbit train --resume {run.word}"
            )
        return cls(
            name=run.path.name,
            path=str(run.path),
            source=run.source,
            model=metadata["model"]["name"],
            split=evaluation.split,
            items=evaluation.items,
            accuracy=evaluation.accuracy,
            accuracy_low=evaluation.accuracy_low,
            accuracy_high=evaluation.accuracy_high,
            loss=evaluation.loss,
            calibration_error=evaluation.calibration_error,
            train_seconds=metadata["result"]["train_seconds"],
            items_per_second=median(row.items_per_second for row in history) if history else None,
            parameters=metadata["model"]["parameters"],
            multiply_adds=metadata["model"]["multiply_adds"],
            weights_bytes=file_bytes(run.weights_path),
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a run compares with a reference."""

    reference: RunFigures
    other: RunFigures
    matched_by: Literal["item", "name"]
    """How shared test items were found: by their number in the same data, or by name and class."""
    shared_items: int
    reference_correct: int
    """Of the shared items."""
    other_correct: int
    only_reference: int
    """Shared items that the reference alone got right."""
    only_other: int
    gain: Gain
    """The accuracy of `other` minus that of `reference` on the shared items, with its 95 %
    interval: Newcombe's of paired shares, or over groups."""
    p_value: float | None
    """Of McNemar's test (mid-p); None for items in groups, which are not independent."""
    groups: int | None
    """How many groups, such as games, the shared items come in; None for independent items."""
    differences: tuple[Difference, ...]
    """Settings in which the two differ."""
    notes: tuple[str, ...]
    """What a person should know beside."""

    @property
    def verdict(self) -> Verdict:
        """`better` or `worse` than the reference if the interval of the gain excludes zero."""
        if self.gain.low > 0:
            return "better"
        return "worse" if self.gain.high < 0 else "undecided"

    @property
    def sentence(self) -> str:
        """The verdict in words, with its figures."""
        names = self.other.name, self.reference.name
        start = {
            "better": "{} is better than {}",
            "worse": "{} is worse than {}",
            "undecided": "{} and {} cannot be told apart",
        }[self.verdict].format(*names)
        test = "" if self.p_value is None else f"; McNemar's test p {format_p(self.p_value)}"
        grouped = "" if self.groups is None else f" in {self.groups:,} groups"
        return (
            f"{start}: {format_points(self.gain.gain)} points on the {self.shared_items:,} test "
            f"items that both have{grouped} (95 % interval {format_points(self.gain.low)} to "
            f"{format_points(self.gain.high)}; {self.only_other:,} only the former has right, "
            f"{self.only_reference:,} only the latter{test})"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self) | {"verdict": self.verdict, "sentence": self.sentence}

    def _repr_html_(self) -> str:
        """Return a table and the verdict, for notebooks."""
        rows = "".join(
            f"<tr><td>{escape(each.name)}</td><td>{escape(each.model)}</td>"
            f"<td>{each.accuracy:.2%}</td><td>{each.accuracy_low:.2%} to {each.accuracy_high:.2%}"
            f"</td><td>{each.items:,}</td><td>{each.train_seconds:,.1f}</td>"
            f"<td>{each.parameters:,}</td></tr>"
            for each in (self.reference, self.other)
        )
        head = "".join(
            f"<th>{name}</th>"
            for name in (
                "run",
                "network",
                "accuracy",
                "95 % interval",
                "test items",
                "seconds",
                "parameters",
            )
        )
        settings = "".join(
            f"<tr><td>{escape(each.name)}</td>"
            + "".join(f"<td>{escape(format_value(value))}</td>" for value in each.values)
            + "</tr>"
            for each in self.differences
        )
        names = "".join(f"<th>{escape(each.name)}</th>" for each in (self.reference, self.other))
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return (
            f"<p><b>{escape(self.sentence)}.</b></p>{notes}"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"<details><summary>{len(self.differences)} settings differ</summary><table><thead>"
            f"<tr><th>setting</th>{names}</tr></thead><tbody>{settings}</tbody></table></details>"
        )


def compare_runs(reference: Run, other: Run) -> Comparison:
    """Compare a run with a reference on the test items that both were tested on.

    Raises `UsageError` for a run and itself, for runs of other classes, and for runs that share no
    test item; `ArtefactError` for a run that is not finished or is damaged.
    """
    if absolute(reference.path) == absolute(other.path):
        raise UsageError(f"{reference.path.name} is named twice. Give two runs to compare.")
    figures = RunFigures.of(reference), RunFigures.of(other)
    require_same_classes(reference, other)
    ours, theirs = read_predictions(reference), read_predictions(other)
    is_same_data = (
        reference.metadata["data"]["fingerprint"] == other.metadata["data"]["fingerprint"]
    )
    rows, other_rows = (
        match_numbers(ours.items, theirs.items)
        if is_same_data
        else match_names(identities(reference, ours), identities(other, theirs))
    )
    if not len(rows):
        raise UsageError(
            f"{reference.path.name} and {other.path.name} share no test item, so they cannot be "
            "compared. Measure both on one source with noonbit evaluate RUN SOURCE."
        )
    right, other_right = ours.right[rows], theirs.right[other_rows]
    groups = None if ours.groups is None else ours.groups[rows]
    only_reference = int((right & ~other_right).sum())
    only_other = int((other_right & ~right).sum())
    return Comparison(
        *figures,
        matched_by="item" if is_same_data else "name",
        shared_items=len(rows),
        reference_correct=int(right.sum()),
        other_correct=int(other_right.sum()),
        only_reference=only_reference,
        only_other=only_other,
        gain=paired_gain(other_right, right, groups=groups),
        p_value=None if groups is not None else mcnemar_p(only_reference, only_other),
        groups=None if groups is None else len(np.unique(groups)),
        differences=find_differences([reference, other]),
        notes=tuple(notes_on([reference, other], len(rows), is_same_data=is_same_data)),
    )


def require_same_classes(reference: Run, other: Run) -> None:
    """Raise `UsageError` unless both runs name the same classes, in whatever order."""
    ours, theirs = set(reference.class_names), set(other.class_names)
    if ours == theirs:
        return
    run, name = (reference, min(ours - theirs)) if ours - theirs else (other, min(theirs - ours))
    raise UsageError(
        f"{reference.path.name} and {other.path.name} have other classes, so they cannot be "
        f"compared: only {run.path.name} has '{name}', and its classes are "
        f"{join_first(run.class_names, 5)}."
    )


def match_numbers(ours: Indices, theirs: Indices) -> tuple[Indices, Indices]:
    """Return the rows of the same items in both, from their numbers in the same data."""
    _, rows, other_rows = np.intersect1d(ours, theirs, assume_unique=True, return_indices=True)
    return rows, other_rows


Identity: TypeAlias = tuple[str, str]
"""The name of an item and its class."""


def identities(run: Run, predictions: StoredPredictions) -> list[Identity]:
    """Return what tells each test item of a run in other data."""
    names = run.class_names
    return [
        (name, names[label])
        for name, label in zip(predictions.names, predictions.labels, strict=True)
    ]


def match_names(ours: Sequence[Identity], theirs: Sequence[Identity]) -> tuple[Indices, Indices]:
    """Return the rows of items that have one identity; what occurs twice in a run is left out."""
    place, other_place = rows_of_unique(ours), rows_of_unique(theirs)
    shared = [identity for identity in place if identity in other_place]
    return (
        np.array([place[identity] for identity in shared], np.int64),
        np.array([other_place[identity] for identity in shared], np.int64),
    )


def rows_of_unique(identities: Sequence[Identity]) -> dict[Identity, int]:
    """Return the row of each identity that occurs once."""
    counts = Counter(identities)
    return {each: row for row, each in enumerate(identities) if counts[each] == 1}


def notes_on(runs: Sequence[Run], shared: int, *, is_same_data: bool) -> Iterator[str]:
    """Yield what a person should know of a comparison."""
    if not is_same_data:
        yield (
            "The data of the two differ, so their test items are matched by name and class: "
            f"{shared:,} are shared."
        )
    for run in runs:
        initial = run.metadata.get("initial")
        noun = run.contract.preprocessor.noun
        if initial is not None and (note := flattery_note(initial, noun)) is not None:
            yield f"{run.path.name}: {note}"
