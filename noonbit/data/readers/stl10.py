"""Read STL-10's binary files: train_X.bin, train_y.bin, test_X.bin, test_y.bin, class_names.txt.

A picture is three planes of 96 x 96 bytes in the order of columns, a label a byte from 1 to 10.
https://cs.stanford.edu/~acoates/stl10/
"""

import re

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Inputs, NumberedNames, Part, PartName, RawDataset, order_parts
from noonbit.data.files import File, content, content_array
from noonbit.data.labels import check_classes
from noonbit.data.preprocess.pixels import pixels_from_array
from noonbit.data.readers.listing import Listing
from noonbit.errors import DataError

FORMAT = "STL-10"
SIDE = 96
BYTES = 3 * SIDE * SIDE
CLASSES = (
    *("airplane", "bird", "car", "cat", "deer"),
    *("dog", "horse", "monkey", "ship", "truck"),
)
_IMAGES = re.compile(r"(.*/)?(train|test|unlabeled)_X\.bin")


def recognise(listing: Listing) -> bool:
    """Whether a listing holds pictures under STL-10's names and of its size."""
    return bool(_find_images(listing.files))


def read(listing: Listing) -> RawDataset:
    """Read the pictures that have labels. Raises `DataError`."""
    by_name = {file.name: file for file in listing.files}
    parts: dict[PartName, Part] = {}
    used: set[str] = set()
    for file in _find_images(listing.files):
        labels_file = by_name.get(file.name.replace("_X.bin", "_y.bin"))
        if labels_file is None:
            continue  # unlabeled_X.bin, of which the registry makes a note
        labels = np.frombuffer(content(labels_file), np.uint8).astype(np.int64)
        images = _read_images(file)
        if len(labels) != len(images) or labels.min(initial=1) < 1 or labels.max(initial=1) > 10:
            raise DataError(
                f"{labels_file.name} holds {len(labels):,} labels from {labels.min(initial=1)} to "
                f"{labels.max(initial=1)}, and {file.name} {len(images):,} pictures; expected is a "
                "label from 1 to 10 for each. Download both again."
            )
        part: PartName = "test" if file.name.endswith("test_X.bin") else "train"
        names = NumberedNames(f"{file.name} image", len(images))
        parts[part] = Part(images, labels - 1, names)
        used |= {file.name, labels_file.name}
    if not parts:
        raise DataError(
            f"{listing.source} holds pictures of STL-10 but no labels. Put train_y.bin beside "
            "train_X.bin."
        )
    ordered, notes = order_parts(parts, of=listing.source)
    class_names: tuple[str, ...] = CLASSES
    for file in listing.files:
        if file.name.endswith("class_names.txt"):
            lines = content(file).decode("utf-8", "replace").split()
            class_names = tuple(lines) if len(lines) == len(CLASSES) else CLASSES
            used.add(file.name)
    codes = {name: part.labels for name, part in ordered.items() if part.labels is not None}
    check_classes(codes, class_names, source=listing.source)
    return RawDataset(
        listing.source, FORMAT, ordered, class_names, notes=notes, used=frozenset(used)
    )


def read_inputs(listing: Listing, value_range: tuple[float, float] | None) -> Inputs:
    """Read the pictures of all files, without labels."""
    del value_range  # bytes
    files = _find_images(listing.files)
    images = [_read_images(file) for file in files]
    names = [
        f"{file.name} image {i}"
        for file, each in zip(files, images, strict=True)
        for i in range(len(each))
    ]
    return Inputs(listing.source, FORMAT, Part(np.concatenate(images), None, names))


def _find_images(files: list[File]) -> list[File]:
    return [file for file in files if _IMAGES.fullmatch(file.name) and file.size % BYTES == 0]


def _read_images(file: File) -> NDArray[np.uint8]:
    stored = content_array(file).reshape(-1, 3, SIDE, SIDE)
    return pixels_from_array(stored.transpose(0, 1, 3, 2), name=file.name, value_range=(0, 255))[0]
