"""The eight symmetries of the board, applied to planes, labels and probability maps.

    turned = transform(planes, symmetries)            (n, ..., 19, 19) and (n,) numbers of 0..7
    labels = transform_labels(labels, symmetries, 19)
    back = transform(maps, INVERSES[symmetries])

Symmetry k rotates the board by k % 4 quarter turns counterclockwise and, for k >= 4, then mirrors
it left to right; 0 is the identity. The planes of a rotated position are its rotated planes, so
they need not be recomputed; one core transforms about 75,000 positions per second. `source_points`
is the same as an index table, for use with other libraries.
"""

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Indices

SYMMETRIES = 8
INVERSES = np.array([0, 3, 2, 1, 4, 5, 6, 7])
"""The inverse of each symmetry; reflections are their own inverses."""

Kind = TypeVar("Kind", bound=np.generic)


def turn(boards: NDArray[Kind], symmetry: int) -> NDArray[Kind]:
    """Apply one symmetry to `boards` (..., size, size); returns a view."""
    turned = np.rot90(boards, symmetry % 4, axes=(-2, -1))
    return turned[..., ::-1] if symmetry >= 4 else turned


def transform(boards: NDArray[Kind], symmetries: NDArray[np.integer]) -> NDArray[Kind]:
    """Apply to each of `boards` (n, ..., size, size) its own symmetry (n,)."""
    turned = np.empty_like(boards)
    for symmetry in range(SYMMETRIES):
        selected = symmetries == symmetry
        turned[selected] = turn(boards[selected], symmetry)
    return turned


@cache
def source_points(size: int) -> Indices:
    """Return which point each point of a transformed board comes from: int64 (8, size * size).

    The array is cached and read-only.
    """
    points = np.arange(size * size).reshape(size, size)
    table = np.stack([turn(points, symmetry).reshape(-1) for symmetry in range(SYMMETRIES)])
    table.flags.writeable = False
    return table


def transform_labels(
    labels: NDArray[np.integer], symmetries: NDArray[np.integer], size: int
) -> Indices:
    """Apply to each point (n,) its symmetry (n,): int64 (n,)."""
    targets: Indices = source_points(size)[INVERSES[symmetries], labels]
    return targets


def apply_all_symmetries(board: NDArray[Kind]) -> NDArray[Kind]:
    """Apply all eight symmetries to one item (..., size, size): (8, ..., size, size)."""
    return np.stack([turn(board, symmetry) for symmetry in range(SYMMETRIES)])


def average_inverse(maps: NDArray[np.floating]) -> NDArray[np.floating]:
    """Undo the symmetry of each of 8 maps (8, ..., size, size) and average: (..., size, size)."""
    mean: NDArray[np.floating] = transform(maps, INVERSES).mean(axis=0)
    return mean
