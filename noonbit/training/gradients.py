"""The gradients of one step: by which way through the network, and in one piece or in shares.

PyTorch's own way on a processor is that all threads work on one operator, then on the next: they
meet hundreds of times a step, and where another program keeps a core busy, every meeting waits for
it (measured: two threads 2 to 20 times slower than one). In shares, each thread takes its part of
the batch through the whole network and back with operators of one thread, and they meet once.

Both give the same gradient but for the order of additions, with one exception: batch norm sees a
share instead of the batch, as it does under distributed training. A network whose documented
behaviour that would change, or that draws from PyTorch's one stream of random numbers, is taken
whole. The way through the network is PyTorch's autograd, or a `chain`, which is faster and knows
fewer layers. On a GPU all of a step can be `recorded`. Which of the engines a training takes is the
`Runtime`'s to say, else the first of `engines_for`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.augment import TransformParameters, augment, mix
from noonbit.augment.boards import turn_points
from noonbit.config.augmentation import Augmentation
from noonbit.config.recipe import Engine
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import UsageError
from noonbit.models.layers import FeedforwardNetwork, dropout_layers, seed_layers
from noonbit.system.runtime import Runtime, set_operator_threads
from noonbit.system.seeding import derive_seed, seed_torch
from noonbit.training.cuda_graph import CudaRecorder, GraphedGradients
from noonbit.training.fused import FusedNetwork, build_fused
from noonbit.training.state import TrainingContext

LEAST_SHARE = 8
"""Images; batch norm over fewer would be noise."""

AUXILIARY_WEIGHT = 0.3
"""Of an auxiliary head's loss (Szegedy et al., "Going deeper with convolutions", 2014)."""

Sums: TypeAlias = tuple[Tensor, Tensor]
"""The sum of the losses over a batch, and how many of its items were right."""

Gradients: TypeAlias = Callable[[Tensor, TransformParameters, int], tuple[Tensor, Tensor]]
"""Item numbers (B,), the epoch's draws and the step's seed -> the sum of the items' losses and how
many were right. The gradient of the mean loss is then in the model's parameters."""


NO_AUGMENTATION = Augmentation()


@dataclass(frozen=True, slots=True)
class TrainStep:
    """What a step does with items, whichever network and thread does it."""

    train: TensorDataset
    contract: Contract
    transforms: Augmentation
    label_smoothing: float
    runtime: Runtime

    @classmethod
    def of(cls, context: TrainingContext) -> "TrainStep":
        """The step of a training."""
        plan = context.plan
        return cls(
            context.train,
            context.contract,
            plan.augmentation,
            plan.label_smoothing,
            context.runtime,
        )

    def batch(self, items: Tensor, draws: TransformParameters) -> tuple[Tensor, Tensor, Tensor]:
        """Values, augmented; labels; and targets, which are labels or shares of them."""
        images, labels = self.train.take(items)
        if self.transforms == NO_AUGMENTATION:
            return images, labels, labels
        drawn = draws.take(items)
        images = augment(self.transforms, images, drawn)
        if drawn.symmetry is not None:
            labels = turn_points(labels, drawn.symmetry, images.shape[-1])
        classes = len(self.contract.class_names)
        images, targets = mix(self.transforms, images, labels, drawn, classes=classes)
        return images, labels, targets

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy, summed over the images; targets are labels or shares of the classes."""
        return F.cross_entropy(
            logits.float(), targets, label_smoothing=self.label_smoothing, reduction="sum"
        )


Backward: TypeAlias = Callable[[Tensor, TransformParameters, int], tuple[Tensor, Tensor]]
"""Item numbers (B,), the epoch's draws and a count -> the sum of the losses, how many were right.
The gradient of the sum divided by the count is added to the parameters', which had none before."""


class AutogradBackward:
    """Any network, by PyTorch's record of what it did."""

    def __init__(self, model: nn.Module, train_step: TrainStep) -> None:
        self.model, self.train_step = model, train_step

    def __call__(
        self, items: Tensor, draws: TransformParameters, count: int
    ) -> Sums:
        """See `Backward`."""
        train_step = self.train_step
        images, labels, targets = train_step.batch(items, draws)
        with train_step.runtime.autocast():
            logits, *auxiliary = all_logits(self.model, train_step.contract.normalise(images))
        loss = train_step.loss(logits, targets)
        whole = loss + AUXILIARY_WEIGHT * sum(train_step.loss(each, targets) for each in auxiliary)
        (whole / count).backward()
        return loss.detach(), (logits.detach().argmax(dim=1) == labels).sum()


class FusedBackward:
    """A network whose layers are known, by hand."""

    def __init__(self, chain: FusedNetwork, train_step: TrainStep) -> None:
        self.chain, self.train_step = chain, train_step
        chain.set_normalization(train_step.contract)

    def __call__(
        self, items: Tensor, draws: TransformParameters, count: int
    ) -> Sums:
        """See `Backward`."""
        images, labels, _ = self.train_step.batch(items, draws)
        return self.chain.backward(
            images,
            labels,
            smoothing=self.train_step.label_smoothing,
            count=count,
        )


