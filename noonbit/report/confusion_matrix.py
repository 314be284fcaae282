"""The confusion matrix and the most frequent confusions; drawn by confusion_matrix.html.j2."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from noonbit.data.prepared import PreparedDataset
from noonbit.errors import plural
from noonbit.evaluation.metrics import Evaluation
from noonbit.report.inputs import ShownInput, show_input
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


def build_confusion_matrix(evaluation: Evaluation) -> ConfusionMatrix:
    """Return the matrix of all classes, or of the most confused ones with the rest in one row."""
    counts = np.array(evaluation.confusion, np.int64)
    names = [score.name for score in evaluation.classes]
    whole = len(names) <= MOST_CONFUSED_CLASSES
    if not whole:
        wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
        shown = np.sort(np.argsort(-wrong, kind="stable")[:MOST_CONFUSED_CLASSES])
        group = np.full(len(names), MOST_CONFUSED_CLASSES)
        group[shown] = np.arange(MOST_CONFUSED_CLASSES)
        merged = np.zeros((MOST_CONFUSED_CLASSES + 1,) * 2, np.int64)
        np.add.at(merged, (group[:, None], group[None, :]), counts)
        counts = merged
        others = len(names) - MOST_CONFUSED_CLASSES
        names = [*(names[index] for index in shown), plural(others, "other")]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def cell(row: int, column: int) -> Cell:
        kind: Literal["right", "wrong", "mixed"] = "right" if row == column else "wrong"
        if not whole and row == column == MOST_CONFUSED_CLASSES:
            kind = "mixed"
        return Cell(int(counts[row, column]), float(shares[row, column]), kind)

    size = range(len(names))
    return ConfusionMatrix(names, [[cell(row, column) for column in size] for row in size], whole)


def find_top_confusions(
    evaluation: Evaluation, predictions: StoredPredictions, items: PreparedDataset
) -> list[Confusion]:
    """Return the most frequent confusions, each with its most confident examples."""
    counts = np.array(evaluation.confusion, np.int64)
    np.fill_diagonal(counts, 0)
    wrong = predictions.wrong("worst")
    confusions = []
    for flat in np.argsort(-counts, axis=None, kind="stable")[:CONFUSIONS].tolist():
        real, predicted = divmod(flat, len(counts))
        if not counts[real, predicted]:
            break
        names = (evaluation.classes[real].name, evaluation.classes[predicted].name)
        rows = wrong[
            (predictions.labels[wrong] == real) & (predictions.predictions[wrong] == predicted)
        ]
        examples = [
            show_input(
                items,
                int(predictions.items[row]),
                f"{items.preprocessor.noun} of {names[0]} taken for {names[1]}",
            )
            for row in rows[:EXAMPLES_OF_A_CONFUSION]
        ]
        count = int(counts[real, predicted])
        confusions.append(Confusion(*names, count, evaluation.classes[real].items, examples))
    return confusions
