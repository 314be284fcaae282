"""Arrays over files: the same values, read-only, and no more memory than is in use."""

import errno
import io
import mmap
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from noonbit.data import cache, files, mapped
from noonbit.data.mapped import (
    ReadAhead,
    RowWriter,
    array_of_npy,
    is_mapped,
    map_bytes,
    offset_in_zip,
)
from noonbit.data.readers import arrays, idx
from noonbit.data.readers.listing import Listing
from noonbit.data.source import open_data
from noonbit.errors import DataError


@pytest.fixture
def few_bytes_are_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As if the machine had a kilobyte."""
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(mapped, "LEAST_LARGE", 0)
    monkeypatch.setattr(mapped, "available_memory_bytes", lambda: 1024)
    monkeypatch.setattr(files, "SMALL", 256)


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def bytes_of(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    stream = io.BytesIO()
    np.save(stream, array)
    return np.frombuffer(stream.getvalue(), np.uint8)


def test_mapped_bytes_are_those_of_the_file_and_cannot_be_written_to(tmp_path: Path) -> None:
    values = noise(5000)
    (tmp_path / "file").write_bytes(values.tobytes())
    with (tmp_path / "file").open("rb") as stream:
        array = map_bytes(stream, offset=1234, size=3000)
    assert (array == values[1234:4234]).all()
    assert is_mapped(array) and is_mapped(array[5:].reshape(5, -1))
    assert not is_mapped(values) and not is_mapped(array.copy())
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_no_bytes_can_be_mapped_too(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (tmp_path / "file").open("rb") as stream:
        assert map_bytes(stream, offset=0, size=0).shape == (0,)


@pytest.mark.parametrize(
    "array",
    [
        noise(3, 4),
        np.asfortranarray(noise(3, 4)),
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.array(["one", "three"]),
        np.zeros((0, 5), np.int64),
    ],
)
def test_a_npy_file_is_viewed_as_numpy_reads_it(array: NDArray[np.generic]) -> None:
    viewed = array_of_npy(bytes_of(array))
    assert viewed.dtype == array.dtype and viewed.shape == array.shape
    assert (viewed == array).all()
    assert viewed.flags.f_contiguous == array.flags.f_contiguous


def test_a_npy_file_that_is_cut_off_or_holds_objects_is_refused() -> None:
    raw = bytes_of(noise(100))
    with pytest.raises(ValueError, match="10 of its 100 bytes are missing"):
        array_of_npy(raw[:-10])
    with pytest.raises(ValueError, match="Object arrays"):
        array_of_npy(bytes_of(np.array([{}], object)))
    for length in (0, 4, 9, 40):
        with pytest.raises(ValueError):
            array_of_npy(raw[:length])


def test_a_stored_member_is_found_in_its_zip(tmp_path: Path) -> None:
    path = tmp_path / "some.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("first", b"x" * 1000)
        with archive.open("séçond", "w", force_zip64=True) as file:
            file.write(b"content")
    with path.open("rb") as stream, zipfile.ZipFile(path) as archive:
        offset = offset_in_zip(stream, archive.getinfo("séçond"))
    assert path.read_bytes()[offset : offset + 7] == b"content"


@pytest.mark.parametrize("on_disk", [False, True])
def test_rows_become_the_array_that_was_appended(
    on_disk: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path))
    expected = noise(10, 3, 4)
    rows = RowWriter(10, (3, 4), on_disk=on_disk)
    for piece in (expected[:4], expected[4:4], expected[4:]):
        rows.append(piece)
    array = rows.finish()
    assert (array == expected).all()
    assert is_mapped(array) == on_disk


def test_large_rows_lie_on_the_disk(few_bytes_are_many: None) -> None:
    del few_bytes_are_many
    for count, large in ((2, False), (3, True)):
        rows = RowWriter(count, (100,))
        rows.append(noise(count, 100))
        assert is_mapped(rows.finish()) == large


def test_nobody_asks_how_much_memory_there_is_for_small_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mapped, "available_memory_bytes", lambda: 1)
    assert not mapped.is_large(mapped.LEAST_LARGE)
    assert mapped.is_large(mapped.LEAST_LARGE + 1)
    monkeypatch.setattr(mapped, "available_memory_bytes", lambda: None)
    assert not mapped.is_large(mapped.ASSUMED_MEMORY // 4)
    assert mapped.is_large(mapped.ASSUMED_MEMORY // 4 + 1)


class Noting(mmap.mmap):
    """A mapped file that keeps what it is told."""

    asked: list[tuple[int, int]]

    def madvise(self, option: int, start: int, length: int) -> None:  # type: ignore[override]
        assert option == mmap.MADV_WILLNEED
        super().madvise(option, start, length)
        self.asked.append((start, length))


@pytest.mark.skipif(not hasattr(mmap, "MADV_WILLNEED"), reason="this system cannot be told")
@pytest.mark.parametrize("header", [0, 128, 5000])
@pytest.mark.parametrize("row_bytes", [784, 12_288])
def test_rows_that_are_wanted_are_asked_for_in_whole_pages(
    tmp_path: Path, header: int, row_bytes: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(header + 50 * row_bytes))
    with path.open("rb") as stream:
        pages = Noting(stream.fileno(), 0, access=mmap.ACCESS_READ)
    pages.asked = []
    array = np.frombuffer(pages, np.uint8, offset=header).reshape(50, row_bytes)
    rows = np.array([49, 0, 7])
    ReadAhead(array)(rows)
    for row, (start, length) in zip(rows, pages.asked, strict=True):
        begin = header + row * row_bytes
        assert start % mmap.PAGESIZE == 0
        assert start <= begin < start + mmap.PAGESIZE
        assert start + length == begin + row_bytes
    part = array[10:20]  # of rows of its own
    ReadAhead(part)(np.array([2]))
    assert sum(pages.asked[-1]) == header + 13 * row_bytes
    pages.asked.clear()
    ReadAhead(array.T)(np.array([3]))  # whose rows lie all over the file
    assert pages.asked == []


def test_a_file_outgrows_the_memory_that_is_available(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "available_memory_bytes", lambda: 1000)
    assert mapped.exceeds_memory(501) and not mapped.exceeds_memory(500)
    monkeypatch.setattr(mapped, "available_memory_bytes", lambda: 0)
    assert mapped.exceeds_memory(1) and mapped.is_large(mapped.LEAST_LARGE + 1)


def test_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def write(self, content: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "temporary_file", Full)
    rows = RowWriter(10, (3, 4), on_disk=True)
    with pytest.raises(DataError) as error:
        rows.append(noise(10, 3, 4))
    assert str(error.value).startswith(
        "The transformed images take 0.0 GB, too many for this memory, and neither "
        f"{tmp_path / 'decoded'} nor "
    )


# The readers of arrays


def write_idx(folder: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    for name, array in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels)):
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
        (folder / f"train-{name}").write_bytes(header + array.tobytes())


def test_large_idx_npy_and_stored_npz_are_mapped_and_small_ones_are_not(
    tmp_path: Path, few_bytes_are_many: None
) -> None:
    del few_bytes_are_many
    images, labels = noise(20, 8, 8), (np.arange(20) % 2).astype(np.uint8)
    for name in ("idx", "npy"):
        (tmp_path / name).mkdir()
    write_idx(tmp_path / "idx", images, labels)
    np.save(tmp_path / "npy" / "images.npy", images)
    np.save(tmp_path / "npy" / "labels.npy", labels)
    np.savez(tmp_path / "plain.npz", images=images, labels=labels)
    np.savez_compressed(tmp_path / "packed.npz", images=images, labels=labels)
    for name in ("idx", "npy", "plain.npz", "packed.npz"):
        part = open_data(tmp_path / name).train
        assert isinstance(part.raw, np.ndarray)
        assert (part.raw[:, 0] == images).all(), name
        assert is_mapped(part.raw) == (name != "packed.npz"), name


def test_arrays_that_fit_are_read_and_can_be_written_to(tmp_path: Path) -> None:
    write_idx(tmp_path, noise(20, 8, 8), (np.arange(20) % 2).astype(np.uint8))
    images = open_data(tmp_path).train.raw
    assert isinstance(images, np.ndarray)
    assert images.flags.writeable and not is_mapped(images)


def test_a_large_file_that_is_cut_off_is_named_as_a_small_one_is(
    tmp_path: Path, few_bytes_are_many: None
) -> None:
    del few_bytes_are_many
    write_idx(tmp_path, noise(20, 8, 8), (np.arange(20) % 2).astype(np.uint8))
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(DataError, match="declares 20 x 8 x 8 = 1,280 values but holds 1,273: 7"):
        idx.read_images(files.File.from_path(path))
    np.save(tmp_path / "images.npy", noise(20, 8, 8))
    (tmp_path / "images.npy").write_bytes((tmp_path / "images.npy").read_bytes()[:-7])
    with pytest.raises(DataError, match="images is cut off or damaged"):
        arrays.read(Listing([files.File.from_path(tmp_path / "images.npy")], "here"))


def test_mapped_colour_with_its_channels_last_is_turned_on_the_disk(
    tmp_path: Path, few_bytes_are_many: None
) -> None:
    del few_bytes_are_many
    pixels = noise(20, 8, 8, 3)
    np.savez(tmp_path / "a.npz", x_train=pixels, y_train=np.arange(20) % 2)
    images = open_data(tmp_path / "a.npz").train.raw
    assert isinstance(images, np.ndarray) and is_mapped(images)
    assert (images == pixels.transpose(0, 3, 1, 2)).all()
    floats = pixels.astype(np.float32) / 255
    np.savez(tmp_path / "b.npz", x_train=floats, y_train=np.arange(20) % 2)
    assert (open_data(tmp_path / "b.npz").train.raw == images).all()
