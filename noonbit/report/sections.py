"""The content of each section of the report, gathered from the run folder and the items.

Long tables are cut, so that a data set of a thousand classes gives a page of the same size as one
of a hundred; evaluation.json and predictions.parquet have everything.
"""

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from noonbit.config.recipe import Recipe
from noonbit.data.dataset import PART_NAMES
from noonbit.data.prepared import PreparedDataset
from noonbit.errors import ArtefactError
from noonbit.evaluation.intervals import wilson_interval
from noonbit.evaluation.metrics import ClassScore, Evaluation
from noonbit.models.catalogue import MODELS
from noonbit.models.summary import Summary, summarise
from noonbit.models.tta import BoardViews, Views
from noonbit.report.inputs import ShownInput, describe_confusion, show_input
from noonbit.report.translation import Translator
from noonbit.runs.predictions import StoredPredictions
from noonbit.runs.run import Run

MOST_CLASSES = 100
"""Rows of the tables of classes."""
MOST_SAMPLED_CLASSES = 40
MOST_SAMPLES, SAMPLES_OF_A_CLASS = 120, 8
MISTAKES = 24
MOST_CHANGES = 50
"""Of the settings of a steered training that the page lists."""
MOST_LAYERS = 150


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """The number of items of a class in each split."""

    name: str
    train: int
    validation: int
    test: int

    @property
    def total(self) -> int:
        """The number of items over all splits."""
        return self.train + self.validation + self.test


@dataclass(frozen=True, slots=True)
class DataCard:
    """The data that the network was trained and tested on."""

    counts: list[ClassCounts]
    """The largest classes first, if not all are shown."""
    largest: int
    """Items of the largest class."""
    totals: ClassCounts
    samples: list[tuple[str, list[ShownInput]]]
    """A class name and some of its training items."""


def data_card(run: Run, items: PreparedDataset, translate: Translator) -> DataCard:
    """Return the counts per class and split, and a few training items of each class."""
    by_part = run.metadata["data"]["counts"]
    counts = [
        ClassCounts(name, *numbers)
        for name, *numbers in zip(run.class_names, *(by_part[p] for p in PART_NAMES), strict=True)
    ]
    if run.folds is not None:
        # Each item is a test item of one network and trains the others, so it counts once.
        counts = [ClassCounts(row.name, row.train, 0, 0) for row in counts]
    totals = ClassCounts("all", *(sum(getattr(row, part) for row in counts) for part in PART_NAMES))
    largest = max(row.total for row in counts)
    if len(counts) > MOST_CLASSES:
        counts = sorted(counts, key=lambda row: -row.total)[:MOST_CLASSES]
    return DataCard(counts, largest, totals, class_samples(items, translate))


def class_samples(
    items: PreparedDataset, translate: Translator
) -> list[tuple[str, list[ShownInput]]]:
    """Return training items of each class, spread evenly over the training split."""
    names = items.data.class_names[:MOST_SAMPLED_CLASSES]
    each = min(SAMPLES_OF_A_CLASS, MOST_SAMPLES // len(names))
    train = items.split.train
    labels = items.labels[train]
    noun = translate.look_up(items.preprocessor.noun)
    rows = []
    for index, name in enumerate(names):
        of_class = train[labels == index]
        places = np.linspace(0, len(of_class) - 1, min(each, len(of_class)), dtype=np.int64)
        chosen = of_class[places]
        description = translate("training %(noun)s of %(name)s", noun=noun, name=name)
        rows.append((name, [show_input(items, i, description) for i in chosen.tolist()]))
    return rows


def layer_table(run: Run) -> Summary | None:
    """Return the layers; None for an ensemble, and if the folder cannot rebuild the network."""
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
        of_words=run.contract.preprocessor.of_words,
        counts_statistics=entry is not None and entry.counts_statistics,
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the recipe."""

    name: str
    value: Any
    reason: str
    """Why it has this value; empty if the user set it."""


def list_settings(run: Run) -> tuple[list[Setting], list[Setting]]:
    """Return the explicit settings that are not the defaults, and the derived ones with reasons."""
    recipe, reasons = run.recipe, run.metadata["reasons"]
    default_model = run.contract.preprocessor.default_model
    defaults = {**Recipe().model_dump(), "model": default_model, "momentum": 0.0, "epsilon": 0.0}
    values = recipe.model_dump(exclude_none=True)
    explicit = [
        Setting(name, value, "")
        for name, value in values.items()
        if name not in reasons and value != defaults[name]
    ]
    ensemble_settings = run.metadata.get("training", {"settings": {}})["settings"]
    explicit += [Setting(name, value, "") for name, value in ensemble_settings.items()]
    machine = run.metadata["machine"]
    values |= {name: machine.get(name) for name in ("device", "threads", "precision", "engine")}
    values |= run.contract.preprocessor.facts()
    derived = [
        Setting(name, values[name], reason) for name, reason in reasons.items() if name in values
    ]
    return explicit, derived


@dataclass(frozen=True, slots=True)
class ClassRow:
    """The scores of a class, with the interval of its recall."""

    score: ClassScore
    low: float
    """Wilson's 95 % interval of the recall."""
    high: float


def class_row(score: ClassScore) -> ClassRow:
    """Add the interval of the recall to the scores of a class."""
    return ClassRow(score, *wilson_interval(round(score.recall * score.items), score.items))


def worst_classes(evaluation: Evaluation) -> list[ClassRow]:
    """Return the classes by F1, the lowest first, at most `MOST_CLASSES`."""
    worst = sorted(evaluation.classes, key=lambda score: score.f1)[:MOST_CLASSES]
    return [class_row(score) for score in worst]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong prediction."""

    shown: ShownInput
    name: str
    real: str
    predicted: str
    confidence: float
    """The probability of the predicted class."""
    true_class_probability: float
    """The probability of the true class."""


def find_worst_mistakes(
    run: Run, predictions: StoredPredictions, items: PreparedDataset, translate: Translator
) -> list[Mistake]:
    """Return the most confident wrong predictions."""
    mistakes = []
    for row in predictions.wrong("worst")[:MISTAKES]:
        real = run.class_names[predictions.labels[row]]
        predicted = run.class_names[predictions.predictions[row]]
        mistakes.append(
            Mistake(
                show_input(
                    items,
                    int(predictions.items[row]),
                    describe_confusion(items, real, predicted, translate),
                ),
                predictions.names[row],
                real,
                predicted,
                float(predictions.confidence[row]),
                float(predictions.probabilities[row, predictions.labels[row]]),
            )
        )
    return mistakes


def mean_confidence(evaluation: Evaluation) -> float:
    """Return the mean probability of the predicted classes."""
    total = sum(count * confidence for confidence, _, count in evaluation.reliability)
    return total / max(1, evaluation.items)


def rarest_class(evaluation: Evaluation) -> ClassRow:
    """Return the class with the fewest test items, whose recall is known least well."""
    return class_row(min(evaluation.classes, key=lambda score: score.items))


def training_speed(run: Run) -> float | None:
    """Return items per second, the median over the epochs; None for an ensemble."""
    return median(row.items_per_second for row in run.history) if run.history else None


def short_source(run: Run) -> str:
    """Return the source without its parent folders."""
    return Path(run.metadata["source"]).name or run.metadata["source"]
