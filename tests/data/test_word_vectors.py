"""noonbit.data.word_vectors: word2vec and GloVe files, and what is wrong with them."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from noonbit.data import word_vectors
from noonbit.data.word_vectors import read_vectors
from noonbit.errors import DataError, SourceNotFound

VECTORS = {"the": [1.0, 2.0, 3.0], "film": [-0.5, 0.25, 4.0], "never": [9.0, 9.0, 9.0]}
WORDS = ("film", "unheard", "the")


def binary(count: int | None = None, *, newline: bytes = b"\n") -> bytes:
    rows = b"".join(
        word.encode() + b" " + struct.pack("<3f", *vector) + newline
        for word, vector in VECTORS.items()
    )
    return f"{len(VECTORS) if count is None else count} 3\n".encode() + rows


def lines() -> str:
    return "".join(f"{word} {' '.join(map(str, v))}\n" for word, v in VECTORS.items())


def check(path: Path) -> None:
    vectors, found = read_vectors(path, WORDS)
    assert found.tolist() == [True, False, True]
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [VECTORS["film"], [0, 0, 0], VECTORS["the"]]


@pytest.mark.parametrize("newline", [b"\n", b""])
def test_word2vecs_binary_form_is_read(tmp_path: Path, newline: bytes) -> None:
    (tmp_path / "v.bin").write_bytes(binary(newline=newline))
    check(tmp_path / "v.bin")


def test_vectors_across_the_borders_of_what_is_read_at_once_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_vectors, "BUFFER", 40)
    (tmp_path / "v.bin").write_bytes(binary())
    check(tmp_path / "v.bin")


@pytest.mark.parametrize("header", ["", "3 3\n"])
def test_text_forms_are_read_with_and_without_a_header(tmp_path: Path, header: str) -> None:
    (tmp_path / "v.txt").write_text(header + lines())
    check(tmp_path / "v.txt")
    (tmp_path / "v.txt.gz").write_bytes(gzip.compress((header + lines()).encode()))
    check(tmp_path / "v.txt.gz")


def test_a_word_with_spaces_does_not_confuse_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text(lines() + ". . . 1 1 1\nthe same 5 5 5\n")
    check(tmp_path / "v.txt")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("v.bin", binary()[:-10], "v.bin is cut off: it holds 2 of its 3 vectors"),
        ("v.bin", binary(count=5), "v.bin is cut off: it holds 3 of its 5 vectors"),
        ("v.txt", ("5 3\n" + lines()).encode(), "v.txt is cut off: it holds 3 of its 5 vectors"),
        ("v.txt", (lines() + "film 1 2").encode(), "v.txt line 4 has not 3 numbers after its word"),
        ("v.txt", b"film 1 2 x\n", "v.txt line 1 has not 3 numbers"),
        ("v.txt", b"film nan 2 1\n", "holds vectors that are not finite"),
        ("v.txt", b"", "is no file of word vectors"),
        ("v.txt", b"\x89PNG\r\n", "is no file of word vectors"),
        ("v.bin", b"3 0\n", "says that it holds 3 vectors of 0 numbers"),
        ("v.txt", b"other 1 2 3\n", "has a vector for none of the 3 words"),
        # mtime: the bytes are in the name of the test, which has to be the same in every process.
        ("v.gz", gzip.compress(binary(), mtime=0)[:-9], "v.gz cannot be read to its end"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said):
        read_vectors(tmp_path / name, WORDS)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="does not exist; --vectors takes a file"):
        read_vectors(tmp_path / "no.bin", WORDS)


@pytest.mark.parametrize(
    "raw",
    [
        b"9" * 5_000 + b" 3\n",
        b"2 " + b"9" * 5_000 + b"\n",
        b"film " + b"1 " * 5_000 + b"\n",
        b"film 1 1e400\n",
        b"\x1f\x8b" + bytes(20),
        b"\xfd7zXZ\0" + bytes(20),
    ],
)
def test_a_file_that_asks_for_too_much_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "v.txt").write_bytes(raw)
    with pytest.raises(DataError, match=r"^v\.txt "):
        read_vectors(tmp_path / "v.txt", WORDS)


def test_a_word_that_utf8_does_not_have_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text(lines())
    _, found = read_vectors(tmp_path / "v.txt", ("film", "\ud800"))
    assert found.tolist() == [True, False]


def test_a_pipe_holds_no_vectors(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "vectors")  # opening it would wait for a writer
    with pytest.raises(DataError, match="is a named pipe, and no regular file"):
        read_vectors(tmp_path / "vectors", WORDS)
