"""NumPy files."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from listings import listing_of

from noonbit.data import open_data, open_inputs
from noonbit.data.dataset import RawDataset
from noonbit.data.readers.arrays import read, read_inputs, recognise
from noonbit.data.readers.named_arrays import labels_from_array
from noonbit.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


def open_npz(folder: Path, **arrays) -> RawDataset:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    listing = listing_of(path)
    assert recognise(listing)
    return read(listing)


def sentence(call, *arguments, **options) -> str:
    with pytest.raises(DataError) as error:
        call(*arguments, **options)
    return str(error.value)


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("imagesTrain", "labelsTrain", "imagesTest", "labelsTest"),
    ],
)
def test_train_and_test_are_found_under_usual_names(tmp_path: Path, names) -> None:
    data = open_npz(
        tmp_path, **dict(zip(names, (IMAGES, LABELS, IMAGES[3:], LABELS[3:]), strict=True))
    )
    np.testing.assert_array_equal(data.train.raw, IMAGES[:, None])
    assert data.test is not None and len(data.test) == 3
    assert data.class_names == ("0", "1", "2") and data.value_range == (0, 255)
    assert data.train.names[2] == f"{names[0]} image 2"


@pytest.mark.parametrize("names", [("images", "labels"), ("X", "y"), ("data", "target")])
def test_one_pair_of_arrays_is_the_training_part(tmp_path: Path, names) -> None:
    data = open_npz(tmp_path, **{names[0]: IMAGES, names[1]: LABELS})
    assert list(data.parts) == ["train"] and len(data.train) == 6


def test_one_hot_and_column_labels_become_indices() -> None:
    np.testing.assert_array_equal(labels_from_array(np.eye(3)[LABELS], name="y"), LABELS)
    np.testing.assert_array_equal(labels_from_array(LABELS[:, None], name="y"), LABELS)
    assert "has the shape (6, 2)" in sentence(labels_from_array, np.ones((6, 2)), name="y")


def test_text_labels_are_class_names(tmp_path: Path) -> None:
    data = open_npz(tmp_path, x=IMAGES, y=np.array(["cat", "dog", "eel"])[LABELS])
    assert data.class_names == ("cat", "dog", "eel")


def test_an_object_array_is_refused_and_never_unpickled(tmp_path: Path) -> None:
    marker = tmp_path / "executed"

    class Evil:
        def __reduce__(self):
            return (marker.write_text, ("x",))

    trap = np.array([Evil()], dtype=object)
    assert sentence(open_npz, tmp_path, x_train=trap, y_train=LABELS).startswith(
        "x_train is an array of Python objects, which only a pickle can hold"
    )
    assert not marker.exists()


def test_missing_labels_list_what_is_there(tmp_path: Path) -> None:
    assert sentence(open_npz, tmp_path, x_train=IMAGES).startswith(
        "data.npz holds no labels for train; it holds x_train (6, 8, 8). Name them x_train"
    )
    assert "holds no images for train" in sentence(open_npz, tmp_path, y_train=LABELS)


def test_counts_that_differ_are_refused(tmp_path: Path) -> None:
    assert sentence(open_npz, tmp_path, x=IMAGES, y=LABELS[:5]).startswith(
        "data.npz holds 6 images in x but 5 labels in y."
    )


def test_negative_and_single_classes_are_refused(tmp_path: Path) -> None:
    assert "has the label -1 in train (item 0)" in sentence(
        open_npz, tmp_path, x=IMAGES, y=LABELS - 1
    )
    assert "only the class '0'" in sentence(open_npz, tmp_path, x=IMAGES, y=LABELS * 0)


def test_a_truncated_npy_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, IMAGES)
    path.write_bytes(path.read_bytes()[:-10])
    assert sentence(read_inputs, listing_of(path), None).startswith("x is cut off or damaged")


def test_a_packed_array_that_is_cut_off_keeps_the_reason_of_its_packing(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", IMAGES)
    packed = gzip.compress((tmp_path / "x.npy").read_bytes())
    path = tmp_path / "x.npy.gz"
    path.write_bytes(packed[:-9])
    assert sentence(read_inputs, listing_of(path), None).startswith(
        "x.npy.gz is cut off: its gzip stream stops"
    )


def test_a_lone_array_is_input(tmp_path: Path) -> None:
    np.save(tmp_path / "photos.npy", IMAGES / 255)
    inputs = read_inputs(listing_of(tmp_path / "photos.npy"), None)
    assert inputs.value_range == (0, 1) and inputs.part.labels is None
    np.testing.assert_array_equal(inputs.part.raw, IMAGES[:, None])


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array(5), "has the shape ()"),
        (np.zeros((6, 0), np.uint8), "images without a pixel"),
        (np.zeros((6, 0, 0), np.uint8), "images without a pixel"),
        (np.zeros((6, 0, 8, 3), np.uint8), "images without a pixel"),
        (IMAGES.astype(complex), "holds values of type complex128, not pixel numbers"),
        (IMAGES.astype("M8[s]"), "holds values of type datetime64[s], not pixel numbers"),
        (IMAGES.astype("m8[s]"), "holds values of type timedelta64[s], not pixel numbers"),
        (IMAGES.astype(str), "holds values of type <U3, not pixel numbers"),
        (IMAGES.astype("S3"), "holds values of type |S3, not pixel numbers"),
        (np.zeros(6, [("day", "u1"), ("rain", "f4")]), "holds records of day, rain"),
        (np.where(IMAGES > 200, np.nan, IMAGES), "NaN or infinite"),
    ],
)
def test_an_array_of_anything_but_pictures_is_refused_by_its_name_and_kind(
    tmp_path: Path, array, said: str
) -> None:
    assert said in sentence(open_npz, tmp_path, x_train=array, y_train=LABELS)
    path = tmp_path / "alone.npy"
    np.save(path, array)
    with pytest.raises(DataError):
        open_inputs(path)


def test_a_large_complex_picture_does_not_lose_its_imaginary_part(tmp_path: Path) -> None:
    arrays = {"cats/1": IMAGES[0] + 1j, "cats/2": IMAGES[1], "dogs/1": IMAGES[2]}
    for name, array in arrays.items():
        path = tmp_path / f"{name}.npy"
        path.parent.mkdir(exist_ok=True)
        np.save(path, array)
    with pytest.raises(DataError, match="complex128"):
        open_data(tmp_path)


def npy(header: str, content: bytes = b"") -> bytes:
    """Return a .npy file with this header, whatever it says."""
    line = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line + content


@pytest.mark.parametrize(
    "raw",
    [
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (6, 8, 8)}"),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (-6, 8, 8)}", bytes(384)),
        npy("{'descr': '|u1', 'fortran_order': False, 'shape': (True, 8, 8)}", bytes(384)),
        npy(f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({10**18},)}}", bytes(384)),
        npy("{'descr': '|V0', 'fortran_order': False, 'shape': (6, 8, 8)}", bytes(384)),
        npy("(" * 90),
        npy("{'descr': '|u1', 'fortran_order': 0, 'shape': 6}"),
        b"\x93NUMPY\x01\x00\x76",
        b"\x93NUMPY\x09\x00\x76\x00",
    ],
)
def test_a_header_that_lies_is_named_as_damage(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(raw)
    with pytest.raises(DataError, match="x is cut off or damaged"):
        open_inputs(path)


def test_no_image_at_all_is_nothing_to_predict(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, IMAGES[:0])
    with pytest.raises(DataError, match="holds nothing to predict"):
        open_inputs(path)
