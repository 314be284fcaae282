"""CIFAR in both versions, from folders and archives; and pickles that ask for too much."""

import io
import os
import pickle
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from listings import listing_of

from noonbit.data.dataset import RawDataset
from noonbit.data.readers.cifar import CIFAR10_CLASSES, _dtype, read, recognise
from noonbit.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 3072), np.uint8)
LABELS = [3, 8, 3, 0]


def records(*labels: list[int]) -> bytes:
    columns = [np.array(column, np.uint8)[:, None] for column in labels]
    return np.concatenate([*columns, PIXELS], axis=1).tobytes()


def python2_pickle(pixels: np.ndarray, labels: list[int], key: bytes = b"labels") -> bytes:
    """As Python 2 wrote it: byte strings, and NumPy's names of then."""
    raw = pickle.dumps({b"data": pixels, key: labels, b"filenames": [b"a.png"]}, protocol=2)
    return raw.replace(b"cnumpy._core.multiarray", b"cnumpy.core.multiarray")


def open_source(path: Path) -> RawDataset:
    listing = listing_of(path)
    assert recognise(listing)
    return read(listing)


def sentence(path: Path) -> str:
    with pytest.raises(DataError) as error:
        open_source(path)
    return str(error.value)


def check(data: RawDataset) -> None:
    np.testing.assert_array_equal(
        data.train.raw, np.concatenate([PIXELS, PIXELS]).reshape(8, 3, 32, 32)
    )
    assert data.train.labels is not None and data.train.labels.tolist() == LABELS * 2
    assert data.test is not None and len(data.test) == 4
    assert data.class_names == CIFAR10_CLASSES and data.format == "CIFAR-10"
    assert data.train.names[5] == "train image 5"


def write_binary(folder: Path) -> None:
    for name in ("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"):
        (folder / name).write_bytes(records(LABELS))


def write_python(folder: Path) -> None:
    for name in ("data_batch_1", "data_batch_2", "test_batch"):
        (folder / name).write_bytes(python2_pickle(PIXELS, LABELS))


@pytest.mark.parametrize("write", [write_binary, write_python])
@pytest.mark.parametrize("kind", ["folder", "w", "w:gz", "w:xz"])
def test_both_versions_read_from_a_folder_and_any_tar(tmp_path: Path, write, kind: str) -> None:
    folder = tmp_path / "cifar-10-batches"
    folder.mkdir()
    write(folder)
    path = folder
    if kind != "folder":
        path = tmp_path / "cifar.tar"
        with tarfile.open(path, kind) as archive:
            archive.add(folder, folder.name)
    check(open_source(path))


def test_a_short_part_is_noted(tmp_path: Path) -> None:
    write_binary(tmp_path)
    assert open_source(tmp_path).notes == (
        "The train part has 8 of the usual 50,000 images.",
        "The test part has 4 of the usual 10,000 images.",
    )


def test_a_lone_batch_is_a_training_part(tmp_path: Path) -> None:
    (tmp_path / "test_batch.bin").write_bytes(records(LABELS))
    data = open_source(tmp_path / "test_batch.bin")
    assert list(data.parts) == ["train"] and "taken for training" in data.notes[0]


def test_class_names_beside_the_batches_are_used(tmp_path: Path) -> None:
    write_binary(tmp_path)
    (tmp_path / "batches.meta.txt").write_text("\n".join("abcdefghij") + "\n\n")
    assert open_source(tmp_path).class_names == tuple("abcdefghij")
    (tmp_path / "batches.meta.txt").write_text("one\ntwo\n")
    assert "has the label 8, but only 2 class names" in sentence(tmp_path)


