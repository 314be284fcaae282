"""Folders a class: every layout people keep, and what is said of the rest."""

from pathlib import Path

import numpy as np
import pytest
from listings import listing_of
from PIL import Image

from noonbit.data.dataset import Pictures, RawDataset
from noonbit.data.readers.folder import read, read_inputs, recognise
from noonbit.data.readers.registry import open_path
from noonbit.errors import DataError


def write_pictures(root: Path, *names: str) -> Path:
    for i, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (5, 4), i).save(path, "PNG")
    return root


def open_folder(path: Path) -> RawDataset:
    listing = listing_of(path)
    assert recognise(listing)
    return read(listing)


def sentence(path: Path) -> str:
    with pytest.raises(DataError) as error:
        open_folder(path)
    return str(error.value)


def labels(data: RawDataset, part: str = "train") -> list[str]:
    codes = data.parts[part].labels  # type: ignore[index]
    return [data.class_names[code] for code in codes]


def test_folders_are_classes_in_natural_order(tmp_path: Path) -> None:
    write_pictures(tmp_path, "10/a.png", "9/b.png", "9/deeper/c.png")
    data = open_folder(tmp_path)
    assert data.format == "a folder a class" and data.class_names == ("9", "10")
    assert list(data.train.names) == ["9/b.png", "9/deeper/c.png", "10/a.png"]
    assert labels(data) == ["9", "9", "10"]
    assert isinstance(data.train.raw, Pictures)


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "val", "test"),
        ("Training", "Validation", "Testing"),
        ("trn", "dev", "eval"),
        ("seg_train/seg_train", "seg_valid", "seg_test/seg_test"),
        ("pets/train", "pets/valid", "pets/test"),
    ],
)
def test_part_folders_are_found_under_any_usual_name(
    tmp_path: Path, train: str, validation: str, test: str
) -> None:
    for part in (train, validation, test):
        write_pictures(tmp_path, f"{part}/cats/1.png", f"{part}/dogs/2.png")
    data = open_folder(tmp_path)
    assert list(data.parts) == ["train", "validation", "test"]
    assert data.class_names == ("cats", "dogs") and data.notes == ()
    assert data.train.names[0] == f"{train}/cats/1.png"


def test_wrapping_folders_are_looked_through(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a/b/cats/1.png", "a/b/dogs/1.png")
    assert open_folder(tmp_path).class_names == ("cats", "dogs")


def test_trains_and_tests_may_be_classes(tmp_path: Path) -> None:
    write_pictures(tmp_path, "train/1.png", "bus/1.png", "test/1.png")
    data = open_folder(tmp_path)
    assert data.class_names == ("bus", "test", "train") and list(data.parts) == ["train"]


def test_other_folders_beside_the_parts_are_noted(tmp_path: Path) -> None:
    write_pictures(tmp_path, "train/a/1.png", "train/b/1.png", "predict_me/1.png")
    data = open_folder(tmp_path)
    assert len(data.train) == 2
    assert data.notes == ("Left out, because they are no part of the data: predict_me.",)


def test_a_class_that_training_lacks_is_refused_by_name(tmp_path: Path) -> None:
    write_pictures(tmp_path, "train/a/1.png", "train/b/1.png", "test/a/1.png", "test/c/1.png")
    assert "test has the class 'c', which training lacks" in sentence(tmp_path)


def test_one_class_is_refused(tmp_path: Path) -> None:
    write_pictures(tmp_path, "cats/1.png", "cats/2.png")
    assert "holds 2 pictures but only the class 'cats'" in sentence(tmp_path)


def test_what_is_named_as_a_picture_and_is_none_is_a_bad_item(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "b" / "2.jpg").write_bytes(b"")
    (tmp_path / "b" / "3.jpg").write_text("hello world")
    data = open_folder(tmp_path)
    assert [str(item) for item in data.bad] == [
        "b/2.jpg is empty (0 bytes)",
        "b/3.jpg is not an image (it begins with b'hello wo')",
    ]
    assert len(data.train) == 2


def test_files_beside_the_pictures_are_noted(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a/1.png", "b/1.png")
    names = ["README.md", "a/notes.txt", "b/labels.json", "b/1.xml", "b/boxes.csv", "docs/x.pdf"]
    (tmp_path / "docs").mkdir()
    for name in names:
        (tmp_path / name).write_text("hello")
    data = open_path(tmp_path)
    assert len(data.train) == 2 and not data.bad
    assert data.notes == (
        "Left out, as no part of the data: a/notes.txt, b/1.xml, b/boxes.csv and 3 more.",
    )


def test_pictures_outside_the_classes_are_noted(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a/1.png", "b/1.png", "sample.png")
    assert open_folder(tmp_path).notes == ("1 picture lies outside the class folders: left out.",)


def test_a_wrong_suffix_is_noted(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a/1.jpg", "b/1.png")
    assert open_folder(tmp_path).notes == ("1 file is PNG although named .jpg.",)


def test_pictures_without_class_folders_are_refused_with_the_layouts(tmp_path: Path) -> None:
    write_pictures(tmp_path, "1.png", "2.png")
    assert sentence(tmp_path).endswith(
        "holds 2 pictures but no class folders. Sort them into a folder a class (cats/1.jpg, "
        "dogs/2.jpg), also inside train/ and test/, or add a table of path,label. `noonbit "
        "predict` takes pictures without labels."
    )


def test_only_unreadable_pictures_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(b"hello")
    assert "holds no picture that can be read: a/1.png is not an image" in sentence(tmp_path)


def test_inputs_are_all_pictures_wherever_they_lie(tmp_path: Path) -> None:
    write_pictures(tmp_path, "10.png", "9.png", "sub/1.png", "no_suffix")
    (tmp_path / "notes.txt").write_text("passed over")
    (tmp_path / "broken.jpg").write_bytes(b"hello")
    inputs = read_inputs(listing_of(tmp_path), None)
    assert list(inputs.part.names) == ["9.png", "10.png", "no_suffix", "sub/1.png"]
    assert inputs.part.labels is None
    assert [item.name for item in inputs.bad] == ["broken.jpg"]


def test_real_photographs_open_with_both_parts(shared_data) -> None:
    data = open_folder(shared_data("dogs-vs-cats-small"))
    assert {part: len(items) for part, items in data.parts.items()} == {"train": 2000, "test": 1000}
    assert data.class_names == ("cats", "dogs") and not data.bad and not data.notes
    assert data.train.labels is not None
    assert np.bincount(data.train.labels).tolist() == [1000, 1000]
    assert data.train.names[8] == "train/cats/cat.9.jpg"
