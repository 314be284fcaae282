"""Load a data set: all its items, preprocessed and numbered, and the split."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.dataset import PART_NAMES, BadItem, Indices, RawDataset, Sentences, input_kind_of
from noonbit.data.difficulty import nearest_neighbour_error
from noonbit.data.preprocess.base import Adjustment, Preprocessor, Values, require_fitting_settings
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.registry import fit_preprocessor
from noonbit.data.preprocess.transform import all_labels, transform_dataset
from noonbit.data.split import Holdout, Split, count_drawable, draw_split
from noonbit.data.stratify import find_identical
from noonbit.errors import DataError, join_first, plural


@dataclass(frozen=True)
class PreparedDataset:
    """The preprocessed items of all parts, in order, and the split of their numbers."""

    data: RawDataset
    preprocessor: Preprocessor
    values: Values
    """(N, *shape); a read-only view of a file if they come from the cache or exceed the memory."""
    labels: NDArray[np.int64]
    """(N,)."""
    names: Sequence[str]
    split: Split
    bad: tuple[BadItem, ...]
    """Items left out because they could not be opened or decoded."""
    fingerprint: str
    """SHA-256 over pixels or texts, labels and class names; equal for equal data."""
    adjusted: Mapping[Adjustment, Indices]
    """The numbers of the items that had to be changed to fit the preprocessor, by what was done."""
    copies: Sequence[Indices]
    """Groups of two or more identical items, without the blank ones."""
    from_cache: bool = False
    """Whether the transformed pictures came from the cache, so that no file was opened."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """The reasons of the preprocessor's settings, if `load` derived them."""
    loading_seconds: float = 0.0
    """How long `load` took."""

    def text(self, number: int) -> str:
        """Return the sentence of an item, as in the source."""
        return all_texts(self.data)[number]

    @property
    def blank(self) -> Indices:
        """The numbers of items without content, such as images of one level."""
        return self.adjusted.get("blank", np.zeros(0, np.int64))

    def count_adjusted(self, numbers: Indices) -> dict[Adjustment, int]:
        """Return how many of these items had to be changed, by what was done."""
        counts = {name: int(np.isin(each, numbers).sum()) for name, each in self.adjusted.items()}
        return {name: count for name, count in counts.items() if count}

    @property
    def has_given_classes(self) -> bool:
        """Whether the kind of input defines the classes, so that some may have no items."""
        return self.preprocessor.classes_are_given

    def groups(self, numbers: Indices) -> Indices | None:
        """Return the group of each of these items; None for independent items."""
        groups = self.data.groups()
        return None if groups is None else groups.numbers[numbers]

    @cached_property
    def difficulty(self) -> float:
        """The error of a nearest-neighbour classifier on the training items."""
        return nearest_neighbour_error(
            lambda rows: self.preprocessor.vectors(self.values[rows]), self.labels, self.split.train
        )

    @cached_property
    def contract(self) -> Contract:
        """The contract with the statistics of the training items, before calibration."""
        return Contract.fit(
            self.preprocessor, self.values, self.data.class_names, train=self.split.train
        )

    def indices(self, part: str) -> Indices:
        """Return the item numbers of `train`, `validation` or `test`."""
        indices: Indices = getattr(self.split, part)
        return indices


