"""HDF5 files are read in their usual layouts where h5py is, and named where it is not."""

import sys
from pathlib import Path

import numpy as np
import pytest

from noonbit.data.source import open_data, open_inputs
from noonbit.errors import DataError, MissingExtra

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
LABELS = np.array([0, 1, 0, 1, 0, 1])


def test_usps_is_read(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    rows = np.random.default_rng(0).random((6, 256), np.float32)
    with h5py.File(tmp_path / "usps.h5", "w") as file:
        for part in ("train", "test"):
            file[f"{part}/data"], file[f"{part}/target"] = rows, LABELS
    data = open_data(tmp_path / "usps.h5")
    assert (list(data.parts), data.value_range) == (["train", "test"], (0.0, 1.0))
    assert data.train.raw.shape == (6, 1, 16, 16)
    assert data.train.labels is not None and data.train.labels.tolist() == LABELS.tolist()
    assert len(open_inputs(tmp_path / "usps.h5").part) == 12


def test_a_courses_cats_are_read_from_two_files(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    for part in ("train", "test"):
        with h5py.File(tmp_path / f"{part}_catvnoncat.h5", "w") as file:
            file[f"{part}_set_x"], file[f"{part}_set_y"] = PIXELS, LABELS
            file["list_classes"] = np.array([b"non-cat", b"cat"])
            file["away"] = h5py.ExternalLink("/etc/passwd", "/")
    data = open_data(tmp_path)
    assert data.class_names == ("non-cat", "cat")
    for part in data.parts.values():
        np.testing.assert_array_equal(part.raw, PIXELS.transpose(0, 3, 1, 2))
        assert part.labels is not None and part.labels.tolist() == LABELS.tolist()


def test_labels_with_more_axes_and_names_as_text_are_read(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(tmp_path / "a_train_x.h5", "w") as file:
        file["x"] = PIXELS
    with h5py.File(tmp_path / "a_train_y.h5", "w") as file:
        file["y"] = LABELS.reshape(6, 1, 1, 1)
    assert len(open_data(tmp_path).train) == 6
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["images"], file["labels"] = PIXELS, ["가위", "바위"] * 3
    assert open_data(tmp_path / "b.h5").class_names == ("가위", "바위")


def test_values_in_other_files_are_not_read(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    (tmp_path / "secret").write_bytes(PIXELS.tobytes())
    with h5py.File(tmp_path / "a.h5", "w") as file:
        outside = [(str(tmp_path / "secret"), 0, PIXELS.nbytes)]
        file.create_dataset("images", PIXELS.shape, np.uint8, external=outside)
        file["labels"] = LABELS
    with pytest.raises(DataError, match="holds no images for train; it holds labels"):
        open_data(tmp_path / "a.h5")


def test_a_file_cut_off_is_said(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"] = PIXELS
    (tmp_path / "a.h5").write_bytes((tmp_path / "a.h5").read_bytes()[:900])
    with pytest.raises(DataError, match=r"a\.h5 is cut off or damaged"):
        open_data(tmp_path / "a.h5")


def test_without_h5py_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "usps.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(MissingExtra, match=r"usps\.h5 is HDF5, which needs h5py: pip install"):
        open_data(tmp_path / "usps.h5")


def test_groups_that_lie_in_groups_without_end_are_passed_over(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"], file["labels"] = PIXELS, LABELS
        file["again"] = file["/"]
        group = file
        for _ in range(1_000):
            group = group.create_group("g")
    assert len(open_data(tmp_path / "a.h5").train) == 6


def test_values_that_are_stated_and_not_stored_take_no_memory(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("images", (10**9, 8, 8), np.uint8, chunks=(1, 8, 8))
        file["labels"] = LABELS
    with pytest.raises(DataError, match=r"a\.h5 unpacks to 64,000,000,000 bytes or more"):
        open_data(tmp_path / "a.h5")


def test_complex_numbers_are_no_pixels(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"], file["labels"] = PIXELS + 1j, LABELS
    with pytest.raises(DataError, match="images holds values of type complex128, not pixel"):
        open_data(tmp_path / "a.h5")


def test_a_text_that_states_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["images"], file["labels"] = PIXELS, ["cat", "dog"] * 3
        offset = file["labels"].id.get_offset()
    raw = bytearray(path.read_bytes())
    raw[offset + 16 : offset + 20] = b"\xff\xff\xff\x7f"  # of the second text
    path.write_bytes(raw)
    with pytest.raises(DataError, match="its texts state 2,147,483,6.. bytes, and it has"):
        open_data(path)
