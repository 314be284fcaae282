"""How good a network is: predictions, accuracy with its interval, per class, calibration.

Final figures are computed in float32, whatever the training's precision was, so that they are the
same in the report, in `evaluate`, and in an exported file.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.evaluation.inference import Probabilities
from noonbit.evaluation.intervals import share_interval
from noonbit.evaluation.move_accuracy import Score, ranks

CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True)
class ClassScore:
    """How well one class is found."""

    name: str
    items: int
    precision: float
    """Of the items called this, the share that is."""
    recall: float
    """Of the items that are this, the share that was found."""
    f1: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured on one split."""

    split: str
    items: int
    correct: int
    accuracy: float
    accuracy_low: float
    """Wilson's 95 % interval, or one over `groups`."""
    accuracy_high: float
    loss: float
    """Mean cross-entropy, natural logarithm."""
    calibration_error: float
    """Expected calibration error: how far stated probabilities are from the share that is right."""
    classes: tuple[ClassScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows are the true classes, columns the predicted ones."""
    reliability: tuple[tuple[float, float, int], ...]
    """Of each bin of top probabilities: mean probability, share right, items."""
    groups: int | None = None
    """Of inputs that come in groups (positions of a game) how many; the interval is over them."""
    scores: tuple[Score, ...] = ()
    """Of boards: of the network, and then of what it has to beat."""

    @property
    def most_frequent_share(self) -> float:
        """The accuracy of always answering the most frequent class."""
        return max(score.items for score in self.classes) / max(1, self.items)

    @property
    def shows_nothing_learned(self) -> bool:
        """Whether that accuracy is not below the interval of this one."""
        return self.accuracy_low <= self.most_frequent_share

    def headline(self) -> dict[str, Any]:
        """The accuracy with its interval, as run.json holds it."""
        return {
            "accuracy": self.accuracy,
            "accuracy_low": self.accuracy_low,
            "accuracy_high": self.accuracy_high,
            "test_items": self.items,
        }

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def evaluate(
    probabilities: Probabilities,
    labels: NDArray[np.int64],
    class_names: tuple[str, ...],
    *,
    split: str,
    groups: NDArray[np.int64] | None = None,
) -> Evaluation:
    """Measure predictions (N, classes) against labels (N,), of inputs in `groups` (N,) or none."""
    count = len(labels)
    predicted = probabilities.argmax(axis=1)
    correct = int((predicted == labels).sum())
    low, high = share_interval(predicted == labels, groups)
    classes = len(class_names)
    confusion = np.bincount(labels * classes + predicted, minlength=classes**2)
    confusion = confusion.reshape(classes, classes)
    true_probability = probabilities[np.arange(count), labels].astype(np.float64)
    reliability, calibration_error = calibration(probabilities.max(axis=1), predicted == labels)
    return Evaluation(
        split=split,
        items=count,
        correct=correct,
        accuracy=correct / count if count else math.nan,
        accuracy_low=low,
        accuracy_high=high,
        loss=float(-np.log(np.maximum(true_probability, 1e-12)).mean()) if count else math.nan,
        calibration_error=calibration_error,
        classes=tuple(class_scores(confusion, class_names)),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        reliability=reliability,
        groups=None if groups is None else len(np.unique(groups)),
        scores=()
        if groups is None
        else (Score.from_ranks("the network", ranks(probabilities, labels), groups),),
    )


def class_scores(confusion: NDArray[np.int64], class_names: tuple[str, ...]) -> list[ClassScore]:
    """Precision, recall and F1 of each class; 0 where a class was never called or never there."""
    scores = []
    for index, name in enumerate(class_names):
        right = int(confusion[index, index])
        there, called = int(confusion[index].sum()), int(confusion[:, index].sum())
        scores.append(
            ClassScore(
                name,
                there,
                right / called if called else 0.0,
                right / there if there else 0.0,
                2 * right / (there + called) if there + called else 0.0,
            )
        )
    return scores


def calibration(
    top: NDArray[np.float32], right: NDArray[np.bool_]
) -> tuple[tuple[tuple[float, float, int], ...], float]:
    """Reliability by equal bins, and the expected calibration error (Naeini et al., 2015)."""
    bins = np.minimum((top * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    rows, error = [], 0.0
    for index in range(CALIBRATION_BINS):
        inside = bins == index
        count = int(inside.sum())
        if count:
            stated, found = float(top[inside].mean()), float(right[inside].mean())
            rows.append((stated, found, count))
            error += count / len(top) * abs(stated - found)
    return tuple(rows), error
