"""What parts are drawn from, and how: by chance, with classes in proportion and copies together.

    pool = Pool.of(labels, copies)      items that stand for themselves, but for their copies
    pool = Pool.whole(together)         items in groups that no split may part
    pool.draw(remaining, count)         which of the remaining items are set aside
    pool.deal(remaining, folds, ...)    the fold of each

Every pool begins with the same seed, so a part is the same each time that it is drawn.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Indices, Together

SPLIT_SEED = 20_000
"""One fixed seed: every run on the same data is measured on the same held-out images."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The items that parts may be drawn from, and chance."""

    labels: Indices
    """(N,); all alike where whole groups are drawn, whose items have many."""
    first: Indices
    """Of each item, the first with the same pixels or in the same group; (N,)."""
    mixed: NDArray[np.bool_]
    """Whether its copies have different labels; (N,). Where a part is drawn at random they all stay
    in training: one class could lose all it has."""
    generator: np.random.Generator
    together: Together | None = None
    """The groups that are drawn whole."""

    @classmethod
    def of(cls, labels: Indices, copies: Sequence[Indices]) -> "Pool":
        """The pool of items with these labels and groups of copies."""
        first = np.arange(len(labels), dtype=np.int64)
        mixed = np.zeros(len(labels), bool)
        for group in copies:
            first[group] = group[0]
            mixed[group] = len(np.unique(labels[group])) > 1
        return cls(labels, first, mixed, np.random.default_rng(SPLIT_SEED))

    @classmethod
    def whole(cls, together: Together) -> "Pool":
        """The pool of groups that are drawn whole, each as likely as any other."""
        _, firsts, inverse = np.unique(together.groups, return_index=True, return_inverse=True)
        labels = np.zeros(len(together.groups), np.int64)
        generator = np.random.default_rng(SPLIT_SEED)
        return cls(labels, firsts[inverse], labels.astype(bool), generator, together)

    def draw(self, remaining: Indices, count: int) -> NDArray[np.bool_]:
        """Which of the `remaining` items are set aside: about `count`, in proportion to classes."""
        if not count:
            return np.zeros(len(remaining), bool)
        originals = self.originals(remaining)
        # Each original brings its copies along, so that the items come to the share as well.
        count = round(count * len(originals) / len(remaining))
        drawn = originals[draw_stratified(self.labels[originals], count, self.generator)]
        return np.isin(self.first[remaining], drawn)

    def deal(self, remaining: Indices, folds: int, *, originals: Indices) -> Indices:
        """The fold, from 1, of each of the `remaining` items, or 0 for none; (N,).

        `originals` are dealt, and their copies go with them.
        """
        fold = np.zeros(len(self.labels), np.int64)
        fold[originals] = 1 + deal_stratified(self.labels[originals], folds, self.generator)
        return fold[self.first[remaining]]

    def firsts(self, remaining: Indices) -> Indices:
        """One item for each group or set of copies, which need not remain itself, and all others.

        Ascending.
        """
        return np.unique(self.first[remaining])

    def originals(self, remaining: Indices) -> Indices:
        """The same without those that are `mixed`."""
        firsts = self.firsts(remaining)
        originals: Indices = firsts[~self.mixed[firsts]]
        return originals


def draw_stratified(labels: Indices, count: int, generator: np.random.Generator) -> Indices:
    """Positions of about `count` items, each class in proportion to its size; ascending.

    A class of two or more items gives at least one and keeps at least one.
    """
    chosen = [np.zeros(0, np.int64)]
    for label in np.unique(labels):
        positions = np.flatnonzero(labels == label)
        wanted = max(1, round(count * len(positions) / len(labels)))
        taken = min(wanted, len(positions) - 1)
        chosen.append(generator.permutation(positions)[:taken])
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def deal_stratified(labels: Indices, folds: int, generator: np.random.Generator) -> Indices:
    """The fold (from 0) of each item: equally many a fold, and of each class too; (N,)."""
    fold = np.zeros(len(labels), np.int64)
    dealt = 0
    for label in np.unique(labels):
        positions = generator.permutation(np.flatnonzero(labels == label))
        # Where one class ends the next goes on, so that no fold gets all the remainders.
        fold[positions] = (dealt + np.arange(len(positions))) % folds
        dealt += len(positions)
    return fold


def identical(rows: NDArray[Any], numbers: Indices) -> list[Indices]:
    """Groups of two or more items with the same bytes; each ascending.

    Python's own hash of bytes finds the candidates, in half the time of the digest that decides.
    """
    keys = np.fromiter((hash(rows[number].tobytes()) for number in numbers), np.int64, len(numbers))
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    by_content: dict[bytes, list[int]] = defaultdict(list)
    for number in numbers[counts[inverse] > 1]:
        by_content[hashlib.sha256(rows[number].tobytes()).digest()].append(number)
    return [np.array(group, np.int64) for group in by_content.values() if len(group) > 1]
