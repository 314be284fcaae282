"""Training steps as CUDA graphs: captured once, then replayed with one launch instead of hundreds.

A GPU runs a small network's kernels faster than the processor can launch them, so it idles most of
the time. A graph is one launch. It repeats memory addresses too, so everything that changes between
steps lives in fixed buffers that are filled before the replay: item indices, the random draws of an
epoch's transforms, learning rates.

    GraphedGradients    the gradients of a batch, always in the same memory
    GraphedStep         an optimiser's step on those gradients
    Replay              work that runs eagerly a few times, then is captured and replayed

The captured work is a plain method, so tests can compare it with autograd on a processor.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from threading import Lock
from typing import Protocol, TypeAlias

import torch
from torch import Tensor, nn

from noonbit.augment import TransformParameters
from noonbit.training.optim.muon import Muon
from noonbit.training.optim.torch_fused import Adam, Sgd

WARM_UP_STEPS = 3
"""Eager runs before the capture, in which libraries choose kernels and optimisers create state."""

CAPTURING = Lock()
"""Held during a capture: PyTorch empties its memory cache before one, which must not happen during
another thread's capture, and the members of an ensemble are captured in threads."""

Work: TypeAlias = Callable[[], None]


class Recorder(Protocol):
    """Captures a device's work, to repeat it."""

    def warm_up(self, work: Work) -> None:
        """Run the work once, on the stream that will capture it."""

    def capture(self, work: Work) -> Work:
        """Capture the work without running it, and return the function that runs it."""


class CudaRecorder:
    """Captures CUDA graphs, as PyTorch's notes on CUDA semantics describe."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.stream = torch.cuda.Stream(device)

    def warm_up(self, work: Work) -> None:
        """See `Recorder`."""
        with torch.cuda.device(self.device):
            current = torch.cuda.current_stream()
            self.stream.wait_stream(current)
            with torch.cuda.stream(self.stream):
                work()
            current.wait_stream(self.stream)

    def capture(self, work: Work) -> Work:
        """See `Recorder`."""
        graph = torch.cuda.CUDAGraph()
        # Thread-local, so that other threads may allocate memory during the capture.
        capture = torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local")
        with CAPTURING, torch.cuda.device(self.device), capture:
            work()
        return graph.replay


class Replay:
    """Work that runs eagerly `WARM_UP_STEPS` times, then is captured and replayed."""

    def __init__(self, work: Work, recorder: Recorder) -> None:
        self.work, self.recorder = work, recorder
        self.warm_up_steps_left = WARM_UP_STEPS
        self.replay: Work | None = None

    def __call__(self) -> None:
        """Run the work once."""
        if self.warm_up_steps_left:
            self.warm_up_steps_left -= 1
            self.recorder.warm_up(self.work)
            return
        if self.replay is None:
            self.replay = self.recorder.capture(self.work)
        self.replay()


class GraphedGradients:
    """Gradients in fixed memory: by replay for whole batches, eagerly for smaller last ones."""

    def __init__(
        self,
        model: nn.Module,
        backward: Callable[[Tensor, TransformParameters, int], tuple[Tensor, Tensor]],
        recorder: Recorder,
    ) -> None:
        self.backward, self.recorder = backward, recorder
        self.parameters = [each for each in model.parameters() if each.requires_grad]
        self.gradients = [torch.zeros_like(each) for each in self.parameters]
        self.items = self.parameters[0].new_empty(0, dtype=torch.int64)
        self.replay = Replay(self.work, recorder)

    def __call__(
        self, items: Tensor, draws: TransformParameters, step_seed: int
    ) -> tuple[Tensor, Tensor]:
        """Set one step's gradients; see `gradients.Gradients`. The next replay overwrites the sums.

        `step_seed` is unused: networks that draw random numbers are not captured.
        """
        if len(items) > len(self.items):
            self.items = torch.empty_like(items)
            self.draws, self.copied_from = clone_parameters(draws), draws
            self.replay = Replay(self.work, self.recorder)
        if len(items) < len(self.items):
            sums = self.compute(items, draws)
        else:
            self.items.copy_(items)
            if draws is not self.copied_from:  # another epoch's
                copy_parameters(self.draws, draws)
                self.copied_from = draws
            self.replay()
            sums = self.sums
        for parameter, gradient in zip(self.parameters, self.gradients, strict=True):
            parameter.grad = gradient
        return sums

    def work(self) -> None:
        """The captured work: from the fixed inputs to the fixed gradients and sums."""
        self.sums = self.compute(self.items, self.draws)

    def compute(self, items: Tensor, draws: TransformParameters) -> tuple[Tensor, Tensor]:
        """Compute the gradients into their fixed memory; return the sums of `Gradients`."""
        sums = self.backward(items, draws, len(items))
        computed = [each.grad for each in self.parameters if each.grad is not None]
        torch._foreach_copy_(self.gradients, computed)
        for parameter in self.parameters:
            parameter.grad = None
        return sums


class GraphedStep:
    """An optimiser's step by replay. The gradients must be those of `GraphedGradients`."""

    def __init__(self, optimizer: Muon | Sgd | Adam, recorder: Recorder) -> None:
        self.optimizer, self.groups = optimizer, optimizer.param_groups
        self.rates = [group["params"][0].new_zeros(()) for group in self.groups]
        self.replay = Replay(self.work, recorder)

    def __call__(self) -> None:
        """Update the weights, with the groups' current learning rates."""
        for group, rate in zip(self.groups, self.rates, strict=True):
            rate.fill_(group["lr"])
        self.replay()

    def work(self) -> None:
        """The captured work: a step whose learning rates are tensors on the device."""
        rates = [group["lr"] for group in self.groups]
        self.set_rates(self.rates)
        self.optimizer.step()
        self.set_rates(rates)

    def set_rates(self, rates: list[Tensor]) -> None:
        """Set every group's learning rate."""
        for group, rate in zip(self.groups, rates, strict=True):
            group["lr"] = rate


def make_optimizer_step(
    optimizer: torch.optim.Optimizer, gradients: object
) -> Callable[[], object]:
    """Return the function that updates the weights.

    It is a graph if the gradients are graphed, hence always in the same memory, and the optimiser
    keeps all its state, step counts included, on the device.
    """
    if isinstance(gradients, GraphedGradients) and isinstance(optimizer, Muon | Sgd | Adam):
        return GraphedStep(optimizer, gradients.recorder)
    return optimizer.step


def clone_parameters(draws: TransformParameters) -> TransformParameters:
    """Copy the draws into new memory."""
    return replace(draws, **{name: value.clone() for name, value in active_tensors(draws).items()})


def copy_parameters(target: TransformParameters, draws: TransformParameters) -> None:
    """Copy an epoch's draws into the memory of `target`."""
    for name, value in active_tensors(draws).items():
        getattr(target, name).copy_(value)


def active_tensors(draws: TransformParameters) -> dict[str, Tensor]:
    """The draws of the transforms in use, by field name."""
    values = {each.name: getattr(draws, each.name) for each in fields(draws)}
    return {name: value for name, value in values.items() if value is not None}
