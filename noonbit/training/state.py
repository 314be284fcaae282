"""Where a training stands, what it has measured, and whom it tells."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from noonbit.config.plan import Plan
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.system.runtime import Runtime
from noonbit.training.ema import Average


@dataclass(frozen=True, slots=True)
class EpochMetrics:
    """One line of a run's history."""

    epoch: int
    """From 1."""
    loss: float
    """Mean of the training loss, label smoothing and augmentation included."""
    accuracy: float
    """On the training items as augmented, while the weights changed."""
    val_loss: float
    val_accuracy: float
    lr: float
    """At the last step."""
    seconds: float
    items_per_second: float


@dataclass(frozen=True, slots=True)
class StepProgress:
    """What a display can know in the middle of an epoch; reading a tensor waits for the device."""

    epoch: int
    step: int
    """Of this epoch, from 1."""
    steps: int
    loss: Tensor
    """Summed over the items of the epoch so far."""
    correct: Tensor
    batch_size: int


@dataclass
class TrainingState:
    """Where a training stands; what a checkpoint holds."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    """Finished ones."""
    step: int = 0
    """Finished ones of the epoch under way."""
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    """Loss, correct items and seconds of the epoch under way."""
    history: list[EpochMetrics] = field(default_factory=list)
    average: Average = field(default_factory=dict)
    """Of the weights, where the plan keeps one: it is then what is validated and kept."""
    best: dict[str, Tensor] = field(default_factory=dict)
    """The weights of the epoch that the plan keeps."""
    best_epoch: int = 0


@dataclass(frozen=True, slots=True)
class TrainingContext:
    """What stays the same from the first step of a training to its last."""

    contract: Contract
    train: TensorDataset
    validation: TensorDataset
    """What chooses the best weights; it may be empty."""
    plan: Plan
    runtime: Runtime


class Callbacks:
    """What the loop calls; override what you need. Every method should return soon."""

    def on_step(self, progress: StepProgress) -> None:
        """A step is done."""

    def on_epoch(self, state: TrainingState) -> None:
        """An epoch is done and validated; `state.history` ends with its metrics."""

    def should_stop(self) -> bool:
        """Whether to finish the step and leave; asked after each step and epoch."""
        return False
