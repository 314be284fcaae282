"""The data model of every reader: parts of labelled inputs with their names.

    RawDataset ── parts: "train", "validation", "test" ──> Part ── raw, labels, names

`raw` holds the inputs before preprocessing, as one of:

    an array    pixels, for formats that store them (IDX, CSV, npz, CIFAR, pixel lists)
    Pictures    encoded files of any size (a folder, a table of paths, Parquet with image bytes)
    Sentences   text
    OnDemand    inputs that are computed batch by batch, since all of them do not fit into memory

Only a `Preprocessor` turns them into what a network takes.
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
"""Item numbers (N,), or the number of the class or group of each item."""
PartValue = TypeVar("PartValue")
Item = TypeVar("Item")

_KOREAN_ENDINGS = ("", "용", "셋", "세트", "데이터", "데이터셋", "데이터세트", "이미지", "자료")
"""What follows a Korean part word without a space: `훈련용`, `학습데이터`."""


def _in_korean(*words: str) -> list[str]:
    return [word + ending for word in words for ending in _KOREAN_ENDINGS]


PART_WORDS: dict[str, PartName] = {
    **dict.fromkeys(("train", "training", "trn", "tr"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "tst", "eval", "evaluation", "t10k"), "test"),
    **dict.fromkeys(_in_korean("훈련", "학습"), "train"),
    **dict.fromkeys(_in_korean("검증"), "validation"),
    **dict.fromkeys(_in_korean("시험", "테스트", "평가"), "test"),
}
"""The words in names of files and folders that say which part they hold; `t10k` is MNIST's."""


def detect_part(name: str) -> PartName | None:
    """Return the part in the name of a file or folder: `train` for `sign_mnist_train.csv.gz`."""
    words = re.findall(
        r"[a-z]+[0-9]+k|[a-z]+|[가-힣]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    )
    return next((PART_WORDS[word] for word in words if word in PART_WORDS), None)


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded image, and what its header says."""

    name: str
    """Where it comes from: `train/cat/0041.jpg`."""
    read: Callable[[], bytes]
    """Reads the encoded bytes."""
    width: int
    """Pixels, after the EXIF rotation."""
    height: int
    channels: int
    """1 for grey, 3 for colour, without alpha."""
    format: str
    """The format of the content (`JPEG`, `PNG`, ...), whatever the name says."""
    stamp: bytes = b""
    """Of its file: differs if the content may have changed; empty if unknown."""
    bits: int = 8
    """A channel, as the file stores them: 8 or 16."""


class InputList(Sequence[Item]):
    """A list of inputs of one kind."""

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
        """Return the inputs at `indices`, in that order."""
        return type(self)([self._items[i] for i in indices])

    def content(self) -> bytes | None:
        """Return the bytes for a fingerprint; None: it is computed from the transformed values."""
        return None


class Pictures(InputList[Picture]):
    """Encoded images."""

    input_kind = "pictures"


class Sentences(InputList[str]):
    """Texts."""

    input_kind = "sentences"

    def content(self) -> bytes:
        """Return the bytes of all texts, for a fingerprint."""
        return "\0".join(self).encode("utf-8", "surrogatepass")


@runtime_checkable
class OnDemand(Protocol):
    """Inputs that are computed batch by batch, already preprocessed."""

    @property
    def input_kind(self) -> InputKind:
        """The kind of input."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, ...), as of an array."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: Any) -> NDArray[Any]:
        """Return one input for a number, several for a slice or array of numbers; thread-safe."""
        ...

    def take(self, indices: NDArray[np.int64]) -> "OnDemand":
        """Return the inputs at `indices`, in that order, still on demand."""
        ...

    def content(self) -> bytes:
        """Return the bytes that they are computed from, for a fingerprint."""
        ...


Raw: TypeAlias = NDArray[np.uint8] | InputList[Any] | OnDemand


def input_kind_of(raw: Raw) -> InputKind:
    """Return the kind of inputs; arrays hold pixels."""
    return "pictures" if isinstance(raw, np.ndarray) else raw.input_kind


class NumberedNames(Sequence[str]):
    """Names of items that have only a position: `train.csv row 17`, computed when needed."""

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

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(self._count))


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of items that no split may divide, such as the positions of a game."""

    noun: str
    """The word for a group: `game`."""
    numbers: NDArray[np.int64]
    """The number of each item's group, (N,); unique over all parts of the data."""

    def take(self, indices: NDArray[np.int64]) -> "Groups":
        """Return the groups of the items at `indices`."""
        return Groups(self.noun, self.numbers[indices])