def test_cifar_100_takes_the_fine_labels_of_both_versions(tmp_path: Path) -> None:
    fine = [49, 99, 0, 49]
    binary, python = tmp_path / "binary", tmp_path / "python"
    for folder in (binary, python):
        folder.mkdir()
    for name in ("train", "test"):
        (binary / f"{name}.bin").write_bytes(records(LABELS, fine))
        (python / name).write_bytes(python2_pickle(PIXELS, fine, b"fine_labels"))
    names = [f"class {i}" for i in range(100)]
    (binary / "fine_label_names.txt").write_text("\n".join(names))
    meta = {b"fine_label_names": [name.encode() for name in names]}
    (python / "meta").write_bytes(pickle.dumps(meta, protocol=2))
    for folder in (binary, python):
        data = open_source(folder)
        assert data.format == "CIFAR-100" and data.class_names == tuple(names)
        assert data.train.labels is not None and data.train.labels.tolist() == fine


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_batches_that_someone_saved_again_are_read(tmp_path: Path, protocol: int) -> None:
    for name in ("data_batch_1", "data_batch_2", "test_batch"):
        batch = {"data": PIXELS, "labels": LABELS}
        (tmp_path / name).write_bytes(pickle.dumps(batch, protocol=protocol))
    check(open_source(tmp_path))


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_malicious_pickle_is_refused_and_nothing_runs(tmp_path: Path, protocol: int) -> None:
    marker = tmp_path / "executed"

    class Evil:
        def __reduce__(self):
            return (os.system, (f"touch {marker}",))

    raw = pickle.dumps({b"data": Evil(), b"labels": LABELS}, protocol=protocol)
    archive_path = tmp_path / "cifar-10-python.tar.gz"
    with tarfile.open(archive_path, "w:gz") as archive:
        member = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
        member.size = len(raw)
        archive.addfile(member, io.BytesIO(raw))
    assert sentence(archive_path) == (
        "cifar-10-batches-py/data_batch_1 is a pickle that asks to run posix.system, which no "
        "CIFAR file needs. It was refused and nothing was run; download the archive from a source "
        "you trust."
    )
    assert not marker.exists()


def test_a_truncated_batch_is_said_in_both_versions(tmp_path: Path) -> None:
    write_binary(tmp_path)
    (tmp_path / "data_batch_2.bin").write_bytes(records(LABELS)[:-10])
    assert sentence(tmp_path) == (
        "data_batch_2.bin holds 12,282 bytes, which is not a multiple of the 3,073 of a record: it "
        "is cut off after 3 images. Download it again."
    )
    path = tmp_path / "data_batch_1"
    path.write_bytes(python2_pickle(PIXELS, LABELS)[:5000])
    assert "data_batch_1 is a damaged pickle" in sentence(path)


def test_a_pickle_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data_batch_1"
    path.write_bytes(pickle.dumps([1, 2]))
    assert sentence(path) == "data_batch_1 is a pickle of a list, not of a batch."
    path.write_bytes(pickle.dumps({"weights": [1]}))
    assert "without the data and labels of CIFAR; it holds weights" in sentence(path)
    path.write_bytes(python2_pickle(PIXELS[:3], LABELS))
    assert "holds data of shape (3, 3072) and 4 labels" in sentence(path)


def test_a_class_folder_called_train_is_no_batch(tmp_path: Path) -> None:
    (tmp_path / "train").write_text("trains are fun")
    assert not recognise(listing_of(tmp_path))


def test_reading_takes_less_than_twice_the_memory_of_the_result(tmp_path: Path) -> None:
    for i in range(1, 6):
        (tmp_path / f"data_batch_{i}.bin").write_bytes(records(LABELS) * 500)
    tracemalloc.start()
    data = open_source(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(data.train.raw, np.ndarray)
    assert peak < 1.5 * data.train.raw.nbytes


@pytest.mark.slow
def test_real_cifar_10_reads_from_its_archive(shared_data) -> None:
    data = open_source(shared_data("cifar-10/cifar-10-binary.tar.xz"))
    assert isinstance(data.train.raw, np.ndarray)
    assert data.train.raw.shape == (50_000, 3, 32, 32)
    np.testing.assert_allclose(
        data.train.raw.mean(axis=(0, 2, 3)), [125.30691805, 122.95039414, 113.86538318]
    )
    assert data.notes == ("The test part has 9,980 of the usual 10,000 images.",)
    assert data.class_names == CIFAR10_CLASSES


@pytest.mark.parametrize("state", [{"x": 1}, (None, {"__defaults__": (1,)})])
def test_a_pickle_cannot_change_the_reader_itself(tmp_path: Path, state: object) -> None:
    built = pickle.dumps(state, protocol=2)[2:-1]
    path = tmp_path / "data_batch_1"
    path.write_bytes(b"\x80\x02cnumpy\ndtype\n" + built + b"b.")
    assert "data_batch_1 is a damaged pickle" in sentence(path)
    assert (_dtype.__dict__, _dtype.__defaults__) == ({}, None)


def test_a_pickle_that_numbers_an_object_high_takes_no_memory_for_it(tmp_path: Path) -> None:
    path = tmp_path / "data_batch_1"
    path.write_bytes(b"\x80\x02Nr\xff\xff\xff\x03.")  # None, kept as object 2**26 - 1
    tracemalloc.start()
    assert "is a pickle of a NoneType" in sentence(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
