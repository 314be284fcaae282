"""What each part of the report says, gathered from the run folder and the items.

Everything long is cut here, so a set of a thousand classes makes a page of the same size as one of
a hundred; evaluation.json and predictions.parquet keep it whole.
"""

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np

from noonbit.config.recipe import Recipe
from noonbit.data.dataset import PART_NAMES
from noonbit.data.prepared import PreparedDataset
from noonbit.errors import ArtefactError, plural
from noonbit.evaluation.intervals import wilson_interval
from noonbit.evaluation.metrics import ClassScore, Evaluation
from noonbit.models.catalogue import MODELS
from noonbit.models.summary import Summary, summarise
from noonbit.models.tta import BoardViews, Views
from noonbit.report.inputs import ShownInput, show_input
from noonbit.runs.predictions import StoredPredictions
from noonbit.runs.run import Run

MOST_CLASSES = 100
"""Rows of the tables of classes."""
MOST_SAMPLED_CLASSES = 40
MOST_SAMPLES, SAMPLES_OF_A_CLASS = 120, 8
MOST_CONFUSED_CLASSES = 30
"""Rows and columns of the confusion matrix; of more classes, the most confused are shown."""
CONFUSIONS, EXAMPLES_OF_A_CONFUSION = 6, 4
MISTAKES = 24
MOST_LAYERS = 150


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """How many items of a class each split has."""

    name: str
    train: int
    validation: int
    test: int

    @property
    def total(self) -> int:
        """Over all splits."""
        return self.train + self.validation + self.test


@dataclass(frozen=True, slots=True)
class DataCard:
    """What the network learned from and was measured on."""

    counts: list[ClassCounts]
    """The largest classes first where not all are shown."""
    largest: int
    """Items of the largest class."""
    totals: ClassCounts
    samples: list[tuple[str, list[ShownInput]]]


def data_card(run: Run, items: PreparedDataset) -> DataCard:
    """Counts per class and split, and a few training items of each class."""
    by_part = run.metadata["data"]["counts"]
    counts = [
        ClassCounts(name, *numbers)
        for name, *numbers in zip(run.class_names, *(by_part[p] for p in PART_NAMES), strict=True)
    ]
    if run.folds is not None:
        # Each item trains all networks but the one that it tests: it counts once.
        counts = [ClassCounts(row.name, row.train, 0, 0) for row in counts]
    totals = ClassCounts("all", *(sum(getattr(row, part) for row in counts) for part in PART_NAMES))
    largest = max(row.total for row in counts)
    if len(counts) > MOST_CLASSES:
        counts = sorted(counts, key=lambda row: -row.total)[:MOST_CLASSES]
    return DataCard(counts, largest, totals, class_samples(items))


