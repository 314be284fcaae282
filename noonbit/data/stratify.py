"""Stratified random sampling that never separates identical items or the items of a group.

    sampler = StratifiedSampler.from_copies(labels, copies)    independent items and their copies
    sampler = StratifiedSampler.from_groups(together)          items in groups, drawn whole
    sampler.draw(remaining, count)                             which items are held out
    sampler.assign_folds(remaining, folds, ...)                the fold of each item

Every sampler starts with the same seed, so the same split is drawn every time.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Groups, Indices

SPLIT_SEED = 20_000
"""Fixed, so that every run on the same data is tested on the same items."""


@dataclass(frozen=True, slots=True)
class StratifiedSampler:
    """Draws stratified samples of items; keeps copies and groups together."""

    labels: Indices
    """(N,); all 0 if whole groups are drawn, as the items of a group have different labels."""
    first: Indices
    """For each item, the first item with the same content or in the same group; (N,)."""
    mixed: NDArray[np.bool_]
    """Whether an item has a copy with another label; (N,). `draw` leaves such items in training, or
    a class could lose all of its items."""
    generator: np.random.Generator
    groups: Groups | None = None
    """The groups, if they are drawn whole."""

    @classmethod
    def from_copies(cls, labels: Indices, copies: Sequence[Indices]) -> "StratifiedSampler":
        """Sample items with these labels; each of `copies` holds the numbers of identical items."""
        first = first_of_copies(len(labels), copies)
        mixed = np.zeros(len(labels), bool)
        for group in copies:
            mixed[group] = len(np.unique(labels[group])) > 1
        return cls(labels, first, mixed, np.random.default_rng(SPLIT_SEED))

    @classmethod
    def from_groups(cls, groups: Groups) -> "StratifiedSampler":
        """Sample whole groups, each with the same probability."""
        _, firsts, inverse = np.unique(groups.numbers, return_index=True, return_inverse=True)
        labels = np.zeros(len(groups.numbers), np.int64)
        generator = np.random.default_rng(SPLIT_SEED)
        return cls(labels, firsts[inverse], labels.astype(bool), generator, groups)

    def draw(self, remaining: Indices, count: int) -> NDArray[np.bool_]:
        """Draw about `count` of the `remaining` items, classes in proportion: bool (remaining,)."""
        if not count:
            return np.zeros(len(remaining), bool)
        candidates = self.unmixed_representatives(remaining)
        # Each drawn item brings its copies along, so the count is scaled to the distinct items.
        count = round(count * len(candidates) / len(remaining))
        drawn = candidates[draw_stratified(self.labels[candidates], count, self.generator)]
        return np.isin(self.first[remaining], drawn)

    def assign_folds(self, remaining: Indices, folds: int, *, representatives: Indices) -> Indices:
        """Return the fold, counted from 1, of each `remaining` item, or 0 for none; (remaining,).

        Folds are assigned to the `representatives`, and their copies get the same fold.
        """
        fold = np.zeros(len(self.labels), np.int64)
        fold[representatives] = 1 + assign_stratified_folds(
            self.labels[representatives], folds, self.generator
        )
        return fold[self.first[remaining]]

    def representatives(self, remaining: Indices) -> Indices:
        """Return one item per group, set of copies and other item of `remaining`; ascending.

        The representative itself need not be among `remaining`.
        """
        return np.unique(self.first[remaining])

    def unmixed_representatives(self, remaining: Indices) -> Indices:
        """Return the representatives without those that are `mixed`."""
        items = self.representatives(remaining)
        unmixed: Indices = items[~self.mixed[items]]
        return unmixed


def first_of_copies(count: int, copies: Sequence[Indices]) -> Indices:
    """Return for each of `count` items the first with the same content, which can be itself."""
    first = np.arange(count, dtype=np.int64)
    for group in copies:
        first[group] = group[0]
    return first


def draw_stratified(labels: Indices, count: int, generator: np.random.Generator) -> Indices:
    """Draw about `count` items, each class in proportion to its size; returns ascending positions.

    Of a class with two or more items, at least one is drawn and at least one is left.
    """
    drawn = [np.zeros(0, np.int64)]
    for positions in positions_by_label(labels):
        wanted = max(1, round(count * len(positions) / len(labels)))
        taken = min(wanted, len(positions) - 1)
        drawn.append(generator.permutation(positions)[:taken])
    return np.sort(np.concatenate(drawn)).astype(np.int64)


def assign_stratified_folds(labels: Indices, folds: int, generator: np.random.Generator) -> Indices:
    """Return the fold (from 0) of each item, (N,): folds of equal size, also within each class."""
    fold = np.zeros(len(labels), np.int64)
    assigned = 0
    for ascending in positions_by_label(labels):
        positions = generator.permutation(ascending)
        # Each class continues where the last one ended, so no fold gets all the remainders.
        fold[positions] = (assigned + np.arange(len(positions))) % folds
        assigned += len(positions)
    return fold


def positions_by_label(labels: Indices) -> list[Indices]:
    """Return the positions of each label that occurs, ascending, the lowest label first."""
    order = np.argsort(labels, kind="stable")
    counts = np.unique(labels, return_counts=True)[1]
    return np.split(order, np.cumsum(counts)[:-1]) if len(labels) else []


def find_identical(
    rows: NDArray[Any], numbers: Indices, *, hash_bytes: Callable[[bytes], int] = hash
) -> list[Indices]:
    """Find groups of two or more rows with identical bytes among `numbers`; each group ascending.

    Python's hash finds candidates in half the time of SHA-256, which then decides.
    """
    keys = np.fromiter(
        (hash_bytes(rows[number].tobytes()) for number in numbers), np.int64, len(numbers)
    )
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    by_content: dict[bytes, list[int]] = defaultdict(list)
    for number in numbers[counts[inverse] > 1]:
        by_content[hashlib.sha256(rows[number].tobytes()).digest()].append(number)
    return [np.array(group, np.int64) for group in by_content.values() if len(group) > 1]
