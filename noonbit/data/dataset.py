"""What every reader gives: parts of labelled inputs, and where each came from.

    Data ── parts: "train", "validation", "test" ──> Part ── raw, labels, names

`raw` is what was found, one of:

    an array    pixels, for formats that hold them (IDX, CSV, npz, CIFAR, pixel lists)
    Pictures    encoded files of any size (a folder, a table of paths, Parquet with image bytes)
    Sentences   text
    OnDemand    what is computed when it is asked for, because all of it is too much

All become what a network takes through the contract, and in no other way.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import (
    Any,
    ClassVar,
    Literal,
    Protocol,
    Self,
    TypeAlias,
    TypeVar,
    cast,
    overload,
    runtime_checkable,
)

import numpy as np
from numpy.typing import NDArray

from noonbit.errors import UsageError

PartName: TypeAlias = Literal["train", "validation", "test"]
PART_NAMES: tuple[PartName, ...] = ("train", "validation", "test")

InputKind: TypeAlias = str
"""The name of a kind of input: `pictures`, `sentences`, `boards`, ... (preprocess/registry.py)."""
Indices: TypeAlias = NDArray[np.int64]
"""Numbers of items, (N,), or of what each belongs to."""
PartValue = TypeVar("PartValue")
Item = TypeVar("Item")

PART_WORDS: dict[str, PartName] = {
    **dict.fromkeys(("train", "training", "trn", "tr"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "eval", "evaluation", "t10k"), "test"),
}
"""The words by which files and folders say which part they hold; `t10k` is MNIST's."""


def detect_part(name: str) -> PartName | None:
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


class InputList(Sequence[Item]):
    """Inputs of one kind, in order."""

    input_kind: ClassVar[InputKind]
    """The name of the kind."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = list(items)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Item | Self:
        if isinstance(index, slice):
            return type(self)(self._items[index])
        return self._items[index]

    def take(self, indices: NDArray[np.int64]) -> Self:
        """Those at `indices`, in that order."""
        return type(self)([self._items[i] for i in indices])

    def content(self) -> bytes | None:
        """The bytes for a fingerprint; None: it is taken over the transformed values."""
        return None


class Pictures(InputList[Picture]):
    """Encoded images."""

    input_kind = "pictures"


class Sentences(InputList[str]):
    """Texts."""

    input_kind = "sentences"

    def content(self) -> bytes:
        """All texts."""
        return "\0".join(self).encode("utf-8", "surrogatepass")


@runtime_checkable
class OnDemand(Protocol):
    """Inputs that are computed batch by batch, already as a network takes them."""

    @property
    def input_kind(self) -> InputKind:
        """The kind of input."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, ...), as an array's."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """One at a number, several at a slice or an array of numbers; several threads may ask."""
        ...

    def take(self, indices: NDArray[np.int64]) -> "OnDemand":
        """Those at `indices`, in that order, still on demand."""
        ...

    def content(self) -> bytes:
        """What they are computed from, for a fingerprint."""
        ...


Raw: TypeAlias = NDArray[np.uint8] | InputList[Any] | OnDemand


def input_kind_of(raw: Raw) -> InputKind:
    """The kind of some inputs; arrays hold pixels."""
    return "pictures" if isinstance(raw, np.ndarray) else raw.input_kind


class NumberedNames(Sequence[str]):
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
class Groups:
    """Items in groups that no split may divide: the positions of a game."""

    noun: str
    """What a group is called: `game`."""
    numbers: NDArray[np.int64]
    """The number of each item's group, the same in all parts of the data; (N,)."""

    def take(self, indices: NDArray[np.int64]) -> "Groups":
        """The groups of the items at `indices`."""
        return Groups(self.noun, self.numbers[indices])


