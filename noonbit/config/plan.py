"""A recipe with nothing left open: what is derived from the data and the network, with its reason.

derive(recipe, Task(model="glance", items=54_000, ...)) -> Plan
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from noonbit.config.recipe import Kept, Normalisation, OptimizerName, Recipe, ScheduleName

WORK = 45e12
"""Multiply-adds of forward passes that a default training spends on data of difficulty 1."""
LEAST_DIFFICULTY = 1 / 24
"""Easier data than this still gets the passes that its networks need to settle."""
FEWEST_EPOCHS, MOST_EPOCHS = 2, 16
RATES: dict[OptimizerName, tuple[float, str]] = {
    "muon": (0.24, "of the CIFAR-10 speed records"),
    "sgd": (0.1, "high for few passes; try less without batch norm"),
    "adam": (0.002, "twice the paper's, since it falls to zero"),
    "adamw": (0.002, "twice the paper's, since it falls to zero"),
    "rmsprop": (0.001, "Keras's"),
    "adadelta": (1.0, "the paper has none"),
}
MOMENTA: dict[OptimizerName, tuple[float, str]] = {
    "muon": (0.6, "of the CIFAR-10 speed records"),
    "sgd": (0.9, "usual for sgd"),
}
DECAYS: dict[OptimizerName, tuple[float, str]] = {
    "muon": (0.0, "filters keep their norm, so there is nothing to decay"),
    "sgd": (5e-4, "usual for sgd on images"),
    "adam": (0.0, "adam mixes it with the gradient; adamw does not"),
    "adamw": (0.01, "the paper's"),
    "rmsprop": (0.0, "off by default"),
    "adadelta": (0.0, "off by default"),
}
EPSILONS: dict[OptimizerName, tuple[float, str]] = {
    "adam": (1e-8, "the paper's"),
    "adamw": (1e-8, "the paper's"),
    "rmsprop": (1e-7, "Keras's"),
    "adadelta": (1e-6, "the paper's"),
}

WARMUPS: dict[ScheduleName, tuple[float, str]] = {
    "constant": (0.0, "constant from the first step"),
    "cosine": (0.05, "a twentieth of the steps"),
    "one-cycle": (0.2, "a fifth of the steps"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A recipe with every open setting decided, for one data set on one machine."""

    model: str
    epochs: int
    batch_size: int
    optimizer: OptimizerName
    learning_rate: float
    schedule: ScheduleName
    warmup: float
    momentum: float
    weight_decay: float
    epsilon: float
    """0 for optimisers that have none."""
    label_smoothing: float
    augment: str
    normalise: Normalisation
    keep: Kept
    average_weights: float
    """0 for no average."""
    test_time_augmentation: str
    patience: float
    """Epochs; infinite where stopping early was not asked for."""
    seed: int
    time_budget: float
    """Seconds; infinite where none was given."""
    reasons: dict[str, str]
    """Why each derived setting is what it is."""


@dataclass(frozen=True, slots=True)
class Task:
    """What the defaults are derived from."""

    model: str
    items: int
    """Of the training split."""
    augmentation: tuple[str, str]
    """The usual one of such inputs, and the reason."""
    multiply_adds: int
    """Of the network, for one item."""
    difficulty: float
    """The nearest neighbour's error on raw pixels, from 0 to 1."""
    optimizer: OptimizerName = "adamw"
    """What trains the network best."""
    learning_rate: float | None = None
    """Of that optimiser, where its usual one does not suit the network."""
    effort: float = 1.0
    """The share of a default training's arithmetic to spend."""
    documented: Mapping[str, Any] = field(default_factory=dict)
    """Settings that the network's source fixes, where the recipe leaves them open."""
    because: str = ""
    """Why those."""


def derive(recipe: Recipe, task: Task) -> Plan:
    """Decide what the recipe leaves open, each with a reason."""
    reasons: dict[str, str] = {}

    def choose(name: str, value: Any, reason: str) -> Any:
        stated = getattr(recipe, name)
        if stated is not None:
            return stated
        if name in task.documented:
            value, reason = task.documented[name], task.because
        reasons[name] = reason
        return value

    batch_size = choose("batch_size", *derive_batch_size(task.items))
    chosen: OptimizerName = choose("optimizer", task.optimizer, f"trains {task.model} best")
    rate, rate_reason = RATES[chosen]
    if task.learning_rate is not None and chosen == task.optimizer:
        rate, rate_reason = task.learning_rate, f"{task.model} does not settle at more"
    schedule: ScheduleName = choose(
        "schedule", "one-cycle", "ends at zero, so the last epoch is the best"
    )
    return Plan(
        model=task.model,
        epochs=choose("epochs", *derive_epochs(task)),
        batch_size=batch_size,
        optimizer=chosen,
        learning_rate=choose("learning_rate", rate, rate_reason),
        schedule=schedule,
        warmup=choose("warmup", *WARMUPS[schedule]),
        momentum=choose("momentum", *MOMENTA[chosen]) if chosen in MOMENTA else 0.0,
        weight_decay=choose("weight_decay", *DECAYS[chosen]),
        epsilon=choose("epsilon", *EPSILONS[chosen]) if chosen in EPSILONS else 0.0,
        label_smoothing=choose("label_smoothing", 0.1, "keeps short trainings calm"),
        augment=choose("augment", *task.augmentation),
        normalise=choose("normalise", "standard", "suits every network here"),
        keep=choose("keep", "accuracy", "what the report's headline is about"),
        average_weights=choose("average_weights", 0.0, "a rate that falls to zero averages too"),
        test_time_augmentation=choose(
            "test_time_augmentation", "none", "each view costs another prediction"
        ),
        patience=math.inf if recipe.patience is None else recipe.patience,
        seed=recipe.seed,
        time_budget=math.inf if recipe.time_budget is None else recipe.time_budget,
        reasons=reasons,
    )


def derive_epochs(task: Task) -> tuple[int, str]:
    """Passes that spend a budget of arithmetic which grows with the difficulty of the data.

    In numbers of items, size of the network and difficulty alone, never the clock, so that the
    same command gives the same weights on a slow day.
    """
    budget = WORK * max(task.difficulty, LEAST_DIFFICULTY) * task.effort
    fewest = FEWEST_EPOCHS if task.effort == 1 else 1
    epochs = round(budget / max(1, task.multiply_adds * task.items))
    return (
        min(MOST_EPOCHS, max(fewest, epochs)),
        f"{task.difficulty:.0%} of the items are nearest to one of another class",
    )


def derive_batch_size(items: int) -> tuple[int, str]:
    """A sixteenth of the items: up to 64 in steps of 8, and up to 512 in steps of 32."""
    sixteenth = items // 16
    step = 8 if sixteenth < 64 else 32
    size = min(512, max(8, sixteenth // step * step))
    if size == 512:
        return size, "large enough to be fast, small enough to learn much from one pass"
    if sixteenth < 8:
        return size, "fewer would be noise to batch norm"
    return size, f"about a sixteenth of {items:,} items"
