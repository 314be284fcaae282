"""Evaluate the test split, and store the metrics and every prediction in the run folder."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from pkgutil import resolve_name
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from torch import Tensor

from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.base import (
    Adjustment,
    adjustments_of_each,
    positions_of_adjustments,
)
from noonbit.data.split import Split
from noonbit.errors import ArtefactError
from noonbit.evaluation.cross_validation import evaluate_test
from noonbit.evaluation.inference import Probabilities
from noonbit.evaluation.intervals import wilson_interval
from noonbit.evaluation.metrics import Evaluation
from noonbit.evaluation.out_of_distribution import find_unknown
from noonbit.runs.run import Run
from noonbit.system.artefacts import damaged, read_artefact, refuse
from noonbit.system.files import write_binary, write_json
from noonbit.system.runtime import Runtime

MANY_CLASSES = 100
"""With more classes, probabilities are stored as float16: 40,000 x 361 float32 are 58 MB."""
SUM_TOLERANCE = 0.01
"""By which the probabilities of an item may miss 1; float16 rounds them by up to 0.05 %."""
MOST_BYTES = 2**32
"""Of predictions.parquet: two million items of 1,000 classes."""
ROW_GROUP = 2**24
"""Probabilities that are written, and read, together."""


def evaluate_test_split(
    run: Run, items: PreparedDataset, runtime: Runtime, *, logits: Tensor | None = None
) -> Evaluation:
    """Evaluate the test split, and write evaluation.json and predictions.parquet.

    `logits` (N, classes) are those of the test items, if they are known already.
    """
    probabilities, evaluation = evaluate_test(
        run.model, run.contract, items, runtime, logits=logits
    )
    if items.preprocessor.baselines is not None and items.split.folds is None:
        baseline_scores = resolve_name(items.preprocessor.baselines)
        scores = (*evaluation.scores, *baseline_scores(items, runtime))
        evaluation = replace(evaluation, scores=scores)
    write_json(run.path / "evaluation.json", evaluation.as_dict())
    write_predictions(run, items, probabilities)
    return evaluation


def write_predictions(run: Run, items: PreparedDataset, probabilities: Probabilities) -> None:
    """Write predictions.parquet: one row per test item, with its fold in a cross-validation.

    Items in groups that no split divides, such as the positions of a game, have the group's number.
    `adjusted` says what had to be changed to fit the network: `resized, inverted`, or nothing.
    """
    indices, folds = items.split.test, items.split.folds
    groups = items.groups(indices)
    names = np.array(items.data.class_names)
    precision = np.float32 if len(names) <= MANY_CLASSES else np.float16
    table = pa.table(
        {
            "item": indices,
            **({} if folds is None else {"fold": folds}),
            **({} if groups is None else {"group": groups}),
            "name": [items.names[i] for i in indices],
            "label": names[items.labels[indices]],
            "prediction": names[probabilities.argmax(axis=1)],
            "adjusted": adjustments_of_each(items.adjusted, indices),
            "probabilities": pa.FixedSizeListArray.from_arrays(
                pa.array(probabilities.ravel().astype(precision)), len(names)
            ),
        }
    )
    # Probabilities hardly repeat, and of 10,000 items and classes 100 million are encoded at once.
    repeated = [column for column in table.column_names if column != "probabilities"]
    rows = max(1, ROW_GROUP // len(names))
    write_binary(
        run.path / "predictions.parquet",
        lambda file: pq.write_table(table, file, use_dictionary=repeated, row_group_size=rows),
    )


Order = Literal["worst", "first"]


@dataclass(frozen=True, slots=True)
class StoredPredictions:
    """The test predictions of a run, one row per item, in the order of the test split."""

    items: NDArray[np.int64]
    """Item numbers (N,)."""
    names: list[str]
    """Where each item came from."""
    labels: NDArray[np.int64]
    """(N,), indices into the run's class names."""
    predictions: NDArray[np.int64]
    """(N,), indices into the run's class names."""
    probabilities: NDArray[np.float32]
    """(N, classes)."""
    adjusted: dict[Adjustment, NDArray[np.int64]]
    """The rows of the items that had to be changed to fit the network, by what was done."""
    groups: NDArray[np.int64] | None
    """The number of each item's group (N,), as of a game; None for independent items."""

    def __len__(self) -> int:
        return len(self.items)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each prediction is right; (N,)."""
        right: NDArray[np.bool_] = self.predictions == self.labels
        return right

    @property
    def confidence(self) -> NDArray[np.float32]:
        """The probability of each predicted class; (N,)."""
        return self.probabilities[np.arange(len(self)), self.predictions]

    def unknown_share(self, threshold: float) -> tuple[float, float, float]:
        """Return the share of items answered with `unknown`, and its 95 % interval (Wilson's).

        `threshold` is the contract's `unknown_below`.
        """
        unknown = find_unknown(threshold, self.probabilities, self.adjusted)
        count = 0 if unknown is None else int(unknown.sum())
        return count / max(1, len(self)), *wilson_interval(count, len(self))

    def wrong(self, order: Order) -> NDArray[np.int64]:
        """Return the rows of the wrong predictions, the most confident first or in item order.

        Rows of equal confidence keep the item order.
        """
        rows = np.flatnonzero(~self.right)
        if order == "worst":
            rows = rows[np.argsort(-self.confidence[rows], kind="stable")]
        return rows


def read_predictions(run: Run) -> StoredPredictions:
    """Read predictions.parquet; raises `ArtefactError` if it is missing, damaged or another run's.

    Checking takes 10 ms for 10,000 items of 100 classes.
    """
    path = run.path / "predictions.parquet"
    if run.metadata["status"] != "finished" and not os.path.lexists(path):
        raise ArtefactError(
            f"{run.path.name} has no predictions yet, since its training did not end. "
            f"Continue it with: noonbit train --resume {run.word}"
        )
    split, classes = run.split, pa.array(run.class_names)
    content = read_artefact(path, most_bytes=MOST_BYTES)
    with damaged(path):
        file = pq.ParquetFile(pa.BufferReader(content))
        if file.metadata.num_rows != len(split.test):
            refuse(
                path,
                f"it has {file.metadata.num_rows:,} rows for {len(split.test):,} test items",
            )
        table = file.read(["item", "name", "label", "prediction", "adjusted"]).cast(
            pa.schema(
                [
                    ("item", pa.int64()),
                    ("name", pa.string()),
                    ("label", pa.string()),
                    ("prediction", pa.string()),
                    ("adjusted", pa.string()),
                ]
            )
        )
        labels, predictions = (
            pc.index_in(table[name], value_set=classes).combine_chunks()
            for name in ("label", "prediction")
        )
        if any(each.null_count for each in (*table.columns, labels, predictions)):
            refuse(path, "a value is missing, or a class is none of the run's")
        stored = StoredPredictions(
            table["item"].to_numpy(),
            table["name"].to_pylist(),
            labels.to_numpy().astype(np.int64),
            predictions.to_numpy().astype(np.int64),
            read_probabilities(file, len(classes), path),
            positions_of_adjustments(table["adjusted"].to_pylist()),
            read_groups(file, path),
        )
    if stored.groups is None and run.evaluation is not None and run.evaluation.groups is not None:
        refuse(path, "it does not have the group of each item")
    if (reason := contradiction(stored, split)) is not None:
        refuse(path, reason)
    return stored


def read_probabilities(file: pq.ParquetFile, classes: int, path: Path) -> NDArray[np.float32]:
    """Return the probabilities (N, classes), read in pieces: they can take hundreds of megabytes.

    Raises `ArtefactError` for missing ones.
    """
    probabilities = np.empty((file.metadata.num_rows, classes), np.float32)
    done = 0
    for batch in file.iter_batches(max(1, ROW_GROUP // classes), columns=["probabilities"]):
        rows = batch.column(0).cast(pa.list_(pa.float32(), classes))
        values = rows.flatten()
        if rows.null_count or values.null_count:
            refuse(path, "a probability is missing")
        probabilities[done : done + len(rows)] = values.to_numpy().reshape(len(rows), classes)
        done += len(rows)
    return probabilities


def read_groups(file: pq.ParquetFile, path: Path) -> NDArray[np.int64] | None:
    """Return the groups (N,) if there are any; raises `ArtefactError` for missing ones."""
    if "group" not in file.schema_arrow.names:
        return None
    groups = file.read(["group"]).column("group").cast(pa.int64())
    if groups.null_count:
        refuse(path, "a group is missing")
    numbers: NDArray[np.int64] = groups.to_numpy()
    return numbers


def contradiction(stored: StoredPredictions, split: Split) -> str | None:
    """Return what is wrong with stored predictions of a split; None for nothing."""
    if not np.array_equal(stored.items, split.test):
        return "its items are not the test items of split.npz"
    probabilities = stored.probabilities
    if (
        not (np.abs(probabilities.sum(axis=1) - 1) < SUM_TOLERANCE).all()
        or probabilities.min(initial=0) < 0
    ):
        return "its probabilities do not add up to 1"
    if (stored.confidence < probabilities.max(axis=1, initial=0)).any():
        return "a prediction is not the most probable class"
    return None
