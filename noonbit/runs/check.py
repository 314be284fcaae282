"""Check the data of a run with its answers: wrong labels, near-duplicates, odd items.

    check = check_run(run, items)       also writes check.json into the run folder

A label is judged only by networks that did not learn it: in a cross-validation every item's, else
those of the test split. Nothing is trained and nothing is predicted again.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from noonbit.data.checks.appearance import describe, spread, without_copies
from noonbit.data.checks.near_duplicates import NearDuplicates, find_near_duplicates
from noonbit.data.checks.properties import giveaways, measure, outliers
from noonbit.data.dataset import Indices
from noonbit.data.prepared import PreparedDataset
from noonbit.evaluation.intervals import share_interval
from noonbit.evaluation.label_errors import find_label_errors
from noonbit.runs.predictions import StoredPredictions, read_predictions
from noonbit.runs.run import Run
from noonbit.system.artefacts import parse_artefact, read_artefact_json
from noonbit.system.files import write_json

JSON = "check.json"
LABEL = "label"
"""The reason of an item whose label is probably wrong."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """An item that a person should look at."""

    item: int
    path: str
    """Where it came from."""
    given_label: str
    likely_label: str
    """The class that the network takes it for; for a probable label error, its likely class."""
    probability: float
    """Of the likely label."""
    reason: str
    """`label`, `near duplicate`, `dark`, `bright`, `flat` or `blurry`."""
    like: str = ""
    """For a near-duplicate: the item that it nearly is."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some items are right, with the 95 % interval."""

    items: int
    correct: int
    accuracy: float
    low: float
    high: float

    @classmethod
    def of(cls, right: NDArray[np.bool_], groups: Indices | None) -> "Share | None":
        """Return the share of `right` (N,); None without items."""
        if not len(right):
            return None
        correct = int(right.sum())
        return cls(len(right), correct, correct / len(right), *share_interval(right, groups))


@dataclass(frozen=True, slots=True)
class RunCheck:
    """What a check of a run's data found."""

    judged: int
    """Items whose labels were judged."""
    is_whole: bool
    """Whether those are all items but the source's own test part (a cross-validation)."""
    suspects: tuple[Suspect, ...]
    """Probable label errors first, each kind sorted by how sure it is."""
    accuracy: Share | None
    """As the run states it."""
    without_near_duplicates: Share | None
    """Of the items that are no copy of a training item, exact or near; None if all are none."""
    near_duplicate_limit: float | None
    """The correlation from which two pictures count as near-duplicates; None for other inputs."""
    giveaways: tuple[str, ...]
    """A sentence for each property that tells classes by itself."""

    def count(self, reason: str) -> int:
        """How many items were named for this reason."""
        return sum(one.reason == reason for one in self.suspects)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each suspect, for a table that a person acts on."""
        return [
            {name: value for name, value in asdict(one).items() if name != "item"}
            for one in self.suspects
        ]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


CHECK_ADAPTER = TypeAdapter(RunCheck)


def check_run(run: Run, items: PreparedDataset) -> RunCheck:
    """Check the data `items` of a finished run, and write the result into its folder.

    Raises `ArtefactError` for a run without predictions.
    """
    predictions = read_predictions(run)
    suspects = label_suspects(run, predictions)
    without: Share | None = None
    limit: float | None = None
    sentences: tuple[str, ...] = ()
    if items.preprocessor.shown_as == "picture" and isinstance(items.values, np.ndarray):
        near = near_duplicates_of(items, predictions)
        limit = near.limit
        without = accuracy_without(items, predictions, near)
        suspects += [
            suspect(run, predictions, row, "near duplicate", items.names[other])
            for row, other in zip(
                np.searchsorted(predictions.items, near.items), near.others.tolist(), strict=True
            )
        ]
        measured = measure(items, predictions.items)
        for reason, numbers in outliers(measured):
            suspects += [
                suspect(run, predictions, row, reason)
                for row in np.searchsorted(predictions.items, numbers)
            ]
        sentences = tuple(map(describe, giveaways(measured, predictions.labels)))
    check = RunCheck(
        len(predictions),
        run.folds is not None,
        tuple(suspects),
        Share.of(predictions.right, predictions.groups),
        without,
        limit,
        sentences,
    )
    write_json(run.path / JSON, check.as_dict())
    return check


def read_check(run: Run) -> RunCheck | None:
    """Return the last check of a run; None if there was none. Raises `ArtefactError`."""
    path = run.path / JSON
    if not path.exists():
        return None
    return parse_artefact(CHECK_ADAPTER, read_artefact_json(path), path)


def label_suspects(run: Run, predictions: StoredPredictions) -> list[Suspect]:
    """Return the items whose labels are probably wrong."""
    found = find_label_errors(predictions.probabilities, predictions.labels)
    return [
        Suspect(
            int(predictions.items[row]),
            predictions.names[row],
            run.class_names[predictions.labels[row]],
            run.class_names[likely],
            float(predictions.probabilities[row, likely]),
            LABEL,
        )
        for row, likely in zip(found.rows.tolist(), found.likely.tolist(), strict=True)
    ]


def suspect(
    run: Run, predictions: StoredPredictions, row: int, reason: str, like: str = ""
) -> Suspect:
    """Return the item of a row of the predictions, with what the network takes it for."""
    return Suspect(
        int(predictions.items[row]),
        predictions.names[row],
        run.class_names[predictions.labels[row]],
        run.class_names[predictions.predictions[row]],
        float(predictions.confidence[row]),
        reason,
        like,
    )


def near_duplicates_of(items: PreparedDataset, predictions: StoredPredictions) -> NearDuplicates:
    """Return the tested pictures that are nearly one that trained the network that named them."""
    split = items.split
    if split.folds is None:
        others = np.sort(np.concatenate([split.train, split.validation]))
        found = [find_near_duplicates(items.values, spread(predictions.items), spread(others))]
    else:
        found = [
            find_near_duplicates(
                items.values, spread(split.test[inside]), spread(split.test[~inside])
            )
            for inside in (split.folds == number for number in np.unique(split.folds))
        ]
    joined = NearDuplicates(
        np.concatenate([each.items for each in found]),
        np.concatenate([each.others for each in found]),
        np.concatenate([each.correlations for each in found]),
        max(each.limit for each in found),
    )
    return without_copies(items, joined)


def accuracy_without(
    items: PreparedDataset, predictions: StoredPredictions, near: NearDuplicates
) -> Share | None:
    """Return the accuracy without tested items that have a copy, exact or near, in training."""
    split = items.split
    role = np.full(len(items.labels), -1)
    role[split.train] = role[split.validation] = 0
    role[split.test] = 1 if split.folds is None else split.folds
    leaked = [near.items]
    for group in items.copies:
        tested = np.intersect1d(group, predictions.items)
        leaked += [
            np.array([item])
            for item in tested
            if ((role[group] >= 0) & (role[group] != role[item])).any()
        ]
    kept = ~np.isin(predictions.items, np.concatenate(leaked))
    if kept.all():
        return None
    groups = None if predictions.groups is None else predictions.groups[kept]
    return Share.of(predictions.right[kept], groups)
