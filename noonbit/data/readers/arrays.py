"""NumPy files (.npz, .npy).

Recognised array names are Keras's x_train, y_train, x_test, y_test in any spelling (X_train,
train_images, images_train, ...) and images/labels, x/y, data/target. Object arrays are refused:
nothing is ever unpickled.
"""

import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import (
    Inputs,
    NumberedNames,
    Part,
    PartName,
    RawDataset,
    detect_part,
    order_parts,
)
from noonbit.data.files import File, content_array, head, survey
from noonbit.data.labels import encode_labels
from noonbit.data.mapped import array_of_npy
from noonbit.data.preprocess.pixels import (
    ValueRange,
    describe_dtype,
    pixels_from_array,
    pixels_to_answer,
    shape_of_row,
    value_range_of,
)
from noonbit.data.readers.array_classes import is_class_each, is_picture_each, read_classes
from noonbit.data.readers.listing import Listing
from noonbit.errors import DataError, join_first, plural

FORMAT = "NumPy arrays"

_IMAGE_WORDS = {"x", "image", "images", "img", "imgs", "data", "pixels", "features", "inputs"}
_LABEL_WORDS = {"y", "label", "labels", "target", "targets", "class", "classes"}
_MAGIC = b"\x93NUMPY"


def labels_from_array(array: NDArray[np.generic], *, name: str) -> NDArray[np.generic]:
    """Raw labels (N,) from (N,), (N, 1) or one-hot (N, K). Raises `DataError`."""
    if array.dtype.kind not in "buifU":
        raise DataError(
            f"{name} holds {describe_dtype(array.dtype)}, not labels. Save numbers or fixed-width "
            "text."
        )
    if array.dtype.kind == "b" and array.ndim == 1:
        array = array.astype(np.int64)
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    if array.ndim == 2 and array.dtype.kind != "U":
        one_hot = np.isin(array, (0, 1)).all() and (array.astype(np.int64).sum(axis=1) == 1).all()
        if one_hot:
            return np.asarray(array.argmax(axis=1))
    if array.ndim != 1:
        raise DataError(
            f"{name} has the shape {array.shape}; labels have the shape (N,) or (N, 1), or are "
            "one-hot rows (N, K) with a single 1."
        )
    return array


def recognise(listing: Listing) -> bool:
    """Whether a listing (a .npz is a zip of .npy files) holds NumPy arrays."""
    files = listing.files
    return any(_is_array(file) for file in survey(files))


def read(listing: Listing) -> RawDataset:
    """Read the images and labels of every part. Raises `DataError`."""
    files, source = listing.files, listing.source
    arrays = _load(files)
    used = frozenset(file.name for file in files if _is_array(file))
    images, labels = _by_part(arrays, _IMAGE_WORDS), _by_part(arrays, _LABEL_WORDS)
    named = bool(images and labels)
    if (is_picture_each(arrays) and not named) or (
        is_class_each(arrays) and not images and not labels
    ):
        return replace(read_classes(arrays, source, FORMAT), used=used)
    for part in images or {"train": ""}:
        if part not in images or part not in labels:
            missing = "labels" if part in images else "images"
            raise DataError(
                f"{source} holds no {missing} for {part}; it holds {_list(arrays)}. Name them "
                "x_train and y_train (and x_test, y_test), or images and labels."
            )
    images, notes = order_parts(images, of=source)
    labels, _ = order_parts(labels, of=source)
    raw_labels = {
        part: labels_from_array(arrays[labels[part]], name=labels[part]) for part in images
    }
    for part, name in images.items():
        if len(arrays[name]) != len(raw_labels[part]):
            raise DataError(
                f"{source} holds {len(arrays[name]):,} images in {name} but "
                f"{len(raw_labels[part]):,} labels in {labels[part]}. Each image needs one label."
            )
    value_range = value_range_of(*(arrays[name] for name in images.values()), name=source)
    codes, class_names = encode_labels(raw_labels, source=source)
    parts: dict[PartName, Part] = {}
    for part, name in images.items():
        pixels, _ = pixels_from_array(arrays[name], name=name, value_range=value_range)
        arrays[name] = pixels  # lets go of the original
        parts[part] = Part(pixels, codes[part], NumberedNames(f"{name} image", len(pixels)))
    unused = set(arrays) - set(images.values()) - set(labels.values())
    used -= {file.name for file in files if _array_name(file) in unused}
    return RawDataset(source, FORMAT, parts, class_names, value_range, notes=notes, used=used)


