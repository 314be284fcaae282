"""A network of fused layers, which takes a training step as one call of C++."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from noonbit.data.preprocess.contract import Contract
from noonbit.training.fused.batch_norm import FusedBatchNorm
from noonbit.training.fused.containers import FusedSequential
from noonbit.training.fused.kernels import Kernels, Value
from noonbit.training.fused.parameter import ComputeParameter
from noonbit.training.fused.program import Buffer, Program, Values

MAX_PROGRAMS = 8
"""Shapes of a batch whose programs are kept: of whole batches, an epoch's last, and others."""


@dataclass(frozen=True, slots=True)
class Step:
    """One training step for batches of one shape, and what it is given."""

    program: Program
    images: Buffer
    labels: Buffer
    smoothing: Value
    factor: Value
    """What the gradient is multiplied by."""


class FusedNetwork:
    """A network of fused layers whose matrix products have one dtype."""

    def __init__(
        self,
        layers: FusedSequential,
        norms: Sequence[FusedBatchNorm],
        kernels: Kernels,
        dtype: torch.dtype,
    ) -> None:
        """`norms` are the batch norms among the layers, nested ones included."""
        self.layers, self.norms, self.kernels, self.dtype = layers, norms, kernels, dtype
        self.loss = torch.zeros((), dtype=torch.float64)
        self.correct = torch.zeros((), dtype=torch.int64)
        self.trained = [each for each in layers.compute_parameters if each.requires_grad]
        self.gradients = store_together(self.trained)
        self.mean = self.std = torch.empty(0)
        self.steps: dict[tuple[torch.Size, torch.dtype], Step] = {}
        self.memory = torch.empty(0, dtype=torch.uint8)

    def set_normalization(self, contract: Contract) -> None:
        """Normalise images as this contract does, from now on."""
        self.mean, self.std = (
            255 * torch.tensor(column, dtype=torch.float32)
            for column in (contract.mean, contract.std)
        )
        self.steps.clear()

    @torch.no_grad()
    def backward(
        self, images: Tensor, labels: Tensor, *, smoothing: float, count: int
    ) -> tuple[Tensor, Tensor]:
        """Set the parameters' gradients of the summed loss divided by `count`.

        `images` are uint8 or float32 (B, C, H, W) from 0 to 255, `labels` int64 (B,), both
        contiguous. Returns the summed loss and the number of correct answers, in tensors that the
        next step overwrites.
        """
        self.prepare(images, labels, smoothing=smoothing, count=count).run()
        self.publish_gradients()
        return self.loss, self.correct

    def prepare(self, images: Tensor, labels: Tensor, *, smoothing: float, count: int) -> Program:
        """Return the program of `backward` for this batch, which has to live until it has run."""
        step = self.step_for(images)
        step.images.point_to(images)
        step.labels.point_to(labels)
        step.smoothing.number, step.factor.number = smoothing, 1 / count
        return step.program

    def publish_gradients(self) -> None:
        """Make the gradients of the last run those of the parameters."""
        for each in self.trained:
            each.publish_gradient()

    def step_for(self, images: Tensor) -> Step:
        """Return the step for batches of this shape and dtype; the first takes some milliseconds
        to be put together."""
        key = images.shape, images.dtype
        if key not in self.steps:
            if len(self.steps) == MAX_PROGRAMS:
                del self.steps[next(iter(self.steps))]
            self.steps[key] = self.make_step(*key)
        return self.steps[key]

    def make_step(self, shape: torch.Size, dtype: torch.dtype) -> Step:
        """Put a step together."""
        program = Program(self.kernels)
        step = Step(program, program.input(), program.input(), Value(), Value())
        for each in self.layers.compute_parameters:
            if each.value.dtype != each.parameter.dtype:
                program.call("narrow", each.parameter.data, each.value, each.value.numel())
        values = self.normalise(program, step.images, shape, dtype)
        logits = self.layers.forward(program, values)
        gradient = program.empty_like(logits)
        program.call(
            "cross_entropy",
            *(logits, step.labels, gradient),
            *logits.shape,
            *(step.smoothing, step.factor),
            *(self.loss, self.correct),
        )
        self.layers.backward(program, gradient, needs_input_grad=False)
        program.finish(self.allocate)
        return step

    def allocate(self, size: int) -> Tensor:
        """Return the memory of all steps, of which one runs at a time."""
        if len(self.memory) < size:
            self.memory = torch.empty(size, dtype=torch.uint8)
            self.steps.clear()  # they are put together anew, in the memory that takes all
        return self.memory

    def normalise(
        self, program: Program, images: Buffer, shape: torch.Size, dtype: torch.dtype
    ) -> Values:
        """Add what the contract would do: normalise images, to channels last."""
        count, channels, height, width = shape
        result = program.empty(tuple(shape), self.dtype)
        program.call(
            "normalise_bytes" if dtype == torch.uint8 else "normalise_floats",
            *(images, result, count, channels, height * width, self.mean, self.std),
        )
        return result


def store_together(parameters: Sequence[ComputeParameter]) -> Tensor:
    """Return one tensor, float32 (length,), that has the gradients of all parameters in it.

    So the gradients of two replicas are added in one pass.
    """
    offsets = [0]
    for each in parameters:
        offsets.append(offsets[-1] + -(-each.gradient.numel() // 16) * 16)  # whole cache lines
    together = torch.zeros(offsets[-1])
    for each, offset in zip(parameters, offsets, strict=False):
        shape, strides = each.gradient.shape, each.gradient.stride()
        each.gradient = together.as_strided(shape, strides, offset)
    return together
