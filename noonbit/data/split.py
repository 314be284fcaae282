"""Split a data set into train, validation and test.

Items are numbered through all parts of the data, in the order train, validation, test. An official
test part is the test split as a whole; nothing else is ever drawn from it. Missing splits are drawn
from the training part: stratified, so that each class keeps its share, and with a fixed seed, so
that runs with different training seeds are tested on the same items.

Cross-validation divides everything but an official test part into folds. Each fold is the test
split of one network trained on the others (Stone, "Cross-validatory choice and assessment of
statistical predictions", 1974; stratified as Kohavi advises, "A study of cross-validation and
bootstrap for accuracy estimation and model selection", 1995).
"""

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.config.recipe import HeldOutRows, Recipe
from noonbit.data.dataset import PART_NAMES, Indices, PartName, RawDataset
from noonbit.data.stratify import SPLIT_SEED, StratifiedSampler
from noonbit.errors import DataError, UsageError, plural
from noonbit.system.artefacts import damaged, read_artefact, refuse

OWN = "the source's own"
"""The reason for a split that the source itself defines."""
VALIDATION_SHARE, LARGEST_VALIDATION = 0.1, 5_000
TEST_SHARE, LARGEST_TEST = 0.2, 10_000
LARGEST_TEST_TOGETHER = 40_000
"""Higher, because similar items of one group carry less information than independent ones."""
MOST_ITEM_BYTES, MOST_OTHER_BYTES = 8, 2**16
"""Of an item's number in a stored split, and of everything else in its file."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """How validation is drawn, and in cross-validation which fold is the test split."""

    size: float | None = None
    """Share of the training items, at most 0.5, or a count from 1; 0: none; None: 10 %, at most
    5,000."""
    rows: HeldOutRows = "stratified"
    """`stratified`: from every class in proportion; else the `first` or `last` items in order."""
    fold: tuple[int, int] | None = None
    """(k, n): fold k, counted from 1, of n stratified folds, instead of `size` and `rows`."""
    test_fold: tuple[int, int] | None = None
    """(k, n): the test split is fold k, counted from 1, of n stratified folds of everything but an
    official test part."""
    training_share: float = 1.0
    """Of the items that would train, every class in proportion; the others are left out."""

    @classmethod
    def from_recipe(cls, recipe: Recipe) -> "Holdout":
        """Read the settings of a recipe."""
        return cls(
            recipe.validation,
            recipe.validation_rows,
            parse_fold(recipe.fold),
            parse_fold(recipe.test_fold),
            recipe.training_share,
        )


def parse_fold(text: str | None) -> tuple[int, int] | None:
    """Parse `3/10` as (3, 10)."""
    if text is None:
        return None
    number, folds = map(int, text.split("/"))
    return number, folds


@dataclass(frozen=True, slots=True)
class Split:
    """Three disjoint sets of item numbers, each ascending; `folds` is the one exception."""

    train: Indices
    validation: Indices
    test: Indices
    reasons: dict[str, str]
    """How validation and test were chosen, by name."""
    folds: Indices | None = None
    """For a whole cross-validation: the fold, counted from 1, of each test item; (test,). Each
    item is then in `train` as well, since it trained or validated the networks of the others."""

    def save(self, path: Path) -> None:
        """Write the indices as a .npz file."""
        arrays: dict[str, Any] = {name: getattr(self, name) for name in PART_NAMES}
        if self.folds is not None:
            arrays["folds"] = self.folds
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(
        cls,
        path: Path,
        reasons: dict[str, str],
        counts: Mapping[str, int],
        *,
        folds: int | None = None,
    ) -> "Split":
        """Read what `save` wrote.

        `counts` are the items of each part, and `folds` the number of folds of a cross-validation.
        Raises `ArtefactError` if the file is missing, damaged or contradicts them. Checking takes
        20 ms for a million items.
        """
        most_bytes = MOST_ITEM_BYTES * (sum(counts.values()) + counts["test"]) + MOST_OTHER_BYTES
        content = read_artefact(path, most_bytes=most_bytes)
        with damaged(path), np.load(io.BytesIO(content), allow_pickle=False) as stored:
            sizes = {entry.filename: entry.file_size for entry in stored.zip.infolist()}
            if sum(sizes.values()) > most_bytes:
                refuse(path, f"it holds {sum(sizes.values()):,} bytes, more than its items take")
            train, validation, test = (stored[name] for name in PART_NAMES)
            split = cls(train, validation, test, reasons, stored.get("folds"))
            if (reason := split.contradiction(counts, folds)) is not None:
                refuse(path, reason)
        return split

    def contradiction(self, counts: Mapping[str, int], folds: int | None) -> str | None:
        """Return what is wrong with the indices, as `load` knows it; None for nothing."""
        arrays: dict[str, Indices] = {name: getattr(self, name) for name in PART_NAMES}
        counts = {**counts, "folds": counts["test"]}
        if self.folds is not None:
            arrays["folds"] = self.folds
        for name, numbers in arrays.items():
            if numbers.dtype != np.int64 or numbers.shape != (counts[name],):
                return (
                    f"{name} is {numbers.dtype} of the shape {numbers.shape}, and run.json counts "
                    f"{plural(counts[name], 'item')} of it"
                )
        parts = [arrays[name] for name in PART_NAMES]
        if any(len(part) and part[0] < 0 or (np.diff(part) <= 0).any() for part in parts):
            return "its item numbers do not ascend from 0"
        if self.folds is None:
            together = np.sort(np.concatenate(parts))
            return "an item is in two parts" if (np.diff(together) == 0).any() else None
        if folds is None:
            return "it has the folds of a cross-validation, and the run is none"
        if len(self.validation) or not np.array_equal(self.train, self.test):
            return "a cross-validation tests every item that trains"
        if not np.array_equal(np.unique(self.folds), np.arange(1, folds + 1)):
            return f"its folds are not numbered from 1 to {folds}"
        return None

    def with_training_share(self, share: float, labels: Indices) -> "Split":
        """Return this split with a share of its training items; `labels` (N,) are of all items.

        Of every class at least one stays. A smaller share is a part of a larger one, so that
        trainings on both differ by their number of items alone.
        """
        if share == 1:
            return self
        order = np.random.default_rng(SPLIT_SEED).permutation(self.train)
        kept = [
            own[: max(1, round(share * len(own)))]
            for own in (order[labels[order] == label] for label in np.unique(labels[self.train]))
        ]
        return replace(self, train=np.sort(np.concatenate(kept)))

    def without(self, bad: set[int]) -> "Split":
        """Return this split without the items in `bad`."""
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
    data: RawDataset,
    *,
    copies: Sequence[Indices] = (),
    holdout: Holdout = Holdout(),
    test_share: float | None = None,
    bad: Collection[int] = (),
) -> Split:
    """Split `data`, drawing the parts that the source does not have.

    `copies` are groups of drawable items with identical content (see `find_identical`). Each group
    stays in one split, so that the network is never tested on an image that it was trained on. The
    test split is the fold that `holdout` names, else `test_share` of the training part (default:
    20 %, at most 10,000 items, or 40,000 if whole groups are drawn). Validation is drawn from the
    rest as `holdout` says. `bad` items are in no fold; remove them from other parts with
    `Split.without`. Raises `DataError` if nothing would be left to train on, and `UsageError` for
    more folds than the items of a class can fill.
    """
    parts = source_parts(data)
    reasons: dict[str, str] = dict.fromkeys(parts, OWN)
    sampler = make_sampler(data, holdout, copies)
    train = parts["train"]
    if holdout.test_fold is not None:
        parts.pop("validation", None)
        train = np.setdiff1d(np.arange(len(sampler.labels), dtype=np.int64), list(bad))
        tested, reasons["test"] = select_test_fold(data, sampler, train, holdout.test_fold)
        parts["test"], train = train[tested], train[~tested]
    elif "test" not in parts:
        tested = sampler.draw(train, test_size(sampler, len(train), test_share))
        parts["test"], train = train[tested], train[~tested]
        if test_share != 0 and sampler.groups is None and not tested.any():
            purpose = "to set any aside for testing"
            if copies:
                purpose += ", since copies stay together"
            raise DataError(_too_few(data, purpose, "Give each class more."))
        reasons["test"] = describe_drawn(sampler, parts["test"], wanted=test_share != 0)
    if "validation" not in parts:
        held_out, reason = select_validation(data, sampler, train, holdout)
        parts["validation"], train = train[held_out], train[~held_out]
        reasons["validation"] = reason or describe_drawn(
            sampler, parts["validation"], wanted=holdout.size != 0
        )
    if not len(train):
        too_few = "to train on after setting some aside for validation and test"
        raise DataError(_too_few(data, too_few, "Add items."))
    return Split(train, parts["validation"], parts["test"], reasons)


def _too_few(data: RawDataset, purpose: str, remedy: str) -> str:
    return (
        f"{data.source} has {plural(len(data.train), 'labelled item')} of "
        f"{plural(len(data.class_names), 'class', 'classes')}, too few {purpose}. {remedy}"
    )


def source_parts(data: RawDataset) -> dict[PartName, Indices]:
    """Return the item numbers of each part of the source."""
    parts: dict[PartName, Indices] = {}
    first = 0
    for name in PART_NAMES:
        if name in data.parts:
            count = len(data.parts[name])
            parts[name] = np.arange(first, first + count, dtype=np.int64)
            first += count
    return parts


def drawable_parts(data: RawDataset, holdout: Holdout) -> list[PartName]:
    """Return the parts to draw from: train, and in cross-validation also validation.

    Their items are the first `count_drawable` of the data.
    """
    names = PART_NAMES[:1] if holdout.test_fold is None else PART_NAMES[:2]
    return [name for name in names if name in data.parts]


def count_drawable(data: RawDataset, holdout: Holdout) -> int:
    """Return the number of items in `drawable_parts`."""
    return sum(len(data.parts[name]) for name in drawable_parts(data, holdout))


def make_sampler(
    data: RawDataset, holdout: Holdout, copies: Sequence[Indices]
) -> StratifiedSampler:
    """Make the sampler that splits are drawn with: of whole groups if the source has them."""
    names = drawable_parts(data, holdout)
    groups = data.groups(names)
    if groups is not None:
        return StratifiedSampler.from_groups(groups)
    labels = [data.parts[name].labels for name in names]
    return StratifiedSampler.from_copies(
        np.concatenate([each for each in labels if each is not None]), copies
    )


def select_test_fold(
    data: RawDataset, sampler: StratifiedSampler, items: Indices, fold: tuple[int, int]
) -> tuple[NDArray[np.bool_], str]:
    """Return which of the `items` are in the test fold, bool (N,), and the reason in words."""
    number, folds = fold
    fold_of = sampler.assign_folds(items, folds, representatives=sampler.representatives(items))
    require_every_fold(data, sampler, items, fold_of, folds)
    tested: NDArray[np.bool_] = fold_of == number
    outside = " outside the source's own test part" if "test" in data.parts else ""
    reason = f"fold {number} of {folds}, {tested.sum():,} of {len(items):,} items{outside}"
    return tested, reason


def test_size(sampler: StratifiedSampler, total: int, share: float | None) -> int:
    """Return how many of `total` items to draw for the test split."""
    if share is not None:
        return round(share * total)
    most = LARGEST_TEST if sampler.groups is None else LARGEST_TEST_TOGETHER
    return round(min(TEST_SHARE * total, most))


def select_validation(
    data: RawDataset, sampler: StratifiedSampler, remaining: Indices, holdout: Holdout
) -> tuple[NDArray[np.bool_], str]:
    """Return which `remaining` items validate, bool (N,), and a reason unless they are drawn."""
    total = len(remaining)
    if holdout.fold is not None:
        number, folds = holdout.fold
        fold_of = sampler.assign_folds(
            remaining, folds, representatives=sampler.unmixed_representatives(remaining)
        )
        held_out: NDArray[np.bool_] = fold_of == number
        return held_out, f"fold {number} of {folds}, {held_out.sum():,} of the training items"
    if holdout.size is None:
        count = round(min(VALIDATION_SHARE * total, LARGEST_VALIDATION))
    else:
        count = int(holdout.size) if holdout.size >= 1 else round(holdout.size * total)
    if count and holdout.rows != "stratified":
        if sampler.groups is not None:
            raise UsageError(
                f"The {holdout.rows} rows of {data.source} would part a {sampler.groups.noun}: "
                "some of it would train, some validate. Leave validation_rows stratified."
            )
        rows = np.arange(total)
        held_out = rows < count if holdout.rows == "first" else rows >= total - count
        return held_out, f"the {holdout.rows} {count:,} training items"
    return sampler.draw(remaining, min(count, total)), ""


def describe_drawn(sampler: StratifiedSampler, numbers: Indices, *, wanted: bool) -> str:
    """Describe in words how a split was drawn; `wanted` is whether any items were asked for."""
    if not len(numbers):
        return "none, as there are too few items" if wanted else "none, as was asked for"
    if sampler.groups is not None:
        groups = len(np.unique(sampler.groups.numbers[numbers]))
        whole = plural(groups, f"whole {sampler.groups.noun}")
        return f"{len(numbers):,} items set aside, those of {whole}"
    return f"{len(numbers):,} items set aside, every class in proportion"


def require_every_fold(
    data: RawDataset, sampler: StratifiedSampler, items: Indices, fold_of: Indices, folds: int
) -> None:
    """Raise `UsageError` if a class is missing from a fold, as its metrics would be undefined.

    With groups, each fold needs at least one group instead.
    """
    labels = sampler.labels[items]
    filled = {int(label): len(np.unique(fold_of[labels == label])) for label in np.unique(labels)}
    label, fewest = min(filled.items(), key=lambda entry: entry[1])
    if fewest >= folds:
        return
    remedy = f"Use {fewest} folds or fewer, or add items." if fewest > 1 else "Add items."
    if sampler.groups is not None:
        found = plural(fewest, sampler.groups.noun)
        raise UsageError(f"{data.source} has {found}, too few for {folds} folds. {remedy}")
    raise UsageError(
        f"The class '{data.class_names[label]}' of {data.source} has different items for only "
        f"{fewest} of {folds} folds, and each needs one. {remedy}"
    )
