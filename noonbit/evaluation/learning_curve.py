"""How the accuracy grows with the number of training items, and what twice as many would bring.

The error of a network falls about as a power of the number of its training items (Hestness and
others, "Deep learning scaling is predictable, empirically", 2017): a straight line between the
logarithms of both. It is fitted to the measured points and read at twice the number. That is a
guess: the line bends where the error comes close to what nobody can avoid.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
"""Of the training items."""

Share = Annotated[float, Field(ge=0, le=1)]
Difference = Annotated[float, Field(ge=-1, le=1)]


class CurvePoint(BaseModel):
    """A training on some of the items, measured on the test items that all points share."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    run: str
    """Its folder, below that of the whole training; empty for the whole training."""
    train_items: Annotated[int, Field(ge=1)]
    test_items: Annotated[int, Field(ge=1)]
    correct: Annotated[int, Field(ge=0)]
    accuracy: Share
    low: Share
    """95 % interval."""
    high: Share


class LearningCurve(BaseModel):
    """Trainings on more and more of the items."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    points: Annotated[tuple[CurvePoint, ...], Field(min_length=2)]
    """By the number of items, all of them last."""
    last_gain: Difference
    """Of all items over half of them, on the same test items, with its 95 % interval."""
    last_gain_low: Difference
    last_gain_high: Difference
    gain_of_twice: Difference
    """What the fitted line gives for twice as many items, above all of them."""

    def sentence(self, noun: str) -> str:
        """Say what twice as many items would bring; `noun` is one of them: `image`."""
        gained = (
            f"{points(self.last_gain)} (95 % interval {100 * self.last_gain_low:+.1f} to "
            f"{100 * self.last_gain_high:+.1f})"
        )
        before = f"The second half of the training {noun}s brought {gained}"
        if self.last_gain_low <= 0:
            return (
                f"{before}, which may be luck: these test {noun}s cannot tell whether more "
                "would help."
            )
        return f"{before}; twice the {noun}s would bring about {points(self.gain_of_twice)}."


def points(share: float) -> str:
    """`2 points`, `0.3 points`: a difference of shares in percentage points."""
    number = 100 * share
    text = f"{number:.0f}" if abs(number) >= 2 else f"{number:.1f}"
    return f"{text} point{'' if text == '1' else 's'}"


def gain_of_twice(items: Sequence[int], accuracies: Sequence[float], tested: int) -> float:
    """Return the fitted accuracy of twice the last number of items, minus that of the last.

    An error of 0 among `tested` items is taken for half an item. Never below 0.
    """
    errors = np.maximum(1 - np.array(accuracies), 0.5 / tested)
    slope, at_one = np.polyfit(np.log(items), np.log(errors), 1)
    now, twice = np.exp(at_one + slope * np.log([items[-1], 2 * items[-1]]))
    return float(max(0.0, min(1.0, now) - min(1.0, twice)))
