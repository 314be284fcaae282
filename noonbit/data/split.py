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

import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.config.recipe import HeldOutRows, Recipe
from noonbit.data.dataset import PART_NAMES, Data, Indices, PartName
from noonbit.data.stratify import Pool
from noonbit.errors import ArtefactError, DataError, UsageError, plural

OWN = "the source's own"
"""Why a part is what it is, where the source has it."""
VALIDATION_SHARE, LARGEST_VALIDATION = 0.1, 5_000
TEST_SHARE, LARGEST_TEST = 0.2, 10_000
LARGEST_TEST_TOGETHER = 40_000
"""Items of one group are much alike, so they say less than as many that stand for themselves."""


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
    test is the fold that `holdout` names, else a fifth of the training part, at most 10,000 items
    (40,000 where groups are drawn), and none for a share of 0; validation is what `holdout` says of
    the rest. `bad` items are in no fold; `Split.without` takes them from other parts. Raises
    `DataError` where nothing would be left to train on, and `UsageError` for more folds than the
    items of a class can fill.
    """
    parts = own_parts(data)
    reasons: dict[str, str] = dict.fromkeys(parts, OWN)
    pool = pool_of(data, holdout, copies)
    train = parts["train"]
    if holdout.test_fold is not None:
        parts.pop("validation", None)
        train = np.setdiff1d(np.arange(len(pool.labels), dtype=np.int64), list(bad))
        tested, reasons["test"] = fold_to_test(data, pool, train, holdout.test_fold)
        parts["test"], train = train[tested], train[~tested]
    elif "test" not in parts:
        tested = pool.draw(train, number_to_test(pool, len(train), test_share))
        parts["test"], train = train[tested], train[~tested]
        reasons["test"] = drawn_reason(pool, parts["test"])
    if "validation" not in parts:
        held_out, reason = hold_out(data, pool, train, holdout)
        parts["validation"], train = train[held_out], train[~held_out]
        reasons["validation"] = reason or drawn_reason(pool, parts["validation"])
    if not len(train):
        raise DataError(
            f"{data.source} has {len(pool.labels):,} labelled items, too few to train on after "
            "setting some aside for validation and test. Add items."
        )
    return Split(train, parts["validation"], parts["test"], reasons)


def own_parts(data: Data) -> dict[PartName, Indices]:
    """The item numbers of each part that the source has."""
    parts: dict[PartName, Indices] = {}
    first = 0
    for name in PART_NAMES:
        if name in data.parts:
            count = len(data.parts[name])
            parts[name] = np.arange(first, first + count, dtype=np.int64)
            first += count
    return parts


def drawable_parts(data: Data, holdout: Holdout) -> list[PartName]:
    """The parts that others may be drawn from; their items are the first so many of all.

    That is the training part, and in cross-validation everything but an official test part.
    """
    names = PART_NAMES[:1] if holdout.test_fold is None else PART_NAMES[:2]
    return [name for name in names if name in data.parts]


def number_drawable(data: Data, holdout: Holdout) -> int:
    """How many items parts may be drawn from."""
    return sum(len(data.parts[name]) for name in drawable_parts(data, holdout))


def pool_of(data: Data, holdout: Holdout, copies: Sequence[Indices]) -> Pool:
    """What the parts are drawn from: whole groups where the source has them, else items."""
    names = drawable_parts(data, holdout)
    together = data.together(names)
    if together is not None:
        return Pool.whole(together)
    labels = [data.parts[name].labels for name in names]
    return Pool.of(np.concatenate([each for each in labels if each is not None]), copies)


def fold_to_test(
    data: Data, pool: Pool, items: Indices, fold: tuple[int, int]
) -> tuple[NDArray[np.bool_], str]:
    """Which of all `items` are in the fold that tests, and that in words."""
    number, folds = fold
    dealt = pool.deal(items, folds, originals=pool.firsts(items))
    require_every_fold(data, pool, items, dealt, folds)
    tested: NDArray[np.bool_] = dealt == number
    outside = " outside the source's own test part" if "test" in data.parts else ""
    reason = f"fold {number} of {folds}, {tested.sum():,} of {len(items):,} items{outside}"
    return tested, reason


def number_to_test(pool: Pool, total: int, share: float | None) -> int:
    """How many of `total` items are drawn for the test."""
    if share is not None:
        return round(share * total)
    most = LARGEST_TEST if pool.together is None else LARGEST_TEST_TOGETHER
    return round(min(TEST_SHARE * total, most))


def hold_out(
    data: Data, pool: Pool, remaining: Indices, holdout: Holdout
) -> tuple[NDArray[np.bool_], str]:
    """Which of the `remaining` items validate, and the reason if it is a special one."""
    total = len(remaining)
    if holdout.fold is not None:
        number, folds = holdout.fold
        dealt = pool.deal(remaining, folds, originals=pool.originals(remaining))
        aside: NDArray[np.bool_] = dealt == number
        return aside, f"fold {number} of {folds}, {aside.sum():,} of the training items"
    if holdout.size is None:
        count = round(min(VALIDATION_SHARE * total, LARGEST_VALIDATION))
    else:
        count = int(holdout.size) if holdout.size >= 1 else round(holdout.size * total)
    if count and holdout.rows != "stratified":
        if pool.together is not None:
            raise UsageError(
                f"The {holdout.rows} rows of {data.source} would part a {pool.together.noun}: some "
                "of it would train, some validate. Leave validation_rows stratified."
            )
        rows = np.arange(total)
        aside = rows < count if holdout.rows == "first" else rows >= total - count
        return aside, f"the {holdout.rows} {count:,} training items"
    return pool.draw(remaining, min(count, total)), ""


def drawn_reason(pool: Pool, numbers: Indices) -> str:
    """Where a part that was drawn came from."""
    if not len(numbers):
        return "none, as was asked for"
    if pool.together is not None:
        groups = len(np.unique(pool.together.groups[numbers]))
        whole = plural(groups, f"whole {pool.together.noun}")
        return f"{len(numbers):,} items set aside, those of {whole}"
    return f"{len(numbers):,} items set aside, every class in proportion"


def require_every_fold(data: Data, pool: Pool, items: Indices, dealt: Indices, folds: int) -> None:
    """Raise `UsageError` where a class is not in every fold: its figures would be of nothing.

    Where groups are dealt, each fold needs a group.
    """
    labels = pool.labels[items]
    filled = {int(label): len(np.unique(dealt[labels == label])) for label in np.unique(labels)}
    label, fewest = min(filled.items(), key=lambda entry: entry[1])
    if fewest >= folds:
        return
    remedy = f"Use {fewest} folds or fewer, or add items." if fewest > 1 else "Add items."
    if pool.together is not None:
        found = plural(fewest, pool.together.noun)
        raise UsageError(f"{data.source} has {found}, too few for {folds} folds. {remedy}")
    raise UsageError(
        f"The class '{data.class_names[label]}' of {data.source} has different items for only "
        f"{fewest} of {folds} folds, and each needs one. {remedy}"
    )
