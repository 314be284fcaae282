"""Which items train, which choose, and which measure.

Items are numbered through all parts of the data, in the order train, validation, test. An official
test part is the test split, whole, and nothing is ever drawn from it. What is missing is drawn from
the training part: stratified, so each class keeps its share, and seeded, so that runs with
different training seeds are measured on the same images.

In cross-validation all but an official test part is dealt into folds. Each fold is the test split
of a training of its own on the others (Stone, "Cross-validatory choice and assessment of
statistical predictions", 1974; stratified as Kohavi advises, "A study of cross-validation and
bootstrap for accuracy estimation and model selection", 1995).
"""

import hashlib
import zipfile
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import PART_NAMES, Data, Together
from noonbit.errors import ArtefactError, DataError, UsageError, plural
from noonbit.recipe import HeldOutRows, Recipe

SPLIT_SEED = 20_000
"""One fixed seed: every run on the same data is measured on the same held-out images."""
OWN = "the source's own"
"""Why a part is what it is, where the source has it."""
VALIDATION_SHARE, LARGEST_VALIDATION = 0.1, 5_000
TEST_SHARE, LARGEST_TEST = 0.2, 10_000
LARGEST_TEST_TOGETHER = 40_000
"""Items of one group are much alike, so they say less than as many that stand for themselves."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Holdout:
    """What is set aside: items to choose the best weights, and in cross-validation a fold."""

    size: float | None = None
    """A share up to 0.5, a number of items from 1, or 0 for none; None: a tenth, at most 5,000."""
    rows: HeldOutRows = "stratified"
    """Drawn from every class in proportion, or the first or last rows as they come."""
    fold: tuple[int, int] | None = None
    """(k, n): the k-th of n stratified parts, from 1, instead of `size` and `rows`."""
    test_fold: tuple[int, int] | None = None
    """(k, n): the k-th of n stratified parts of all but an official test part, from 1, is the test
    split."""

    @classmethod
    def wanted(cls, recipe: Recipe) -> "Holdout":
        """What a recipe says."""
        return cls(
            recipe.validation,
            recipe.validation_rows,
            number_of_folds(recipe.fold),
            number_of_folds(recipe.test_fold),
        )


def number_of_folds(text: str | None) -> tuple[int, int] | None:
    """`3/10` -> (3, 10)."""
    if text is None:
        return None
    number, folds = map(int, text.split("/"))
    return number, folds


@dataclass(frozen=True, slots=True)
class Split:
    """Three disjoint sets of item numbers, each ascending; see `folds` for the one exception."""

    train: Indices
    validation: Indices
    test: Indices
    reasons: dict[str, str]
    """Where validation and test came from."""
    folds: Indices | None = None
    """Of the networks of a cross-validation together: which of them, from 1, tests each test item.
    Each item is then in `train` as well, since it trained or validated all the others."""

    def save(self, path: Path) -> None:
        """Store the indices, so that the same split can be used again."""
        arrays: dict[str, Any] = {name: getattr(self, name) for name in PART_NAMES}
        if self.folds is not None:
            arrays["folds"] = self.folds
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: Path, reasons: dict[str, str]) -> "Split":
        """What `save` stored; raises `ArtefactError` where it is missing or damaged."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                arrays = {name: np.asarray(stored[name], np.int64) for name in stored}
                train, validation, test = (arrays[name] for name in PART_NAMES)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ArtefactError(
                f"{path} cannot be read: {error}. Restore it, or train again."
            ) from None
        return cls(train, validation, test, reasons, arrays.get("folds"))

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
    bad: Collection[int] = (),
) -> Split:
    """The split of `data`, drawing the parts that the source does not have.

    `copies` are groups of drawable items with identical pixels (see `identical`): each group stays
    on one side of what is drawn, or the network would be asked about pictures that it learned. The
    test is the fold that `holdout` names, else a fifth of the training part, at most 10,000 items,
    and none for a share of 0; validation is what `holdout` says of the rest. `bad` items are in no
    fold; `Split.without` takes them from other parts. Raises `DataError` where nothing would be
    left to train on, and `UsageError` for more folds than the items of a class can fill.
    """
    numbers: dict[str, Indices] = {}
    reasons: dict[str, str] = {}
    first = 0
    for name in PART_NAMES:
        part = data.parts.get(name)
        if part is not None:
            numbers[name] = np.arange(first, first + len(part), dtype=np.int64)
            first += len(part)
            reasons[name] = OWN
    labels = drawable_labels(data, holdout)
    generator = np.random.default_rng(SPLIT_SEED)
    together = data.train.together
    if together is None:
        pool, most_tested = Pool.of(labels, copies, generator), LARGEST_TEST
    else:
        pool, most_tested = Pool.whole(together.groups, generator), LARGEST_TEST_TOGETHER
    train = numbers["train"]
    if holdout.test_fold is not None:
        number, folds = holdout.test_fold
        numbers.pop("validation", None)
        train = np.setdiff1d(np.arange(len(labels), dtype=np.int64), list(bad))
        dealt = pool.deal(train, folds, originals=pool.firsts(train))
        require_every_fold(data, labels[train] if together is None else None, dealt, folds)
        numbers["test"], train = train[dealt == number], train[dealt != number]
        reasons["test"] = (
            f"fold {number} of {folds}, {len(numbers['test']):,} of {len(dealt):,} items"
            + (" outside the source's own test part" if "test" in data.parts else "")
        )
    elif "test" not in numbers:
        size = TEST_SHARE if test_share is None else test_share
        most = most_tested if test_share is None else len(labels)
        aside = pool.draw(train, round(min(size * len(train), most)))
        numbers["test"], train = train[aside], train[~aside]
        reasons["test"] = drawn_reason(numbers["test"], together)
    if "validation" not in numbers:
        aside, reason = pool.hold_out(train, holdout)
        numbers["validation"], train = train[aside], train[~aside]
        reasons["validation"] = reason or drawn_reason(numbers["validation"], together)
    if not len(train):
        raise DataError(
            f"{data.source} has {len(labels):,} labelled items, too few to train on after setting "
            "some aside for validation and test. Add items."
        )
    return Split(train, numbers["validation"], numbers["test"], reasons)


