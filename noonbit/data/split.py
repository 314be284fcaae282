"""Which items train, which choose, and which measure.

Items are numbered through all parts of the data, in the order train, validation, test. An official
test part is the test split, whole, and nothing is ever drawn from it. What is missing is drawn from
the training part: stratified, so each class keeps its share, and seeded, so that runs with
different training seeds are measured on the same images.
"""

import hashlib
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import PART_NAMES, Data
from noonbit.errors import ArtefactError, DataError
from noonbit.recipe import HeldOutRows, Recipe

SPLIT_SEED = 20_000
"""One fixed seed: every run on the same data is measured on the same held-out images."""
VALIDATION_SHARE, LARGEST_VALIDATION = 0.1, 5_000
TEST_SHARE, LARGEST_TEST = 0.2, 10_000

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Holdout:
    """Which of the training items are set aside to choose the best weights."""

    size: float | None = None
    """A share up to 0.5, a number of items from 1, or 0 for none; None: a tenth, at most 5,000."""
    rows: HeldOutRows = "stratified"
    """Drawn from every class in proportion, or the first or last rows as they come."""
    fold: tuple[int, int] | None = None
    """(k, n): the k-th of n stratified parts, from 1, instead of `size` and `rows`."""

    @classmethod
    def wanted(cls, recipe: Recipe) -> "Holdout":
        """What a recipe says."""
        fold = None
        if recipe.fold is not None:
            number, folds = map(int, recipe.fold.split("/"))
            fold = (number, folds)
        return cls(recipe.validation, recipe.validation_rows, fold)