class ConcatenatedNames(Sequence[str]):
    """A view of the names, or texts, of several parts as one sequence."""

    def __init__(self, parts: Sequence[Sequence[str]]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        for part in self._parts:
            if 0 <= index < len(part):
                return part[index]
            index -= len(part)
        raise IndexError(index)


def load(
    source: str | Path,
    recipe: Recipe,
    *,
    data_dir: Path | None,
    preprocessor: Preprocessor | None = None,
) -> PreparedDataset:
    """Open a source, preprocess its inputs, and draw the split.

    Without a `preprocessor`, one is derived from the data. Raises `DataError` for data that cannot
    be used, and `UsageError` for settings that do not apply to its kind of input.
    """
    started = time.perf_counter()
    data = open_data(source, data_dir=data_dir, on_bad=recipe.on_bad, options=recipe)
    holdout = Holdout.from_recipe(recipe)
    reasons: dict[str, str] = {}
    if preprocessor is not None:
        items = prepare(data, preprocessor, holdout=holdout, on_bad=recipe.on_bad)
    else:
        derived, reasons = fit_preprocessor(data, recipe)
        require_fitting_settings(derived, recipe.explicit_settings(), str(source))
        items = fit_to_train(prepare(data, derived, holdout=holdout, on_bad=recipe.on_bad), holdout)
    require_every_class(items)
    return replace(items, reasons=reasons, loading_seconds=time.perf_counter() - started)


def fit_to_train(items: PreparedDataset, holdout: Holdout) -> PreparedDataset:
    """Fit the preprocessor to the training items, such as the vocabulary of sentences.

    In a cross-validation it is fitted to all items, since its networks predict together and need
    one vocabulary; each network is still trained only on the words of its own training items.
    """
    parts = [items.split.train]
    if holdout.fold is not None or holdout.test_fold is not None:
        parts.append(items.split.validation)
    if holdout.test_fold is not None:
        parts.append(items.split.test)
    preprocessor, values = items.preprocessor.fit_to_train(
        items.values, np.sort(np.concatenate(parts))
    )
    return replace(items, preprocessor=preprocessor, values=values)


def prepare(
    data: RawDataset,
    preprocessor: Preprocessor,
    *,
    holdout: Holdout = Holdout(),  # noqa: B008 - frozen
    test: float | None = None,
    on_bad: Literal["fail", "skip"],
) -> PreparedDataset:
    """Preprocess every input, draw the split, and leave out unreadable items.

    `holdout` and the share `test` are as in `draw_split`. Raises `DataError` naming the unreadable
    files, unless `on_bad` is `skip`, for a split of which nothing can be read, and for data of
    another kind than the preprocessor's.
    """
    require_kind(data, preprocessor)
    parts = [data.parts[name] for name in PART_NAMES if name in data.parts]
    transformed = transform_dataset(data, preprocessor)
    bad_items = list(transformed.bad.values())
    total = sum(map(len, parts))
    if bad_items and on_bad == "fail":
        raise DataError(unreadable_message(bad_items, total))
    usable = np.setdiff1d(np.arange(total), list(transformed.bad))
    copies = find_copies(transformed.values, np.setdiff1d(usable, transformed.blank))
    drawable = count_drawable(data, holdout)
    drawable_copies = [group[group < drawable] for group in copies]
    drawn = draw_split(
        data,
        copies=[group for group in drawable_copies if len(group) > 1],
        holdout=holdout,
        test_share=test,
        bad=transformed.bad,
    )
    split = drawn.without(set(transformed.bad)).with_training_share(
        holdout.training_share, all_labels(data)
    )
    for part in ("train", "test"):
        if len(getattr(drawn, part)) and not len(getattr(split, part)):
            raise DataError(
                f"{data.source}: no item of the {part} split can be read "
                f"({join_first(list(map(str, bad_items)), 3, '; ')}). Replace or remove them."
            )
    if transformed.cache_failure:
        data = data.with_note(
            f"The decoded pictures are not kept for the next time: {transformed.cache_failure}."
        )
    return PreparedDataset(
        data,
        preprocessor,
        transformed.values,
        all_labels(data),
        ConcatenatedNames([part.names for part in parts]),
        split,
        (*data.bad, *bad_items),
        transformed.fingerprint,
        transformed.adjusted,
        copies,
        transformed.from_cache,
    )


def require_kind(data: RawDataset, preprocessor: Preprocessor) -> None:
    """Raise `DataError` for data of another kind than the preprocessor's."""
    if input_kind_of(data.train.raw) != preprocessor.input_kind:
        raise DataError(
            f"{data.source} holds {input_kind_of(data.train.raw)}, but this network takes "
            f"{preprocessor.input_kind}. Give it a source of {preprocessor.input_kind}."
        )


def find_copies(values: Values, numbers: Indices) -> list[Indices]:
    """Return groups of two or more identical items among `numbers`.

    Values on demand are not compared, since their reader already groups what belongs together.
    """
    return find_identical(values, numbers) if isinstance(values, np.ndarray) else []


def all_texts(data: RawDataset) -> Sequence[str]:
    """Return the sentences of all parts as one sequence."""
    raw = (data.parts[name].raw for name in PART_NAMES if name in data.parts)
    return ConcatenatedNames([cast(Sentences, each) for each in raw])


def require_every_class(items: PreparedDataset) -> None:
    """Raise `DataError` for a class without a readable training item.

    Points of a board are classes too, but some may never have been played.
    """
    if items.has_given_classes:
        return
    counts = np.bincount(items.labels[items.split.train], minlength=len(items.data.class_names))
    if not counts.all():
        name = items.data.class_names[int(counts.argmin())]
        raise DataError(
            f"The class '{name}' of {items.data.source} has no readable training "
            f"{items.preprocessor.noun}. "
            "Add some, or remove the class; `noonbit check` names what cannot be read."
        )


def unreadable_message(bad: Sequence[BadItem], total: int) -> str:
    """Return the message that names the first unreadable files."""
    names = join_first(list(map(str, bad)), 3, "; ")
    return (
        f"{names} ({len(bad):,} of {plural(total, 'file')}). "
        f"Remove {'it' if len(bad) == 1 else 'them'}, or add --on-bad skip."
    )
