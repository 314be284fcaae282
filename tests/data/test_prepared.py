"""Items: every image through all parts in order, named, numbered, and left out by name."""

import io

import numpy as np
import pytest
from PIL import Image

from noonbit.data.dataset import (
    BadItem,
    NumberedNames,
    Part,
    PartName,
    Picture,
    Pictures,
    RawDataset,
)
from noonbit.data.prepared import ConcatenatedNames, prepare
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.errors import DataError

FRAMING = ImagePreprocessor(height=2, width=3, channels=1)
CLASS_NAMES = ("cat", "dog")


def part_of(count: int, first: int, prefix: str) -> Part:
    """`count` images, each of one level that is its number."""
    levels = np.arange(first, first + count, dtype=np.uint8)
    images = np.repeat(levels, 6).reshape(count, 1, 2, 3)
    return Part(images, np.arange(count) % 2, NumberedNames(prefix, count))


def three_parts() -> RawDataset:
    parts: dict[PartName, Part] = {
        "test": part_of(4, 30, "test row"),
        "train": part_of(20, 0, "train row"),
        "validation": part_of(10, 20, "validation row"),
    }
    return RawDataset("here", "arrays", parts, CLASS_NAMES)


def pictures(bad: set[int], count: int = 20) -> RawDataset:
    stream = io.BytesIO()
    Image.new("L", (3, 2), 9).save(stream, "PNG")
    content = stream.getvalue()
    cut_off = content[:50]
    images = Pictures(
        [
            Picture(
                f"{i}.png", (lambda: cut_off) if i in bad else (lambda: content), 3, 2, 1, "PNG"
            )
            for i in range(count)
        ]
    )
    part = Part(images, np.arange(count) % 2, [f"{i}.png" for i in range(count)])
    early = BadItem("notes.png", "is not an image")
    return RawDataset("here", "a folder a class", {"train": part}, CLASS_NAMES, bad=(early,))


def test_items_are_numbered_through_train_validation_and_test() -> None:
    items = prepare(three_parts(), FRAMING, on_bad="fail")
    assert (items.values[:, 0, 0, 0] == np.arange(34)).all()
    assert items.labels.tolist() == [0, 1] * 17
    assert items.indices("train").tolist() == list(range(20))
    assert items.indices("validation").tolist() == list(range(20, 30))
    assert items.indices("test").tolist() == list(range(30, 34))
    assert items.names[0] == "train row 0"
    assert items.names[20] == "validation row 0"
    assert items.names[33] == "test row 3"


def test_joined_names_are_a_sequence_like_any_other() -> None:
    joined = ConcatenatedNames([["a", "b"], [], ["c"], NumberedNames("row", 2)])
    plain = ["a", "b", "c", "row 0", "row 1"]
    assert list(joined) == plain
    assert len(joined) == 5
    for index in range(-5, 5):
        assert joined[index] == plain[index]
    assert joined[1:4] == plain[1:4] and joined[::-2] == plain[::-2]
    for index in (5, -6):
        with pytest.raises(IndexError):
            joined[index]


def test_unreadable_files_stop_it_and_are_named() -> None:
    with pytest.raises(DataError) as error:
        prepare(pictures({3}), FRAMING, on_bad="fail")
    assert str(error.value) == (
        "3.png is cut off after 50 bytes (1 of 20 files). Remove it, or add --on-bad skip."
    )
    with pytest.raises(DataError) as error:
        prepare(pictures({3, 4, 5, 6}), FRAMING, on_bad="fail")
    assert str(error.value) == (
        "3.png is cut off after 50 bytes; 4.png is cut off after 50 bytes; 5.png is cut off after "
        "50 bytes; ... (4 of 20 files). Remove them, or add --on-bad skip."
    )


def test_skipped_files_are_listed_and_stand_in_no_split() -> None:
    bad = {3, 4}
    items = prepare(pictures(bad), FRAMING, on_bad="skip")
    assert [str(item) for item in items.bad] == [
        "notes.png is not an image",
        "3.png is cut off after 50 bytes",
        "4.png is cut off after 50 bytes",
    ]
    used = np.concatenate([items.indices(name) for name in ("train", "validation", "test")])
    assert set(used.tolist()) == set(range(20)) - bad


def test_a_test_split_of_which_nothing_can_be_read_is_refused() -> None:
    parts: dict[PartName, Part] = {
        "train": part_of(20, 0, "row"),
        "test": pictures({0, 1}, count=2).train,
    }
    data = RawDataset("here", "mixed", parts, CLASS_NAMES)
    with pytest.raises(DataError, match=r"no item of the test split can be read \(0\.png is"):
        prepare(data, FRAMING, on_bad="skip")


def test_bad_items_of_later_parts_are_counted_from_the_first() -> None:
    data = pictures({2}, count=6)
    parts: dict[PartName, Part] = {"train": part_of(20, 0, "row"), "test": data.train}
    items = prepare(RawDataset("here", "mixed", parts, CLASS_NAMES), FRAMING, on_bad="skip")
    assert items.indices("test").tolist() == [20, 21, 23, 24, 25]


def test_the_fingerprint_changes_with_pixels_labels_and_names_alone() -> None:
    def fingerprint(data: RawDataset) -> str:
        return prepare(data, FRAMING, on_bad="fail").fingerprint

    part = part_of(20, 0, "row")
    labels = part.labels
    assert labels is not None and isinstance(part.raw, np.ndarray)
    brighter, swapped = part.raw.copy(), labels.copy()
    brighter[7, 0, 1, 2] += 1
    swapped[[0, 1]] = swapped[[1, 0]]
    same, *others = (
        fingerprint(RawDataset(source, "arrays", {"train": Part(images, codes, part.names)}, names))
        for source, images, codes, names in (
            ("there", part.raw, labels, CLASS_NAMES),
            ("here", brighter, labels, CLASS_NAMES),
            ("here", part.raw, swapped, CLASS_NAMES),
            ("here", part.raw, labels, ("cat", "cow")),
        )
    )
    assert same == fingerprint(RawDataset("here", "arrays", {"train": part}, CLASS_NAMES))
    assert len({same, *others}) == 4
