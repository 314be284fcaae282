"""The eight symmetries of the board, on planes, labels and maps of probabilities.

    turned = transform(planes, symmetries)            (n, ..., 19, 19) and (n,) numbers of 0..7
    labels = transform_labels(labels, symmetries, 19)
    back = transform(maps, INVERSES[symmetries])

Symmetry k turns the board k % 4 quarter turns to the left and, from 4 on, mirrors it then from left
to right; 0 leaves it. The planes of a turned position are its turned planes, so none is computed
again; a core turns about 75,000 of them a second. `sources` says the same as a table of points, for
gathering with another library.
"""

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Indices

SYMMETRIES = 8
INVERSES = np.array([0, 3, 2, 1, 4, 5, 6, 7])
"""What undoes each symmetry: every mirroring undoes itself."""

Kind = TypeVar("Kind", bound=np.generic)


def turn(boards: NDArray[Kind], symmetry: int) -> NDArray[Kind]:
    """A view of `boards` (..., size, size), all under one symmetry."""
    turned = np.rot90(boards, symmetry % 4, axes=(-2, -1))
    return turned[..., ::-1] if symmetry >= 4 else turned


def transform(boards: NDArray[Kind], symmetries: NDArray[np.integer]) -> NDArray[Kind]:
    """Each item of `boards` (n, ..., size, size) under its own symmetry (n,); the same shape."""
    turned = np.empty_like(boards)
    for symmetry in range(SYMMETRIES):
        chosen = symmetries == symmetry
        turned[chosen] = turn(boards[chosen], symmetry)
    return turned


@cache
def sources(size: int) -> Indices:
    """Where each point of a transformed board comes from: int64 (8, size * size), read-only."""
    points = np.arange(size * size).reshape(size, size)
    table = np.stack([turn(points, symmetry).reshape(-1) for symmetry in range(SYMMETRIES)])
    table.flags.writeable = False
    return table


def transform_labels(
    labels: NDArray[np.integer], symmetries: NDArray[np.integer], size: int
) -> Indices:
    """Where each point (n,) goes under its symmetry (n,): int64 (n,)."""
    targets: Indices = sources(size)[INVERSES[symmetries], labels]
    return targets


def all_symmetries(board: NDArray[Kind]) -> NDArray[Kind]:
    """One item (..., size, size) under all eight: (8, ..., size, size)."""
    return np.stack([turn(board, symmetry) for symmetry in range(SYMMETRIES)])


def average_back(maps: NDArray[np.floating]) -> NDArray[np.floating]:
    """The mean of maps (8, ..., size, size) of all symmetries, turned back: (..., size, size)."""
    mean: NDArray[np.floating] = transform(maps, INVERSES).mean(axis=0)
    return mean
