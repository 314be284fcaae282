"""NumPy files (.npz, .npy).

named_arrays.py says which names are known, array_classes.py what is read without them. Object
arrays are refused: nothing is ever unpickled.
"""

import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Inputs, RawDataset
from noonbit.data.files import File, content_array, head, survey
from noonbit.data.mapped import array_of_npy
from noonbit.data.preprocess.pixels import ValueRange, shape_of_row
from noonbit.data.readers.array_classes import is_class_each, is_picture_each, read_classes
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.named_arrays import (
    IMAGE_WORDS,
    LABEL_WORDS,
    by_part,
    dataset_from_arrays,
    inputs_from_arrays,
)
from noonbit.errors import DataError, raise_as

FORMAT = "NumPy arrays"

_MAGIC = b"\x93NUMPY"


def recognise(listing: Listing) -> bool:
    """Whether a listing (a .npz is a zip of .npy files) holds NumPy arrays."""
    files = listing.files
    return any(_is_array(file) for file in survey(files))


def read(listing: Listing) -> RawDataset:
    """Read the images and labels of every part. Raises `DataError`."""
    files, source = listing.files, listing.source
    arrays = _load(files)
    used = frozenset(file.name for file in files if _is_array(file))
    images, labels = by_part(arrays, IMAGE_WORDS), by_part(arrays, LABEL_WORDS)
    named = bool(images and labels)
    if (is_picture_each(arrays) and not named) or (
        is_class_each(arrays) and not images and not labels
    ):
        return replace(read_classes(arrays, source, FORMAT), used=used)
    data, names = dataset_from_arrays(arrays, source, FORMAT)
    return replace(data, used=frozenset(file.name for file in files if _array_name(file) in names))


def read_inputs(listing: Listing, value_range: ValueRange | None) -> Inputs:
    """Read every array of images; labels beside them are left alone. Raises `DataError`."""
    files, source = listing.files, listing.source
    arrays = _load(files)
    images = list(by_part(arrays, IMAGE_WORDS).values())
    named = bool(images and by_part(arrays, LABEL_WORDS))
    is_each_one = not images and all(map(_is_one_picture, arrays.values()))
    if is_each_one or (is_picture_each(arrays) and not named):
        arrays = {name: array[None] for name, array in arrays.items()}
        images = list(arrays)
    if not images and is_class_each(arrays):
        images = list(arrays)
    if not images and len(arrays) == 1:
        images = list(arrays)
    return inputs_from_arrays(arrays, images, source, FORMAT, value_range)


def _is_array(file: File) -> bool:
    return head(file, len(_MAGIC)) == _MAGIC


def _load(files: list[File]) -> dict[str, NDArray[np.generic]]:
    """The arrays of a listing by name, without their `.npy`."""
    arrays = {}
    for file in files:
        if not _is_array(file):
            continue
        name = _array_name(file)
        with raise_as(DataError, f"{name} is cut off or damaged", "Save it again."):
            raw = content_array(file)
            try:
                arrays[name] = array_of_npy(raw)
            except ValueError as error:
                if "Object arrays" not in str(error):
                    raise
                raise DataError(
                    f"{name} is an array of Python objects, which only a pickle can hold, and a "
                    "pickle can run code. Save it as one uint8 array of images."
                ) from None
    return arrays


def _is_one_picture(array: NDArray[np.generic]) -> bool:
    """Whether an array is a picture (H, W) or (H, W, 1 or 3), since it is no set of pictures."""
    if array.ndim == 2:
        return array.shape[0] == array.shape[1] or shape_of_row(array.shape[1]) is None
    return array.ndim == 3 and array.shape[2] in (1, 3)


def _array_name(file: File) -> str:
    return re.sub(r"\.npy(\.(gz|xz|bz2))?$", "", file.name)
