"""Compute the gradients of one step, by one of several engines.

    autograd          PyTorch's autograd on the whole batch
    chain             a `FusedNetwork` on the whole batch, on one thread: faster, but supports fewer
                      layers
    autograd-shares,  on a CPU: data parallelism over threads, each of which runs its share of the
    chain-shares      batch forward and backward with single-threaded operators
    graph             on a GPU: autograd recorded as a CUDA graph

PyTorch parallelises within an operator, so its threads synchronise hundreds of times a step, and if
another program keeps a core busy, each synchronisation waits for it (measured: two threads were 2
to 20 times slower than one). With shares they synchronise once, and at each synchronised norm.

All engines give the same gradients up to the order of additions, with one exception: the batch norm
of a network that says so (`normalises_shares`) normalises a share instead of the batch, as in
distributed training. Other batch norms are synchronised by chain-shares, and autograd does not
split their networks, nor those that draw from PyTorch's global random stream. The `Runtime` names
the engine; otherwise it is the first of `engines_for`. With shares, small batches stay whole and
one thread computes them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.augment import TransformParameters, augment, mix
from noonbit.augment.boards import turn_points
from noonbit.config.augmentation import Augmentation
from noonbit.config.recipe import Engine, Precision
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import UsageError
from noonbit.models.dropout import dropout_layers, seed_layers
from noonbit.models.forecast import Work
from noonbit.models.layers import FeedforwardNetwork
from noonbit.models.summary import summarise
from noonbit.system.runtime import Runtime, set_operator_threads
from noonbit.system.seeding import derive_seed, seed_torch
from noonbit.training.cuda_graph import CudaRecorder, GraphedGradients
from noonbit.training.fused import FusedNetwork, build_fused
from noonbit.training.fused.synchronised_norms import SynchronisedNorms
from noonbit.training.state import TrainingContext

MIN_SHARE = 8
"""Images per share, at least: the batch norm of a share of fewer would be noise, and products of
fewer are slow."""
MIN_SHARE_MULTIPLY_ADDS: Mapping[Precision, int] = {
    "float32": 16_000_000,
    "bfloat16": 192_000_000,
}
"""Of a share's forward pass, at least, unless it has `MIN_SHARE_VALUES`. With less work, threads
wait for each other, and for Python's lock, longer than they save: with two of them, `cnn` in
batches of 32 was 1.2 times as fast in float32, and in bfloat16, where it is done sooner, 0.7 times
by compiled layers and 0.9 times by autograd."""
MIN_SHARE_VALUES = 2_500_000
"""Numbers that the layers of a share give: those of `sign-cnn` in batches of 32, which take longer
than its products in bfloat16, so that two threads are 1.2 times as fast."""

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


class FusedBackward:
    """Forward and backward of a network by its fused layers."""

    def __init__(self, network: FusedNetwork, train_step: TrainStep) -> None:
        self.network, self.train_step = network, train_step
        network.set_normalization(train_step.contract)

    def __call__(
        self, items: Tensor, transform_parameters: TransformParameters, count: int
    ) -> Sums:
        """See `Backward`."""
        images, labels, _ = self.train_step.batch(items, transform_parameters)
        return self.network.backward(
            images,
            labels,
            smoothing=self.train_step.label_smoothing,
            count=count,
        )


def all_logits(model: nn.Module, images: Tensor) -> tuple[Tensor, ...]:
    """Return the network's logits, then those of its auxiliary heads, if any."""
    if isinstance(model, FeedforwardNetwork) and len(model.auxiliary):
        return model.all_logits(images)
    return (model(images),)


@contextmanager
def make_gradients(model: nn.Module, train_step: TrainStep) -> Iterator[Gradients]:
    """Build the runtime's engine for the model, or else the first of `engines_for`."""
    engines = engines_for(model, train_step.transforms, train_step.runtime)
    engine = train_step.runtime.engine
    if engine not in engines:
        engine = engines[0]
    match engine:
        case "autograd-shares" | "chain-shares":
            # For the optimiser too, which would synchronise threads as well.
            with set_operator_threads(1):
                yield ThreadDataParallel(model, train_step, engine)
        case "chain":  # the kernels use one thread, so its matrix products do too
            with set_operator_threads(1):
                yield WholeBatch(model, train_step, engine)
        case "graph":
            require_loaded(train_step.train)
            recorder = CudaRecorder(train_step.runtime.device)
            yield GraphedGradients(model, make_backward(model, train_step, engine), recorder)
        case "autograd":
            yield WholeBatch(model, train_step, engine)


def engines_for(model: nn.Module, transforms: Augmentation, runtime: Runtime) -> tuple[Engine, ...]:
    """Return the engines that can train a model; the first is the default without a measurement."""
    if runtime.device.type == "cuda" and can_use_cuda_graph(model):
        return ("autograd", "graph")
    if runtime.device.type != "cpu":
        return ("autograd",)
    # The fused loss takes class labels only, not mixed ones.
    has_fused = (
        not (transforms.mixup or transforms.cutmix)
        and build_fused(model, runtime.dtype) is not None
    )
    whole: tuple[Engine, ...] = ("chain", "autograd") if has_fused else ("autograd",)
    if runtime.threads == 1 or may_use_global_rng(model):
        return whole
    shares: tuple[Engine, ...] = ("chain-shares",) if has_fused else ()
    if not needs_synchronised_norms(model):
        shares += ("autograd-shares",)
    return shares + whole


