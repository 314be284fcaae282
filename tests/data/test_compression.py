"""Decompressing gzip, xz and bzip2; errors name the broken file."""

import bz2
import gzip
import lzma
import os
from pathlib import Path

import pytest

from noonbit.data.files import File, content, head
from noonbit.errors import DataError


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress, bz2.compress])
def test_content_undoes_a_compression_whatever_the_name(tmp_path: Path, compress) -> None:
    path = tmp_path / "plain.csv"
    path.write_bytes(compress(b"first ") + compress(b"second"))
    assert content(File.from_path(path)) == b"first second"
    assert head(File.from_path(path), 5) == b"first"


@pytest.mark.parametrize(
    ("compress", "name"),
    [(gzip.compress, "gzip"), (lzma.compress, "xz"), (bz2.compress, "bzip2")],
)
def test_a_truncated_stream_is_said_with_its_bytes(tmp_path: Path, compress, name: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(compress(os.urandom(5000))[:3112])
    with pytest.raises(DataError) as error:
        content(File.from_path(path))
    assert str(error.value) == (
        f"train-images-idx3-ubyte.gz is cut off: its {name} stream stops after 3,112 bytes, before "
        "its end. Download it again."
    )


def test_a_damaged_stream_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    data = bytearray(gzip.compress(os.urandom(1000)))
    data[-8] ^= 1  # the checksum
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"a\.gz is damaged: its gzip stream does not decode"):
        content(File.from_path(path))
