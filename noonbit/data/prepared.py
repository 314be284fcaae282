"""All items of a data set, framed and numbered: what a split's indices point into."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.dataset import PART_NAMES, BadItem, Data, Indices, Sentences, takes_of
from noonbit.data.difficulty import nearest_neighbour_error
from noonbit.data.preprocess import Framing, Values
from noonbit.data.preprocess.contract import AnyFraming, Contract, derive_framing
from noonbit.data.preprocess.protocol import require_fitting
from noonbit.data.preprocess.transform import all_labels, frame
from noonbit.data.split import Holdout, Split, draw_split, number_drawable
from noonbit.data.stratify import identical
from noonbit.errors import DataError, plural


@dataclass(frozen=True)
class Items:
    """Every input as the network will see it, through all parts in order, and the split."""

    data: Data
    framing: AnyFraming
    values: Values
    """(N, *shape); a view of a file, and read-only, where they came from the cache or are many."""
    labels: NDArray[np.int64]
    """(N,)."""
    names: Sequence[str]
    split: Split
    bad: tuple[BadItem, ...]
    """Left out, at opening or at decoding, each with its reason."""
    fingerprint: str
    """SHA-256 over pixels or texts, labels and class names: whether two runs saw the same data."""
    blank: Indices
    """The numbers of those that say nothing to any network."""
    copies: Sequence[Indices]
    """Groups of two or more that are identical; blank ones would all be copies of each other."""
    from_cache: bool = False
    """Whether the pictures were decoded and framed before this, and nothing was opened now."""

    def text(self, number: int) -> str:
        """The sentence of an item, as it was found."""
        return joined_texts(self.data)[number]

    @property
    def has_given_classes(self) -> bool:
        """Whether the classes are given with the kind of input, so that some may have no items."""
        return self.framing.takes == "boards"

    def groups(self, numbers: Indices) -> Indices | None:
        """The group of each of these items; None where each stands for itself."""
        together = self.data.together()
        return None if together is None else together.groups[numbers]

    @cached_property
    def difficulty(self) -> float:
        """The error of the nearest neighbour among those that train."""
        return nearest_neighbour_error(
            lambda rows: self.framing.vectors(self.values[rows]), self.labels, self.split.train
        )

    @cached_property
    def contract(self) -> Contract:
        """That of a network which learns from those that train, before it is calibrated."""
        return Contract.measured(
            self.framing, self.values, self.data.class_names, train=self.split.train
        )

    def indices(self, part: str) -> Indices:
        """The item numbers of `train`, `validation` or `test`."""
        indices: Indices = getattr(self.split, part)
        return indices


class JoinedNames(Sequence[str]):
    """The names, or texts, of several parts one after the other, without copying them."""

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
    source: str | Path, recipe: Recipe, *, data_dir: Path | None, framing: AnyFraming | None = None
) -> tuple[Items, dict[str, str]]:
    """Open a source and frame its inputs; the reasons of what was derived for the framing."""
    data = open_data(source, data_dir=data_dir, on_bad=recipe.on_bad)
    holdout = Holdout.wanted(recipe)
    reasons: dict[str, str] = {}
    if framing is not None:
        items = gather(data, framing, holdout=holdout, on_bad=recipe.on_bad)
    else:
        size = None if recipe.image_size is None else (recipe.image_size, recipe.image_size)
        derived, reasons = derive_framing(data, image_size=size, channels=recipe.channels)
        require_fitting(derived, recipe.given(), str(source))
        items = settled(gather(data, derived, holdout=holdout, on_bad=recipe.on_bad), holdout)
    require_every_class(items)
    return items, reasons


def settled(items: Items, holdout: Holdout) -> Items:
    """The items with what only those that train may say of the framing.

    Networks that take turns at what they learn from say it together, or they could not answer
    together: of folds, the words of all sentences are known by name, and learned as each has them.
    """
    parts = [items.split.train]
    if holdout.fold is not None or holdout.test_fold is not None:
        parts.append(items.split.validation)
    if holdout.test_fold is not None:
        parts.append(items.split.test)
    framing, values = items.framing.settled(items.values, np.sort(np.concatenate(parts)))
    return replace(items, framing=framing, values=values)


def gather(
    data: Data,
    framing: AnyFraming,
    *,
    holdout: Holdout = Holdout(),  # noqa: B008 - frozen
    test: float | None = None,
    on_bad: Literal["fail", "skip"],
) -> Items:
    """Frame every input, draw the split, and leave out what cannot be read.

    `holdout` and the share `test` are as `draw_split` takes them. Raises `DataError` naming the
    unreadable files, unless `on_bad` is `skip`, and for data of another kind than the framing's.
    """
    require_kind(data, framing)
    parts = [data.parts[name] for name in PART_NAMES if name in data.parts]
    framed = frame(data, framing)
    bad_items = list(framed.bad.values())
    total = sum(map(len, parts))
    if bad_items and on_bad == "fail":
        raise DataError(unreadable(bad_items, total))
    usable = np.setdiff1d(np.arange(total), list(framed.bad))
    copies = copies_among(framed.values, np.setdiff1d(usable, framed.blank))
    drawable = number_drawable(data, holdout)
    inside = [group[group < drawable] for group in copies]
    split = draw_split(
        data,
        copies=[group for group in inside if len(group) > 1],
        holdout=holdout,
        test_share=test,
        bad=framed.bad,
    ).without(set(framed.bad))
    if framed.not_kept:
        data = data.note(f"The decoded pictures are not kept for the next time: {framed.not_kept}.")
    return Items(
        data,
        framing,
        framed.values,
        all_labels(data),
        JoinedNames([part.names for part in parts]),
        split,
        (*data.bad, *bad_items),
        framed.fingerprint,
        framed.blank,
        copies,
        framed.from_cache,
    )


def require_kind(data: Data, framing: Framing) -> None:
    """Raise `DataError` for data of another kind than a network takes."""
    if takes_of(data.train.raw) != framing.takes:
        raise DataError(
            f"{data.source} holds {takes_of(data.train.raw)}, but this network takes "
            f"{framing.takes}. Give it a source of {framing.takes}."
        )


def copies_among(values: Values, numbers: Indices) -> list[Indices]:
    """Groups of two or more identical items among `numbers`.

    What is computed on demand is not compared; its reader knows what belongs together.
    """
    return identical(values, numbers) if isinstance(values, np.ndarray) else []


def joined_texts(data: Data) -> Sequence[str]:
    """The sentences of all parts one after the other."""
    raw = (data.parts[name].raw for name in PART_NAMES if name in data.parts)
    return JoinedNames([cast(Sentences, each) for each in raw])


def require_every_class(items: Items) -> None:
    """Raise `DataError` where a class has no readable item left to train on.

    Points of a board are classes too, and nobody need ever have played on all of them.
    """
    if items.has_given_classes:
        return
    trained = np.bincount(items.labels[items.split.train], minlength=len(items.data.class_names))
    if not trained.all():
        name = items.data.class_names[int(trained.argmin())]
        raise DataError(
            f"The class '{name}' of {items.data.source} has no readable training "
            f"{items.framing.noun}. "
            "Add some, or remove the class; `noonbit check` names what cannot be read."
        )


def unreadable(bad: Sequence[BadItem], total: int) -> str:
    """The sentence that names the first unreadable files."""
    shown = "; ".join(str(item) for item in bad[:3]) + ("; ..." if len(bad) > 3 else "")
    return (
        f"{shown} ({len(bad):,} of {plural(total, 'file')}). "
        f"Remove {'it' if len(bad) == 1 else 'them'}, or add --on-bad skip."
    )
