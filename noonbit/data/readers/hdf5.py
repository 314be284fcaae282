"""Read HDF5 files of pictures and labels, where h5py is installed (extra `hdf5`).

train/data train/target test/data test/target                      USPS
train_set_x train_set_y test_set_x test_set_y list_classes         a course's cats and others
images labels, x y, x_train y_train ...                            as in .npz files

Links to other files, and values that lie in other files, are not followed.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from noonbit.data.compression import refuse_bomb
from noonbit.data.dataset import Inputs, RawDataset
from noonbit.data.files import File, content, head, survey
from noonbit.data.preprocess.pixels import ValueRange
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.named_arrays import (
    IMAGE_WORDS,
    Arrays,
    by_part,
    dataset_from_arrays,
    inputs_from_arrays,
)
from noonbit.errors import DataError, MissingExtra, raise_as

FORMAT = "HDF5"
MAGIC = b"\x89HDF\r\n\x1a\n"
DEEPEST = 64
"""Groups inside each other that are looked through; three are usual."""
CLASS_NAMES = ("list_classes", "class_names", "classes", "label_names", "categories")


def recognise(listing: Listing) -> bool:
    """Whether a listing holds an HDF5 file, judged by its first bytes."""
    return any(map(is_hdf5, survey(listing.files)))


def is_hdf5(file: File) -> bool:
    """Whether a file begins as HDF5 does."""
    return head(file, len(MAGIC)) == MAGIC


def read(listing: Listing) -> RawDataset:
    """Read the pictures and labels of all files. Raises `DataError`, and `MissingExtra`."""
    files = [file for file in listing.files if is_hdf5(file)]
    arrays, class_names = load_files(files)
    data, _ = dataset_from_arrays(arrays, listing.source, FORMAT, class_names)
    return replace(data, used=frozenset(file.name for file in files))


def read_inputs(listing: Listing, value_range: ValueRange | None) -> Inputs:
    """Read every array of pictures, without labels. Raises as `read` does."""
    arrays, _ = load_files([file for file in listing.files if is_hdf5(file)])
    images = by_part(arrays, IMAGE_WORDS).values()
    return inputs_from_arrays(arrays, images, listing.source, FORMAT, value_range)


def load_files(files: list[File]) -> tuple[Arrays, tuple[str, ...]]:
    """Return the arrays of several files by name, and the class names that one of them holds.

    With several files, a name begins with that of its file: `train_catvnoncat/train_set_x`.
    """
    arrays: Arrays = {}
    class_names: tuple[str, ...] = ()
    for file in files:
        stem = file.name.rpartition(".")[0] or file.name
        for name, array in load_file(file).items():
            if name.rpartition("/")[2].lower() in CLASS_NAMES and array.dtype.kind == "U":
                class_names = tuple(map(str, array.ravel()))
            elif array.ndim:
                arrays[f"{stem}/{name}" if len(files) > 1 else name] = array
    return arrays, class_names


def load_file(file: File) -> Arrays:
    """Return the arrays of one file by their paths in it. Raises `DataError`, `MissingExtra`."""
    try:
        import h5py
    except ImportError:
        raise MissingExtra(
            f"{file.name} is HDF5, which needs h5py: pip install 'noonbit[hdf5]'. Or convert it "
            f"elsewhere: import h5py, numpy; f = h5py.File('{file.name}'); "
            "numpy.savez('data.npz', x_train=f['train/data'][:], y_train=f['train/target'][:])."
        ) from None
    arrays: Arrays = {}
    raw = content(file)
    unpacked = 0
    with (
        raise_as(DataError, f"{file.name} is cut off or damaged", "Save it again."),
        h5py.File(io.BytesIO(raw), "r") as stored,
    ):
        for name, item in _walk(stored, "", set(), DEEPEST):
            if item.external or item.is_virtual or item.shape is None or item.size == 0:
                continue
            is_text = h5py.check_string_dtype(item.dtype) is not None
            if not is_text and item.dtype.kind not in "buifc":
                continue
            unpacked += item.nbytes  # as its header says; what is not stored is filled in
            refuse_bomb(file.name, len(raw), unpacked)
            if is_text:
                _check_text_lengths(item, raw)
            arrays[name] = np.asarray(item.asstr()[...], dtype=str) if is_text else item[...]
    return arrays


def _check_text_lengths(item: Any, raw: bytes) -> None:
    """Raise `ValueError` for texts that state more bytes than their file has.

    HDF5 makes room for what each of them states, up to 4 GB. Those in chunks are not checked.
    """
    offset, reference_bytes = item.id.get_offset(), item.id.get_storage_size() // item.size
    if not item.dtype.hasobject or offset is None or reference_bytes < 4:
        return
    length_first = np.dtype({"names": ["length"], "formats": ["<u4"], "itemsize": reference_bytes})
    stated = int(np.frombuffer(raw, length_first, item.size, offset)["length"].sum(dtype=np.int64))
    if stated > len(raw):
        raise ValueError(f"its texts state {stated:,} bytes, and it has {len(raw):,}")


def _walk(group: Any, begin: str, seen: set[int], deepest: int) -> Iterator[tuple[str, Any]]:
    """Yield the data sets below a group by their paths, each once; links are not followed.

    h5py's own `visititems` takes minutes for thousands of groups inside each other.
    """
    import h5py

    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            continue
        item = group[name]
        place = h5py.h5o.get_info(item.id).addr
        if place in seen:
            continue
        seen.add(place)
        if isinstance(item, h5py.Dataset):
            yield begin + name, item
        elif isinstance(item, h5py.Group) and deepest > 1:
            yield from _walk(item, f"{begin}{name}/", seen, deepest - 1)
