"""The folder of data sets that pages fill: whole or not there, and no name leads out of it."""

from pathlib import Path

import pytest

from noonbit.errors import ArtefactError, UsageError
from noonbit.studio.data.data_sets import DataSets, OwnData


def test_a_data_set_is_there_under_its_name_when_it_is_whole(tmp_path: Path) -> None:
    sets = DataSets(tmp_path / "data")
    with sets.new("my cats") as made:
        made.place("cat/1.png").write_bytes(b"1")
        made.place("dog/1.png").write_bytes(b"2")
        assert sets.list() == []
    assert made.source == str(tmp_path / "data/my cats")
    assert sets.list() == [OwnData("my cats", made.source)]
    assert (tmp_path / "data/my cats/cat/1.png").read_bytes() == b"1"


def test_the_only_file_of_a_data_set_is_its_source(tmp_path: Path) -> None:
    sets = DataSets(tmp_path)
    with sets.new("animals") as made:
        made.place("animals.zip").write_bytes(b"zip")
    assert made.source == str(tmp_path / "animals/animals.zip")
    assert sets.list() == [OwnData("animals", made.source)]


def test_nothing_is_left_of_one_that_was_broken_off(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), DataSets(tmp_path).new("cats") as made:
        made.place("cat/1.png").write_bytes(b"1")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_is_numbered(tmp_path: Path) -> None:
    sets = DataSets(tmp_path)
    names = []
    for _ in range(3):
        with sets.new("cats") as made:
            made.place("a/1.png").write_bytes(b"1")
        names.append(made.path.name)
    assert names == ["cats", "cats-2", "cats-3"]


@pytest.mark.parametrize(
    "name", ["..", "../../out", "/etc", "a\0b", ".hidden", "", "con", "x" * 999]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    sets = DataSets(tmp_path / "data")
    with sets.new(name) as made:
        for path in (f"{name}/1.png" if name else "1.png", "..\\..\\2.png", "//3.png"):
            place = made.place(path)
            assert made.path in place.resolve().parents
            place.write_bytes(b"1")
    assert made.path.parent == tmp_path / "data"
    assert [each.name for each in tmp_path.iterdir()] == ["data"]
    assert not made.path.name.startswith(".")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="Two files are called 'a-b/1.png'"),
        DataSets(tmp_path).new("cats") as made,
    ):
        made.place("a:b/1.png").write_bytes(b"1")
        made.place("a*b/1.png")


def test_a_file_in_too_many_folders_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="in 0 to 5 folders"), DataSets(tmp_path).new("x") as made:
        made.place("a/b/c/d/e/f/1.png")


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"a file")
    with (
        pytest.raises(ArtefactError, match="could not be written"),
        DataSets(tmp_path / "data").new("cats"),
    ):
        pass
