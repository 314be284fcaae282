"""Tell which end of a table of pixels is the label, where no header says it.

An end column is judged against the columns beside it. A pixel resembles the next pixel; a label
does not resemble the pixel beside it, and is text, or whole numbers from 0 or 1 up without great
gaps, each of them often enough. Where both ends or neither look like a label, nothing is guessed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noonbit.data.readers.bit_depth import white_level_of

EQUAL_SHARE = 0.9
"""Two columns that are equal in this share of the rows are neighbouring pixels."""
NEAR_SHARE, DEVIATIONS = 0.75, 3.0
"""So are two whose mean distance is at most this share of what it would be if their rows were
paired by chance, and so many standard deviations below it."""
FAR_SHARE = 0.85
"""Two whose mean distance is at least this share of it are no neighbouring pixels."""
TINY = 1e-12
"""Instead of dividing by 0."""
MOST_GAPS = 8
"""Whole numbers are hardly labels if they go up to so many times their count: codes of letters are
labels, grey levels of a dark corner are not."""
FEW_ROWS = 20
"""In fewer rows, only what is counted like classes is taken for the label."""
SHUFFLES = 32
"""Random pairings that are tried; from a fixed seed, so that a table is always read in one way."""


@dataclass(frozen=True)
class EndColumn:
    """The first or the last column of a table, and those that hold its neighbours."""

    index: int
    fields: Sequence[str]
    """As written, stripped, one for each row."""
    beside: Sequence[NDArray[np.float64]]
    """Columns (N,) that would hold neighbours of its pixel: of the next column, the next row."""


def numbers_of(fields: Sequence[str]) -> NDArray[np.float64] | None:
    """Convert fields to numbers (N,); None if one of them is none."""
    try:
        return np.array(fields, dtype=np.float64)
    except ValueError:
        return None


def find_label_end(ends: Sequence[EndColumn]) -> int | None:
    """Return the index of the one end that is a label; None if both or neither may be."""
    first, last = ends
    found = [
        label.index
        for label, other in ((first, last), (last, first))
        if is_label_beside(label, other)
    ]
    return found[0] if len(found) == 1 else None


def is_label_beside(label: EndColumn, other: EndColumn) -> bool:
    """Whether the values of one end are labels and those of the other are pixels.

    The other end is a pixel if it could not be a label and lies in the range of its neighbours, or
    if it resembles them where the label is far from its own.
    """
    if may_be_label(other):
        return resembles_neighbours(other) and (
            may_be_label(label) and differs_from_neighbours(label)
        )
    if resembles_neighbours(label) or not may_be_label(label):
        return False
    if resembles_neighbours(other) and len(label.fields) >= FEW_ROWS:
        return True
    return looks_like_label(label) and (resembles_neighbours(other) or is_in_range(other))


def is_in_range(end: EndColumn) -> bool:
    """Whether numbers do not exceed the highest grey level that those beside them suggest."""
    numbers = numbers_of(end.fields)
    if numbers is None or not end.beside:
        return False
    highest = max(each.max() for each in end.beside)
    return bool(numbers.max() <= white_level_of(highest))


def looks_like_label(end: EndColumn) -> bool:
    """Whether a column is text, or whole numbers as classes are counted.

    From 0 or 1 up, half of the numbers are there, and most of them come more than once.
    """
    numbers = numbers_of(end.fields)
    if numbers is None or not may_be_label(end):
        return may_be_label(end)
    values, counts = np.unique(numbers, return_counts=True)
    counted = values[0] in (0, 1) and values[-1] + 1 <= 2 * len(values)
    return bool(counted and 3 * (counts == 1).sum() <= len(values))


def may_be_label(end: EndColumn) -> bool:
    """Whether a column could hold labels at all: text or whole numbers from 0 that come again."""
    values = set(end.fields)
    if not 2 <= len(values) < len(end.fields):
        return False
    numbers = numbers_of(sorted(values))
    if numbers is None:
        return True
    whole = np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()
    return bool(whole and numbers.min() >= 0 and numbers.max() + 1 <= MOST_GAPS * len(values))


def numbers_rows(fields: Sequence[str]) -> bool:
    """Whether a column numbers the rows, or gives each a name of its own."""
    if len(set(fields)) < len(fields) or len(fields) < 2:
        return False
    numbers = numbers_of(fields)
    return numbers is None or bool(np.ptp(numbers) == len(fields) - 1)


def resembles_neighbours(end: EndColumn) -> bool:
    """Whether a column is as one of those beside it in nearly all rows, or nearer than by chance.

    Equal columns are most often the black border of pictures.
    """
    for equal, near, deviations in _compare(end):
        if equal >= EQUAL_SHARE or (near <= NEAR_SHARE and deviations >= DEVIATIONS):
            return True
    return False


def differs_from_neighbours(end: EndColumn) -> bool:
    """Whether a column is about as far from each column beside it as it would be by chance."""
    return all(equal < EQUAL_SHARE and near >= FAR_SHARE for equal, near, _ in _compare(end))


def _compare(end: EndColumn) -> Iterator[tuple[float, float, float]]:
    """Compare a column of numbers with each of those beside it; nothing for text.

    Yields the share of rows in which the two are equal, the share that their mean distance is of
    what it would be by chance, and by how many standard deviations it is below that.
    """
    numbers = numbers_of(end.fields)
    if numbers is None:
        return
    for beside in end.beside:
        distance = np.abs(numbers - beside)
        draw = np.random.default_rng(0)
        shuffled = [np.abs(numbers - draw.permutation(beside)).mean() for _ in range(SHUFFLES)]
        expected, deviation = max(np.mean(shuffled), TINY), max(np.std(shuffled), TINY)
        yield (
            float((distance == 0).mean()),
            float(distance.mean() / expected),
            float((expected - distance.mean()) / deviation),
        )
