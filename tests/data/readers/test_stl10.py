"""STL-10's binaries come upright and with their class names."""

from pathlib import Path

import numpy as np
import pytest

from noonbit.data.source import open_data, open_inputs
from noonbit.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (10, 3, 96, 96), np.uint8)
NAMES = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "ape", "ship", "x"]


def write(folder: Path) -> None:
    folder.mkdir()
    for name in ("train", "test", "unlabeled"):
        (folder / f"{name}_X.bin").write_bytes(PIXELS.transpose(0, 1, 3, 2).tobytes())
        if name != "unlabeled":
            (folder / f"{name}_y.bin").write_bytes(bytes(range(1, 11)))
    (folder / "class_names.txt").write_text("\n".join(NAMES))


def test_the_parts_are_read(tmp_path: Path) -> None:
    write(tmp_path / "stl10_binary")
    data = open_data(tmp_path)
    assert data.class_names == tuple(NAMES)
    for part in data.parts.values():
        np.testing.assert_array_equal(part.raw, PIXELS)
        assert part.labels is not None and part.labels.tolist() == list(range(10))
    assert data.notes == ("Left out, as no part of the data: stl10_binary/unlabeled_X.bin.",)
    assert len(open_inputs(tmp_path / "stl10_binary" / "test_X.bin").part) == 10


def test_labels_that_do_not_fit_are_said(tmp_path: Path) -> None:
    write(tmp_path / "a")
    (tmp_path / "a" / "train_y.bin").write_bytes(bytes(9))
    with pytest.raises(DataError, match="train_y.bin holds 9 labels from 0 to 1, and train_X.bin"):
        open_data(tmp_path / "a")
