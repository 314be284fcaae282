"""The gradients of one step, taken in one piece or in shares.

PyTorch's own way on a processor is that all threads work on one operator, then on the next: they
meet hundreds of times a step, and where another program keeps a core busy, every meeting waits for
it (measured: two threads 2 to 20 times slower than one). In shares, each thread takes its part of
the batch through the whole network and back with operators of one thread, and they meet once.

Both give the same gradient but for the order of additions, with one exception: batch norm sees a
share instead of the batch, as it does under distributed training. A network whose documented
behaviour that would change, or that draws from PyTorch's one stream of random numbers, is taken
whole.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.augment import Augmentation, Draws, augment, mix
from noonbit.contract import Contract
from noonbit.models.layers import Network, seed_dropout
from noonbit.runtime import Runtime, mixed, operators_use, seed_stream

LEAST_SHARE = 8
"""Images; batch norm over fewer would be noise."""

AUXILIARY_WEIGHT = 0.3
"""Of an auxiliary head's loss (Szegedy et al., "Going deeper with convolutions", 2014)."""

Gradients: TypeAlias = Callable[[Tensor, Draws, int], tuple[Tensor, Tensor]]
"""Item numbers (B,), the epoch's draws and the step's seed -> the sum of the items' losses and how
many were right. The gradient of the mean loss is then in the model's parameters."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A split on the device: uint8 images (N, C, H, W), int64 labels (N,)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """The images and labels of item numbers (B,).

        `index_select` copies an image at a time, where indexing goes by bytes: 23 us instead of
        460 for 512 images of 28x28.
        """
        return self.images.index_select(0, items), self.labels.index_select(0, items)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a step does with items, whichever network and thread does it."""

    train: Labelled
    contract: Contract
    transforms: Augmentation
    label_smoothing: float
    runtime: Runtime

    def backward(
        self, model: nn.Module, items: Tensor, draws: Draws, count: int
    ) -> tuple[Tensor, Tensor]:
        """Add the gradient of the items' losses, divided by `count`, to the model's."""
        drawn, (images, labels) = draws.take(items), self.train.take(items)
        images = augment(self.transforms, images, drawn)
        classes = len(self.contract.class_names)
        images, targets = mix(self.transforms, images, labels, drawn, classes=classes)
        images = self.contract.normalise(images).contiguous(memory_format=torch.channels_last)
        with self.runtime.autocast():
            logits, *auxiliary = all_logits(model, images)
        loss = self.loss(logits, targets)
        whole = loss + AUXILIARY_WEIGHT * sum(self.loss(each, targets) for each in auxiliary)
        (whole / count).backward()
        return loss.detach(), (logits.detach().argmax(dim=1) == labels).sum()

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy, summed over the images; targets are labels or shares of the classes."""
        return F.cross_entropy(
            logits.float(), targets, label_smoothing=self.label_smoothing, reduction="sum"
        )


def all_logits(model: nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    """The network's logits, then those of its auxiliary heads, where it has any."""
    if isinstance(model, Network) and len(model.auxiliary):
        return model.all_logits(images)
    return (model(images),)


@contextmanager
def gradients_of(model: nn.Module, lesson: Lesson) -> Iterator[Gradients]:
    """The way that suits the model and the machine."""
    runtime = lesson.runtime
    if runtime.device.type == "cpu" and runtime.threads > 1 and can_be_shared(model):
        with operators_use(1):  # the optimiser's too, or they would meet all the same
            yield Shares(model, lesson)
    else:
        yield Whole(model, lesson)


def can_be_shared(model: nn.Module) -> bool:
    """Whether shares give what the whole batch gives, or what the network was made for.

    Networks of a user's own are taken whole: their forward may draw random numbers unseen.
    """
    if not isinstance(model, Network):
        return False
    kinds = {type(module) for module in model.modules()}
    return nn.Dropout not in kinds and (nn.BatchNorm2d not in kinds or model.normalises_shares)


class Whole:
    """The network takes each batch in one piece."""

    def __init__(self, model: nn.Module, lesson: Lesson) -> None:
        self.model, self.lesson = model, lesson

    def __call__(self, items: Tensor, draws: Draws, step_seed: int) -> tuple[Tensor, Tensor]:
        """One step's gradients; see `Gradients`."""
        # For the random numbers of a user's own network.
        seed_stream(step_seed, self.lesson.runtime.device)
        seed_dropout(self.model, step_seed)
        return self.lesson.backward(self.model, items, draws, len(items))


class Shares:
    """A copy of the network for each thread: the same weights in memory, gradients of its own."""

    def __init__(self, model: nn.Module, lesson: Lesson) -> None:
        self.lesson = lesson
        self.replicas = [model] + [deepcopy(model) for _ in range(lesson.runtime.threads - 1)]
        for replica in self.replicas[1:]:
            for own, shared in zip(replica.parameters(), model.parameters(), strict=True):
                own.data = shared.data
        self.gradients = [list(replica.parameters()) for replica in self.replicas]
        self.statistics = [
            [buffer for buffer in replica.buffers() if buffer.is_floating_point()]
            for replica in self.replicas
        ]

    def __call__(self, items: Tensor, draws: Draws, step_seed: int) -> tuple[Tensor, Tensor]:
        """One step's gradients; see `Gradients`."""
        count = len(items)
        shares = items.tensor_split(max(1, min(len(self.replicas), count // LEAST_SHARE)))

        def backward(index: int) -> tuple[Tensor, Tensor]:
            self.replicas[index].train()
            seed_dropout(self.replicas[index], mixed(step_seed, "share", index))
            return self.lesson.backward(self.replicas[index], shares[index], draws, count)

        results = self.lesson.runtime.spread(backward, range(len(shares)))
        self.add_gradients(len(shares))
        self.average_statistics(len(shares))
        losses, correct = zip(*results, strict=True)
        return torch.stack(losses).sum(), torch.stack(correct).sum()

    def add_gradients(self, shares: int) -> None:
        """Bring the replicas' gradients to the model's, always in the same order."""
        for parameters in self.gradients[1:shares]:
            pairs = [
                (own.grad, other.grad)
                for own, other in zip(self.gradients[0], parameters, strict=True)
                if own.grad is not None and other.grad is not None
            ]
            torch._foreach_add_([own for own, _ in pairs], [other for _, other in pairs])
            for parameter in parameters:
                parameter.grad = None

    def average_statistics(self, shares: int) -> None:
        """Give all replicas the mean of the running statistics that the shares left."""
        first = self.statistics[0]
        if not first:
            return
        for others in self.statistics[1:shares]:
            torch._foreach_add_(first, others)
        torch._foreach_div_(first, float(shares))
        for others in self.statistics[1:]:
            torch._foreach_copy_(others, first)
