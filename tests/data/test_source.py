"""What a user may name, and what is said where there is nothing to open."""

import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import noonbit.data
from noonbit.data.readers.registry import FORMATS
from noonbit.data.source import open_data, open_inputs
from noonbit.errors import DataError, SourceNotFound


def write_pictures(root: Path, *names: str) -> Path:
    for i, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (5, 4), i).save(path)
    return root


def sentence(source: str | Path, kind: type[DataError] = DataError, **options) -> str:
    with pytest.raises(kind) as error:
        open_data(source, **options)
    return str(error.value)


def test_a_missing_path_names_the_nearest_and_what_a_source_may_be(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    said = sentence(tmp_path / "leters", SourceNotFound)
    assert said.startswith(f"{tmp_path}/leters does not exist. Did you mean 'letters'? A source is")
    assert "mnist" in said
    assert "Did you mean 'mnist'?" in sentence("mnits", SourceNotFound)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_text("x")
    assert sentence(tmp_path) == (
        f"{tmp_path} is an empty folder (hidden files do not count). Put pictures into a folder a "
        "class, or point at another source."
    )


def test_an_empty_archive_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo(".hidden"))
    assert "is an empty archive" in sentence(tmp_path / "a.tar")
    (tmp_path / "a").write_bytes(b"")
    assert sentence(tmp_path / "a").startswith(f"{tmp_path}/a is an empty file")


def test_an_unknown_file_shows_its_beginning_and_the_formats(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"\x7fELF and more")
    said = sentence(path)
    assert said.startswith(f"{path} begins with b'\\x7fELF and more', which is no format")
    assert all(form.name in said for form in FORMATS)


def test_a_folder_of_unknown_files_lists_some(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.xyz").write_bytes(b"\x00\x01\x02")
    assert "holds 4 files (a.xyz, b.xyz, c.xyz, ...), none in a format" in sentence(tmp_path)


def test_bad_items_fail_by_name_or_are_left_out(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a/1.png", "b/1.png")
    for i in range(2, 6):
        (tmp_path / "a" / f"{i}.png").write_bytes(b"hello")
    reason = "is not an image (it begins with b'hello')"
    assert sentence(tmp_path) == (
        f"a/2.png {reason}; a/3.png {reason}; a/4.png {reason}; ... (4 of 6 files). Remove or "
        "replace them, or add --on-bad skip."
    )
    data = open_data(tmp_path, on_bad="skip")
    assert len(data.train) == 2 and len(data.bad) == 4


def test_empty_class_folders_are_noted(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "c").mkdir()
    assert open_data(tmp_path).notes == ("Empty folders were passed over: c.",)


def test_a_folder_around_one_archive_is_the_archive(tmp_path: Path) -> None:
    write_pictures(tmp_path / "raw", "a/1.png", "b/1.png")
    source = tmp_path / "source"
    source.mkdir()
    (source / "README.txt").write_text("pictures")
    with tarfile.open(source / "pictures.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "raw", "pictures")
    data = open_data(source)
    assert data.class_names == ("a", "b") and data.source == str(source)


def test_every_format_is_recognised_by_content(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.dat.npz", x=np.zeros((4, 8, 8), np.uint8), y=[0, 1, 0, 1])
    (tmp_path / "x.dat.npz").rename(tmp_path / "x.dat")
    assert open_data(tmp_path / "x.dat").format == "NumPy arrays"


def test_a_folder_of_pictures_is_input_but_no_training_data(tmp_path: Path) -> None:
    write_pictures(tmp_path, "1.png", "2.png")
    assert "`noonbit predict` takes pictures without labels" in sentence(tmp_path)
    inputs = open_inputs(tmp_path)
    assert list(inputs.part.names) == ["1.png", "2.png"]
    assert len(open_inputs(tmp_path / "1.png").part) == 1


def test_a_single_broken_picture_is_refused_as_input(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"hello")
    with pytest.raises(DataError, match=r"photo\.jpg is not an image"):
        open_inputs(tmp_path / "photo.jpg")


def test_a_user_name_in_a_path_is_expanded(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write_pictures(tmp_path / "pets", "a/1.png", "b/1.png")
    assert len(open_data("~/pets").train) == 2


def test_the_public_names_are_there_and_importing_them_is_cheap() -> None:
    for name in noonbit.data.__all__:
        assert getattr(noonbit.data, name).__name__ == name
    code = (
        "import sys, noonbit.data; print({'numpy', 'PIL', 'pyarrow', 'torch'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
    with pytest.raises(AttributeError):
        _ = noonbit.data.nothing
