"""Folders, files, zips and tars are one listing; what is broken is said by name."""

import gzip
import io
import os
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from noonbit.data.files import (
    File,
    content,
    find_empty_folders,
    head,
    is_archive,
    open_files,
    survey,
)
from noonbit.data.readers.pictures import scan
from noonbit.errors import DataError

TREE = {"train/cat/10.txt": b"ten", "train/cat/9.txt": b"nine", "readme.txt": b"hello"}
LITTER = {".git/config": b"", "__MACOSX/train/._9.txt": b"", "train/Thumbs.db": b""}
IN_ORDER = ["readme.txt", "train/cat/9.txt", "train/cat/10.txt"]


def write_tree(folder: Path) -> None:
    for name, data in (TREE | LITTER).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def write_tar(path: Path, members: dict[str, bytes], mode: str = "w") -> None:
    with tarfile.open(path, mode) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


@pytest.mark.parametrize("kind", ["folder", "zip", "w", "w:gz", "w:xz", "w:bz2"])
def test_a_folder_and_every_archive_of_it_give_the_same_listing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "source"
    if kind == "folder":
        write_tree(path)
    elif kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in (TREE | LITTER).items():
                archive.writestr(name, data)
    else:
        write_tar(path, TREE | LITTER, kind)
    files = open_files(path)
    assert [file.name for file in files] == IN_ORDER
    assert {file.name: file.read() for file in files} == TREE
    assert [file.size for file in files] == [5, 4, 3]


def test_a_single_file_is_a_listing_of_one(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"abc")
    (file,) = open_files(path)
    assert (file.name, file.size, file.path, file.read()) == ("a.bin", 3, path, b"abc")
    assert not is_archive(file)


