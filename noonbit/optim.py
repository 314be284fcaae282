"""Optimisers by name, and learning-rate schedules as functions of the step."""

import math
from collections.abc import Callable

import torch
from torch import nn

from noonbit.recipe import OptimizerName, ScheduleName

Schedule = Callable[[int], float]
"""Step, from 0 -> learning rate."""


def make_optimizer(
    model: nn.Module, name: OptimizerName, *, lr: float, momentum: float, weight_decay: float
) -> torch.optim.Optimizer:
    """The optimiser over all trainable parameters.

    Weight decay acts on matrices and filters alone: a decayed bias or batch-norm scale only loses
    accuracy (Goyal et al., 2017). `momentum` is SGD's, in Nesterov's form; the others keep their
    papers' values. RMSprop uses Keras's rho of 0.9, since its users come from there.
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
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
    """Give every group the learning rate of this step."""
    for group in optimizer.param_groups:
        group["lr"] = lr
