"""Data sets as folders of pictures, and the command that writes them."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noonbit.cli.main import run as command_line
from noonbit.config.recipe import Recipe
from noonbit.data import Part, RawDataset, open_data
from noonbit.data.export import write_folder
from noonbit.data.prepared import load
from noonbit.data.readers.registry import open_path
from noonbit.errors import ArtefactError, DataError, UsageError


def data_of(pixels: np.ndarray, labels: list[int], class_names: tuple[str, ...]) -> RawDataset:
    names = [f"item {i}" for i in range(len(labels))]
    part = Part(pixels, np.array(labels), names)
    return RawDataset("here", "arrays", {"train": part}, class_names)


@pytest.fixture
def small() -> RawDataset:
    """Four 5x6 colour pictures of two classes."""
    pixels = np.random.default_rng(0).integers(0, 256, (4, 3, 5, 6), dtype=np.uint8)
    return data_of(pixels, [0, 1, 0, 1], ("left", "right"))


def test_what_was_written_is_read_back_with_the_same_pixels(tmp_path: Path) -> None:
    write_folder(open_data("shapes"), tmp_path / "shapes")
    written = load(tmp_path / "shapes", Recipe(), data_dir=None)
    made = load("shapes", Recipe(), data_dir=None)
    assert np.array_equal(written.values, made.values)
    assert np.array_equal(written.labels, made.labels)
    assert written.fingerprint == made.fingerprint
    assert list(written.names) == list(made.names)


def test_colour_keeps_its_axes_and_items_are_counted_within_their_class(
    small: RawDataset, tmp_path: Path
) -> None:
    write_folder(small, tmp_path / "out")
    files = sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "out").rglob("*.*"))
    assert files == [
        *("out/train/left/left001.png", "out/train/left/left002.png"),
        *("out/train/right/right001.png", "out/train/right/right002.png"),
    ]
    with Image.open(tmp_path / files[1]) as picture:
        assert np.array_equal(np.asarray(picture), small.train.raw[2].transpose(1, 2, 0))


def test_pictures_that_are_files_are_copied_byte_for_byte(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / "in" / name).mkdir(parents=True)
        Image.new("RGB", (9, 7), "teal").save(tmp_path / "in" / name / "a.jpg")
    write_folder(open_path(tmp_path / "in"), tmp_path / "out")
    copied = tmp_path / "out" / "train" / "dogs" / "dogs001.jpeg"
    assert copied.read_bytes() == (tmp_path / "in" / "dogs" / "a.jpg").read_bytes()


def test_a_class_name_that_no_folder_can_have_is_changed(small: RawDataset, tmp_path: Path) -> None:
    write_folder(replace(small, class_names=("T-shirt/top", "신발")), tmp_path / "out")
    names = {path.name for path in (tmp_path / "out" / "train").iterdir()}
    assert names == {"T-shirt-top", "신발"}


def test_two_classes_are_never_written_into_one_folder(small: RawDataset, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"here has classes whose names differ only "):
        write_folder(replace(small, class_names=("a/b", "a:b")), tmp_path / "out")
    with pytest.raises(DataError, match=r"upper and lower case\. Rename one of them\."):
        write_folder(replace(small, class_names=("cat", "Cat")), tmp_path / "out")


def test_nothing_is_written_into_what_is_there(small: RawDataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"exists already; choose a new folder with --out\."):
        write_folder(small, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_there_not_at_all(
    small: RawDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def fill_the_disk(path: Path, content: bytes) -> None:
        written.append(path)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        path.touch()

    monkeypatch.setattr(Path, "write_bytes", fill_the_disk)
    with pytest.raises(ArtefactError, match=r"The disk is full: .*out could not be written\."):
        write_folder(small, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("class_name", "folder"),
    [
        ("../x", "-x"),
        ("a/b", "a-b"),
        ("...", "-"),
        ("Con", "Con-"),
        ("nul.txt", "nul-.txt"),
        ("console", "console"),
        ("가" * 300, "가" * 66),
        ("~nosuchuser", "~nosuchuser"),
    ],
)
def test_a_class_of_any_name_gets_a_folder_that_every_system_takes(
    class_name: str, folder: str, tmp_path: Path
) -> None:
    pixels = np.zeros((2, 1, 5, 6), np.uint8)
    write_folder(data_of(pixels, [0, 1], (class_name, "other")), tmp_path / "out")
    assert sorted(os.listdir(tmp_path / "out" / "train")) == sorted([folder, "other"])
    assert os.listdir(tmp_path) == ["out"]


def test_a_file_in_the_way_is_named(small: RawDataset, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArtefactError, match=r"file/out could not be written: "):
        write_folder(small, tmp_path / "file" / "out")


def test_the_folder_has_the_permissions_of_any_other(small: RawDataset, tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    write_folder(small, tmp_path / "out")
    modes = {os.stat(tmp_path / name).st_mode for name in ("usual", "out")}
    assert len(modes) == 1


# noonbit data SOURCE --out FOLDER


def test_the_command_says_what_it_wrote_and_what_comes_next(capsys, tmp_path) -> None:
    assert command_line(["data", "shapes", "--out", str(tmp_path / "shapes")]) == 0
    printed = capsys.readouterr()
    assert [line.split() for line in printed.out.splitlines()] == [
        ["class", "train", "validation", "test"],
        ["circle", "15", "5", "300"],
        ["rectangle", "15", "5", "300"],
        ["triangle", "15", "5", "300"],
    ]
    assert "made by a seeded generator" in printed.err
    assert printed.err.splitlines()[-1] == f"next     noonbit train {tmp_path}/shapes"


def test_the_command_as_json(capsys, tmp_path) -> None:
    out = str(tmp_path / "shapes")
    assert command_line(["data", "shapes", "--out", out, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["source"], summary["folder"]) == ("shapes", out)
    assert summary["images"]["validation"] == {"circle": 5, "rectangle": 5, "triangle": 5}


@pytest.mark.parametrize(
    ("arguments", "example"),
    [
        (["shapes"], "noonbit data shapes --out FOLDER"),
        (["--out", "made"], "noonbit data shapes --out made"),
    ],
)
def test_a_source_without_a_folder_is_answered_with_the_whole_command(
    arguments, example, capsys
) -> None:
    assert command_line(["data", *arguments]) == 2
    assert capsys.readouterr().err.rstrip().endswith(f"when it has both: {example}")
