"""Learning rates as functions of the step."""

import math
from collections.abc import Callable

import torch

from noonbit.config.recipe import ScheduleName

Schedule = Callable[[float], float]
"""Step, from 0 -> learning rate."""


def make_schedule(name: ScheduleName, *, lr: float, warmup: float, steps: int) -> Schedule:
    """The learning rate of each of `steps` steps; it rises over the fraction `warmup` of them."""
    rising = max(1, round(warmup * steps))

    def rise(step: float) -> float:
        return min(1.0, (step + 1) / rising)

    match name:
        case "constant":
            return lambda step: lr * rise(step)
        case "cosine":
            return lambda step: lr * rise(step) * (1 + math.cos(math.pi * step / steps)) / 2
        case "one-cycle":
            # Linear up, linear down to zero (Smith and Topin, 2018, without their last phase).
            falling = max(1, steps - rising)
            return lambda step: lr * min(rise(step), (steps - step) / falling)


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Set every group's learning rate: `lr` times the group's own factor `rate`, if it has one."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group.get("rate", 1.0)
