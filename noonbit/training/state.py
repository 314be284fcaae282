"""The state of a training, its metrics, and its callbacks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field
from torch import Tensor, nn

from noonbit.config.plan import Plan
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.system.runtime import Runtime
from noonbit.training.changes import Change
from noonbit.training.ema import Average
from noonbit.training.optim.base import Optimizer


def check_validated(value: float) -> float:
    """Accept what a validation gives: nan where there was none."""
    if not math.isnan(value) and not 0 <= value < math.inf:
        raise ValueError("should be finite and not below 0, or nan")
    return value


Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Validated = Annotated[float, AfterValidator(check_validated)]


@dataclass(frozen=True, slots=True)
class EpochMetrics:
    """One row of a run's history, with what pydantic accepts of a stored one."""

    epoch: Annotated[int, Field(ge=1)]
    """From 1."""
    loss: Amount
    """Mean training loss, with label smoothing and augmentation."""
    accuracy: Share
    """On the augmented training items, averaged over the epoch while the weights changed."""
    val_loss: Validated
    val_accuracy: Validated
    lr: Amount
    """At the last step."""
    seconds: Amount
    items_per_second: Amount

    @property
    def is_validated(self) -> bool:
        """Whether there was a validation split, and time for it."""
        return not math.isnan(self.val_accuracy)


def history_contradiction(rows: Sequence[EpochMetrics]) -> str | None:
    """Return what contradicts itself in a stored history; None if nothing does."""
    for number, row in enumerate(rows, start=1):
        if row.epoch != number:
            return f"epoch {row.epoch} is in the place of epoch {number}"
        if math.isnan(row.val_loss) != math.isnan(row.val_accuracy) or row.val_accuracy > 1:
            return f"epoch {number} has val_accuracy {row.val_accuracy} and val_loss {row.val_loss}"
    return None


@dataclass(frozen=True, slots=True)
class StepProgress:
    """The progress within an epoch, for displays; reading a tensor synchronises with the device."""

    epoch: int
    step: int
    """Of this epoch, from 1."""
    steps: int
    """Of this epoch, as far as the batch size stays."""
    seen: int
    """Items of the epoch so far."""
    loss: Tensor
    """Summed over the items of the epoch so far."""
    correct: Tensor
    batch_size: int
    elapsed: float
    """Seconds of the training so far, in all sittings."""


class TimedStep(NamedTuple):
    """What the clock decided for one step of a training with a time budget."""

    seconds: Amount
    """Of the training, in all sittings, when the step began."""
    lr: Amount


@dataclass
class TrainingState:
    """The state of a training, which a checkpoint holds."""

    model: nn.Module
    optimizer: Optimizer
    epoch: int = 0
    """The number of finished epochs."""
    step: int = 0
    """The number of finished steps of the current epoch."""
    items_seen: int = 0
    """The items of those steps."""
    total_steps: int = 0
    """The number of finished steps of all epochs."""
    lr: float = 0.0
    """Of the last step."""
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    """Summed loss, correct items and seconds of the current epoch."""
    history: list[EpochMetrics] = field(default_factory=list)
    average: Average = field(default_factory=dict)
    """Of the weights, if the plan has one; it is then what is validated and kept."""
    best: dict[str, Tensor] = field(default_factory=dict)
    """The state dict of the best epoch."""
    best_epoch: int = 0
    elapsed: float = 0.0
    """Seconds of the training so far, in all sittings: steps, validation and saving."""
    validation_seconds: float | None = None
    """How long the last validation took; None before the first."""
    timed_steps: list[TimedStep] = field(default_factory=list)
    """With a time budget, every step so far; the checkpoint does not hold them."""
    changes: list[Change] = field(default_factory=list)
    """What somebody changed, in the order of the steps; the checkpoint does not hold them."""
    paused_seconds: float = 0.0
    """How long this sitting was paused, which counts as no time of the training."""


@dataclass(frozen=True, slots=True)
class TrainingContext:
    """What does not change during a training."""

    contract: Contract
    train: TensorDataset
    validation: TensorDataset
    """Chooses the best weights; may be empty."""
    plan: Plan
    runtime: Runtime


class Callbacks:
    """Called by the loop; override what you need. The methods block the training."""

    def on_step(self, progress: StepProgress) -> None:
        """Called after a step."""

    def on_epoch(self, state: TrainingState) -> None:
        """Called after an epoch and its validation; `state.history` ends with its metrics."""

    def should_stop(self) -> bool:
        """Whether to stop; asked after each step and epoch."""
        return False
