"""The answer that is explained, of whatever kind its input is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.errors import UsageError, did_you_mean

MOST_CLASSES = 5
"""Classes that are named with their probabilities."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The classes of one input, and which of them is explained."""

    name: str
    """The input: a path, the sentence itself, or an item's name."""
    class_names: tuple[str, ...]
    probabilities: NDArray[np.float32]
    """(classes,)."""
    number: int
    """Of the class that is explained: the most probable one, unless another was asked for."""
    label: str | None = None
    """The real class, where it is known."""
    item: int | None = None
    """The item's number in the run's data, where it is one of them."""
    adjusted: str = ""
    """What was changed to fit the network: `resized, inverted`, or nothing."""

    @property
    def explained(self) -> str:
        """The name of the class that is explained."""
        return self.class_names[self.number]

    def top(self) -> list[tuple[str, float]]:
        """Return the most probable classes with their probabilities."""
        order = np.argsort(-self.probabilities, kind="stable")[:MOST_CLASSES]
        return [(self.class_names[i], float(self.probabilities[i])) for i in order]

    def lines(self) -> list[str]:
        """Return the answer in words, one line each."""
        classes = ", ".join(f"{name} {probability:.4f}" for name, probability in self.top())
        lines = [f"answer      {classes}"]
        if self.label is not None:
            lines.append(f"label       {self.label}")
        if self.number != int(self.probabilities.argmax()):
            lines.append(f"explained   {self.explained} {self.probabilities[self.number]:.4f}")
        return lines

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "name": self.name,
            "item": self.item,
            "label": self.label,
            "adjusted": self.adjusted,
            "explained": self.explained,
            "probabilities": dict(zip(self.class_names, self.probabilities.tolist(), strict=True)),
        }


def class_number(
    class_names: Sequence[str], name: str | None, probabilities: NDArray[np.float32]
) -> int:
    """Return the number of the named class, or of the most probable one.

    Raises `UsageError` for a class that the network does not know.
    """
    if name is None:
        return int(probabilities.argmax())
    if name not in class_names:
        raise UsageError(
            f"There is no class '{name}' among the {len(class_names):,} of this network."
            f"{did_you_mean(name, class_names)}"
        )
    return list(class_names).index(name)