@dataclass(frozen=True, slots=True)
class Part:
    """The items of one part of the data, in the order of their file."""

    raw: Raw
    """An array is uint8 (N, C, H, W)."""
    labels: NDArray[np.int64] | None
    """(N,), each an index into the data's class names; None where there are none."""
    names: Sequence[str]
    """Where each item came from."""
    groups: Groups | None = None
    """Which items are so much alike that no split may part them; None: each stands for itself."""

    def __post_init__(self) -> None:
        counts = {len(self.raw), len(self.names)}
        if self.labels is not None:
            counts.add(len(self.labels))
        if self.groups is not None:
            counts.add(len(self.groups.numbers))
        assert len(counts) == 1, counts  # noqa: S101 - a reader's bug, not a user's
        if isinstance(self.raw, np.ndarray):
            assert self.raw.dtype == np.uint8 and self.raw.ndim == 4  # noqa: S101

    def __len__(self) -> int:
        return len(self.raw)

    def take(self, indices: NDArray[np.int64]) -> "Part":
        """The items at `indices`, in that order."""
        raw: Raw = self.raw[indices] if isinstance(self.raw, np.ndarray) else self.raw.take(indices)
        labels = None if self.labels is None else self.labels[indices]
        groups = None if self.groups is None else self.groups.take(indices)
        return Part(raw, labels, [self.names[i] for i in indices], groups)


@dataclass(frozen=True, slots=True)
class BadItem:
    """An item that cannot be used, with the reason as the end of a sentence."""

    name: str
    reason: str
    """`is cut off after 3,112 bytes`, `is a text file named .jpg`."""

    def __str__(self) -> str:
        return f"{self.name} {self.reason}"


@dataclass(frozen=True)
class RawDataset:
    """Labelled inputs as a reader found them, before any split of noonbit's own."""

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

    def __post_init__(self) -> None:
        grouped = {part.groups is not None for part in self.parts.values()}
        assert len(grouped) == 1, "all parts come in groups, or none"  # noqa: S101 - a reader's bug

    @property
    def train(self) -> Part:
        """The part that networks learn from."""
        return self.parts["train"]

    @property
    def test(self) -> Part | None:
        """The official test part, if the source has one."""
        return self.parts.get("test")

    def groups(self, names: Sequence[PartName] = PART_NAMES) -> Groups | None:
        """The groups of the items of these parts, one part after the other; None without groups."""
        each = [self.parts[name].groups for name in names if name in self.parts]
        found = [groups for groups in each if groups is not None]
        if not found:
            return None
        return Groups(found[0].noun, np.concatenate([groups.numbers for groups in found]))

    def with_note(self, sentence: str) -> Self:
        """The same data with one more note."""
        return replace(self, notes=(*self.notes, sentence))


def require_pictures(data: RawDataset, what: str) -> None:
    """Raise `UsageError` where something that is made of pictures is asked of other data."""
    input_kind = input_kind_of(data.train.raw)
    if input_kind != "pictures":
        raise UsageError(f"{what} is for pictures, and {data.source} holds {input_kind}.")


@dataclass(frozen=True)
class Inputs:
    """What is to be answered, without labels, in the order of their source."""

    source: str
    format: str
    part: Part
    value_range: tuple[float, float] = (0.0, 255.0)
    bad: tuple[BadItem, ...] = ()
    notes: tuple[str, ...] = ()


def drop_labels(data: RawDataset) -> Inputs:
    """All items of labelled data as inputs: train, then validation, then test."""
    parts = [data.parts[name] for name in PART_NAMES if name in data.parts]
    names = [name for part in parts for name in part.names]
    part = Part(concatenate([part.raw for part in parts]), None, names)
    return Inputs(data.source, data.format, part, data.value_range, data.bad, data.notes)


def concatenate(each: Sequence[Raw]) -> Raw:
    """The inputs of several parts, which are of one kind, one after another."""
    first = each[0]
    if len(each) == 1:
        return first
    if isinstance(first, np.ndarray):
        return np.concatenate([np.asarray(raw) for raw in each])
    assert isinstance(first, InputList)  # noqa: S101 - labelled inputs on demand have one part
    return type(first)([item for raw in each for item in cast("Sequence[Any]", raw)])


def order_parts(
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
