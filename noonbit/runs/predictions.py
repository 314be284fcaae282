"""Evaluate the test split, and store the metrics and every prediction in the run folder."""

from dataclasses import dataclass, replace
from pkgutil import resolve_name
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.base import adjustments_of_each
from noonbit.errors import ArtefactError
from noonbit.evaluation.cross_validation import evaluate_test
from noonbit.evaluation.inference import Probabilities
from noonbit.evaluation.metrics import Evaluation
from noonbit.runs.run import Run
from noonbit.system.files import write_binary, write_json
from noonbit.system.runtime import Runtime

MANY_CLASSES = 100
"""With more classes, probabilities are stored as float16: 40,000 x 361 float32 are 58 MB."""


def evaluate_test_split(run: Run, items: PreparedDataset, runtime: Runtime) -> Evaluation:
    """Evaluate the test split, and write evaluation.json and predictions.parquet."""
    probabilities, evaluation = evaluate_test(run.model, run.contract, items, runtime)
    if items.preprocessor.baselines is not None and items.split.folds is None:
        baseline_scores = resolve_name(items.preprocessor.baselines)
        scores = (*evaluation.scores, *baseline_scores(items, runtime))
        evaluation = replace(evaluation, scores=scores)
    write_json(run.path / "evaluation.json", evaluation.as_dict())
    write_predictions(run, items, probabilities)
    return evaluation


def write_predictions(run: Run, items: PreparedDataset, probabilities: Probabilities) -> None:
    """Write predictions.parquet: one row per test item, with its fold in a cross-validation.

    `adjusted` says what had to be changed to fit the network: `resized, inverted`, or nothing.
    """
    indices, folds = items.split.test, items.split.folds
    names = np.array(items.data.class_names)
    precision = np.float32 if len(names) <= MANY_CLASSES else np.float16
    table = pa.table(
        {
            "item": indices,
            **({} if folds is None else {"fold": folds}),
            "name": [items.names[i] for i in indices],
            "label": names[items.labels[indices]],
            "prediction": names[probabilities.argmax(axis=1)],
            "adjusted": adjustments_of_each(items.adjusted, indices),
            "probabilities": pa.FixedSizeListArray.from_arrays(
                pa.array(probabilities.ravel().astype(precision)), len(names)
            ),
        }
    )
    write_binary(run.path / "predictions.parquet", lambda file: pq.write_table(table, file))


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

    def __len__(self) -> int:
        return len(self.items)

    @property
    def confidence(self) -> NDArray[np.float32]:
        """The probability of each predicted class; (N,)."""
        return self.probabilities[np.arange(len(self)), self.predictions]

    def wrong(self, order: Order) -> NDArray[np.int64]:
        """Return the rows of the wrong predictions, the most confident first or in item order.

        Rows of equal confidence keep the item order.
        """
        rows = np.flatnonzero(self.predictions != self.labels)
        if order == "worst":
            rows = rows[np.argsort(-self.confidence[rows], kind="stable")]
        return rows


def read_predictions(run: Run) -> StoredPredictions:
    """Read predictions.parquet; raises `ArtefactError` if it is missing or damaged."""
    path = run.path / "predictions.parquet"
    if not path.exists():
        raise ArtefactError(
            f"{run.path.name} has no predictions yet, since its training did not end. "
            f"Continue it with: noonbit train --resume {run.path}"
        )
    classes = pa.array(run.class_names)
    try:
        with path.open("rb") as file:
            table = pq.read_table(file).combine_chunks()
        labels, predictions = (
            pc.index_in(table[name], value_set=classes).to_numpy().astype(np.int64)
            for name in ("label", "prediction")
        )
        values = table["probabilities"].combine_chunks().flatten().to_numpy().astype(np.float32)
        return StoredPredictions(
            table["item"].to_numpy(),
            table["name"].to_pylist(),
            labels,
            predictions,
            values.reshape(len(table), len(classes)),
        )
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ArtefactError(f"{path} is damaged: {reason}. Restore it, or train again.") from None
