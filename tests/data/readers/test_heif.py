"""Photographs of iPhones are read where pillow-heif is, and named where it is not."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noonbit.data.files import File
from noonbit.data.readers import pictures
from noonbit.data.readers.pictures import decode, inspect
from noonbit.data.source import open_data
from noonbit.errors import DataError, InputRefused


def test_a_photograph_of_an_iphone_is_read(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    colours = np.zeros((40, 64, 3), np.uint8)
    colours[:, :32] = (250, 20, 20)
    stream = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(colours)).save(stream, quality=95)
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for i in range(3):
            (tmp_path / kind / f"IMG_{i}.HEIC").write_bytes(stream.getvalue())
    data = open_data(tmp_path)
    assert len(data.train) == 6
    picture = inspect(File.from_path(tmp_path / "cat" / "IMG_0.HEIC"))
    assert (picture.width, picture.height, picture.channels, picture.format) == (64, 40, 3, "HEIF")
    image = np.asarray(decode(stream.getvalue(), "a")).astype(int)
    assert image.shape == (40, 64, 3)
    assert abs(image[20, 10] - (250, 20, 20)).max() < 12 and image[20, 54].max() < 12


def test_without_its_reader_it_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    pictures.register_heif.cache_clear()
    path = tmp_path / "IMG_1.HEIC"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40))
    with pytest.raises(
        InputRefused, match="is a photograph in HEIF, as iPhones save them. Install"
    ):
        inspect(File.from_path(path))
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.heic").write_bytes(path.read_bytes())
    path.unlink()
    with pytest.raises(DataError, match=r"holds no picture that can be read: cat/1\.heic is a ph"):
        open_data(tmp_path)
    pictures.register_heif.cache_clear()
