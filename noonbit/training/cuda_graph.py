"""The work of a step recorded once as a CUDA graph, and replayed: one launch instead of hundreds.

A GPU that is done with a small network's operators sooner than a processor can ask for them waits
most of the time. A recording is asked for at once. It repeats addresses too, so all that changes
between steps lies in memory of its own, which is filled before: item numbers, what chance decides
for an epoch's items, learning rates.

    FixedGradients    the gradients of a batch, always left in the same memory
    FixedStep         an optimiser's step on gradients there
    Replay            work that a recorder records after it was done a few times

What is recorded is a plain method, so that tests hold it to autograd on a processor.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from threading import Lock
from typing import Protocol, TypeAlias

import torch
from torch import Tensor, nn

from noonbit.augment import Draws
from noonbit.training.optim.fused import Adam, Sgd
from noonbit.training.optim.muon import Muon

FIRST = 3
"""Times that work is done before it is recorded: libraries choose their kernels, and an optimiser
makes its state."""

RECORDING = Lock()
"""Held while a graph is recorded: PyTorch frees its unused memory before, which no other recording
may see, and members of an ensemble record in threads."""

Work: TypeAlias = Callable[[], None]


class Recorder(Protocol):
    """What can repeat a device's work."""

    def aside(self, work: Work) -> None:
        """Do work once, in the stream where it will be recorded."""

    def record(self, work: Work) -> Work:
        """What repeats it. The work itself is not done."""


class CudaRecorder:
    """By CUDA graphs, as PyTorch's notes on CUDA semantics describe them."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.stream = torch.cuda.Stream(device)

    def aside(self, work: Work) -> None:
        """See `Recorder`."""
        with torch.cuda.device(self.device):
            ours = torch.cuda.current_stream()
            self.stream.wait_stream(ours)
            with torch.cuda.stream(self.stream):
                work()
            ours.wait_stream(self.stream)

    def record(self, work: Work) -> Work:
        """See `Recorder`."""
        graph = torch.cuda.CUDAGraph()
        # What other threads do meanwhile, such as taking memory, is none of this recording's.
        recording = torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local")
        with RECORDING, torch.cuda.device(self.device), recording:
            work()
        return graph.replay


class Replay:
    """Work that is done a few times, then recorded and replayed."""

    def __init__(self, work: Work, recorder: Recorder) -> None:
        self.work, self.recorder = work, recorder
        self.first = FIRST
        self.replay: Work | None = None

    def __call__(self) -> None:
        """Do it once."""
        if self.first:
            self.first -= 1
            self.recorder.aside(self.work)
            return
        if self.replay is None:
            self.replay = self.recorder.record(self.work)
        self.replay()


class FixedGradients:
    """Gradients of whole batches by a replay, and those of smaller ones, the last of an epoch, by
    doing the work; both in the same memory."""

    def __init__(
        self,
        model: nn.Module,
        backward: Callable[[Tensor, Draws, int], tuple[Tensor, Tensor]],
        recorder: Recorder,
    ) -> None:
        self.backward, self.recorder = backward, recorder
        self.parameters = [each for each in model.parameters() if each.requires_grad]
        self.gradients = [torch.zeros_like(each) for each in self.parameters]
        self.items = self.parameters[0].new_empty(0, dtype=torch.int64)
        self.replay = Replay(self.work, recorder)

    def __call__(self, items: Tensor, draws: Draws, step_seed: int) -> tuple[Tensor, Tensor]:
        """One step's gradients; see `gradients.Gradients`. The next replay writes over the sums.

        Nothing takes `step_seed`: networks that draw random numbers are not recorded.
        """
        if len(items) > len(self.items):
            self.items = torch.empty_like(items)
            self.draws, self.drawn = copied(draws), draws
            self.replay = Replay(self.work, self.recorder)
        if len(items) < len(self.items):
            told = self.leave(items, draws)
        else:
            self.items.copy_(items)
            if draws is not self.drawn:  # of another epoch
                fill(self.draws, draws)
                self.drawn = draws
            self.replay()
            told = self.told
        for parameter, gradient in zip(self.parameters, self.gradients, strict=True):
            parameter.grad = gradient
        return told

    def work(self) -> None:
        """What is recorded."""
        self.told = self.leave(self.items, self.draws)

    def leave(self, items: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Compute the gradients and leave them where they belong; the sums of `Gradients`."""
        told = self.backward(items, draws, len(items))
        computed = [each.grad for each in self.parameters if each.grad is not None]
        torch._foreach_copy_(self.gradients, computed)
        for parameter in self.parameters:
            parameter.grad = None
        return told


class FixedStep:
    """An optimiser's step by a replay. The gradients have to be those of `FixedGradients`."""

    def __init__(self, optimizer: Muon | Sgd | Adam, recorder: Recorder) -> None:
        self.optimizer, self.groups = optimizer, optimizer.param_groups
        self.rates = [group["params"][0].new_zeros(()) for group in self.groups]
        self.replay = Replay(self.work, recorder)

    def __call__(self) -> None:
        """Change the weights, with the learning rates that the groups have now."""
        for group, rate in zip(self.groups, self.rates, strict=True):
            rate.fill_(group["lr"])
        self.replay()

    def work(self) -> None:
        """What is recorded."""
        stated = [group["lr"] for group in self.groups]
        self.set_rates(self.rates)
        self.optimizer.step()
        self.set_rates(stated)

    def set_rates(self, rates: list[Tensor]) -> None:
        """Give every group its learning rate."""
        for group, rate in zip(self.groups, rates, strict=True):
            group["lr"] = rate


def step_of(optimizer: torch.optim.Optimizer, gradients: object) -> Callable[[], object]:
    """What changes the weights: recorded where the gradients are, which then always lie in one
    place, if the optimiser keeps all that it counts on the device."""
    if isinstance(gradients, FixedGradients) and isinstance(optimizer, Muon | Sgd | Adam):
        return FixedStep(optimizer, gradients.recorder)
    return optimizer.step


def copied(draws: Draws) -> Draws:
    """The same in memory of its own."""
    return replace(draws, **{name: drawn.clone() for name, drawn in tensors_of(draws).items()})


def fill(fixed: Draws, draws: Draws) -> None:
    """Put an epoch's draws into the memory of another's."""
    for name, drawn in tensors_of(draws).items():
        getattr(fixed, name).copy_(drawn)


def tensors_of(draws: Draws) -> dict[str, Tensor]:
    """Those of the transforms that are in use."""
    every = {each.name: getattr(draws, each.name) for each in fields(draws)}
    return {name: drawn for name, drawn in every.items() if drawn is not None}
