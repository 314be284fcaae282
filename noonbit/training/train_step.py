"""One training step: its batch, its loss, and forward and backward by PyTorch's autograd."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.augment import TransformParameters, augment, mix
from noonbit.augment.boards import turn_points
from noonbit.config.augmentation import Augmentation
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.models.layers import FeedforwardNetwork
from noonbit.system.runtime import Runtime
from noonbit.training.state import TrainingContext

AUXILIARY_WEIGHT = 0.3
"""Of an auxiliary head's loss (Szegedy et al., "Going deeper with convolutions", 2014)."""

Sums: TypeAlias = tuple[Tensor, Tensor]
"""The sum of the losses over a batch, and the number of correct items, both on the device."""

Gradients: TypeAlias = Callable[[Tensor, TransformParameters, int], Sums]
"""Item numbers (B,), the epoch's transform parameters and the step's seed -> `Sums`. Sets the
`grad` of the model's parameters to the gradient of the mean loss."""

NO_AUGMENTATION = Augmentation()


@dataclass(frozen=True, slots=True)
class TrainStep:
    """The batch and the loss of a step, shared by all engines and threads."""

    train: TensorDataset
    contract: Contract
    transforms: Augmentation
    label_smoothing: float
    runtime: Runtime
    augments: bool = field(init=False)
    """Whether `transforms` does anything; comparing settings at each step took 6 us."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "augments", self.transforms != NO_AUGMENTATION)

    @classmethod
    def of(cls, context: TrainingContext) -> "TrainStep":
        """Return the step of a training."""
        plan = context.plan
        return cls(
            context.train,
            context.contract,
            plan.augmentation,
            plan.label_smoothing,
            context.runtime,
        )

    @property
    def batches_take_work(self) -> bool:
        """Whether a batch is more than a copy of what memory has."""
        return self.augments or not isinstance(self.train.values, Tensor)

    def batch(
        self, items: Tensor, transform_parameters: TransformParameters
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return augmented values, labels (B,), and targets: labels, or (B, classes) if mixed."""
        images, labels = self.train.take(items)
        if not self.augments:
            return images, labels, labels
        parameters = transform_parameters.take(items)
        images = augment(self.transforms, images, parameters)
        if parameters.symmetry is not None:
            labels = turn_points(labels, parameters.symmetry, images.shape[-1])
        classes = len(self.contract.class_names)
        images, targets = mix(self.transforms, images, labels, parameters, classes=classes)
        return images, labels, targets

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the cross-entropy summed over the images, for `targets` as `batch` gives them."""
        return F.cross_entropy(
            logits.float(), targets, label_smoothing=self.label_smoothing, reduction="sum"
        )


Backward: TypeAlias = Callable[[Tensor, TransformParameters, int], Sums]
"""Item numbers (B,), the epoch's transform parameters and a count -> `Sums`. Sets the `grad` of the
parameters, which were None, to the gradient of the summed loss divided by the count."""


class AutogradBackward:
    """Forward and backward of any network, by PyTorch's autograd."""

    def __init__(self, model: nn.Module, train_step: TrainStep) -> None:
        self.model, self.train_step = model, train_step

    def __call__(
        self, items: Tensor, transform_parameters: TransformParameters, count: int
    ) -> Sums:
        """See `Backward`."""
        train_step = self.train_step
        images, labels, targets = train_step.batch(items, transform_parameters)
        with train_step.runtime.autocast():
            logits, *auxiliary = all_logits(self.model, train_step.contract.normalise(images))
        loss = train_step.loss(logits, targets)
        total = loss
        for each in auxiliary:
            total = total + AUXILIARY_WEIGHT * train_step.loss(each, targets)
        (total / count).backward()
        return loss.detach(), (logits.detach().argmax(dim=1) == labels).sum()


def all_logits(model: nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    """Return the network's logits, then those of its auxiliary heads, if any."""
    if isinstance(model, FeedforwardNetwork) and len(model.auxiliary):
        return model.all_logits(images)
    return (model(images),)
