"""EMNIST comes upright and with the names of its letters; other sets stay as they are."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from noonbit.data.source import open_data, open_inputs
from noonbit.errors import DataError

TURNED = "EMNIST's files hold each picture transposed; all were turned upright."


def write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()) if path.suffix == ".gz" else b"")
    if path.suffix != ".gz":
        path.write_bytes(header + array.tobytes())


def write_set(folder: Path, begin: str, labels: list[int]) -> NDArray[np.uint8]:
    """Write pictures as they are stored, and return them as (N, 28, 28)."""
    stored = np.random.default_rng(0).integers(0, 256, (len(labels), 28, 28), np.uint8)
    folder.mkdir(exist_ok=True)
    for part in ("train", "test"):
        write_idx(folder / f"{begin}{part}-images-idx3-ubyte.gz", stored)
        write_idx(folder / f"{begin}{part}-labels-idx1-ubyte.gz", np.array(labels, np.uint8))
    return stored


@pytest.mark.parametrize("mapping", [True, False])
def test_the_letters_are_turned_and_named(tmp_path: Path, mapping: bool) -> None:
    labels = list(range(1, 27)) * 2
    stored = write_set(tmp_path, "emnist-letters-", labels)
    if mapping:
        lines = [f"{i + 1} {65 + i} {97 + i}" for i in range(26)]
        (tmp_path / "emnist-letters-mapping.txt").write_text("\n".join(lines) + "\n")
    data = open_data(tmp_path)
    assert data.class_names == tuple("abcdefghijklmnopqrstuvwxyz")
    for part in data.parts.values():
        np.testing.assert_array_equal(part.raw, stored.transpose(0, 2, 1)[:, None])
        assert part.labels is not None and part.labels.tolist() == [i - 1 for i in labels]
    by = ", by emnist-letters-mapping.txt" if mapping else ""
    assert data.notes == (f"The labels 1 to 26 of EMNIST are named a to z{by}.", TURNED)
    inputs = open_inputs(tmp_path / "emnist-letters-test-images-idx3-ubyte.gz")
    np.testing.assert_array_equal(inputs.part.raw, stored.transpose(0, 2, 1)[:, None])
    assert inputs.notes == (TURNED,)


def test_a_mapping_file_names_the_classes(tmp_path: Path) -> None:
    write_set(tmp_path, "emnist-balanced-", [0, 10, 36, 46] * 3)
    data = open_data(tmp_path)
    assert data.class_names == ("0", "A", "a", "t")
    (tmp_path / "emnist-balanced-mapping.txt").write_text("0 48\n10 66\n36 98\n46 110\n")
    data = open_data(tmp_path / "emnist-balanced-train-images-idx3-ubyte.gz")
    assert data.class_names == ("0", "B", "b", "n")
    for line in ("0 zero", "0 9999999999", "0 ٥"):
        (tmp_path / "emnist-balanced-mapping.txt").write_text(f"{line}\n", encoding="utf-8")
        with pytest.raises(DataError, match="holds the line '0 .*'; a line is a label and its"):
            open_data(tmp_path)


def test_its_tables_are_turned_too(tmp_path: Path) -> None:
    stored = np.random.default_rng(0).integers(0, 256, (52, 784), np.uint8)
    rows = [[i % 26 + 1, *row] for i, row in enumerate(stored.tolist())]
    header = ",".join(["label", *(f"pixel{i}" for i in range(784))])
    text = "\n".join([header, *(",".join(map(str, row)) for row in rows)])
    (tmp_path / "emnist-letters-train.csv").write_text(text + "\n")
    data = open_data(tmp_path / "emnist-letters-train.csv")
    np.testing.assert_array_equal(
        data.train.raw, stored.reshape(-1, 1, 28, 28).transpose(0, 1, 3, 2)
    )
    assert data.class_names[::25] == ("a", "z") and TURNED in data.notes


def test_pictures_that_were_turned_before_are_left_alone(tmp_path: Path) -> None:
    stored = write_set(tmp_path, "emnist-digits-", [0, 1] * 30)
    stored[1::2] = 0
    stored[1::2, 4:24, 13:15] = 255  # upright ones
    for part in ("train", "test"):
        write_idx(tmp_path / f"emnist-digits-{part}-images-idx3-ubyte.gz", stored)
    data = open_data(tmp_path)
    np.testing.assert_array_equal(data.train.raw, stored[:, None])
    assert data.notes == ("These pictures of EMNIST are upright already and were not turned.",)
    for part in ("train", "test"):
        write_idx(
            tmp_path / f"emnist-digits-{part}-images-idx3-ubyte.gz",
            np.ascontiguousarray(stored.transpose(0, 2, 1)),
        )
    assert open_data(tmp_path).notes == (TURNED,)


@pytest.mark.parametrize("begin", ["", "fashion-", "kmnist-", "fashion-mnist-"])
def test_sets_of_the_same_form_are_left_alone(tmp_path: Path, begin: str) -> None:
    (tmp_path / "emnist").mkdir()
    folder = tmp_path / "emnist" / "set"
    stored = write_set(folder, begin, [1, 2, 3] * 4)
    data = open_data(folder)
    np.testing.assert_array_equal(data.train.raw, stored[:, None])
    assert (data.class_names, data.notes) == (("1", "2", "3"), ())
