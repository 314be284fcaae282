"""Data parallelism over a processor's threads: each computes the gradients of a share of the batch.

PyTorch parallelises within an operator, so its threads synchronise hundreds of times a step, and if
another program keeps a core busy, each synchronisation waits for it (measured: two threads were 2
to 20 times slower than one). With shares they synchronise twice, and at each synchronised norm.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cached_property

import torch
from torch import Tensor, nn

from noonbit.augment import TransformParameters
from noonbit.config.recipe import Precision
from noonbit.models.dropout import dropout_layers, seed_layers
from noonbit.models.forecast import Work
from noonbit.models.layers import FeedforwardNetwork
from noonbit.models.summary import summarise
from noonbit.system.seeding import derive_seed
from noonbit.training.fused import FusedNetwork, build_fused
from noonbit.training.fused.synchronised_norms import SynchronisedNorms
from noonbit.training.fused.team import Team
from noonbit.training.train_step import AutogradBackward, Sums, TrainStep

MIN_SHARE = 8
"""Images per share, at least: the batch norm of a share of fewer would be noise, and products of
fewer are slow."""
MIN_AUTOGRAD_SHARE: Mapping[Precision, int] = {
    "float32": 16_000_000,
    "bfloat16": 192_000_000,
}
"""Multiply-adds of a share's forward pass by autograd, at least, unless it has `MIN_SHARE_VALUES`.
With less work, threads wait for each other, and for Python's lock, longer than they save: in
batches of 32, two threads trained `cnn` 1.2 times as fast in float32, and in bfloat16, where it is
done sooner, 0.9 times."""
MIN_SHARE_VALUES = 2_500_000
"""Numbers that the layers of a share give: those of `sign-cnn` in batches of 32, which by autograd
take longer than its products in bfloat16."""
MIN_FUSED_SHARE = 2_000_000
"""Multiply-adds of a share's forward pass by a fused network, at least: as long as it takes to wake
a thread."""
MIN_USES_OF_A_WEIGHT: Mapping[Precision, int] = {"float32": 32, "bfloat16": 96}
"""How often a fused share multiplies each weight, at least, on average. Each thread reads weights
that another has changed and leaves gradients that another reads, which takes longer than it saves
where weights are used less. Two threads trained `mlp` 0.8, 1.06 and 1.2 times as fast at 16, 24 and
32 uses in float32; in bfloat16 `mlp`, `cnn` and `lenet5` 0.8 to 1.1 times at 56 to 64, and 1.02 to
1.15 times at 96 to 128."""


class DataParallel:
    """Gradients of shares of a batch, one per thread.

    Each thread has a replica that shares the weights' memory and has its own gradients.
    """

    def __init__(self, model: nn.Module, train_step: TrainStep, threads: int) -> None:
        self.train_step = train_step
        self.replicas = [model] + [deepcopy(model) for _ in range(threads - 1)]
        for replica in self.replicas[1:]:
            replica.train()  # the caller switches the model itself
            for own, shared in zip(replica.parameters(), model.parameters(), strict=True):
                own.data = shared.data
        self.dropout = [dropout_layers(replica) for replica in self.replicas]
        self.statistics = [
            [buffer for buffer in replica.buffers() if buffer.is_floating_point()]
            for replica in self.replicas
        ]

    @cached_property
    def work(self) -> Work:
        """What the forward pass of an item takes."""
        shape = self.train_step.contract.preprocessor.shape
        return Work.of(summarise(self.replicas[0], shape).layers)

    @cached_property
    def weights(self) -> int:
        """How many parameters there are; to count them at each step took 40 us."""
        return sum(parameter.numel() for parameter in self.replicas[0].parameters())

    def __call__(
        self, items: Tensor, transform_parameters: TransformParameters, step_seed: int
    ) -> Sums:
        """See `Gradients`."""
        shares = items.tensor_split(self.count_shares(len(items)))
        for index, layers in enumerate(self.dropout[: len(shares)]):
            # A batch that stays whole drops what it drops on one thread.
            seed_layers(layers, derive_seed(step_seed, "share", index) if index else step_seed)
        return self.compute(shares, transform_parameters, len(items))

    def compute(
        self, shares: Sequence[Tensor], transform_parameters: TransformParameters, count: int
    ) -> Sums:
        """Compute the sums and the model's gradients from the item numbers of each share."""
        raise NotImplementedError

    def count_shares(self, count: int) -> int:
        """Return into how many shares a batch of `count` items is divided."""
        most = min(len(self.replicas), count // MIN_SHARE)
        return max(1, min(most, self.shares_by_work(count))) if most > 1 else 1

    def shares_by_work(self, count: int) -> int:
        """Return into how many shares the work of `count` items is worth dividing."""
        raise NotImplementedError

    def average_statistics(self, shares: int) -> None:
        """Average the running statistics of the first `shares` replicas' batch norms, for all."""
        first = self.statistics[0]
        if not first or len(self.replicas) == 1:
            return
        for others in self.statistics[1:shares]:
            torch._foreach_add_(first, others)
        torch._foreach_div_(first, float(shares))
        for others in self.statistics[1:]:
            torch._foreach_copy_(others, first)


class AutogradShares(DataParallel):
    """Shares by PyTorch's autograd, each on a thread of Python."""

    def __init__(self, model: nn.Module, train_step: TrainStep, threads: int) -> None:
        super().__init__(model, train_step, threads)
        self.backward = [AutogradBackward(replica, train_step) for replica in self.replicas]
        self.parameters = [list(replica.parameters()) for replica in self.replicas]

    def compute(
        self, shares: Sequence[Tensor], transform_parameters: TransformParameters, count: int
    ) -> Sums:
        """See `DataParallel`."""

        def backward(index: int) -> Sums:
            return self.backward[index](shares[index], transform_parameters, count)

        results = self.train_step.runtime.map_threads(backward, range(len(shares)))
        self.add_gradients(len(shares))
        self.average_statistics(len(shares))
        losses, correct = zip(*results, strict=True)
        return torch.stack(losses).sum(), torch.stack(correct).sum()

    def shares_by_work(self, count: int) -> int:
        """See `DataParallel`."""
        least = MIN_AUTOGRAD_SHARE[self.train_step.runtime.precision]
        return max(
            count * self.work.multiply_adds // least, count * self.work.values // MIN_SHARE_VALUES
        )

    def add_gradients(self, shares: int) -> None:
        """Add the replicas' gradients to the model's, always in the same order."""
        for parameters in self.parameters[1:shares]:
            pairs = [
                (own.grad, other.grad)
                for own, other in zip(self.parameters[0], parameters, strict=True)
                if own.grad is not None and other.grad is not None
            ]
            torch._foreach_add_([own for own, _ in pairs], [other for _, other in pairs])
            for parameter in parameters:
                parameter.grad = None


class FusedShares(DataParallel):
    """Shares by fused networks; their threads compute without Python, and add the gradients."""

    def __init__(self, model: nn.Module, train_step: TrainStep, threads: int) -> None:
        super().__init__(model, train_step, threads)
        self.networks = [self.build(replica) for replica in self.replicas]
        self.losses = torch.zeros(threads, dtype=torch.float64)
        self.correct = torch.zeros(threads, dtype=torch.int64)
        for network, loss, correct in zip(self.networks, self.losses, self.correct, strict=True):
            network.loss, network.correct = loss, correct
            network.set_normalization(train_step.contract)
        self.synchronised = (
            SynchronisedNorms(self.networks)
            if threads > 1 and needs_synchronised_norms(model)
            else None
        )
        self.team = Team(self.networks[0].kernels, threads)

    def close(self) -> None:
        """End the threads."""
        self.team.close()

    def build(self, replica: nn.Module) -> FusedNetwork:
        """Return the fused form of a replica."""
        network = build_fused(replica, self.train_step.runtime.dtype)
        assert network is not None, "engines_for offers chain only if there is one"  # noqa: S101
        return network

    def compute(
        self, shares: Sequence[Tensor], transform_parameters: TransformParameters, count: int
    ) -> Sums:
        """See `DataParallel`."""
        batches = self.take(shares, transform_parameters)
        networks, synchronised = self.networks[: len(shares)], self.synchronised
        programs = [
            network.prepare(*batch, smoothing=self.train_step.label_smoothing, count=count)
            for network, batch in zip(networks, batches, strict=True)
        ]
        if synchronised is not None:
            synchronised.set_shares(len(shares))
        with torch.no_grad():
            self.team.run(programs, [network.gradients for network in networks])
        self.networks[0].publish_gradients()
        if synchronised is None:  # else all have those of the whole batch
            self.average_statistics(len(shares))
        return self.losses[: len(shares)].sum(), self.correct[: len(shares)].sum()

    def shares_by_work(self, count: int) -> int:
        """See `DataParallel`."""
        uses = MIN_USES_OF_A_WEIGHT[self.train_step.runtime.precision]
        return count * self.work.multiply_adds // max(MIN_FUSED_SHARE, uses * self.weights)

    def take(
        self, shares: Sequence[Tensor], transform_parameters: TransformParameters
    ) -> Sequence[tuple[Tensor, Tensor]]:
        """Return the images and the labels of each share."""

        def take_share(items: Tensor) -> tuple[Tensor, Tensor]:
            images, labels, _ = self.train_step.batch(items, transform_parameters)
            return images.contiguous(), labels

        if self.train_step.batches_take_work:
            return self.train_step.runtime.map_threads(take_share, shares)
        return [take_share(items) for items in shares]


def needs_synchronised_norms(model: nn.Module) -> bool:
    """Whether batch norm over shares of a batch would change the documented training."""
    assert isinstance(model, FeedforwardNetwork)  # noqa: S101 - others may use the global stream
    has_norms = any(type(module) is nn.BatchNorm2d for module in model.modules())
    return has_norms and not model.normalises_shares
