"""IDX files: real MNIST, every pair people keep, and every way in which a file can be wrong."""

import gzip
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from listings import listing_of

from noonbit.data.files import File
from noonbit.data.readers.idx import read, read_images, read_inputs, read_labels, recognise
from noonbit.errors import DataError

IMAGES = np.arange(6 * 5 * 4, dtype=np.uint8).reshape(6, 5, 4)
LABELS = np.array([0, 1, 2, 2, 1, 0], np.uint8)


def idx_bytes(array: np.ndarray, type_code: int = 8) -> bytes:
    header = struct.pack(f">4B{array.ndim}I", 0, 0, type_code, array.ndim, *array.shape)
    return header + array.tobytes()


def write_pair(folder: Path, images: str, labels: str) -> None:
    for name, array in ((images, IMAGES), (labels, LABELS)):
        raw = idx_bytes(array)
        (folder / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)


def sentence(path: Path) -> str:
    with pytest.raises(DataError) as error:
        read(listing_of(path))
    return str(error.value)


def in_memory(raw: bytes) -> File:

    return File("x-idx", len(raw), lambda: io.BytesIO(raw))


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)))
def test_any_array_comes_back_from_an_idx_file(array: np.ndarray) -> None:
    np.testing.assert_array_equal(read_images(in_memory(idx_bytes(array)))[:, 0], array)


@given(st.binary(max_size=40))
def test_any_bytes_are_labels_or_a_sentence(raw: bytes) -> None:
    try:
        labels = read_labels(in_memory(raw))
    except DataError as error:
        assert str(error).startswith("x-idx ")
    else:
        assert raw == idx_bytes(labels)


def test_colour_images_become_channels_first() -> None:
    array = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    images = read_images(in_memory(idx_bytes(array)))
    np.testing.assert_array_equal(images, array.transpose(0, 3, 1, 2))


def test_real_mnist_loads(shared_data) -> None:
    data = read(listing_of(shared_data("mnist")))
    assert list(data.parts) == ["train", "test"]
    assert data.train.raw.shape == (60_000, 1, 28, 28)
    assert len(data.parts["test"]) == 10_000
    assert data.train.labels is not None
    assert np.bincount(data.train.labels).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    ]
    assert data.class_names == tuple("0123456789")
    assert data.train.names[7] == "train-images-idx3-ubyte.gz image 7"


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        ("train-images.idx3-ubyte.gz", "train-labels.idx1-ubyte.gz"),
        ("emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte"),
        ("faces.dat", "names.dat"),
    ],
)
def test_a_pair_is_found_under_any_usual_name(tmp_path: Path, images: str, labels: str) -> None:
    write_pair(tmp_path, images, labels)
    data = read(listing_of(tmp_path))
    np.testing.assert_array_equal(data.train.raw[:, 0], IMAGES)
    assert data.train.labels is not None and data.train.labels.tolist() == LABELS.tolist()
    assert data.notes == ()


def test_the_images_file_alone_finds_its_labels(tmp_path: Path) -> None:
    write_pair(tmp_path, "a-images-idx3-ubyte.gz", "a-labels-idx1-ubyte")
    write_pair(tmp_path, "b-images-idx3-ubyte", "b-labels-idx1-ubyte")
    data = read(listing_of(tmp_path / "a-images-idx3-ubyte.gz"))
    assert len(data.train) == 6 and list(data.parts) == ["train"]


def test_plain_and_compressed_copies_side_by_side_are_one_set(tmp_path: Path) -> None:
    for end in ("", ".gz"):
        write_pair(tmp_path, f"train-images-idx3-ubyte{end}", f"train-labels-idx1-ubyte{end}")
    assert len(read(listing_of(tmp_path)).train) == 6


def test_a_lone_test_pair_becomes_the_training_part_with_a_note(tmp_path: Path) -> None:
    write_pair(tmp_path, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    data = read(listing_of(tmp_path))
    assert list(data.parts) == ["train"]
    assert data.notes == (
        f"{tmp_path.name} has no training part by name, so what is named test is taken for "
        "training.",
    )


def test_two_sets_in_one_folder_are_refused(tmp_path: Path) -> None:
    for name in ("digits", "letters"):
        write_pair(tmp_path, f"{name}-train-images-idx3-ubyte", f"{name}-train-labels-idx1-ubyte")
    assert sentence(tmp_path).endswith(
        "holds several train sets: digits-train-images-idx3-ubyte and "
        "letters-train-images-idx3-ubyte. Give a folder with the files of one, or the images file "
        "of one."
    )


def test_a_truncated_idx_file_names_the_missing_bytes(tmp_path: Path) -> None:
    write_pair(tmp_path, "train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-20])
    assert sentence(tmp_path) == (
        "train-images-idx3-ubyte declares 6 x 5 x 4 = 120 values but holds 100: 20 are missing. "
        "Download it again."
    )
    path.write_bytes(idx_bytes(IMAGES) + b"xyz")
    assert "holds 123: 3 are too many" in sentence(tmp_path)


def test_a_wrong_magic_shows_its_bytes(tmp_path: Path) -> None:
    write_pair(tmp_path, "train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"<htm" + bytes(50))
    assert sentence(tmp_path).startswith(
        "train-images-idx3-ubyte begins with the bytes 3c 68 74 6d; an IDX file begins with 00 00"
    )


def test_another_type_than_uint8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    write_pair(tmp_path, path.name, "train-labels-idx1-ubyte")
    path.write_bytes(idx_bytes(IMAGES.astype(">f4"), 13))
    assert sentence(tmp_path).startswith(f"{path.name} holds float32 values; noonbit reads IDX")


def test_counts_of_images_and_labels_that_differ_are_refused(tmp_path: Path) -> None:
    write_pair(tmp_path, "train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS[:5]))
    assert sentence(tmp_path).startswith(
        "train-images-idx3-ubyte holds 6 images, but train-labels-idx1-ubyte holds 5 labels."
    )


def test_missing_labels_and_missing_images_are_said(tmp_path: Path) -> None:
    write_pair(tmp_path, "train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    assert sentence(tmp_path).startswith(
        "train-images-idx3-ubyte has no labels beside it. Put its labels file "
        "(train-labels-idx1-ubyte)"
    )
    (tmp_path / "train-images-idx3-ubyte").rename(tmp_path / "train-images")
    (tmp_path / "train-images").unlink()
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS))
    assert "holds labels but no images" in sentence(tmp_path)


def test_inputs_need_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "pictures"
    path.write_bytes(idx_bytes(IMAGES))
    listing = listing_of(path)
    assert recognise(listing)
    inputs = read_inputs(listing, None)
    assert inputs.part.labels is None and len(inputs.part) == 6
    assert inputs.part.names[5] == "pictures image 5"
