"""All items of a data set, framed and numbered: what a split's indices point into."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from noonbit.contract import Framing, derive_framing
from noonbit.data import open_data
from noonbit.data.dataset import PART_NAMES, BadItem, Data
from noonbit.data.split import Holdout, Indices, Split, draw_split, identical
from noonbit.errors import DataError, plural
from noonbit.framed import all_labels, frame
from noonbit.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Items:
    """Every image as the network will see it, through all parts in order, and the split."""

    data: Data
    framing: Framing
    pixels: NDArray[np.uint8]
    """(N, C, H, W); a view of a file, and read-only, where they came from the cache or are many."""
    labels: NDArray[np.int64]
    """(N,)."""
    names: Sequence[str]
    split: Split
    bad: tuple[BadItem, ...]
    """Left out, at opening or at decoding, each with its reason."""
    fingerprint: str
    """SHA-256 over pixels, labels and class names: whether two runs saw the same data."""
    from_cache: bool = False
    """Whether the pictures were decoded and framed before this, and nothing was opened now."""

    def indices(self, part: str) -> Indices:
        """The item numbers of `train`, `validation` or `test`."""
        indices: Indices = getattr(self.split, part)
        return indices


class JoinedNames(Sequence[str]):
    """The names of several parts one after the other, without copying them."""

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
    source: str | Path, recipe: Recipe, *, data_dir: Path | None, framing: Framing | None = None
) -> tuple[Items, dict[str, str]]:
    """Open a source and frame its images; the reasons of what was derived for the framing."""
    data = open_data(source, data_dir=data_dir, on_bad=recipe.on_bad)
    reasons: dict[str, str] = {}
    if framing is None:
        size = None if recipe.image_size is None else (recipe.image_size, recipe.image_size)
        framing, reasons = derive_framing(data, image_size=size, channels=recipe.channels)
    items = gather(data, framing, holdout=Holdout.wanted(recipe), on_bad=recipe.on_bad)
    require_every_class(items)
    return items, reasons


def gather(
    data: Data,
    framing: Framing,
    *,
    holdout: Holdout = Holdout(),  # noqa: B008 - frozen
    test: float | None = None,
    on_bad: Literal["fail", "skip"],
) -> Items:
    """Frame every image, draw the split, and leave out what cannot be read.

    `holdout` and the share `test` are as `draw_split` takes them. Raises `DataError` naming the
    unreadable files, unless `on_bad` is `skip`.
    """
    parts = [data.parts[name] for name in PART_NAMES if name in data.parts]
    framed = frame(data, framing)
    bad_items = list(framed.bad.values())
    total = sum(map(len, parts))
    if bad_items and on_bad == "fail":
        raise DataError(unreadable(bad_items, total))
    usable = np.setdiff1d(np.arange(len(data.train)), list(framed.bad))
    comparable = np.setdiff1d(usable, framed.blank)
    split = draw_split(
        data,
        copies=identical(framed.pixels, comparable),
        holdout=holdout,
        test_share=test,
    ).without(set(framed.bad))
    if framed.not_kept:
        data = data.note(f"The decoded pictures are not kept for the next time: {framed.not_kept}.")
    return Items(
        data,
        framing,
        framed.pixels,
        all_labels(data),
        JoinedNames([part.names for part in parts]),
        split,
        (*data.bad, *bad_items),
        framed.fingerprint,
        framed.from_cache,
    )


def require_every_class(items: Items) -> None:
    """Raise `DataError` where a class has no readable image left to train on."""
    trained = np.bincount(items.labels[items.split.train], minlength=len(items.data.class_names))
    if not trained.all():
        name = items.data.class_names[int(trained.argmin())]
        raise DataError(
            f"The class '{name}' of {items.data.source} has no readable training image. "
            "Add some, or remove the class; `noonbit check` names what cannot be read."
        )


def unreadable(bad: Sequence[BadItem], total: int) -> str:
    """The sentence that names the first unreadable files."""
    shown = "; ".join(str(item) for item in bad[:3]) + ("; ..." if len(bad) > 3 else "")
    return (
        f"{shown} ({len(bad):,} of {plural(total, 'file')}). "
        f"Remove {'it' if len(bad) == 1 else 'them'}, or add --on-bad skip."
    )
