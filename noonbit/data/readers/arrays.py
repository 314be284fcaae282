"""NumPy files (.npz, .npy), and the one way from any array of pixels to uint8 (N, C, H, W).

Recognised array names are Keras's x_train, y_train, x_test, y_test in any spelling (X_train,
train_images, images_train, ...) and images/labels, x/y, data/target. Object arrays are refused:
nothing is ever unpickled.
"""

import re
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import (
    Inputs,
    Numbered,
    Part,
    PartName,
    RawDataset,
    part_of,
    training_first,
)
from noonbit.data.files import File, content_array, head, survey
from noonbit.data.labels import encode_labels
from noonbit.data.mapped import RowWriter, array_of_npy, is_mapped
from noonbit.errors import DataError

FORMAT = "NumPy arrays"
ValueRange = tuple[float, float]

_CEILINGS = (1, 16, 255, 65535)
_IMAGE_WORDS = {"x", "image", "images", "img", "imgs", "data", "pixels", "features", "inputs"}
_LABEL_WORDS = {"y", "label", "labels", "target", "targets", "class", "classes"}
_MAGIC = b"\x93NUMPY"
_ROWS_AT_ONCE = 4096  # bounds the float copy that scaling makes


def pixels_from_array(
    array: NDArray[np.generic], *, name: str, value_range: ValueRange | None = None
) -> tuple[NDArray[np.uint8], ValueRange]:
    """Bring an array of images to uint8 (N, C, H, W), and say which raw values became 0 and 255.

    Shapes: (N, H, W); (N, H, W, C) or (N, C, H, W) with 1 or 3 channels, the last axis asked
    first; (N, K) flat rows of square images, K = side² or 3 side² (interleaved). `value_range`
    forces a range; without it `value_range_of` finds one. Raises `DataError`.
    """
    array = channels_first(array, name=name)
    if value_range is None:
        value_range = value_range_of(array, name=name)
    are_bytes = array.dtype == np.uint8 and value_range == (0.0, 255.0)
    if are_bytes and array.flags.c_contiguous:
        return array.view(np.uint8), value_range
    low, high = value_range
    pixels = RowWriter(len(array), array.shape[1:], on_disk=is_mapped(array))
    for start in range(0, len(array), _ROWS_AT_ONCE):
        rows = array[start : start + _ROWS_AT_ONCE]
        if not are_bytes:
            values = rows.astype(np.float64).clip(low, high)
            rows = np.rint((values - low) * (255 / (high - low)))
        pixels.append(rows.astype(np.uint8, copy=False))
    return pixels.finish(), value_range


def pixels_to_answer(
    array: NDArray[np.generic], *, name: str, value_range: ValueRange | None
) -> tuple[NDArray[np.uint8], ValueRange]:
    """Images for a network that was trained on raw values of `value_range`; None: find the range.

    The rules are those of the contract for one array: unit floats and masks are another usual form
    of bytes, and values that the network never saw are refused, since clipping would change the
    pictures unseen. Raises `DataError`.
    """
    if value_range is not None and array.size and array.dtype.kind in "buif":
        low, high = value_range
        least, most = float(array.min()), float(array.max())
        if array.dtype.kind in "bf" and value_range == (0.0, 255.0) and 0 <= least <= most <= 1:
            value_range = (0.0, 1.0)
        elif not low <= least <= most <= high:
            raise DataError(
                f"{name} holds values from {least:g} to {most:g}; this network was trained on "
                f"{low:g} to {high:g}. Bring them to that range."
            )
    return pixels_from_array(array, name=name, value_range=value_range)


def value_range_of(*arrays: NDArray[np.generic], name: str) -> ValueRange:
    """The range that pixel values were meant to have, from their extremes.

    The ceiling is the first of 1, 16, 255 and 65,535 that no value exceeds: unit floats and
    bitmaps, the 4-bit digits of scikit-learn, bytes, 16-bit images. Values that go below 0 are
    accepted within -1..1 only, as networks that end in tanh want them. Raises `DataError` for
    values outside, and for NaN and infinity.
    """
    full = [array for array in arrays if array.size]
    if not full:
        return 0.0, 255.0
    low = min(float(array.min()) for array in full)
    high = max(float(array.max()) for array in full)
    if not np.isfinite([low, high]).all():
        raise DataError(f"{name} holds NaN or infinite values. Replace them by pixel values.")
    if low < 0:
        if low >= -1 and high <= 1:
            return -1.0, 1.0
        raise DataError(
            f"{name} holds values from {low:g} to {high:g}; pixels lie in 0..1, -1..1, 0..16, "
            "0..255 or 0..65535. Save them before they are standardised."
        )
    for ceiling in _CEILINGS:
        if high <= ceiling:
            return 0.0, float(ceiling)
    raise DataError(
        f"{name} holds values up to {high:g}; pixels lie in 0..1, -1..1, 0..16, 0..255 or "
        "0..65535. Rescale them."
    )


