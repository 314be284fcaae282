"""Names are one, whatever system wrote them and in which encoding."""

import os
import unicodedata
import zipfile
from pathlib import Path

import pytest

from noonbit.data.files import File, open_files
from noonbit.data.names import decode_names, relative_name

KOREAN = ("가위", "바위", "보")
JAPANESE = ("猫", "いぬ", "ソース", "表")
CHINESE = ("苹果", "香蕉", "猫")
WESTERN = ("Äpfel", "Café", "schön", "Größe")
ENCODED = [(KOREAN, "cp949"), (JAPANESE, "cp932"), (CHINESE, "gbk"), (WESTERN, "cp1252")]


@pytest.mark.parametrize(("names", "encoding"), ENCODED)
def test_folder_names_in_another_encoding_are_decoded(
    tmp_path: Path, names: tuple[str, ...], encoding: str
) -> None:
    for name in names:
        folder = os.fsencode(tmp_path) + b"/" + name.encode(encoding)
        os.mkdir(folder)
        with open(folder + b"/1.txt", "wb") as file:
            file.write(name.encode())
    files = open_files(tmp_path)
    assert {file.name: file.read().decode() for file in files} == {f"{n}/1.txt": n for n in names}
    assert {file.name_encoding for file in files} == {encoding}
    assert all(file.path is not None and file.path.is_file() for file in files)


def write_zip_without_the_utf8_mark(path: Path, names: list[bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(f"{number:~>{len(name)}}", b"x")
    raw = path.read_bytes()
    for number, name in enumerate(names):  # the same length in bytes, written over the names
        raw = raw.replace(f"{number:~>{len(name)}}".encode(), name)
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("names", "encoding"), [*ENCODED[:3], (WESTERN, "cp437"), (("não", "AÇÃO"), "cp850")]
)
def test_a_zip_without_the_utf8_mark_is_decoded(
    tmp_path: Path, names: tuple[str, ...], encoding: str
) -> None:
    path = tmp_path / "a.zip"
    write_zip_without_the_utf8_mark(
        path, [b"folder\\" + name.encode(encoding) + b".txt" for name in names]
    )
    files = open_files(path)
    assert sorted(file.name for file in files) == sorted(f"folder/{name}.txt" for name in names)
    assert {file.name_encoding for file in files} == {encoding}
    assert files[0].read() == b"x"


def test_utf8_without_its_mark_is_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    write_zip_without_the_utf8_mark(path, ["가위.txt".encode()])
    (file,) = open_files(path)
    assert (file.name, file.name_encoding) == ("가위.txt", "")


def test_names_that_differ_in_composition_alone_are_one() -> None:
    apart = [unicodedata.normalize("NFD", name) for name in (*KOREAN, "é")]
    assert apart != [*KOREAN, "é"]
    assert decode_names(apart) == ([*KOREAN, "é"], {})


def test_a_name_with_pieces_in_two_encodings_is_decoded_piece_by_piece() -> None:
    mixed = os.fsdecode("분류/".encode() + "가위바위보".encode("cp949"))
    assert decode_names([mixed, "plain"]) == (
        ["분류/가위바위보", "plain"],
        {"분류/가위바위보": "cp949"},
    )


def test_bytes_in_no_encoding_still_have_a_name() -> None:
    ((name,), _) = decode_names([os.fsdecode(b"\x81\xff\x00\x90 x")])
    name.encode()
    assert name.endswith(" x")


def test_a_file_named_by_itself_is_decoded(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + "가위바위보.png".encode("cp949")))
    path.write_bytes(b"x")
    assert File.from_path(path).name == "가위바위보.png"


@pytest.mark.parametrize("name", ["/a/b", "./a/b", "C:/a/b", "a//b", "//a/./b", "a/b"])
def test_a_members_name_begins_below_the_root(name: str) -> None:
    assert relative_name(name) == "a/b"