@dataclass(frozen=True, slots=True)
class Part:
    """The items of one part of the data, in the order of their file."""

    raw: Raw
    """An array is uint8 (N, C, H, W)."""
    labels: NDArray[np.int64] | None
    """(N,), indices into the data's class names; None if unlabelled."""
    names: Sequence[str]
    """Where each item comes from."""
    groups: Groups | None = None
    """Items that no split may separate; None for independent items."""

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
        """Return the items at `indices`, in that order."""
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
    """Labelled inputs as read from the source, before preprocessing and splitting."""

    source: str
    """As the user named it."""
    format: str
    """The detected format, to be displayed: `IDX`, `CSV`, `a folder a class`."""
    parts: dict[PartName, Part]
    """At least `train`. A `test` part is the official one, and never used to choose anything."""
    class_names: tuple[str, ...]
    """In the order of the label indices; names are sorted naturally (`2` before `10`)."""
    value_range: tuple[float, float] = (0.0, 255.0)
    """The raw values that map to 0 and 255: (0, 255) for bytes, (0, 1) for unit floats."""
    bad: tuple[BadItem, ...] = ()
    """Unreadable items, which were left out."""
    notes: tuple[str, ...] = field(default=())
    """What the user should know about how the source was interpreted, one sentence each."""
    used: frozenset[str] | None = None
    """The names of all files that were read, also of the bad ones; None if its reader does not say.
    Of the others the registry makes a note, so that nothing is passed over unmentioned."""

    def __post_init__(self) -> None:
        grouped = {part.groups is not None for part in self.parts.values()}
        assert len(grouped) == 1, "all parts come in groups, or none"  # noqa: S101 - a reader's bug

    @property
    def train(self) -> Part:
        """The training part."""
        return self.parts["train"]

    @property
    def test(self) -> Part | None:
        """The official test part, if the source has one."""
        return self.parts.get("test")

    def groups(self, names: Sequence[PartName] = PART_NAMES) -> Groups | None:
        """Return the groups of the items of these parts, concatenated; None without groups."""
        each = [self.parts[name].groups for name in names if name in self.parts]
        given = [groups for groups in each if groups is not None]
        if not given:
            return None
        return Groups(given[0].noun, np.concatenate([groups.numbers for groups in given]))

    def with_note(self, *sentences: str) -> Self:
        """Return the same data with more notes."""
        return replace(self, notes=(*self.notes, *sentences))


def require_pictures(data: RawDataset, what: str) -> None:
    """Raise `UsageError` for data of another kind; `what` is the feature that needs pictures."""
    input_kind = input_kind_of(data.train.raw)
    if input_kind != "pictures":
        raise UsageError(f"{what} is for pictures, and {data.source} holds {input_kind}.")


@dataclass(frozen=True)
class Inputs:
    """Unlabelled inputs to be predicted, in the order of their source."""

    source: str
    format: str
    part: Part
    value_range: tuple[float, float] = (0.0, 255.0)
    bad: tuple[BadItem, ...] = ()
    notes: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    """What a table calls its items, by their names; empty where nothing but the name is known."""
    id_column: str = ""
    """The header of the column with these ids."""


def drop_labels(data: RawDataset) -> Inputs:
    """Return all items of labelled data as inputs: train, then validation, then test."""
    parts = [data.parts[name] for name in PART_NAMES if name in data.parts]
    names = [name for part in parts for name in part.names]
    part = Part(concatenate([part.raw for part in parts]), None, names)
    return Inputs(data.source, data.format, part, data.value_range, data.bad, data.notes)


def concatenate(each: Sequence[Raw]) -> Raw:
    """Concatenate the inputs of several parts, which are of one kind."""
    first = each[0]
    if len(each) == 1:
        return first
    if isinstance(first, np.ndarray):
        return np.concatenate([np.asarray(raw) for raw in each])
    assert isinstance(first, InputList)  # noqa: S101 - inputs on demand have one part
    return type(first)([item for raw in each for item in cast("Sequence[Any]", raw)])


def order_parts(
    parts: Mapping[PartName, PartValue], *, of: str
) -> tuple[dict[PartName, PartValue], tuple[str, ...]]:
    """Return the parts in the order train, validation, test, and a note if there was no train.

    The first part is then used for training: a lone `test.csv` is all the data there is.
    """
    ordered = {name: parts[name] for name in PART_NAMES if name in parts}
    first, *rest = ordered
    if first == "train":
        return ordered, ()
    note = f"{of} has no training part by name, so what is named {first} is taken for training."
    return {"train": ordered[first], **{name: ordered[name] for name in rest}}, (note,)


MOST_DIGITS = 1_000
"""Digits that are sorted as a number. Python refuses more than 4,300, and they take ever longer."""


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts `2` before `10` and `img9` before `img10`."""
    pieces = re.split(r"(\d+)", name.casefold())
    return tuple(
        (0, int(piece), "") if piece.isdecimal() and len(piece) <= MOST_DIGITS else (1, 0, piece)
        for piece in pieces
    )