def channels_first(array: NDArray[np.generic], *, name: str) -> NDArray[np.generic]:
    """View an array of images as (N, C, H, W) by the rules of `pixels_from_array`."""
    if array.dtype.kind not in "buif":
        raise DataError(
            f"{name} holds {_kind(array.dtype)}, not pixel numbers. Save the images as one "
            "uint8 or float array."
        )
    shape = array.shape
    if array.ndim == 2 and (image_shape := shape_of_row(shape[1])):
        channels, height, width = image_shape
        return array.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
    if array.ndim == 3:
        return array[:, None]
    if array.ndim == 4 and shape[3] in (1, 3):
        return array.transpose(0, 3, 1, 2)
    if array.ndim == 4 and shape[1] in (1, 3):
        return array
    raise DataError(
        f"{name} has the shape {shape}; images have the shape (N, H, W), (N, H, W, C) or "
        "(N, C, H, W) with 1 or 3 channels, or (N, K) with K pixels of a square."
    )


def shape_of_row(pixels: int) -> tuple[int, int, int] | None:
    """(C, H, W) of a flat row: a grey or colour square of at least 4 x 4 pixels, or None."""
    for channels in (1, 3):
        side = isqrt(pixels // channels)
        if side >= 4 and side * side * channels == pixels:
            return channels, side, side
    return None


def labels_from_array(array: NDArray[np.generic], *, name: str) -> NDArray[np.generic]:
    """Raw labels (N,) from (N,), (N, 1) or one-hot (N, K). Raises `DataError`."""
    if array.dtype.kind not in "buifU":
        raise DataError(
            f"{name} holds {_kind(array.dtype)}, not labels. Save numbers or fixed-width text."
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


def recognise(files: list[File]) -> bool:
    """Whether a listing (a .npz is a zip of .npy files) holds NumPy arrays."""
    return any(_is_array(file) for file in survey(files))


def read(files: list[File], source: str) -> RawDataset:
    """Read the images and labels of every part. Raises `DataError`."""
    arrays = _load(files)
    images, labels = _by_part(arrays, _IMAGE_WORDS), _by_part(arrays, _LABEL_WORDS)
    for part in images or {"train": ""}:
        if part not in images or part not in labels:
            missing = "labels" if part in images else "images"
            raise DataError(
                f"{source} holds no {missing} for {part}; it holds {_list(arrays)}. Name them "
                "x_train and y_train (and x_test, y_test), or images and labels."
            )
    images, notes = training_first(images, of=source)
    labels, _ = training_first(labels, of=source)
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
        pixels, _ = pixels_from_array(arrays.pop(name), name=name, value_range=value_range)
        parts[part] = Part(pixels, codes[part], Numbered(f"{name} image", len(pixels)))
    return RawDataset(source, FORMAT, parts, class_names, value_range, notes=notes)


def read_inputs(files: list[File], source: str, value_range: ValueRange | None) -> Inputs:
    """Read every array of images; labels beside them are left alone. Raises `DataError`."""
    arrays = _load(files)
    images = list(_by_part(arrays, _IMAGE_WORDS).values())
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
        name = re.sub(r"\.npy(\.(gz|xz|bz2))?$", "", file.name)
        try:
            array = array_of_npy(content_array(file))
        except ValueError as error:
            if "Object arrays" in str(error):
                raise DataError(
                    f"{name} is an array of Python objects, which only a pickle can hold, and a "
                    "pickle can run code. Save it as one uint8 array of images."
                ) from None
            raise DataError(f"{name} is cut off or damaged ({error}). Save it again.") from None
        arrays[name] = array
    return arrays


def _by_part(arrays: dict[str, NDArray[np.generic]], words: set[str]) -> dict[PartName, str]:
    """The arrays whose name holds one of `words`, by the part that the name speaks of."""
    found: dict[PartName, str] = {}
    for name in arrays:
        tokens = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
        if words & set(tokens):
            found.setdefault(part_of(name) or "train", name)
    return found


def _list(arrays: dict[str, NDArray[np.generic]]) -> str:
    return ", ".join(f"{name} {array.shape}" for name, array in arrays.items()) or "nothing"


def _kind(dtype: np.dtype[np.generic]) -> str:
    return "Python objects" if dtype.kind == "O" else f"values of type {dtype}"
