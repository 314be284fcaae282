"""Whether drawings are light on dark, as MNIST's digits are, or dark on light, as scans are."""

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from noonbit.data.preprocess.pixels import border_level

Polarity: TypeAlias = Literal["light on dark", "dark on light"]

DARK_BELOW, LIGHT_ABOVE = 64, 191
"""Levels of a background, 0 to 255, that are clearly one or the other; between them it is open."""
POLARITY_SHARE = 0.99
"""A polarity is part of the contract when this share of the training images agrees."""


def background_level(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Usual level of each picture's border, 0 its own darkest level and 255 its lightest; (N,).

    Of pictures (N, C, H, W). The range is the picture's own, since grey paper is as light as white
    paper to a pen. A picture of one level has no range, and gives that level.
    """
    flat = pixels.reshape(len(pixels), -1)
    darkest, lightest = (each.astype(np.float64) for each in (flat.min(axis=1), flat.max(axis=1)))
    border, width = border_level(pixels), lightest - darkest
    return np.where(width > 0, (border - darkest) * 255 / np.maximum(width, 1), border)


def have_polarity(levels: NDArray[np.float64], polarity: Polarity) -> NDArray[np.bool_]:
    """Whether backgrounds of these levels (N,), 0 to 255, clearly belong to the polarity."""
    return levels < DARK_BELOW if polarity == "light on dark" else levels > LIGHT_ABOVE


def are_opposite(pixels: NDArray[np.uint8], polarity: Polarity | None) -> NDArray[np.bool_]:
    """Whether pictures (N, C, H, W) clearly have the other polarity: (N,); none if None."""
    if polarity is None:
        return np.zeros(len(pixels), np.bool_)
    return have_polarity(background_level(pixels), opposite_of(polarity))


def opposite_of(polarity: Polarity) -> Polarity:
    """The other one."""
    return "dark on light" if polarity == "light on dark" else "light on dark"


def light_on_dark(pixels: NDArray[np.uint8], polarity: Polarity | None) -> NDArray[np.uint8]:
    """Return pixels of this polarity as light on dark; without one, as they are."""
    return 255 - pixels if polarity == "dark on light" else pixels


def polarity_of(levels: NDArray[np.float64]) -> Polarity | None:
    """Return the polarity of nearly all backgrounds of these levels (N,); None: they differ."""
    for polarity in get_args(Polarity):
        if len(levels) and have_polarity(levels, polarity).mean() >= POLARITY_SHARE:
            found: Polarity = polarity
            return found
    return None