def drawn_reason(numbers: Indices, together: Together | None) -> str:
    """Where a part that was drawn came from."""
    if not len(numbers):
        return "none, as was asked for"
    if together is not None:
        whole = plural(len(np.unique(together.groups[numbers])), f"whole {together.noun}")
        return f"{len(numbers):,} of the training items, those of {whole}"
    return f"{len(numbers):,} of the training items, every class in proportion"


def drawable_labels(data: Data, holdout: Holdout) -> Indices:
    """The labels of the items that parts may be drawn from: the first so many of all items.

    Those are the training part, and in cross-validation everything but an official test part.
    """
    names = PART_NAMES[:1] if holdout.test_fold is None else PART_NAMES[:2]
    labels = [data.parts[name].labels for name in names if name in data.parts]
    return np.concatenate([each for each in labels if each is not None])


def require_every_fold(data: Data, labels: Indices | None, dealt: Indices, folds: int) -> None:
    """Raise `UsageError` where a class is not in every fold: its figures would be of nothing.

    Where groups are dealt there are no `labels`, and each fold needs a group.
    """
    if labels is None:
        if len(np.unique(dealt)) < folds:
            raise UsageError(f"{data.source} has too few groups for {folds} folds. Use fewer.")
        return
    filled = {int(label): len(np.unique(dealt[labels == label])) for label in np.unique(labels)}
    label, fewest = min(filled.items(), key=lambda entry: entry[1])
    if fewest < folds:
        raise UsageError(
            f"The class '{data.class_names[label]}' of {data.source} has different items for only "
            f"{fewest} of {folds} folds, and each needs one. "
            + (f"Use {fewest} folds or fewer, or add items." if fewest > 1 else "Add items.")
        )


@dataclass(frozen=True, slots=True)
class Pool:
    """The items that parts may be drawn from, and chance."""

    labels: Indices
    first: Indices
    """Of each item, the first with the same pixels."""
    mixed: NDArray[np.bool_]
    """Whether its copies have different labels. Where a part is drawn at random they all stay in
    training: one class could lose all it has."""
    generator: np.random.Generator

    @classmethod
    def whole(cls, groups: Indices, generator: np.random.Generator) -> "Pool":
        """The pool of groups that are drawn whole, each as likely as any other."""
        _, firsts, inverse = np.unique(groups, return_index=True, return_inverse=True)
        nothing = np.zeros(len(groups), np.int64)
        return cls(nothing, firsts[inverse], nothing.astype(bool), generator)

    @classmethod
    def of(
        cls, labels: Indices, copies: Sequence[Indices], generator: np.random.Generator
    ) -> "Pool":
        """The pool of items with these labels and groups of copies."""
        first = np.arange(len(labels), dtype=np.int64)
        mixed = np.zeros(len(labels), bool)
        for group in copies:
            first[group] = group[0]
            mixed[group] = len(np.unique(labels[group])) > 1
        return cls(labels, first, mixed, generator)

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
            dealt = self.deal(remaining, folds, originals=self.originals(remaining))
            aside: NDArray[np.bool_] = dealt == number
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

    def deal(self, remaining: Indices, folds: int, *, originals: Indices) -> Indices:
        """The fold, from 1, of each of the `remaining` items, or 0 for none; (N,).

        `originals` are dealt, and their copies go with them.
        """
        fold = np.zeros(len(self.labels), np.int64)
        fold[originals] = 1 + deal_stratified(self.labels[originals], folds, self.generator)
        return fold[self.first[remaining]]

    def firsts(self, remaining: Indices) -> Indices:
        """One item for each group of copies, and those that have none."""
        firsts: Indices = remaining[self.first[remaining] == remaining]
        return firsts

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
