"""A forecast of how long a training takes on this machine's processor; without PyTorch.

What a step does is counted, and weighed by what each part costs beside a plain matrix product,
whose speed is measured on the machine (`noonbit.system.multiply_rate`). The weights were fitted to
17 networks of the catalogue on images of 28x28x1 and 32x32x3, from lenet5 to resnet18: half of the
forecasts are within a factor of 1.35, and all within 2. With multiply-adds alone some are off by
3.4, since small networks spend most of their time elsewhere. docs/performance.md has the figures.
A machine that does something else meanwhile takes longer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Protocol

from noonbit.config.plan import STEP_PASSES

MULTIPLY_ADD_COST = 1.6
"""Those of a network run at so many times the cost of those of a large matrix product."""
VALUE_COST = 400
"""Multiply-adds that a number between two layers costs: it is written and read again, forward and
backward."""
PARAMETER_COST = 500
"""Multiply-adds that a parameter costs a step: its gradient is added up, and it is moved."""


class LayerCost(Protocol):
    """A row of a layer table, of `models.summary` or `models.layer_table`."""

    @property
    def output(self) -> Sequence[int]:
        """The shape of what it gives for one item."""

    @property
    def parameters(self) -> int:
        """Learned numbers."""

    @property
    def multiply_adds(self) -> int:
        """For one item."""


@dataclass(frozen=True, slots=True)
class Work:
    """What training does for one item, and at each step."""

    multiply_adds: int
    """Of one forward pass."""
    values: int
    """Numbers that all layers give."""
    parameters: int

    @classmethod
    def of(cls, layers: Iterable[LayerCost]) -> "Work":
        """Count the work of the layers of a table."""
        rows = list(layers)
        return cls(
            sum(row.multiply_adds for row in rows),
            sum(prod(row.output) for row in rows),
            sum(row.parameters for row in rows),
        )

    def seconds_per_item(self, batch_size: int, rate: float) -> float:
        """Forecast the time of one item in training, at `rate` multiply-adds a second.

        `rate` is that of `noonbit.system.multiply_rate.multiply_adds_per_second`.
        """
        costs = (
            STEP_PASSES * MULTIPLY_ADD_COST * self.multiply_adds
            + VALUE_COST * self.values
            + PARAMETER_COST * self.parameters / batch_size
        )
        return costs / rate

    def seconds_per_epoch(
        self, *, train: int, validation: int, batch_size: int, rate: float
    ) -> float:
        """Forecast the time of an epoch; an item that validates takes its forward pass alone."""
        items = train + validation / STEP_PASSES
        return items * self.seconds_per_item(min(batch_size, max(1, train)), rate)


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min`, `5 h`."""
    if seconds < 9.5:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3600:.0f} h"
