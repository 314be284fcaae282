"""Find the pictures and labels of every part among arrays with names, in any file that has them.

Names are Keras's x_train, y_train, x_test, y_test in any spelling (X_train, train_images,
images_train, train/data, ...), images/labels, x/y and data/target.
"""

import re
from collections.abc import Iterable

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
from noonbit.data.labels import encode_labels
from noonbit.data.preprocess.pixels import (
    ValueRange,
    describe_dtype,
    images_from_array,
    pixels_from_array,
    pixels_to_answer,
    value_range_of,
)
from noonbit.errors import DataError, join_first, plural

Arrays = dict[str, NDArray[np.generic]]
"""By name: `x_train`, `train/data`."""
IMAGE_WORDS = {"x", "image", "images", "img", "imgs", "data", "pixels", "features", "inputs"}
LABEL_WORDS = {"y", "label", "labels", "target", "targets", "class", "classes"}


def labels_from_array(array: NDArray[np.generic], *, name: str) -> NDArray[np.generic]:
    """Raw labels (N,) from (N,), (N, 1) or one-hot (N, K). Raises `DataError`."""
    if array.dtype.kind not in "buifU":
        raise DataError(
            f"{name} holds {describe_dtype(array.dtype)}, not labels. Save numbers or fixed-width "
            "text."
        )
    if array.dtype.kind == "b" and array.ndim == 1:
        array = array.astype(np.int64)
    while array.ndim > 1 and array.shape[-1] == 1:
        array = array[..., 0]
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


def dataset_from_arrays(
    arrays: Arrays, source: str, form: str, class_names: tuple[str, ...] = ()
) -> tuple[RawDataset, set[str]]:
    """Build a data set of the arrays that are named as pictures and labels of a part.

    `class_names` are those of the labels 0, 1, ..., if they are known. Returns the data and the
    names of the arrays that it uses; lets go of the others' memory. Raises `DataError`.
    """
    images, labels = by_part(arrays, IMAGE_WORDS), by_part(arrays, LABEL_WORDS)
    for part in images or {"train": ""}:
        if part not in images or part not in labels:
            missing = "labels" if part in images else "images"
            raise DataError(
                f"{source} holds no {missing} for {part}; it holds {list_arrays(arrays)}. Name "
                "them x_train and y_train (and x_test, y_test), or images and labels."
            )
    images, notes = order_parts(images, of=source)
    labels, _ = order_parts(labels, of=source)
    for name in images.values():
        images_from_array(arrays[name], name=name)  # refuses what no picture has
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
    codes, encoded = encode_labels(raw_labels, source=source)
    if class_names and all(each.isdecimal() and int(each) < len(class_names) for each in encoded):
        encoded = tuple(class_names[int(each)] for each in encoded)
    parts: dict[PartName, Part] = {}
    for part, name in images.items():
        pixels, _ = pixels_from_array(arrays[name], name=name, value_range=value_range)
        arrays[name] = pixels  # lets go of the original
        parts[part] = Part(pixels, codes[part], NumberedNames(f"{name} image", len(pixels)))
    used = {*images.values(), *(labels[part] for part in images)}
    return RawDataset(source, form, parts, encoded, value_range, notes=notes), used


def inputs_from_arrays(
    arrays: Arrays, images: Iterable[str], source: str, form: str, value_range: ValueRange | None
) -> Inputs:
    """Build inputs of the arrays named `images`. Raises `DataError`."""
    images = list(images)
    if not images:
        raise DataError(
            f"{source} holds no array of images; it holds {list_arrays(arrays)}. Name it x or "
            "images."
        )
    value_range = value_range or value_range_of(*(arrays[name] for name in images), name=source)
    pixels = [
        pixels_to_answer(arrays[name], name=name, value_range=value_range)[0] for name in images
    ]
    if len({each.shape[1:] for each in pixels}) > 1:
        raise DataError(f"{source} holds images of different shapes: {list_arrays(arrays)}.")
    names = [
        f"{name} image {i}"
        for name, each in zip(images, pixels, strict=True)
        for i in range(len(each))
    ]
    return Inputs(source, form, Part(np.concatenate(pixels), None, names), value_range)


def by_part(arrays: Iterable[str], words: set[str]) -> dict[PartName, str]:
    """Return the arrays whose name holds one of `words`, by the part that the name speaks of.

    The last piece of a name is asked first: `train_32x32/y` are labels. A name without a part is
    of the training part, if no other is.
    """
    found: dict[PartName, str] = {}
    without_part = []
    for name in arrays:
        base = _words_of(name.rpartition("/")[2])
        if base & (IMAGE_WORDS | LABEL_WORDS):
            is_named = bool(words & base)
        else:
            is_named = bool(words & _words_of(name))
        if is_named and (part := detect_part(name)):
            found.setdefault(part, name)
        elif is_named:
            without_part.append(name)
    for name in without_part[:1]:
        found.setdefault("train", name)
    return found


def _words_of(name: str) -> set[str]:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", re.sub(r"\d+x\d+", " ", name))
    return set(re.findall(r"[a-z]+", spaced.lower()))


def list_arrays(arrays: Arrays) -> str:
    """List the first arrays with their shapes, for an error."""
    shown = join_first([f"{name} {array.shape}" for name, array in arrays.items()], 3)
    more = f" ({plural(len(arrays), 'array')})" if len(arrays) > 3 else ""
    return shown + more if shown else "nothing"
