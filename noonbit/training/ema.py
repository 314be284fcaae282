"""A moving average of the weights, which is often better than the weights themselves.

Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the exponential
form with a soft start is TensorFlow's. Costs one pass over the weights a step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

Average = dict[str, Tensor]
"""By name, like a state dict, of everything that is a fraction; empty where none is kept."""


def begin_average(model: nn.Module, decay: float) -> Average:
    """The average before the first step; empty where `decay` is 0."""
    return {name: value.clone() for name, value in fractions(model).items()} if decay else {}


def updating(average: Average, model: nn.Module, decay: float) -> Callable[[int], None]:
    """What to call after each step, with its number from 0."""
    if not average:
        return lambda step: None
    current = list(fractions(model).values())
    kept = [average[name] for name in fractions(model)]

    def update(step: int) -> None:
        # Early on the average forgets faster, or it would remember the initial weights.
        share = 1 - min(decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(kept, current, share)

    return update


@contextmanager
def averaged(model: nn.Module, average: Average) -> Iterator[None]:
    """The model has the averaged weights inside, and its own again afterwards."""
    own = {name: value.clone() for name, value in fractions(model).items()} if average else {}
    put(model, average)
    try:
        yield
    finally:
        put(model, own)


def put(model: nn.Module, values: Average) -> None:
    """Copy values into the model in place, since threads may share its memory."""
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name in values:
                value.copy_(values[name])


def fractions(model: nn.Module) -> dict[str, Tensor]:
    """The model's weights and statistics; not its counters. They share the model's memory."""
    return {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
