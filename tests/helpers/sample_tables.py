"""Small tables on the disk, for the tests of their readers."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from listings import listing_of
from PIL import Image

from noonbit.data.dataset import Inputs, RawDataset
from noonbit.data.readers.table import read, read_inputs, recognise
from noonbit.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 16), np.uint8)
PIXELS[:, [0, -1]] = [[0, 255], [1, 254], [2, 253], [3, 252], [4, 251], [5, 250]]
LABELS = [0, 1, 2, 0, 1, 2]
NAMES = [f"pixel{i + 1}" for i in range(16)]


def rows(separator: str = ",", labels=LABELS, pixels=PIXELS, last: bool = False) -> list[str]:
    columns = [
        [*map(str, row), str(label)] if last else [str(label), *map(str, row)]
        for row, label in zip(pixels.tolist(), labels, strict=True)
    ]
    return [separator.join(fields) for fields in columns]


def write(path: Path, lines: list[str], header: list[str] | None = None) -> Path:
    text = "\n".join([*([",".join(header)] if header else []), *lines]) + "\n"
    raw = text.encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def open_table(path: Path) -> RawDataset:
    listing = listing_of(path)
    assert recognise(listing)
    return read(listing)


def inputs_of(path: Path) -> Inputs:
    return read_inputs(listing_of(path), None)


def sentence(path: Path) -> str:
    with pytest.raises(DataError) as error:
        open_table(path)
    return str(error.value)


def check(data: RawDataset) -> None:
    assert data.format == "CSV"
    np.testing.assert_array_equal(data.train.raw, PIXELS.reshape(6, 1, 4, 4))
    assert data.train.labels is not None and data.train.labels.tolist() == LABELS


def write_pictures(folder: Path, names: list[str]) -> None:
    for i, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (5, 4), i).save(folder / name)