def all_logits(model: nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    """The network's logits, then those of its auxiliary heads, where it has any."""
    if isinstance(model, FeedforwardNetwork) and len(model.auxiliary):
        return model.all_logits(images)
    return (model(images),)


@contextmanager
def make_gradients(model: nn.Module, train_step: TrainStep) -> Iterator[Gradients]:
    """By the engine that the runtime names, else the one that usually suits the model best."""
    engines = engines_for(model, train_step.transforms, train_step.runtime)
    engine = train_step.runtime.engine
    if engine not in engines:
        engine = engines[0]
    if engine.endswith("shares"):
        with set_operator_threads(1):  # the optimiser's too, or they would meet all the same
            yield ThreadDataParallel(model, train_step, engine)
    elif engine == "graph":
        require_loaded(train_step.train)
        recorder = CudaRecorder(train_step.runtime.device)
        yield GraphedGradients(model, make_backward(model, train_step, engine), recorder)
    else:
        yield WholeBatch(model, train_step, engine)


def engines_for(model: nn.Module, transforms: Augmentation, runtime: Runtime) -> tuple[Engine, ...]:
    """The engines that can train a model, first the one to take where nothing was measured."""
    if runtime.device.type == "cuda" and can_be_graphed(model):
        return ("autograd", "graph")
    if runtime.device.type != "cpu":
        return ("autograd",)
    # Mixed labels are shares of classes, and a chain's loss takes labels.
    chained = (
        not (transforms.mixup or transforms.cutmix)
        and build_fused(model, runtime.dtype) is not None
    )
    ways: tuple[Engine, ...] = ("chain", "autograd") if chained else ("autograd",)
    if runtime.threads == 1 or not can_be_shared(model):
        return ways
    shared: tuple[Engine, ...] = (
        ("chain-shares", "autograd-shares") if chained else ("autograd-shares",)
    )
    return shared + ways


def make_backward(model: nn.Module, train_step: TrainStep, engine: Engine) -> Backward:
    """The way through a network and back."""
    if engine.startswith("chain"):
        chain = build_fused(model, train_step.runtime.dtype)
        assert chain is not None, "engines_for said that there is one"  # noqa: S101
        return FusedBackward(chain, train_step)
    return AutogradBackward(model, train_step)


def can_be_graphed(model: nn.Module) -> bool:
    """Whether each step does the same to other numbers: a recording would repeat random ones."""
    return isinstance(model, FeedforwardNetwork) and not any(
        isinstance(module, nn.Dropout) for module in model.modules()
    )


def require_loaded(train: TensorDataset) -> None:
    """Raise `UsageError` where inputs are fetched for each batch, which no recording can do."""
    if not isinstance(train.values, Tensor):
        raise UsageError(
            "The engine graph needs all training items in the GPU's memory, and these do not fit "
            "or are computed on demand. Leave --engine out."
        )


def can_be_shared(model: nn.Module) -> bool:
    """Whether shares give what the whole batch gives, or what the network was made for."""
    if may_draw_unseen(model):
        return False
    assert isinstance(model, FeedforwardNetwork)  # noqa: S101 - those of a user's own may
    kinds = {type(module) for module in model.modules()}
    return nn.BatchNorm2d not in kinds or model.normalises_shares


def may_draw_unseen(model: nn.Module) -> bool:
    """Whether a step may draw from PyTorch's one stream of random numbers, in a forward unseen."""
    return not isinstance(model, FeedforwardNetwork) or any(
        type(each) is nn.Dropout for each in model.modules()
    )


class WholeBatch:
    """The network takes each batch in one piece."""

    def __init__(self, model: nn.Module, train_step: TrainStep, engine: Engine) -> None:
        self.dropout, self.device = dropout_layers(model), train_step.runtime.device
        # Our dropout has a stream of its own on a processor alone.
        is_on_cpu = self.device.type == "cpu"
        self.seeds_stream = may_draw_unseen(model) or (bool(self.dropout) and not is_on_cpu)
        self.backward = make_backward(model, train_step, engine)

    def __call__(
        self, items: Tensor, draws: TransformParameters, step_seed: int
    ) -> tuple[Tensor, Tensor]:
        """One step's gradients; see `Gradients`."""
        if self.seeds_stream:  # which is all threads', so others keep away from it
            seed_torch(step_seed, self.device)
        seed_layers(self.dropout, step_seed)
        return self.backward(items, draws, len(items))


class ThreadDataParallel:
    """A copy of the network for each thread: the same weights in memory, gradients of its own."""

    def __init__(self, model: nn.Module, train_step: TrainStep, engine: Engine) -> None:
        self.train_step = train_step
        self.replicas = [model] + [deepcopy(model) for _ in range(train_step.runtime.threads - 1)]
        for replica in self.replicas[1:]:
            replica.train()  # the model itself is the caller's to switch
            for own, shared in zip(replica.parameters(), model.parameters(), strict=True):
                own.data = shared.data
        self.dropout = [dropout_layers(replica) for replica in self.replicas]
        self.backward = [make_backward(replica, train_step, engine) for replica in self.replicas]
        self.gradients = [list(replica.parameters()) for replica in self.replicas]
        self.statistics = [
            [buffer for buffer in replica.buffers() if buffer.is_floating_point()]
            for replica in self.replicas
        ]

    def __call__(
        self, items: Tensor, draws: TransformParameters, step_seed: int
    ) -> tuple[Tensor, Tensor]:
        """One step's gradients; see `Gradients`."""
        count = len(items)
        shares = items.tensor_split(max(1, min(len(self.replicas), count // LEAST_SHARE)))

        def backward(index: int) -> tuple[Tensor, Tensor]:
            seed_layers(self.dropout[index], derive_seed(step_seed, "share", index))
            return self.backward[index](shares[index], draws, count)

        results = self.train_step.runtime.map_threads(backward, range(len(shares)))
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