@dataclass(frozen=True, slots=True)
class Split:
    """Three disjoint sets of item numbers, each ascending."""

    train: Indices
    validation: Indices
    test: Indices
    reasons: dict[str, str]
    """Where validation and test came from."""

    def save(self, path: Path) -> None:
        """Store the indices, so that the same split can be used again."""
        arrays: dict[str, Any] = {
            field.name: getattr(self, field.name) for field in fields(self)[:3]
        }
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: Path, reasons: dict[str, str]) -> "Split":
        """What `save` stored; raises `ArtefactError` where it is missing or damaged."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                train, validation, test = (
                    np.asarray(stored[name], np.int64) for name in PART_NAMES
                )
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ArtefactError(
                f"{path} cannot be read: {error}. Restore it, or train again."
            ) from None
        return cls(train, validation, test, reasons)

    def without(self, bad: set[int]) -> "Split":
        """The same split less the items that could not be read."""
        if not bad:
            return self
        unusable = np.array(sorted(bad), np.int64)
        return Split(
            np.setdiff1d(self.train, unusable),
            np.setdiff1d(self.validation, unusable),
            np.setdiff1d(self.test, unusable),
            self.reasons,
        )


def draw_split(
    data: Data,
    *,
    copies: Sequence[Indices] = (),
    holdout: Holdout = Holdout(),
    test_share: float | None = None,
) -> Split:
    """The split of `data`, drawing the parts that the source does not have.

    `copies` are groups of training items with identical pixels (see `identical`): each group stays
    on one side of what is drawn, or the network would be asked about pictures that it learned. The
    test is a fifth of the training part by default, at most 10,000 items, and none for a share of
    0; validation is what `holdout` says of the rest. Raises `DataError` where nothing would be left
    to train on.
    """
    numbers: dict[str, Indices] = {}
    reasons: dict[str, str] = {}
    first = 0
    for name in PART_NAMES:
        part = data.parts.get(name)
        if part is not None:
            numbers[name] = np.arange(first, first + len(part), dtype=np.int64)
            first += len(part)
            reasons[name] = "the source's own"
    labels = data.train.labels
    assert labels is not None  # noqa: S101 - open_data gives labelled parts
    pool = Pool(labels, first_of_copies(labels, copies), np.random.default_rng(SPLIT_SEED))
    train = numbers["train"]
    if "test" not in numbers:
        size = TEST_SHARE if test_share is None else test_share
        most = LARGEST_TEST if test_share is None else len(labels)
        aside = pool.draw(train, round(min(size * len(train), most)))
        numbers["test"], train = train[aside], train[~aside]
        reasons["test"] = drawn_reason(numbers["test"])
    if "validation" not in numbers:
        aside, reason = pool.hold_out(train, holdout)
        numbers["validation"], train = train[aside], train[~aside]
        reasons["validation"] = reason or drawn_reason(numbers["validation"])
    if not len(train):
        raise DataError(
            f"{data.source} has {len(labels):,} labelled items, too few to train on after setting "
            "some aside for validation and test. Add items."
        )
    return Split(train, numbers["validation"], numbers["test"], reasons)


def drawn_reason(numbers: Indices) -> str:
    """Where a part that was drawn came from."""
    if not len(numbers):
        return "none, as was asked for"
    return f"{len(numbers):,} of the training items, every class in proportion"


def first_of_copies(labels: Indices, copies: Sequence[Indices]) -> Indices:
    """Of each item, the first with the same pixels; -1 where copies have different labels.

    Those all stay in training: one class could lose all it has.
    """
    first = np.arange(len(labels), dtype=np.int64)
    for group in copies:
        first[group] = group[0] if len(np.unique(labels[group])) == 1 else -1
    return first


@dataclass(frozen=True, slots=True)
class Pool:
    """The training part, and chance."""

    labels: Indices
    first: Indices
    """See `first_of_copies`."""
    generator: np.random.Generator

    def draw(self, remaining: Indices, count: int) -> NDArray[np.bool_]:
        """Which of the `remaining` items are set aside: about `count`, in proportion to classes."""
        if not count:
            return np.zeros(len(remaining), bool)
        originals = self.originals(remaining)
        # Each original brings its copies along, so that the items come to the share as well.
        count = round(count * len(originals) / len(remaining))
        drawn = originals[draw_stratified(self.labels[originals], count, self.generator)]
        return np.isin(self.first[remaining], drawn)

    def hold_out(self, remaining: Indices, holdout: Holdout) -> tuple[NDArray[np.bool_], str]:
        """Which of the `remaining` items validate, and the reason if it is a special one."""
        total = len(remaining)
        if holdout.fold is not None:
            number, folds = holdout.fold
            originals = self.originals(remaining)
            fold = deal_stratified(self.labels[originals], folds, self.generator)
            drawn = originals[fold == number - 1]
            aside = np.isin(self.first[remaining], drawn)
            return aside, f"fold {number} of {folds}, {aside.sum():,} of the training items"
        if holdout.size is None:
            count = round(min(VALIDATION_SHARE * total, LARGEST_VALIDATION))
        else:
            count = int(holdout.size) if holdout.size >= 1 else round(holdout.size * total)
        if count and holdout.rows != "stratified":
            rows = np.arange(total)
            aside = rows < count if holdout.rows == "first" else rows >= total - count
            return aside, f"the {holdout.rows} {count:,} training items"
        return self.draw(remaining, min(count, total)), ""

    def originals(self, remaining: Indices) -> Indices:
        """The items that stand for themselves and their copies."""
        originals: Indices = remaining[self.first[remaining] == remaining]
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


def identical(rows: NDArray[np.uint8], numbers: Indices) -> list[Indices]:
    """Groups of two or more items with the same bytes; each ascending.

    Python's own hash of bytes finds the candidates, in half the time of the digest that decides.
    """
    keys = np.fromiter((hash(rows[number].tobytes()) for number in numbers), np.int64, len(numbers))
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    by_content: dict[bytes, list[int]] = defaultdict(list)
    for number in numbers[counts[inverse] > 1]:
        by_content[hashlib.sha256(rows[number].tobytes()).digest()].append(number)
    return [np.array(group, np.int64) for group in by_content.values() if len(group) > 1]
