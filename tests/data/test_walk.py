"""Whatever the links of a folder lead to, a walk ends, and only regular files are data."""

import os
from pathlib import Path

import pytest

from noonbit.data.files import File, open_files
from noonbit.data.walk import walk
from noonbit.errors import DataError


def link_to_one_another(folder: Path, count: int) -> None:
    """Make folders that hold a file and a link to every folder."""
    for number in range(count):
        (folder / f"f{number}").mkdir()
        (folder / f"f{number}" / "1.txt").write_text("1")
        for other in range(count):
            os.symlink(f"../f{other}", folder / f"f{number}" / f"to{other}")


def test_ten_folders_that_link_to_one_another_are_refused(tmp_path: Path) -> None:
    link_to_one_another(tmp_path, 10)
    scanned = 0
    with pytest.raises(DataError, match=r"met again more than 50 times, .* Remove such links\."):
        for _ in walk(tmp_path, most_repeated=50):
            scanned += 1
    assert scanned <= 10 + 50


def test_two_folders_that_link_to_each_other_are_walked(tmp_path: Path) -> None:
    link_to_one_another(tmp_path, 2)
    names = ["f0/1.txt", "f0/to1/1.txt", "f1/1.txt", "f1/to0/1.txt"]
    assert [file.name for file in open_files(tmp_path)] == names


@pytest.mark.parametrize("made_up", ["/proc", "/sys"])
def test_a_link_to_what_the_system_makes_up_is_refused(tmp_path: Path, made_up: str) -> None:
    os.symlink(made_up, tmp_path / "cats")
    with pytest.raises(DataError, match=f"cats leads to {made_up}, which the system makes up"):
        open_files(tmp_path)


def test_a_link_to_the_whole_disk_is_refused(tmp_path: Path) -> None:
    os.symlink("/", tmp_path / "cats")
    with pytest.raises(DataError, match=r"cats is the whole disk\. Point at a folder of data\."):
        open_files(tmp_path)


def test_folders_too_deep_and_files_too_many_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("1")
    with pytest.raises(DataError, match="more than 3 folders inside one another"):
        list(walk(tmp_path, deepest=3))
    with pytest.raises(DataError, match=r"more than 2 files\. Point at a part of it\."):
        list(walk(tmp_path, most_files=2))
    assert len(list(walk(tmp_path))) == 3
    (tmp_path / "/".join("a" * 300)).mkdir(parents=True)
    with pytest.raises(DataError, match="more than 200 folders inside one another"):
        open_files(tmp_path)


def test_a_named_pipe_as_source_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f")
    with pytest.raises(DataError, match=r"f is a named pipe, and no regular file\. Name such a"):
        open_files(tmp_path / "f")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/random"])
def test_a_device_as_source_is_refused(device: str) -> None:
    with pytest.raises(DataError, match=f"{device} is a device, and no regular file"):
        open_files(Path(device))


def test_a_file_without_an_end_in_proc_is_refused() -> None:
    with pytest.raises(DataError, match="is made up by the system, and no file on a disk"):
        File.from_path(Path("/proc/self/mem"))


def test_pipes_and_links_to_devices_in_a_folder_are_no_data(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.png")
    os.symlink("/dev/zero", tmp_path / "2.png")
    (tmp_path / "3.png").write_bytes(b"3")
    assert [file.name for file in open_files(tmp_path)] == ["3.png"]


def test_a_link_to_itself_is_said(tmp_path: Path) -> None:
    os.symlink("loop", tmp_path / "loop")
    with pytest.raises(DataError, match=r"loop cannot be read \(Too many levels"):
        open_files(tmp_path)
