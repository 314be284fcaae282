"""The state of a training, its metrics, and its callbacks."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn

from noonbit.config.plan import Plan
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.system.runtime import Runtime
from noonbit.training.ema import Average


@dataclass(frozen=True, slots=True)
class EpochMetrics:
    """One row of a run's history."""

    epoch: int
    """From 1."""
    loss: float
    """Mean training loss, with label smoothing and augmentation."""
    accuracy: float
    """On the augmented training items, averaged over the epoch while the weights changed."""
    val_loss: float
    val_accuracy: float
    lr: float
    """At the last step."""
    seconds: float
    items_per_second: float

    @property
    def is_validated(self) -> bool:
        """Whether there was a validation split, and time for it."""
        return not math.isnan(self.val_accuracy)


@dataclass(frozen=True, slots=True)
class StepProgress:
    """The progress within an epoch, for displays; reading a tensor synchronises with the device."""

    epoch: int
    step: int
    """Of this epoch, from 1."""
    steps: int
    loss: Tensor
    """Summed over the items of the epoch so far."""
    correct: Tensor
    batch_size: int
    elapsed: float
    """Seconds of the training so far, in all sittings."""


class TimedStep(NamedTuple):
    """What the clock decided for one step of a training with a time budget."""

    seconds: float
    """Of the training, in all sittings, when the step began."""
    lr: float


@dataclass
class TrainingState:
    """The state of a training, which a checkpoint holds."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    """The number of finished epochs."""
    step: int = 0
    """The number of finished steps of the current epoch."""
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
