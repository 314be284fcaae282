"""Read MATLAB's .mat files of pictures and labels, such as SVHN's train_32x32.mat.

The items are on the last axis as often as on the first, and rows of colour are three planes.
Files of version 7.3 are HDF5 with reversed axes, and need h5py (extra `hdf5`).
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Inputs, RawDataset
from noonbit.data.files import File, content, head, survey
from noonbit.data.preprocess.pixels import ValueRange, shape_of_row
from noonbit.data.readers.hdf5 import CLASS_NAMES, load_file
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.matlab_elements import split_elements
from noonbit.data.readers.named_arrays import (
    IMAGE_WORDS,
    LABEL_WORDS,
    Arrays,
    by_part,
    dataset_from_arrays,
    inputs_from_arrays,
)
from noonbit.errors import DataError, raise_as

FORMAT = "MATLAB"
_MAGIC = b"MATLAB "
_IS_HDF5 = b"MATLAB 7.3"
STL10_SIDE = 96
"""STL-10's rows are planes in the order of columns; those of CIFAR-10 in the order of rows."""
SVHN_SIDE, SVHN_ZERO = 32, 10
"""SVHN's pictures are 32 x 32, and its label 10 is the digit 0."""


def recognise(listing: Listing) -> bool:
    """Whether a listing holds a .mat file, judged by its first bytes."""
    return any(map(_is_matlab, survey(listing.files)))


def read(listing: Listing) -> RawDataset:
    """Read the pictures and labels of all files. Raises `DataError`, and `MissingExtra`."""
    files = [file for file in listing.files if _is_matlab(file)]
    arrays, class_names, file_of = _load_files(files)
    notes = []
    if _is_svhn(arrays):
        for name in by_part(arrays, LABEL_WORDS).values():
            arrays[name] = np.where(arrays[name] == SVHN_ZERO, 0, arrays[name])
        notes.append("The label 10 of SVHN is the digit 0 and is named so.")
    elif class_names:  # MATLAB counts from 1
        class_names = ("", *class_names)
    data, names = dataset_from_arrays(arrays, listing.source, FORMAT, class_names)
    return replace(data, used=frozenset(file_of[name] for name in names)).with_note(*notes)


def read_inputs(listing: Listing, value_range: ValueRange | None) -> Inputs:
    """Read every array of pictures, without labels. Raises as `read` does."""
    arrays, _, _ = _load_files([file for file in listing.files if _is_matlab(file)])
    images = by_part(arrays, IMAGE_WORDS).values()
    return inputs_from_arrays(arrays, images, listing.source, FORMAT, value_range)


def _is_matlab(file: File) -> bool:
    return head(file, len(_MAGIC)) == _MAGIC


def _is_svhn(arrays: Arrays) -> bool:
    """Whether these are pictures of 32 x 32 in colour with labels up to 10, none of them 0."""
    labels = [arrays[name] for name in by_part(arrays, LABEL_WORDS).values()]
    shapes = {arrays[name].shape[1:] for name in by_part(arrays, IMAGE_WORDS).values()}
    return (
        bool(labels)
        and shapes == {(SVHN_SIDE, SVHN_SIDE, 3)}
        and all(each.dtype.kind in "uif" and each.size and each.min() >= 1 for each in labels)
        and max(each.max() for each in labels) == SVHN_ZERO
    )


def _load_files(files: list[File]) -> tuple[Arrays, tuple[str, ...], dict[str, str]]:
    """Return all arrays with their items first, the class names, and the file of each array.

    A name begins with that of its file, which says the part: `train_32x32/X`.
    """
    arrays: Arrays = {}
    file_of: dict[str, str] = {}
    class_names: tuple[str, ...] = ()
    for file in files:
        stem = file.name.rpartition(".")[0] or file.name
        found: Arrays = {}
        for name, array in _load_file(file).items():
            if name.rpartition("/")[2].lower() in CLASS_NAMES and array.dtype.kind == "U":
                class_names = tuple(map(str, array.ravel()))
            elif array.ndim and array.dtype.kind in "buifc":
                found[f"{stem}/{name}"] = array
        arrays |= _items_first(found)
        file_of |= dict.fromkeys(found, file.name)
    return arrays, class_names, file_of


def _load_file(file: File) -> Arrays:
    if head(file, len(_IS_HDF5)) == _IS_HDF5:
        return {name: array.T for name, array in load_file(file).items()}
    import scipy.io  # takes 0.1 s

    stored: dict[str, Any] = {}
    with raise_as(DataError, f"{file.name} is cut off or damaged", "Save it again."):
        for element in split_elements(content(file), file.name):
            stored |= scipy.io.loadmat(io.BytesIO(element), simplify_cells=True)
    return dict(_walk(stored, ""))


def _walk(value: dict[str, Any], begin: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the arrays of nested structures: `dataset/train/images`."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _walk(inner, f"{begin}{key}/")
        elif isinstance(inner, np.ndarray) and inner.dtype.kind == "O":
            if all(isinstance(each, str) for each in inner.ravel()):
                yield begin + key, inner.astype(str)
        elif isinstance(inner, np.ndarray):
            yield begin + key, inner


def _items_first(arrays: Arrays) -> Arrays:
    """Return the arrays of pictures as (N, ...), and the labels of their parts as (N,)."""
    images, labels = by_part(arrays, IMAGE_WORDS), by_part(arrays, LABEL_WORDS)
    turned = dict(arrays)
    for part, name in images.items():
        array = arrays[name]
        one = arrays.get(labels.get(part, ""))
        flat = one is not None and one.size == max(one.shape)
        count = one.size if one is not None and flat else None
        is_last = array.shape[0] != count and array.shape[-1] == count
        # Without labels, what cannot be channels at the end are items.
        is_last |= count is None and array.ndim == 4 and array.shape[2] in (1, 3)
        if is_last:
            array = np.moveaxis(array, -1, 0)
        if array.ndim == 2:
            array = _rows_of_planes(array)
        turned[name] = array
        if one is not None and flat:
            turned[labels[part]] = one.ravel()
    return turned


def _rows_of_planes(rows: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return rows of three planes, red, green and blue, as (N, H, W, 3); grey ones as given."""
    shape = shape_of_row(rows.shape[1])
    if shape is None or shape[0] != 3:
        return rows
    planes = rows.reshape(-1, *shape)
    if shape[1] == STL10_SIDE:
        planes = planes.transpose(0, 1, 3, 2)
    return planes.transpose(0, 2, 3, 1)
