"""MATLAB's files are read whichever way their axes lie."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from noonbit.data.source import open_data, open_inputs
from noonbit.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), np.uint8)
LABELS = np.array([10, *range(1, 10)] * 2, np.uint8)[:, None]


def write_svhn(path: Path) -> None:
    scipy.io.savemat(path, {"X": PIXELS.transpose(1, 2, 3, 0), "y": LABELS})


def test_svhn_is_read_and_its_label_10_is_0(tmp_path: Path) -> None:
    for name in ("train", "test", "extra"):
        write_svhn(tmp_path / f"{name}_32x32.mat")
    data = open_data(tmp_path)
    assert data.class_names == tuple("0123456789")
    assert list(data.parts) == ["train", "test"]
    np.testing.assert_array_equal(data.train.raw, PIXELS.transpose(0, 3, 1, 2))
    assert data.train.labels is not None and data.train.labels.tolist() == [*range(10)] * 2
    assert data.notes == (
        "The label 10 of SVHN is the digit 0 and is named so.",
        "Left out, as no part of the data: extra_32x32.mat.",
    )
    inputs = open_inputs(tmp_path / "test_32x32.mat")
    np.testing.assert_array_equal(inputs.part.raw, data.train.raw)


def test_items_on_the_last_axis_of_rows_and_labels_in_one_row_are_read(tmp_path: Path) -> None:
    rows = PIXELS[:, :, :, 0].reshape(20, -1)
    scipy.io.savemat(tmp_path / "a.mat", {"data": rows.T, "label": LABELS.T.astype(float)})
    data = open_data(tmp_path / "a.mat")
    np.testing.assert_array_equal(data.train.raw, PIXELS[:, None, :, :, 0])


def test_planes_of_cifar_and_stl10_are_read(tmp_path: Path) -> None:
    planes = PIXELS.transpose(0, 3, 1, 2)
    scipy.io.savemat(tmp_path / "a.mat", {"data": planes.reshape(20, -1), "labels": LABELS})
    np.testing.assert_array_equal(open_data(tmp_path / "a.mat").train.raw, planes)
    large = np.random.default_rng(0).integers(0, 256, (4, 3, 96, 96), np.uint8)
    names = np.array(["bird", "car"], dtype=object)
    scipy.io.savemat(
        tmp_path / "train.mat",
        {
            "X": large.transpose(0, 1, 3, 2).reshape(4, -1),
            "y": np.array([1, 2, 1, 2])[:, None],
            "class_names": names,
        },
    )
    data = open_data(tmp_path / "train.mat")
    np.testing.assert_array_equal(data.train.raw, large)
    assert data.class_names == ("bird", "car")


def test_version_7_3_is_read_where_h5py_is(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    path = tmp_path / "train_32x32.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["X"], file["y"] = PIXELS.transpose(0, 3, 2, 1), LABELS.T
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")
    data = open_data(path)
    np.testing.assert_array_equal(data.train.raw, PIXELS.transpose(0, 3, 1, 2))
    assert data.class_names == tuple("0123456789")


def test_emnist_of_matlab_is_turned(tmp_path: Path) -> None:
    grey = PIXELS[:, :28, :28, 0]
    part = {"images": grey.transpose(0, 2, 1).reshape(20, -1), "labels": LABELS.astype(float)}
    scipy.io.savemat(tmp_path / "emnist-letters.mat", {"dataset": {"train": part, "test": part}})
    data = open_data(tmp_path / "emnist-letters.mat")
    np.testing.assert_array_equal(data.train.raw, grey[:, None])
    assert data.class_names == tuple("abcdefghij")


def test_a_file_cut_off_is_said(tmp_path: Path) -> None:
    write_svhn(tmp_path / "a.mat")
    (tmp_path / "a.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:5000])
    with pytest.raises(DataError, match=r"a\.mat is cut off or damaged"):
        open_data(tmp_path / "a.mat")


def test_a_compressed_file_that_states_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"images": PIXELS}, do_compression=True)
    raw = path.read_bytes()
    shape, huge = struct.pack("<4i", *PIXELS.shape), struct.pack("<4i", 10**6, *PIXELS.shape[1:])
    body = zlib.compress(zlib.decompress(raw[136:]).replace(shape, huge))
    path.write_bytes(raw[:128] + struct.pack("<2I", 15, len(body)) + body)
    with pytest.raises(DataError, match="bytes are stated to be of the shape"):
        open_data(path)


def test_complex_numbers_are_no_pixels(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "a.mat", {"images": PIXELS + 1j, "labels": LABELS})
    with pytest.raises(DataError, match="images holds values of type complex128, not pixel"):
        open_data(tmp_path / "a.mat")


def damage(path: Path, at: int, byte: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] = byte
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("at", "byte", "said"),
    [
        (184, 132, "an element is of the type 132"),
        (184, 14, "an element is of the type 14"),
        (145, 8, "an array has 4 of its 5 elements"),
        (162, 99, "bytes are stated to be of the shape"),
        (134, 99, "bytes are missing at its end"),
    ],
)
def test_a_damaged_byte_that_would_kill_scipy_is_said(
    tmp_path: Path, at: int, byte: int, said: str
) -> None:
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"X": PIXELS[..., 0]})
    damage(path, at, byte)
    with pytest.raises(DataError, match=rf"a\.mat is cut off or damaged \(ValueError: .*{said}"):
        open_data(path)


def test_arrays_inside_each_other_without_end_are_refused(tmp_path: Path) -> None:
    def nested(content: bytes) -> bytes:
        begin = struct.pack("<4I", 6, 8, 1, 0) + struct.pack("<2I2i", 5, 8, 1, 1)
        array = begin + struct.pack("<2I", 1, 0) + content
        return struct.pack("<2I", 14, len(array)) + array

    array = b""
    for _ in range(100):
        array = nested(array)
    scipy.io.savemat(tmp_path / "a.mat", {})
    path = tmp_path / "a.mat"
    path.write_bytes(path.read_bytes()[:128] + array)
    with pytest.raises(DataError, match="it holds more than 64 arrays inside each other"):
        open_data(path)