def make_backward(model: nn.Module, train_step: TrainStep, engine: Engine) -> Backward:
    """Return the forward and backward of a network for an engine."""
    if engine.startswith("chain"):
        network = build_fused(model, train_step.runtime.dtype)
        assert network is not None, "engines_for offers chain only if there is one"  # noqa: S101
        return FusedBackward(network, train_step)
    return AutogradBackward(model, train_step)


def can_use_cuda_graph(model: nn.Module) -> bool:
    """Whether a CUDA graph can replay a step: not with dropout, whose masks would repeat."""
    return isinstance(model, FeedforwardNetwork) and not any(
        isinstance(module, nn.Dropout) for module in model.modules()
    )


def require_loaded(train: TensorDataset) -> None:
    """Raise `UsageError` for streamed inputs, which a CUDA graph cannot fetch."""
    if not isinstance(train.values, Tensor):
        raise UsageError(
            "The engine graph needs all training items in the GPU's memory, and these do not fit "
            "or are computed on demand. Leave --engine out."
        )


def needs_synchronised_norms(model: nn.Module) -> bool:
    """Whether batch norm over shares of a batch would change the documented training."""
    assert isinstance(model, FeedforwardNetwork)  # noqa: S101 - others may use the global stream
    has_norms = any(type(module) is nn.BatchNorm2d for module in model.modules())
    return has_norms and not model.normalises_shares


def may_use_global_rng(model: nn.Module) -> bool:
    """Whether a step may draw from PyTorch's global random stream, as unknown networks may."""
    return not isinstance(model, FeedforwardNetwork) or any(
        type(each) is nn.Dropout for each in model.modules()
    )


class WholeBatch:
    """Gradients of whole batches."""

    def __init__(self, model: nn.Module, train_step: TrainStep, engine: Engine) -> None:
        self.dropout, self.device = dropout_layers(model), train_step.runtime.device
        # Only on a CPU does noonbit's dropout have its own random stream.
        is_on_cpu = self.device.type == "cpu"
        self.seeds_global_rng = may_use_global_rng(model) or (bool(self.dropout) and not is_on_cpu)
        self.backward = make_backward(model, train_step, engine)

    def __call__(
        self, items: Tensor, transform_parameters: TransformParameters, step_seed: int
    ) -> Sums:
        """See `Gradients`."""
        if self.seeds_global_rng:  # process-wide, so such members are not trained in parallel
            seed_torch(step_seed, self.device)
        seed_layers(self.dropout, step_seed)
        return self.backward(items, transform_parameters, len(items))


class ThreadDataParallel:
    """Gradients of shares of a batch, one per thread.

    Each thread has a replica that shares the weights' memory and has its own gradients.
    """

    def __init__(self, model: nn.Module, train_step: TrainStep, engine: Engine) -> None:
        self.train_step = train_step
        self.replicas = [model] + [deepcopy(model) for _ in range(train_step.runtime.threads - 1)]
        for replica in self.replicas[1:]:
            replica.train()  # the caller switches the model itself
            for own, shared in zip(replica.parameters(), model.parameters(), strict=True):
                own.data = shared.data
        self.dropout = [dropout_layers(replica) for replica in self.replicas]
        self.backward = [make_backward(replica, train_step, engine) for replica in self.replicas]
        self.gradients = [list(replica.parameters()) for replica in self.replicas]
        self.statistics = [
            [buffer for buffer in replica.buffers() if buffer.is_floating_point()]
            for replica in self.replicas
        ]
        self.synchronised = (
            SynchronisedNorms(
                [each.network for each in self.backward if isinstance(each, FusedBackward)]
            )
            if needs_synchronised_norms(model)
            else None
        )
        shape = train_step.contract.preprocessor.shape
        self.work = Work.of(summarise(model, shape).layers)

    def __call__(
        self, items: Tensor, transform_parameters: TransformParameters, step_seed: int
    ) -> Sums:
        """See `Gradients`."""
        count = len(items)
        shares = items.tensor_split(self.count_shares(count))
        synchronised = self.synchronised
        if synchronised is not None:
            synchronised.set_shares(len(shares))

        def backward(index: int) -> Sums:
            seed_layers(self.dropout[index], derive_seed(step_seed, "share", index))
            return self.backward[index](shares[index], transform_parameters, count)

        def end_waiting() -> None:
            if synchronised is not None:
                synchronised.abandon()

        results = self.train_step.runtime.map_threads(
            backward, range(len(shares)), on_failure=end_waiting
        )
        self.add_gradients(len(shares))
        self.average_statistics(1 if synchronised is not None else len(shares))
        losses, correct = zip(*results, strict=True)
        return torch.stack(losses).sum(), torch.stack(correct).sum()

    def count_shares(self, count: int) -> int:
        """Return into how many shares a batch of `count` items is divided."""
        least = MIN_SHARE_MULTIPLY_ADDS[self.train_step.runtime.precision]
        by_work = max(
            count * self.work.multiply_adds // least, count * self.work.values // MIN_SHARE_VALUES
        )
        return max(1, min(len(self.replicas), count // MIN_SHARE, by_work))

    def add_gradients(self, shares: int) -> None:
        """Add the replicas' gradients to the model's, always in the same order."""
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
        """Average the running statistics of the first `shares` replicas' batch norms, for all."""
        first = self.statistics[0]
        if not first:
            return
        for others in self.statistics[1:shares]:
            torch._foreach_add_(first, others)
        torch._foreach_div_(first, float(shares))
        for others in self.statistics[1:]:
            torch._foreach_copy_(others, first)
