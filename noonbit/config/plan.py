"""The plan of a training: a recipe whose open settings are derived, each with a reason.

    plan = derive(recipe, PlanInputs(model="glance", items=54_000, ...))

Defaults depend on the data and the network alone. In the tables, each value has its reason.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from noonbit.config.augmentation import Augmentation
from noonbit.config.recipe import Kept, Normalisation, OptimizerName, Recipe, ScheduleName

DEFAULT_MULTIPLY_ADDS = 45e12
"""The budget of a default training: forward multiply-adds for data of difficulty 1."""
LEAST_DIFFICULTY = 1 / 24
"""Easier data counts as this difficult, to get the epochs that networks need to converge."""
LARGEST_BATCH = 512
"""Items a batch at most where a network says nothing else: more are hardly faster."""
FEWEST_EPOCHS, MOST_EPOCHS = 2, 16
STEPS_IN_BUDGET = 50
"""A time budget should hold so many steps, which fewer items per step allow."""
STEP_PASSES = 3
"""A step costs as much as so many forward passes: one forward, two backward."""
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
    """A recipe with a value for every setting."""

    model: str
    epochs: float
    """Infinite if the time budget alone ends the training."""
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
    """0 turns averaging off."""
    test_time_augmentation: str
    patience: float
    """Epochs without improvement before stopping; infinite for no early stopping."""
    seed: int
    time_budget: float
    """Seconds; infinite for no budget."""
    reasons: dict[str, str]
    """The reason for each derived setting, by name."""
    balance: bool = False
    unknown: bool = False

    @property
    def augmentation(self) -> Augmentation:
        """`augment`, parsed."""
        return Augmentation.parse(self.augment)


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """What the defaults are derived from: the data and the network."""

    model: str
    items: int
    """Number of items in the training split."""
    augmentation: tuple[str, str]
    """The default `augment` for such inputs, and its reason."""
    multiply_adds: int
    """Multiply-adds of one forward pass of one item."""
    difficulty: float | None
    """The error of the nearest neighbour on raw pixels, from 0 to 1; None where it is not measured,
    since the epochs are given."""
    optimizer: OptimizerName = "adamw"
    """The optimiser that trains the network best."""
    learning_rate: float | None = None
    """Rate for `optimizer`, if its usual one is too high for the network."""
    effort: float = 1.0
    """The share of the default budget to spend."""
    largest_batch: int = LARGEST_BATCH
    """The most items a batch."""
    documented: Mapping[str, Any] = field(default_factory=dict)
    """Defaults that the network's source (its paper, say) prescribes."""
    because: str = ""
    """The reason for `documented`."""
    multiply_adds_per_second: float = math.inf
    """What the machine does at least, roughly; decides only how to spend a time budget."""


def derive(recipe: Recipe, inputs: PlanInputs) -> Plan:
    """Fill in the settings that the recipe leaves open, and note the reason for each."""
    reasons: dict[str, str] = {}

    def choose(name: str, value: Any, reason: str) -> Any:
        explicit = getattr(recipe, name)
        if explicit is not None:
            return explicit
        if name in inputs.documented:
            value, reason = inputs.documented[name], inputs.because
        reasons[name] = reason
        return value

    time_budget = math.inf if recipe.time_budget is None else recipe.time_budget
    items_in_budget = (
        time_budget * inputs.multiply_adds_per_second / (STEP_PASSES * max(1, inputs.multiply_adds))
    )
    batch_size = choose(
        "batch_size", *derive_batch_size(inputs.items, inputs.largest_batch, items_in_budget)
    )
    epochs: float
    if recipe.epochs is None and recipe.time_budget is not None:
        epochs = math.inf
    elif recipe.epochs is not None:
        epochs = recipe.epochs
    else:
        epochs = choose("epochs", *derive_epochs(inputs))
    chosen: OptimizerName = choose("optimizer", inputs.optimizer, f"trains {inputs.model} best")
    rate, rate_reason = RATES[chosen]
    if inputs.learning_rate is not None and chosen == inputs.optimizer:
        rate, rate_reason = inputs.learning_rate, f"{inputs.model} does not settle at more"
    schedule: ScheduleName = choose(
        "schedule", "one-cycle", "ends at zero, so the last epoch is the best"
    )
    return Plan(
        model=inputs.model,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=chosen,
        learning_rate=choose("learning_rate", rate, rate_reason),
        schedule=schedule,
        warmup=choose("warmup", *WARMUPS[schedule]),
        momentum=choose("momentum", *MOMENTA[chosen]) if chosen in MOMENTA else 0.0,
        weight_decay=choose("weight_decay", *DECAYS[chosen]),
        epsilon=choose("epsilon", *EPSILONS[chosen]) if chosen in EPSILONS else 0.0,
        label_smoothing=choose("label_smoothing", 0.1, "keeps short trainings calm"),
        balance=recipe.balance,
        unknown=recipe.unknown,
        augment=choose("augment", *inputs.augmentation),
        normalise=choose("normalise", "standard", "suits every network here"),
        keep=choose("keep", "accuracy", "what the report's headline is about"),
        average_weights=choose("average_weights", 0.0, "a rate that falls to zero averages too"),
        test_time_augmentation=choose(
            "test_time_augmentation", "none", "each view costs another prediction"
        ),
        patience=math.inf if recipe.patience is None else recipe.patience,
        seed=recipe.seed,
        time_budget=time_budget,
        reasons=reasons,
    )


def derive_epochs(inputs: PlanInputs) -> tuple[int, str]:
    """Derive the epochs that spend a budget of multiply-adds, which grows with the difficulty.

    The clock plays no part, so the same command gives the same weights on any machine.
    """
    assert inputs.difficulty is not None  # noqa: S101 - it is measured where epochs are open
    budget = DEFAULT_MULTIPLY_ADDS * max(inputs.difficulty, LEAST_DIFFICULTY) * inputs.effort
    fewest = FEWEST_EPOCHS if inputs.effort == 1 else 1
    epochs = round(budget / max(1, inputs.multiply_adds * inputs.items))
    return (
        min(MOST_EPOCHS, max(fewest, epochs)),
        f"{inputs.difficulty:.0%} of the items are nearest to one of another class",
    )


def derive_batch_size(
    items: int, largest: int = LARGEST_BATCH, items_in_budget: float = math.inf
) -> tuple[int, str]:
    """Derive a sixteenth of the items, from 8 to `largest`: in steps of 8 below 64, else of 32.

    Fewer if a time budget, which holds `items_in_budget` items by a rough estimate, would end after
    a few steps: they teach little, and the last one can exceed the budget by its whole length.
    """
    sixteenth = items // 16
    step = 8 if sixteenth < 64 else 32
    size = min(largest, max(8, sixteenth // step * step))
    if size > max(8.0, items_in_budget / STEPS_IN_BUDGET):
        size = max(8, int(items_in_budget / STEPS_IN_BUDGET) // 8 * 8)
        return size, "small, so that the time budget holds enough steps"
    if size == largest:
        return size, "large enough to be fast, small enough to learn much from one pass"
    if sixteenth < 8:
        return size, "fewer would be noise to batch norm"
    return size, f"about a sixteenth of {items:,} items"
