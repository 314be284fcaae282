"""How long a training may still take, by how fast it has been of late.

The mean over a whole training is slow to follow: it has the preparation in it, and what the machine
did an hour ago, and of a training that is steered the batches of another size. So steps are
averaged with weights that fall with their age, and what lies between two epochs (validation and
saving) is counted by the epoch, so that a step after it does not look slow.
"""

import math

from noonbit.config.plan import STEP_PASSES

MEMORY_SECONDS = 30.0
"""After so long a step counts for 1/e of what it did."""


class Pace:
    """The speed of the steps of a training, and the time between its epochs."""

    def __init__(self) -> None:
        self.items = self.seconds = 0.0
        """Of steps within epochs, weighted by their age."""
        self.between: float | None = None
        """Seconds between two epochs, half of it the last one's; None before the first."""
        self.last: tuple[float, int] | None = None
        """When the last step ended, and in which epoch."""

    def note_step(self, seconds: float, epoch: int, items: int) -> None:
        """Note a step of so many items that ended after `seconds` of training, pauses left out.

        The first one is no measure, since much is done for the first time in it.
        """
        if self.last is not None:
            ended, in_epoch = self.last
            took = max(seconds - ended, 0.0)
            if epoch == in_epoch:
                kept = math.exp(-took / MEMORY_SECONDS)
                self.items = kept * self.items + items
                self.seconds = kept * self.seconds + took
            else:
                gap = max(took - items * self.seconds_per_item, 0.0)
                self.between = gap if self.between is None else (self.between + gap) / 2
        self.last = seconds, epoch

    def note_change(self) -> None:
        """Let all that was seen so far count for a second, since other steps come."""
        shrink = 1.0 / max(self.seconds, 1.0)
        self.items, self.seconds = shrink * self.items, shrink * self.seconds

    @property
    def seconds_per_item(self) -> float:
        """0 before a second step of an epoch."""
        return self.seconds / self.items if self.items else 0.0

    def seconds_for(self, *, items: float, epochs: float, validation_items: int) -> float | None:
        """Return how long `items` take, and what follows the ends of so many epochs.

        Before the first of them a validation is thought to cost a forward pass an item. None where
        nothing has been measured.
        """
        if self.between is None and not self.items:
            return None
        between = self.between
        if between is None:
            between = validation_items * self.seconds_per_item / STEP_PASSES
        return items * self.seconds_per_item + epochs * between
