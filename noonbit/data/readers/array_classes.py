"""Read .npy files whose class stands in their name or folder.

full_numpy_bitmap_cat.npy  full_numpy_bitmap_dog.npy     an array a class (Quick Draw)
cats/1.npy cats/2.npy dogs/3.npy                         an array a picture, in a folder a class

Either may lie in train and test folders.
"""

import re
from collections import Counter, defaultdict
from os.path import commonprefix

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import (
    PART_WORDS,
    Part,
    PartName,
    RawDataset,
    order_parts,
)
from noonbit.data.labels import encode_labels
from noonbit.data.preprocess.pixels import (
    images_from_array,
    pixels_from_array,
    value_range_of,
)
from noonbit.errors import DataError, join_first, plural

Arrays = dict[str, NDArray[np.generic]]
"""By name, without `.npy`: `cats/1`."""
_PICTURE_AXES = (2, 3)


def is_picture_each(arrays: Arrays) -> bool:
    """Whether each array is one picture: several lie in one folder, most named by numbers alone."""
    folders = Counter(name.rpartition("/")[0] for name in arrays)
    pictures = all(array.ndim in _PICTURE_AXES for array in arrays.values())
    in_folders = all(folders) and len(folders) > 1
    return bool(arrays) and in_folders and pictures and max(folders.values()) > 1


def is_class_each(arrays: Arrays) -> bool:
    """Whether each array may hold the pictures of one class: several, of one picture size."""
    shapes = {array.shape[1:] for array in arrays.values()}
    return len(arrays) > 1 and len(shapes) == 1 and all(array.ndim > 1 for array in arrays.values())


def read_classes(arrays: Arrays, source: str, form: str) -> RawDataset:
    """Read arrays of either layout as labelled pictures. Raises `DataError`."""
    is_single = is_picture_each(arrays)
    names = list(arrays)
    parts = [_split_part(name) for name in names]
    if is_single:
        tops = [rest.rpartition("/")[0].rpartition("/")[2] or rest for _, rest in parts]
        classes = dict(zip(names, tops, strict=True))
    else:
        shown = [rest.rpartition("/")[2] for _, rest in parts]
        begin = _length_of_common_words(shown)
        classes = {name: rest[begin:] for name, rest in zip(names, shown, strict=True)}
    value_range = value_range_of(*arrays.values(), name=source)
    by_part: dict[PartName, list[str]] = defaultdict(list)
    for name, (part, _) in zip(names, parts, strict=True):
        by_part[part].append(name)
    ordered, notes = order_parts(by_part, of=source)
    sizes = Counter(array.shape if is_single else array.shape[1:] for array in arrays.values())
    if len(sizes) > 1:
        raise DataError(
            f"{source} holds arrays of {len(sizes):,} shapes "
            f"({join_first([str(shape) for shape in sizes], 3)}). Save them as PNG files, which "
            "may differ in size."
        )
    pixels: dict[PartName, NDArray[np.uint8]] = {}
    labels: dict[PartName, list[str]] = {}
    item_names: dict[PartName, list[str]] = {}
    for part, members in ordered.items():
        stacks = [arrays[name][None] if is_single else arrays[name] for name in members]
        images = np.concatenate([images_from_array(stack, name=source) for stack in stacks])
        pixels[part], _ = pixels_from_array(images, name=source, value_range=value_range)
        counts = [len(stack) for stack in stacks]
        labels[part] = [
            classes[name] for name, n in zip(members, counts, strict=True) for _ in range(n)
        ]
        item_names[part] = [
            name if is_single else f"{name} image {i}"
            for name, n in zip(members, counts, strict=True)
            for i in range(n)
        ]
    codes, class_names = encode_labels(labels, source=source)
    if is_single:
        notes += (f"{plural(len(arrays), 'array')} are read as a picture each.",)
    else:
        notes += (f"{plural(len(arrays), 'array')} are read as the pictures of a class each.",)
    return RawDataset(
        source,
        form,
        {part: Part(pixels[part], codes[part], item_names[part]) for part in ordered},
        class_names,
        value_range,
        notes=notes,
    )


def _split_part(name: str) -> tuple[PartName, str]:
    """Return the part that a folder of a name says, and the name without that folder."""
    pieces = name.split("/")
    for index, piece in enumerate(pieces[:-1]):
        if part := PART_WORDS.get(piece.lower()):
            return part, "/".join([*pieces[:index], *pieces[index + 1 :]])
    return "train", name


def _length_of_common_words(names: list[str]) -> int:
    """Return how many characters of whole words all names begin with: 18 for Quick Draw's."""
    common = commonprefix(names)
    ends = [match.end() for match in re.finditer(r"[_\-. ]|%2F", common)]
    return max(ends, default=0)