def class_samples(items: PreparedDataset) -> list[tuple[str, list[ShownInput]]]:
    """Training items of each class, spread evenly over the training split."""
    names = items.data.class_names[:MOST_SAMPLED_CLASSES]
    each = min(SAMPLES_OF_A_CLASS, MOST_SAMPLES // len(names))
    train = items.split.train
    labels = items.labels[train]
    noun = items.preprocessor.noun
    rows = []
    for index, name in enumerate(names):
        found = train[labels == index]
        chosen = found[np.linspace(0, len(found) - 1, min(each, len(found)), dtype=np.int64)]
        rows.append(
            (name, [show_input(items, i, f"training {noun} of {name}") for i in chosen.tolist()])
        )
    return rows


def layer_table(run: Run) -> Summary | None:
    """The layers; None for an ensemble, and where the folder cannot rebuild the network."""
    if run.is_ensemble:
        return None
    entry = MODELS.get(run.metadata["model"]["name"])
    try:
        model = run.model
    except ArtefactError:
        return None
    return summarise(
        model.network if isinstance(model, Views | BoardViews) else model,
        run.contract.preprocessor.shape,
        counts_statistics=entry is not None and entry.counts_statistics,
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the recipe."""

    name: str
    value: Any
    reason: str
    """Why it is so; empty where a person said so."""


def settings(run: Run) -> tuple[list[Setting], list[Setting]]:
    """What was stated other than the defaults, and what was derived, with the reasons."""
    recipe, reasons = run.recipe, run.metadata["reasons"]
    default = run.contract.preprocessor.default_model
    usual = {**Recipe().model_dump(), "model": default, "momentum": 0.0, "epsilon": 0.0}
    values = recipe.model_dump(exclude_none=True)
    stated = [
        Setting(name, value, "")
        for name, value in values.items()
        if name not in reasons and value != usual[name]
    ]
    of_members = run.metadata.get("training", {"settings": {}})["settings"]
    stated += [Setting(name, value, "") for name, value in of_members.items()]
    machine = run.metadata["machine"]
    values |= {name: machine.get(name) for name in ("device", "threads", "precision", "engine")}
    values |= run.contract.preprocessor.facts()
    derived = [
        Setting(name, values[name], reason) for name, reason in reasons.items() if name in values
    ]
    return stated, derived


@dataclass(frozen=True, slots=True)
class ClassRow:
    """How well a class is found, and how well that is known."""

    score: ClassScore
    low: float
    """Wilson's 95 % interval of the recall."""
    high: float


def class_row(score: ClassScore) -> ClassRow:
    """A class with the interval of its recall."""
    return ClassRow(score, *wilson_interval(round(score.recall * score.items), score.items))


def worst_classes(evaluation: Evaluation) -> list[ClassRow]:
    """The classes by F1, the lowest first; with many classes, the worst of them."""
    worst = sorted(evaluation.classes, key=lambda score: score.f1)[:MOST_CLASSES]
    return [class_row(score) for score in worst]


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the confusion matrix."""

    count: int
    share: float
    """Of the items of its row."""
    kind: Literal["right", "wrong", "mixed"]
    """Mixed: other classes named as other classes, rightly or not."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The confusion matrix as it is shown."""

    names: list[str]
    """Of rows and columns; the last one stands for all others where `whole` is False."""
    rows: list[list[Cell]]
    whole: bool


def matrix(evaluation: Evaluation) -> Matrix:
    """All classes, or the most confused ones with the rest taken together."""
    counts = np.array(evaluation.confusion, np.int64)
    names = [score.name for score in evaluation.classes]
    whole = len(names) <= MOST_CONFUSED_CLASSES
    if not whole:
        wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * np.diag(counts)
        kept = np.sort(np.argsort(-wrong, kind="stable")[:MOST_CONFUSED_CLASSES])
        group = np.full(len(names), MOST_CONFUSED_CLASSES)
        group[kept] = np.arange(MOST_CONFUSED_CLASSES)
        together = np.zeros((MOST_CONFUSED_CLASSES + 1,) * 2, np.int64)
        np.add.at(together, (group[:, None], group[None, :]), counts)
        counts = together
        others = len(names) - MOST_CONFUSED_CLASSES
        names = [*(names[index] for index in kept), plural(others, "other")]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def cell(row: int, column: int) -> Cell:
        kind: Literal["right", "wrong", "mixed"] = "right" if row == column else "wrong"
        if not whole and row == column == MOST_CONFUSED_CLASSES:
            kind = "mixed"
        return Cell(int(counts[row, column]), float(shares[row, column]), kind)

    size = range(len(names))
    return Matrix(names, [[cell(row, column) for column in size] for row in size], whole)


@dataclass(frozen=True, slots=True)
class Confusion:
    """One class taken for another, in words and examples."""

    real: str
    predicted: str
    count: int
    items: int
    """Of the real class."""
    examples: list[ShownInput]


def confusions(
    evaluation: Evaluation, answers: StoredPredictions, items: PreparedDataset
) -> list[Confusion]:
    """The most frequent confusions, each with its most confident examples."""
    counts = np.array(evaluation.confusion, np.int64)
    np.fill_diagonal(counts, 0)
    wrong = answers.wrong("worst")
    found = []
    for flat in np.argsort(-counts, axis=None, kind="stable")[:CONFUSIONS].tolist():
        real, predicted = divmod(flat, len(counts))
        if not counts[real, predicted]:
            break
        names = (evaluation.classes[real].name, evaluation.classes[predicted].name)
        rows = wrong[(answers.labels[wrong] == real) & (answers.predictions[wrong] == predicted)]
        examples = [
            show_input(
                items,
                int(answers.items[row]),
                f"{items.preprocessor.noun} of {names[0]} taken for {names[1]}",
            )
            for row in rows[:EXAMPLES_OF_A_CONFUSION]
        ]
        count = int(counts[real, predicted])
        found.append(Confusion(*names, count, evaluation.classes[real].items, examples))
    return found


@dataclass(frozen=True, slots=True)
class Mistake:
    """One test item that was named wrongly."""

    shown: ShownInput
    name: str
    real: str
    predicted: str
    stated: float
    """The probability of the wrong answer."""
    real_stated: float
    """The probability that the real class was given."""


def mistakes(run: Run, answers: StoredPredictions, items: PreparedDataset) -> list[Mistake]:
    """The wrong answers that were given with the highest probability."""
    chosen = []
    for row in answers.wrong("worst")[:MISTAKES]:
        real = run.class_names[answers.labels[row]]
        predicted = run.class_names[answers.predictions[row]]
        chosen.append(
            Mistake(
                show_input(
                    items,
                    int(answers.items[row]),
                    f"{items.preprocessor.noun} of {real} taken for {predicted}",
                ),
                answers.names[row],
                real,
                predicted,
                float(answers.stated[row]),
                float(answers.probabilities[row, answers.labels[row]]),
            )
        )
    return chosen


def mean_stated(evaluation: Evaluation) -> float:
    """The mean probability that the network gave its own answers."""
    total = sum(count * stated for stated, _, count in evaluation.reliability)
    return total / max(1, evaluation.items)


def rarest_class(evaluation: Evaluation) -> ClassRow:
    """The class with the fewest test items, whose recall is known least well."""
    return class_row(min(evaluation.classes, key=lambda score: score.items))


def training_speed(run: Run) -> float | None:
    """Items per second, the median over the epochs; None for an ensemble, which has none."""
    return median(row.items_per_second for row in run.history) if run.history else None


def short_source(run: Run) -> str:
    """The source without the folders above it."""
    return Path(run.metadata["source"]).name or run.metadata["source"]
