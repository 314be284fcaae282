"""Texts that can be no path, or lead nowhere: every question has an answer, and says why."""

import os
import shutil
from pathlib import Path

import pytest

from noonbit.errors import ArtefactError, UsageError
from noonbit.system.paths import (
    absolute,
    describe_place,
    exists,
    is_file,
    is_folder,
    list_names,
    output_path,
    require_place_for_file,
    require_place_for_folder,
    user_path,
)

NOWHERE = {
    "a" * 256: "is not there (File name too long)",
    "가" * 100: "is not there (File name too long)",
    "a/" * 3000: "is not there (File name too long)",
    "zero\0byte": "can be no path: it holds a zero byte, or half a letter",
    "half\ud800": "can be no path: it holds a zero byte, or half a letter",
    "file/below": "does not exist",
    "circle": "is not there (Too many levels of symbolic links)",
    "circle/below": "is not there (Too many levels of symbolic links)",
    "link to nothing": "does not exist",
    "~nosuchuser/here": "does not exist",
    "bytes\udcff": "does not exist",
}
"""Texts of which nothing is in the folder below, and how that is said."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a file, a link to itself and a link to nothing."""
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "link to nothing").symlink_to("nothing")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("text", NOWHERE, ids=ascii)
def test_nothing_is_found_where_nothing_can_be_and_the_sentence_says_why(
    text: str, folder: Path
) -> None:
    path = user_path(text)
    assert not exists(path) and not is_file(path) and not is_folder(path)
    assert list_names(path) == []
    assert isinstance(absolute(path), Path)
    assert describe_place(path) == NOWHERE[text]


def test_what_is_there_is_said_as_it_is(folder: Path) -> None:
    os.mkfifo("pipe")
    assert [describe_place(Path(name)) for name in (".", "file", "pipe")] == [
        "is a folder",
        "is a file",
        "is neither a file nor a folder",
    ]


def test_a_tilde_is_the_home_folder_and_that_of_nobody_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert user_path("~/file") == folder / "file"
    assert user_path("~nosuchuser/file") == Path("~nosuchuser/file")


def test_an_empty_path_is_not_the_working_directory() -> None:
    with pytest.raises(UsageError, match=r"^A path is empty\. Give one, or `\.`"):
        user_path("")


def test_a_deleted_working_directory_leaves_relative_paths_as_they_are(folder: Path) -> None:
    here = folder / "deleted"
    here.mkdir()
    os.chdir(here)
    shutil.rmtree(here)
    assert absolute(Path("runs")) == Path("runs")
    assert describe_place(Path("runs")) == "does not exist"
    with pytest.raises(ArtefactError, match=r"^runs cannot be made: No such file"):
        require_place_for_folder(Path("runs"))


@pytest.mark.parametrize("name", ["new", "x" * 255, "가" * 85])
def test_asking_for_a_place_leaves_nothing(name: str, folder: Path) -> None:
    before = sorted(os.listdir())
    require_place_for_file(Path("file"))
    require_place_for_file(Path(name))
    require_place_for_folder(Path(name))
    require_place_for_folder(Path("new", name, "below"))
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("text", ["x" * 256, "new/" + "가" * 86, "file/below", "circle/below"])
def test_a_place_that_cannot_be_made_is_refused(text: str, folder: Path) -> None:
    with pytest.raises(ArtefactError, match=r" could not be written: [A-Z]"):
        require_place_for_file(Path(text))
    with pytest.raises(ArtefactError, match=r" cannot be made: [A-Z]"):
        require_place_for_folder(Path(text))


@pytest.mark.parametrize("text", ["file", "link to nothing", "link to nothing/below"])
def test_a_folder_is_made_neither_of_a_file_nor_behind_a_link_to_nothing(
    text: str, folder: Path
) -> None:
    with pytest.raises(ArtefactError, match=f"^{text} cannot be made: No"):
        require_place_for_folder(Path(text))


def test_a_file_needs_its_folder_and_a_folder_does_not(folder: Path) -> None:
    require_place_for_folder(Path("new", "below"))
    with pytest.raises(ArtefactError, match=r"^new/below could not be written: No such file"):
        require_place_for_file(Path("new", "below"))
    with pytest.raises(UsageError, match=r"^\. is a folder\. Give the name of a file\.$"):
        require_place_for_file(Path())


@pytest.mark.parametrize("text", ["zero\0byte", "half\ud800", "new/half\ud800"], ids=ascii)
def test_a_place_that_can_be_no_path_is_a_usage_error(text: str, folder: Path) -> None:
    for require in (require_place_for_file, require_place_for_folder):
        with pytest.raises(UsageError, match="can be no path"):
            require(Path(text))


def test_a_read_only_place_is_refused() -> None:
    if not Path("/sys/kernel").is_dir():
        pytest.skip("needs Linux's /sys, which is read-only even for root")
    for require in (require_place_for_file, require_place_for_folder):
        with pytest.raises(ArtefactError):
            require(Path("/sys/kernel/runs"))


def test_nothing_is_made_in_the_home_of_a_user_who_does_not_exist() -> None:
    with pytest.raises(UsageError, match="is in the home of a user who does not exist here"):
        output_path("~nosuchuser/run")
    assert output_path("./~nosuchuser") == Path("~nosuchuser")
    assert output_path("~/run") == Path.home() / "run"