def read_inputs(listing: Listing, value_range: ValueRange | None) -> Inputs:
    """Read every array of images; labels beside them are left alone. Raises `DataError`."""
    files, source = listing.files, listing.source
    arrays = _load(files)
    images = list(_by_part(arrays, _IMAGE_WORDS).values())
    named = bool(images and _by_part(arrays, _LABEL_WORDS))
    is_each_one = not images and all(map(_is_one_picture, arrays.values()))
    if is_each_one or (is_picture_each(arrays) and not named):
        arrays = {name: array[None] for name, array in arrays.items()}
        images = list(arrays)
    if not images and is_class_each(arrays):
        images = list(arrays)
    if not images and len(arrays) == 1:
        images = list(arrays)
    if not images:
        raise DataError(
            f"{source} holds no array of images; it holds {_list(arrays)}. Name it x or images."
        )
    value_range = value_range or value_range_of(*(arrays[name] for name in images), name=source)
    pixels = [
        pixels_to_answer(arrays[name], name=name, value_range=value_range)[0] for name in images
    ]
    shapes = {each.shape[1:] for each in pixels}
    if len(shapes) > 1:
        raise DataError(f"{source} holds images of different shapes: {_list(arrays)}.")
    names = [
        f"{name} image {i}"
        for name, each in zip(images, pixels, strict=True)
        for i in range(len(each))
    ]
    return Inputs(source, FORMAT, Part(np.concatenate(pixels), None, names), value_range)


def _is_array(file: File) -> bool:
    return head(file, len(_MAGIC)) == _MAGIC


def _load(files: list[File]) -> dict[str, NDArray[np.generic]]:
    """The arrays of a listing by name, without their `.npy`."""
    arrays = {}
    for file in files:
        if not _is_array(file):
            continue
        name = _array_name(file)
        try:
            array = array_of_npy(content_array(file))
        except DataError:  # a ValueError too, whose reason stands
            raise
        except ValueError as error:
            if "Object arrays" in str(error):
                raise DataError(
                    f"{name} is an array of Python objects, which only a pickle can hold, and a "
                    "pickle can run code. Save it as one uint8 array of images."
                ) from None
            raise DataError(f"{name} is cut off or damaged ({error}). Save it again.") from None
        arrays[name] = array
    return arrays


def _is_one_picture(array: NDArray[np.generic]) -> bool:
    """Whether an array is a picture (H, W) or (H, W, 1 or 3), since it is no set of pictures."""
    if array.ndim == 2:
        return array.shape[0] == array.shape[1] or shape_of_row(array.shape[1]) is None
    return array.ndim == 3 and array.shape[2] in (1, 3)


def _array_name(file: File) -> str:
    return re.sub(r"\.npy(\.(gz|xz|bz2))?$", "", file.name)


def _by_part(arrays: dict[str, NDArray[np.generic]], words: set[str]) -> dict[PartName, str]:
    """The arrays whose name holds one of `words`, by the part that the name speaks of."""
    found: dict[PartName, str] = {}
    for name in arrays:
        tokens = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
        if words & set(tokens):
            found.setdefault(detect_part(name) or "train", name)
    return found


def _list(arrays: dict[str, NDArray[np.generic]]) -> str:
    shown = join_first([f"{name} {array.shape}" for name, array in arrays.items()], 3)
    more = f" ({plural(len(arrays), 'array')})" if len(arrays) > 3 else ""
    return shown + more if shown else "nothing"
