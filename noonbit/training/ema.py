"""An exponential moving average of the weights, often more accurate than the weights themselves.

Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the exponential
form with a soft start is TensorFlow's. Costs one pass over the weights a step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

Average = dict[str, Tensor]
"""A state dict of the floating-point values; empty if no average is kept."""


def init_average(model: nn.Module, decay: float) -> Average:
    """The average before the first step; empty if `decay` is 0."""
    return {name: value.clone() for name, value in float_tensors(model).items()} if decay else {}


def make_average_update(average: Average, model: nn.Module, decay: float) -> Callable[[int], None]:
    """Return the function to call after each step, with the step's number from 0."""
    if not average:
        return lambda step: None
    current = list(float_tensors(model).values())
    averaged = [average[name] for name in float_tensors(model)]

    def update(step: int) -> None:
        # The decay starts low, or the average would be dominated by the initial weights.
        weight = 1 - min(decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(averaged, current, weight)

    return update


@contextmanager
def swap_in_average(model: nn.Module, average: Average) -> Iterator[None]:
    """Give the model the averaged weights inside the context, and its own again afterwards."""
    own = {name: value.clone() for name, value in float_tensors(model).items()} if average else {}
    copy_values(model, average)
    try:
        yield
    finally:
        copy_values(model, own)


def copy_values(model: nn.Module, values: Average) -> None:
    """Copy values into the model, in place because threads may share its memory."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name in values:
                value.copy_(values[name])


def float_tensors(model: nn.Module) -> dict[str, Tensor]:
    """The floating-point part of the state dict, sharing the model's memory."""
    return {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
