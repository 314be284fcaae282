"""The confusion matrix and the most frequent confusions."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from noonbit.data.dataset import Indices
from noonbit.data.prepared import PreparedDataset
from noonbit.evaluation.metrics import Evaluation
from noonbit.report.inputs import ShownInput, describe_confusion, show_input
from noonbit.report.translation import ENGLISH, Translator
from noonbit.runs.predictions import StoredPredictions

MOST_CONFUSED_CLASSES = 30
"""Rows and columns of the confusion matrix; of more classes, the most confused are shown."""
CONFUSIONS, EXAMPLES_OF_A_CONFUSION = 6, 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the confusion matrix."""

    count: int
    share: float
    """Of the items of its row, which is a true class."""
    kind: Literal["right", "wrong", "mixed"]
    """mixed: the classes that are taken together, predicted as each other or rightly."""


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """The confusion matrix as shown."""

    names: list[str]
    """Of rows and columns; unless `whole`, the last one stands for all other classes."""
    rows: list[list[Cell]]
    whole: bool


@dataclass(frozen=True, slots=True)
class Confusion:
    """One class predicted as another, with examples."""

    real: str
    predicted: str
    count: int
    items: int
    """Test items of the true class."""
    examples: list[ShownInput]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The confusion matrix as a list of its fields that are not 0, row by row.

    Of 10,000 classes, the matrix itself would have 100 million fields.
    """

    real: Indices
    predicted: Indices
    counts: Indices

    @classmethod
    def of(cls, labels: Indices, predicted: Indices, classes: int) -> Self:
        """Count the pairs of a true and a predicted class."""
        fields, counts = np.unique(labels * classes + predicted, return_counts=True)
        return cls(*np.divmod(fields, classes), counts)

    def wrong(self) -> Self:
        """Return the pairs off the diagonal."""
        off = self.real != self.predicted
        return type(self)(self.real[off], self.predicted[off], self.counts[off])


def build_confusion_matrix(
    names: list[str], pairs: Pairs, translate: Translator = ENGLISH
) -> ConfusionMatrix:
    """Return the matrix of all classes, or of the most confused ones with the rest in one row."""
    whole = len(names) <= MOST_CONFUSED_CLASSES
    shown = np.arange(len(names))
    if not whole:
        off = pairs.wrong()
        times = np.zeros(len(names), np.int64)
        for side in (off.real, off.predicted):
            np.add.at(times, side, off.counts)
        shown = np.sort(np.argsort(-times, kind="stable")[:MOST_CONFUSED_CLASSES])
    row_of = np.full(len(names), len(shown))
    row_of[shown] = np.arange(len(shown))
    shown_names = [names[index] for index in shown]
    if not whole:
        shown_names.append(translate.counted(len(names) - len(shown), "other"))
    counts = np.zeros((len(shown_names),) * 2, np.int64)
    np.add.at(counts, (row_of[pairs.real], row_of[pairs.predicted]), pairs.counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def cell(row: int, column: int) -> Cell:
        kind: Literal["right", "wrong", "mixed"] = "right" if row == column else "wrong"
        if not whole and row == column == MOST_CONFUSED_CLASSES:
            kind = "mixed"
        return Cell(int(counts[row, column]), float(shares[row, column]), kind)

    size = range(len(shown_names))
    return ConfusionMatrix(
        shown_names, [[cell(row, column) for column in size] for row in size], whole
    )


def find_top_confusions(
    evaluation: Evaluation,
    predictions: StoredPredictions,
    items: PreparedDataset,
    pairs: Pairs,
    translate: Translator,
) -> list[Confusion]:
    """Return the most frequent confusions, each with its most confident examples."""
    off = pairs.wrong()
    wrong = predictions.wrong("worst")
    confusions = []
    for index in np.argsort(-off.counts, kind="stable")[:CONFUSIONS].tolist():
        real, predicted, count = (
            int(each[index]) for each in (off.real, off.predicted, off.counts)
        )
        names = (evaluation.classes[real].name, evaluation.classes[predicted].name)
        rows = wrong[
            (predictions.labels[wrong] == real) & (predictions.predictions[wrong] == predicted)
        ]
        examples = [
            show_input(
                items,
                int(predictions.items[row]),
                describe_confusion(items, *names, translate),
            )
            for row in rows[:EXAMPLES_OF_A_CONFUSION]
        ]
        confusions.append(Confusion(*names, count, evaluation.classes[real].items, examples))
    return confusions