def test_members_that_point_outside_or_are_links_are_passed_over(tmp_path: Path) -> None:
    tar = tmp_path / "a.tar"
    with tarfile.open(tar, "w") as archive:
        for name in ("../evil", "/../evil", "good/../../evil", "good/file"):
            archive.addfile(tarfile.TarInfo(name))
        link = tarfile.TarInfo("good/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    zipped = tmp_path / "a.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for name in ("../evil", "/../evil", "..\\evil", "C:\\..\\evil", "good/file"):
            archive.writestr(name, b"")
        link = zipfile.ZipInfo("good/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    for path in (tar, zipped):
        assert [file.name for file in open_files(path)] == ["good/file"]


def test_names_in_an_archive_begin_below_its_root_as_tar_unpacks_them(tmp_path: Path) -> None:
    names = ("/home/u/cat/1.png", "./cat/2.png", "cat//3.png")
    write_tar(tmp_path / "a.tar", dict.fromkeys(names, b"x"))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in (*names, "C:\\data\\cat\\4.png", "C:/data/cat/5.png"):
            archive.writestr(name, b"x")
        archive.writestr("dog\\", b"")
    below = ["cat/2.png", "cat/3.png", "home/u/cat/1.png"]
    assert [file.name for file in open_files(tmp_path / "a.tar")] == below
    zipped = open_files(tmp_path / "a.zip")
    assert [file.name for file in zipped] == [
        *below[:2],
        "data/cat/4.png",
        "data/cat/5.png",
        below[2],
    ]
    assert all(file.read() == b"x" for file in zipped)


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "1.txt").write_text("1")
    os.symlink(tmp_path, tmp_path / "cats" / "again")
    assert [file.name for file in open_files(tmp_path)] == ["cats/1.txt"]


def test_decompression_bombs_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("noonbit.data.compression.ALWAYS_ALLOWED_SIZE", 1000)
    zeros = bytes(3_000_000)
    gz, zipped, tar = (tmp_path / name for name in ("a.gz", "a.zip", "a.tar.xz"))
    gz.write_bytes(gzip.compress(zeros))
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", zeros)
    write_tar(tar, {"a": zeros}, "w:xz")
    with pytest.raises(DataError, match=r"a\.gz unpacks to .* only a decompression bomb does"):
        content(File.from_path(gz))
    for path in (zipped, tar):
        with pytest.raises(DataError, match=f"{path.name} unpacks to 3,000,000 bytes or more"):
            open_files(path)


def test_a_zip_that_understates_a_size_is_unpacked_no_further(tmp_path: Path) -> None:
    path, zeros = tmp_path / "a.zip", bytes(8_000_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", zeros)
    lying = path.read_bytes().replace(struct.pack("<I", len(zeros)), struct.pack("<I", 1000))
    path.write_bytes(lying)
    (file,) = open_files(path)
    tracemalloc.start()
    with pytest.raises(DataError, match="a is damaged in its zip archive"):
        file.read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.size == 1000 and peak < 1_000_000


def test_what_a_tar_has_beside_its_members_is_bounded(tmp_path: Path) -> None:
    named, hidden = tmp_path / "named.tar", tmp_path / "hidden.tar.gz"
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.XHDTYPE, 2**15
    named.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + b"1" * 2**15)
    with pytest.raises(DataError, match=r"a name of 32,768 bytes; at most 16,384 are read"):
        open_files(named)
    member = tarfile.TarInfo(".hidden")
    member.size = 300_000_000
    hidden.write_bytes(gzip.compress(member.tobuf()))
    with pytest.raises(DataError, match=r"hidden\.tar\.gz unpacks to 300,000,768 bytes or more"):
        open_files(hidden)


def test_a_member_with_a_name_that_no_disk_takes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a" * 5000, b"x")
    with pytest.raises(DataError, match=r"has 5,000 characters .* at most 4,096 are read"):
        open_files(path)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_a_truncated_tar_is_said(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "cifar.tar"
    write_tar(path, {"a": os.urandom(2_000_000)}, mode)
    path.write_bytes(path.read_bytes()[:1_500_000])
    with pytest.raises(DataError) as error:
        open_files(path)
    assert str(error.value).startswith(
        "cifar.tar is cut off: its tar archive stops after 1,500,000 bytes, before its end"
    )


def test_a_zip_with_a_password_and_a_damaged_zip_are_said(tmp_path: Path) -> None:
    locked, damaged = tmp_path / "locked.zip", tmp_path / "damaged.zip"
    for path in (locked, damaged):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", b"hello")
    raw = locked.read_bytes()
    at = raw.index(b"PK\x01\x02") + 8
    locked.write_bytes(raw[:at] + b"\x01" + raw[at + 1 :])
    with pytest.raises(DataError, match=r"locked\.zip is locked with a password\. Unpack it"):
        open_files(locked)
    damaged.write_bytes(damaged.read_bytes().replace(b"hello", b"hullo"))
    (file,) = open_files(damaged)
    with pytest.raises(DataError, match=r"a\.txt is damaged in its zip archive"):
        file.read()


def test_empty_folders_are_listed(tmp_path: Path) -> None:
    write_tree(tmp_path)
    (tmp_path / "train" / "dog").mkdir()
    (tmp_path / ".hidden").mkdir()
    os.mkdir(os.fsencode(tmp_path) + b"/train/" + "고양이".encode("cp949"))
    assert find_empty_folders(tmp_path, open_files(tmp_path)) == ["train/dog", "train/고양이"]


def test_a_zip_without_its_end_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", bytes(1000))
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=r"a\.zip is cut off after 500 bytes: the directory"):
        open_files(path)


def test_a_file_that_goes_away_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x")
    (file,) = open_files(path)
    path.unlink()
    with pytest.raises(DataError, match=r"a\.txt cannot be opened \(No such file or directory\)"):
        file.read()


def test_a_survey_sees_the_rare_file_among_many(tmp_path: Path) -> None:
    for i in range(100):
        (tmp_path / f"{i}.png").write_bytes(b"")
    (tmp_path / "zz.csv").write_bytes(b"")
    names = [file.name for file in survey(open_files(tmp_path))]
    assert len(names) == 17 and names[-1] == "zz.csv"


def test_one_damaged_member_is_named_as_it_is_listed_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "animals.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("CATCAT.png", "DOGDOG.png"):
            stream = io.BytesIO()
            Image.new("L", (8, 8), len(archive.namelist())).save(stream, "PNG")
            archive.writestr(name, stream.getvalue())
    raw = path.read_bytes().replace(b"IHDR", b"IHDX", 1)
    raw = raw.replace(b"CATCAT", "고양이".encode("cp949"))
    path.write_bytes(raw.replace(b"DOGDOG", "강아지".encode("cp949")))
    files = {file.name: file for file in open_files(path)}
    pictures, bad = scan(list(files.values()))
    assert [picture.name for picture in pictures] == ["강아지.png"]
    assert [item.name for item in bad] == ["고양이.png"] and head(files["고양이.png"]) == b""
    assert bad[0].reason.startswith("is damaged in its zip archive (BadZipFile: Bad CRC-32")
