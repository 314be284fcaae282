"""Optimisers by name, and learning-rate schedules as functions of the step."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from noonbit.recipe import OptimizerName, ScheduleName

Schedule = Callable[[int], float]
"""Step, from 0 -> learning rate."""

MUON_SMALL_RATE = 0.2
"""Muon's biases, norms and dense layers learn at this share of its filters' learning rate."""


def make_optimizer(
    model: nn.Module,
    name: OptimizerName,
    *,
    lr: float,
    momentum: float,
    weight_decay: float,
    dtype: torch.dtype = torch.float32,
) -> torch.optim.Optimizer:
    """The optimiser over all trainable parameters.

    Weight decay acts on matrices and filters alone: a decayed bias or batch-norm scale only loses
    accuracy (Goyal et al., 2017). `momentum` is SGD's and Muon's, in Nesterov's form; the others
    keep their papers' values. RMSprop uses Keras's rho of 0.9, since its users come from there.
    `dtype` is of Muon's matrix products, which bear bfloat16 where it is fast.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    if name == "muon":
        return Muon(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay, dtype=dtype)
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    # The fused kernels make one pass over each tensor instead of four; RMSprop has none.
    match name:
        case "sgd":
            return torch.optim.SGD(
                groups, lr=lr, momentum=momentum, nesterov=momentum > 0, fused=True
            )
        case "adam":
            return torch.optim.Adam(groups, lr=lr, fused=True)
        case "adamw":
            return torch.optim.AdamW(groups, lr=lr, fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=lr, alpha=0.9, eps=1e-7)


class Muon(torch.optim.Optimizer):
    """Momentum whose step on each filter bank is made orthogonal; Adam for everything else.

    Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024, in the form that
    the CIFAR-10 speed records use: a bank (out, in, h, w) is a matrix of `out` rows, kept at the
    norm sqrt(out), which suits filters that feed a batch norm. PyTorch's own Muon takes matrices
    only. Costs a few small matrix products a step, whatever the batch size.
    """

    def __init__(
        self,
        parameters: list[nn.Parameter],
        *,
        lr: float,
        momentum: float,
        weight_decay: float,
        dtype: torch.dtype,
    ) -> None:
        filters = [p for p in parameters if p.ndim == 4]
        small = [p for p in parameters if p.ndim != 4]
        groups: list[dict[str, Any]] = [
            {"params": filters, "orthogonal": True, "rate": 1.0},
            {"params": small, "orthogonal": False, "rate": MUON_SMALL_RATE},
        ]
        groups = [group for group in groups if group["params"]]
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self.dtype = dtype

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Change every parameter that has a gradient."""
        assert closure is None  # noqa: S101 - the loop never passes one
        for group in self.param_groups:
            change = self.change_filters if group["orthogonal"] else self.change_small
            for parameter in group["params"]:
                if parameter.grad is not None:
                    change(parameter, parameter.grad, group)

    def change_filters(self, filters: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        """One bank's step: Nesterov momentum, orthogonalised."""
        state = self.state[filters]
        if not state:
            state["momentum"] = torch.zeros_like(filters)
        momentum = state["momentum"]
        momentum.mul_(group["momentum"]).add_(gradient)
        direction = gradient.add(momentum, alpha=group["momentum"])
        # Filters of zeros, as some networks begin with, have no norm to keep.
        filters.mul_(math.sqrt(len(filters)) / filters.norm().clamp_min(1e-7))
        update = orthogonalised(direction.reshape(len(filters), -1).to(self.dtype))
        filters.add_(update.view(direction.shape), alpha=-group["lr"])

    def change_small(self, values: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        """Adam with decoupled decay (Loshchilov and Hutter, 2019), betas 0.9 and 0.95."""
        state = self.state[values]
        if not state:
            state["step"] = torch.zeros(())
            state["mean"] = torch.zeros_like(values)
            state["square"] = torch.zeros_like(values)
        state["step"] += 1
        step = state["step"].item()  # a scalar that always lies on the processor
        mean, square = state["mean"], state["square"]
        mean.lerp_(gradient, 0.1)
        square.mul_(0.95).addcmul_(gradient, gradient, value=0.05)
        if values.ndim > 1:
            values.mul_(1 - group["lr"] * group["weight_decay"])
        spread = (square / (1 - 0.95**step)).sqrt_().add_(1e-8)
        values.addcdiv_(mean, spread, value=-group["lr"] / (1 - 0.9**step))


def orthogonalised(matrix: Tensor) -> Tensor:
    """The nearest matrix with singular values of about 1, by three Newton-Schulz steps.

    The coefficients are Jordan's: they reach [0.7, 1.2] fastest, and closer does not train better.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / (wide.norm() + 1e-7)
    for _ in range(3):
        gram = wide @ wide.T
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    result: Tensor = wide if matrix.shape[0] <= matrix.shape[1] else wide.T
    return result


def make_schedule(name: ScheduleName, *, lr: float, warmup: float, steps: int) -> Schedule:
    """The learning rate at each of `steps` steps; `warmup` is the share of them that rises."""
    rising = max(1, round(warmup * steps))

    def rise(step: int) -> float:
        return min(1.0, (step + 1) / rising)

    match name:
        case "constant":
            return lambda step: lr
        case "cosine":
            return lambda step: lr * rise(step) * (1 + math.cos(math.pi * step / steps)) / 2
        case "one-cycle":
            # Straight up, straight down to zero (Smith and Topin, 2018, without the last phase).
            falling = max(1, steps - rising)
            return lambda step: lr * min(rise(step), (steps - step) / falling)


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every group the learning rate of this step, times the group's own rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group.get("rate", 1.0)
