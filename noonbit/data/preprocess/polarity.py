"""Whether drawings are light on dark, as MNIST's digits are, or dark on light, as scans are."""

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

Polarity: TypeAlias = Literal["light on dark", "dark on light"]

DARK_BELOW, LIGHT_ABOVE = 64, 191
"""Mean levels of a border, 0 to 255, that are clearly one or the other; between them it is open."""
POLARITY_SHARE = 0.99
"""A polarity is part of the contract when this share of the training images agrees."""


def have_polarity(levels: NDArray[np.float64], polarity: Polarity) -> NDArray[np.bool_]:
    """Whether borders of these mean levels (N,), 0 to 255, clearly belong to the polarity."""
    return levels < DARK_BELOW if polarity == "light on dark" else levels > LIGHT_ABOVE


def opposite_of(polarity: Polarity) -> Polarity:
    """The other one."""
    return "dark on light" if polarity == "light on dark" else "light on dark"


def polarity_of(levels: NDArray[np.float64]) -> Polarity | None:
    """Return the polarity of nearly all borders of these mean levels (N,); None: they differ."""
    for polarity in get_args(Polarity):
        if len(levels) and have_polarity(levels, polarity).mean() >= POLARITY_SHARE:
            found: Polarity = polarity
            return found
    return None
