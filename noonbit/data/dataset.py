"""What every reader gives: parts of labelled images, and where each image came from.

    Data ── parts: "train", "validation", "test" ──> Part ── images, labels, names

`images` is either an array, for formats that hold pixels (IDX, CSV, npz, CIFAR, pixel lists), or
`Pictures`, for formats that hold encoded files of any size (a folder, a table of paths, Parquet
with image bytes). Both become uint8 (N, C, H, W) through the contract, and in no other way.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Self, TypeAlias, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

from noonbit.errors import DataError

PartName: TypeAlias = Literal["train", "validation", "test"]
PART_NAMES: tuple[PartName, ...] = ("train", "validation", "test")

PartValue = TypeVar("PartValue")

PART_WORDS: dict[str, PartName] = {
    **dict.fromkeys(("train", "training", "trn", "tr"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "eval", "evaluation", "t10k"), "test"),
}
"""The words by which files and folders say which part they hold; `t10k` is MNIST's."""


def part_of(name: str) -> PartName | None:
    """The part that a file or folder name speaks of: `sign_mnist_train.csv.gz` is `train`."""
    words = re.findall(r"[a-z]+[0-9]+k|[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
    return next((PART_WORDS[word] for word in words if word in PART_WORDS), None)


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded image, and what its header says of it."""

    name: str
    """Where it came from, as the user knows it: `train/cat/0041.jpg`."""
    read: Callable[[], bytes]
    """The encoded bytes, fetched when asked for."""
    width: int
    """Pixels, after the rotation that the camera noted (EXIF)."""
    height: int
    channels: int
    """1 for grey, 3 for colour; transparency does not count."""
    format: str
    """What the content is (`JPEG`, `PNG`, ...), whatever the name says."""
    stamp: bytes = b""
    """That of its file: another one where the content has changed; empty where that is unknown."""


class Pictures(Sequence[Picture]):
    """Encoded images in order; indexing with an array gives the chosen ones."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self._pictures = list(pictures)

    def __len__(self) -> int:
        return len(self._pictures)

    def __iter__(self) -> Iterator[Picture]:
        return iter(self._pictures)

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> "Pictures": ...
    def __getitem__(self, index: int | slice) -> "Picture | Pictures":
        if isinstance(index, slice):
            return Pictures(self._pictures[index])
        return self._pictures[index]

    def take(self, indices: NDArray[np.int64]) -> "Pictures":
        """The pictures at `indices`, in that order."""
        return Pictures([self._pictures[i] for i in indices])


Images: TypeAlias = NDArray[np.uint8] | Pictures


class Numbered(Sequence[str]):
    """The names of items that have only a position: `train.csv row 17`, made when asked for."""

    def __init__(self, prefix: str, count: int, *, first: int = 0) -> None:
        self._prefix, self._count, self._first = prefix, count, first

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        return f"{self._prefix} {index % self._count + self._first}"


@dataclass(frozen=True, slots=True)
class Part:
    """The items of one part of the data, in the order of their file."""

    images: Images
    """uint8 (N, C, H, W), or encoded pictures."""
    labels: NDArray[np.int64] | None
    """(N,), each an index into the data's class names; None where there are none."""
    names: Sequence[str]
    """Where each item came from."""

    def __post_init__(self) -> None:
        counts = {len(self.images), len(self.names)}
        if self.labels is not None:
            counts.add(len(self.labels))
        assert len(counts) == 1, counts  # noqa: S101 - a reader's bug, not a user's
        if isinstance(self.images, np.ndarray):
            assert self.images.dtype == np.uint8 and self.images.ndim == 4  # noqa: S101

    def __len__(self) -> int:
        return len(self.images)

    def take(self, indices: NDArray[np.int64]) -> "Part":
        """The items at `indices`, in that order."""
        if isinstance(self.images, Pictures):
            images: Images = self.images.take(indices)
        else:
            images = self.images[indices]
        labels = None if self.labels is None else self.labels[indices]
        return Part(images, labels, [self.names[i] for i in indices])


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that cannot be used, with the reason as the end of a sentence."""

    name: str
    reason: str
    """`is cut off after 3,112 bytes`, `is a text file named .jpg`."""

    def __str__(self) -> str:
        return f"{self.name} {self.reason}"


@dataclass(frozen=True)
class Data:
    """Labelled images as a reader found them, before any split of noonbit's own."""

    source: str
    """What the user named."""
    format: str
    """What it was recognised as, for people: `IDX`, `CSV`, `a folder a class`."""
    parts: dict[PartName, Part]
    """At least `train`. A `test` part is the official one: nothing is ever chosen with it."""
    class_names: tuple[str, ...]
    """In the order of the label indices; natural order (`2` before `10`) where names are text."""
    value_range: tuple[float, float] = (0.0, 255.0)
    """The raw values that became 0 and 255: (0, 255) for bytes, (0, 1) for unit floats."""
    bad: tuple[BadItem, ...] = ()
    """Items that were left out because they cannot be read."""
    notes: tuple[str, ...] = field(default=())
    """What a user should know of how the source was understood, a sentence each."""

    @property
    def train(self) -> Part:
        """The part that networks learn from."""
        return self.parts["train"]

    @property
    def test(self) -> Part | None:
        """The official test part, if the source has one."""
        return self.parts.get("test")

    def note(self, sentence: str) -> Self:
        """The same data with one more note."""
        return replace(self, notes=(*self.notes, sentence))


@dataclass(frozen=True)
class Inputs:
    """Images to be answered, without labels, in the order of their source."""

    source: str
    format: str
    part: Part
    value_range: tuple[float, float] = (0.0, 255.0)
    bad: tuple[BadItem, ...] = ()
    notes: tuple[str, ...] = ()


def unlabelled(data: Data) -> Inputs:
    """All items of labelled data as inputs: train, then validation, then test."""
    parts = [data.parts[name] for name in PART_NAMES if name in data.parts]
    names = [name for part in parts for name in part.names]
    if all(isinstance(part.images, np.ndarray) for part in parts):
        images: Images = np.concatenate([np.asarray(part.images) for part in parts])
    else:
        images = Pictures([picture for part in parts for picture in cast(Pictures, part.images)])
    part = Part(images, None, names)
    return Inputs(data.source, data.format, part, data.value_range, data.bad, data.notes)


def encode_labels(
    values: Mapping[PartName, NDArray[np.generic] | Sequence[str]], *, source: str
) -> tuple[dict[PartName, NDArray[np.int64]], tuple[str, ...]]:
    """Turn raw labels (numbers or names) into indices, the same for every part.

    Numbers keep their numeric order, names get natural order, and the original value becomes the
    class name, so `labels 0-24 without 9` stay readable. The classes are those of all parts; a
    class that training lacks is refused here, by name, because no network could ever answer it.
    """
    arrays = {part: np.asarray(column) for part, column in values.items()}
    for part, array in arrays.items():
        if array.dtype.kind == "f":
            whole = np.nan_to_num(array).astype(np.int64)
            if not np.array_equal(whole, array):
                wrong = array[whole != array][0]
                raise DataError(
                    f"{source} has the label {wrong:g} in {part}; a label is a whole number or a "
                    "class name. Is another column the label?"
                )
            arrays[part] = whole
        if arrays[part].dtype.kind in "iu" and len(array) and array.min() < 0:
            row = int(np.argmax(array < 0))
            raise DataError(
                f"{source} has the label {array[row]:g} in {part} (item {row}); labels count from "
                "0 or are class names. Correct it, or remove the row."
            )
    as_text = any(array.dtype.kind not in "iu" for array in arrays.values())
    if as_text:
        arrays = {part: array.astype(str) for part, array in arrays.items()}
    known = {str(value): value for array in arrays.values() for value in np.unique(array)}
    ordered = sorted(known, key=natural_key)
    index_of = {name: index for index, name in enumerate(ordered)}
    codes: dict[PartName, NDArray[np.int64]] = {}
    for part, array in arrays.items():
        found, inverse = np.unique(array, return_inverse=True)
        table = np.array([index_of[str(value)] for value in found], dtype=np.int64)
        codes[part] = table[inverse] if len(found) else np.zeros(0, np.int64)
    check_classes(codes, tuple(ordered), source=source)
    return codes, tuple(ordered)


def check_classes(
    labels: dict[PartName, NDArray[np.int64]], class_names: tuple[str, ...], *, source: str
) -> None:
    """Refuse data that no classifier can be trained on: one class, or classes never shown."""
    if len(class_names) < 2:
        only = f"only the class '{class_names[0]}'" if class_names else "no class at all"
        raise DataError(f"{source} holds {only}; a classifier needs at least two classes.")
    trained = set(np.unique(labels["train"]).tolist()) if "train" in labels else set()
    for part, codes in labels.items():
        missing = sorted(set(np.unique(codes).tolist()) - trained)
        if part != "train" and missing:
            names = ", ".join(f"'{class_names[index]}'" for index in missing)
            raise DataError(
                f"{source}: {part} has the class {names}, which training lacks. "
                f"Add training items of it, or remove it from {part}."
            )


def training_first(
    parts: Mapping[PartName, PartValue], *, of: str
) -> tuple[dict[PartName, PartValue], tuple[str, ...]]:
    """Parts in the order train, validation, test, and a note where there was no train.

    What comes first is then taken for training: a lone `test.csv` is all the data there is.
    """
    ordered = {name: parts[name] for name in PART_NAMES if name in parts}
    first, *rest = ordered
    if first == "train":
        return ordered, ()
    note = f"{of} has no training part by name, so what is named {first} is taken for training."
    return {"train": ordered[first], **{name: ordered[name] for name in rest}}, (note,)


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort `2` before `10` and `img9` before `img10`, as people count."""
    pieces = re.split(r"(\d+)", name.casefold())
    return tuple((0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces)
