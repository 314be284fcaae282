"""Metrics of predictions: accuracy with its interval, scores per class, calibration.

The predictions are float32 whatever the training's precision was, so the report and `evaluate` give
the same figures.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.evaluation.inference import Probabilities
from noonbit.evaluation.intervals import share_interval
from noonbit.evaluation.move_accuracy import MoveAccuracy, rank_labels

CALIBRATION_BINS = 10
MOST_CONFUSION_CLASSES = 1_000
"""The confusion matrix of more classes is not stored: of 10,000 it would have 100 million counts,
nearly all of them 0. Each prediction is in predictions.parquet."""


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Precision, recall and F1 of one class."""

    name: str
    items: int
    precision: float
    """The share of the items predicted as this class that belong to it."""
    recall: float
    """The share of the items of this class that were predicted as it."""
    f1: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The metrics of one split."""

    split: str
    items: int
    correct: int
    accuracy: float
    accuracy_low: float
    """95 % interval: Wilson's, or over groups."""
    accuracy_high: float
    loss: float
    """Mean cross-entropy, natural logarithm."""
    calibration_error: float
    """Expected calibration error: the mean gap between confidence and accuracy, over bins."""
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are the true classes, columns the predicted ones; empty for more than
    `MOST_CONFUSION_CLASSES` classes."""
    reliability: tuple[tuple[float, float, int], ...]
    """For each bin of the top probability: mean probability, accuracy, items."""
    groups: int | None = None
    """How many groups (games) the inputs come in, if they do; the interval is then over groups."""
    scores: tuple[MoveAccuracy, ...] = ()
    """For boards: the network's move accuracy, then that of the baselines."""
    adjusted: Mapping[str, int] = field(default_factory=dict)
    """How many items had to be changed to fit the network, by what was done."""

    @property
    def most_frequent_share(self) -> float:
        """The accuracy of always predicting the most frequent class."""
        return max(score.items for score in self.classes) / max(1, self.items)

    @property
    def shows_nothing_learned(self) -> bool:
        """Whether `most_frequent_share` is not below the accuracy's interval."""
        return self.accuracy_low <= self.most_frequent_share

    def headline(self) -> dict[str, Any]:
        """Return the accuracy with its interval, as stored in run.json."""
        return {
            "accuracy": self.accuracy,
            "accuracy_low": self.accuracy_low,
            "accuracy_high": self.accuracy_high,
            "test_items": self.items,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def evaluate(
    probabilities: Probabilities,
    labels: NDArray[np.int64],
    class_names: tuple[str, ...],
    *,
    split: str,
    groups: NDArray[np.int64] | None = None,
    adjusted: Mapping[str, int] | None = None,
) -> Evaluation:
    """Compute the metrics of probabilities (N, classes) against labels (N,).

    `groups` (N,) are the inputs' groups, or None for independent inputs; `adjusted` counts those
    that had to be changed.
    """
    count = len(labels)
    predicted = probabilities.argmax(axis=1)
    correct = int((predicted == labels).sum())
    low, high = share_interval(predicted == labels, groups)
    classes = len(class_names)
    true_probability = probabilities[np.arange(count), labels].astype(np.float64)
    reliability, calibration_error = measure_calibration(
        probabilities.max(axis=1), predicted == labels
    )
    return Evaluation(
        split=split,
        items=count,
        correct=correct,
        accuracy=correct / count if count else math.nan,
        accuracy_low=low,
        accuracy_high=high,
        loss=float(-np.log(np.maximum(true_probability, 1e-12)).mean()) if count else math.nan,
        calibration_error=calibration_error,
        classes=tuple(class_scores(labels, predicted, class_names)),
        confusion=confusion_matrix(labels, predicted, classes)
        if classes <= MOST_CONFUSION_CLASSES
        else (),
        reliability=reliability,
        groups=None if groups is None else len(np.unique(groups)),
        scores=()
        if groups is None
        else (MoveAccuracy.from_ranks("the network", rank_labels(probabilities, labels), groups),),
        adjusted=adjusted or {},
    )


def confusion_matrix(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int
) -> tuple[tuple[int, ...], ...]:
    """Count how often each class was predicted as each; see `Evaluation.confusion`."""
    counts = np.bincount(labels * classes + predicted, minlength=classes**2)
    return tuple(tuple(row) for row in counts.reshape(classes, classes).tolist())


def class_scores(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], class_names: tuple[str, ...]
) -> list[ClassScore]:
    """Return precision, recall and F1 of each class, each 0 where its denominator is 0."""
    counts = [
        np.bincount(each, minlength=len(class_names)).tolist()
        for each in (labels, predicted, labels[labels == predicted])
    ]
    return [
        ClassScore(
            name,
            items,
            right / named if named else 0.0,
            right / items if items else 0.0,
            2 * right / (items + named) if items + named else 0.0,
        )
        for name, items, named, right in zip(class_names, *counts, strict=True)
    ]


def measure_calibration(
    top: NDArray[np.float32], right: NDArray[np.bool_]
) -> tuple[tuple[tuple[float, float, int], ...], float]:
    """Return the reliability in equal-width bins, and the expected calibration error.

    `top` (N,) are the top probabilities, `right` (N,) whether the prediction is right (Naeini,
    Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", 2015).
    """
    bins = np.minimum((top * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    rows, error = [], 0.0
    for index in range(CALIBRATION_BINS):
        inside = bins == index
        count = int(inside.sum())
        if count:
            confidence, accuracy = float(top[inside].mean()), float(right[inside].mean())
            rows.append((confidence, accuracy, count))
            error += count / len(top) * abs(confidence - accuracy)
    return tuple(rows), error
