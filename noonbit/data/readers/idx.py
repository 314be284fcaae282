"""Read IDX files, the format of MNIST, plain or compressed: a folder of pairs, or one pair.

A file has a big-endian header and then the raw values. The header is two zero bytes, a type code
(8 is uint8), the number of axes, and a 32-bit length per axis. http://yann.lecun.com/exdb/mnist/
describes it. MNIST's 70,000 images load in 0.4 s.
"""

import re
from math import prod

import numpy as np
from numpy.typing import NDArray

from noonbit.data.compression import strip_compression_suffix
from noonbit.data.dataset import (
    Inputs,
    NumberedNames,
    Part,
    PartName,
    RawDataset,
    detect_part,
    order_parts,
)
from noonbit.data.files import File, content_array, head, list_siblings, survey
from noonbit.data.labels import encode_labels
from noonbit.data.preprocess.pixels import pixels_from_array
from noonbit.data.readers.listing import Listing
from noonbit.errors import DataError

FORMAT = "IDX"
_TYPES = {8: "uint8", 9: "int8", 11: "int16", 12: "int32", 13: "float32", 14: "float64"}
_NAMED_IDX = re.compile(r"idx[1-4]|ubyte|\.idx\b", re.IGNORECASE)


def recognise(listing: Listing) -> bool:
    """Whether a listing holds IDX files, judged by first bytes or names."""
    files = listing.files
    return any(_is_idx(file) for file in survey(files))


def read(listing: Listing) -> RawDataset:
    """Read pairs of images and labels.

    Raises `DataError` for a file that does not match its header, for images without labels, and for
    a pair with different counts.
    """
    files, source = listing.files, listing.source
    pairs, notes = order_parts(_find_pairs(files, source), of=source)
    images = {part: read_images(image_file) for part, (image_file, _) in pairs.items()}
    labels = {part: read_labels(label_file) for part, (_, label_file) in pairs.items()}
    for part, (image_file, label_file) in pairs.items():
        if len(images[part]) != len(labels[part]):
            raise DataError(
                f"{image_file.name} holds {len(images[part]):,} images, but {label_file.name} "
                f"holds {len(labels[part]):,} labels. They are not a pair; download both again."
            )
    codes, class_names = encode_labels(labels, source=source)
    parts = {
        part: Part(pixels, codes[part], NumberedNames(f"{pairs[part][0].name} image", len(pixels)))
        for part, pixels in images.items()
    }
    used = frozenset(file.name for pair in pairs.values() for file in pair)
    return RawDataset(source, FORMAT, parts, class_names, notes=notes, used=used)


def read_inputs(listing: Listing, value_range: tuple[float, float] | None) -> Inputs:
    """Read the images of every images file; `value_range` is ignored, values are bytes."""
    files, source = listing.files, listing.source
    del value_range
    image_files = [file for file in files if _is_idx(file) and not _is_labels(file)]
    if not image_files:
        raise DataError(f"{source} holds labels only. Give the file of images.")
    arrays = [read_images(file) for file in image_files]
    if len({array.shape[1:] for array in arrays}) > 1:
        raise DataError(f"{source} holds images of different sizes. Give one of its files.")
    names = [
        f"{file.name} image {i}"
        for file, array in zip(image_files, arrays, strict=True)
        for i in range(len(array))
    ]
    return Inputs(source, FORMAT, Part(np.concatenate(arrays), None, names))


def read_images(file: File) -> NDArray[np.uint8]:
    """Read the images of one IDX file as uint8 (N, C, H, W). Raises `DataError`."""
    array = _read_array(file)
    if array.ndim not in (3, 4):
        raise DataError(
            f"{file.name} holds {array.ndim} axes {array.shape}; images have 3 (N, H, W) or 4."
        )
    return pixels_from_array(array, name=file.name, value_range=(0.0, 255.0))[0]


def read_labels(file: File) -> NDArray[np.uint8]:
    """Read the labels of one IDX file as uint8 (N,). Raises `DataError`."""
    array = _read_array(file)
    if array.ndim != 1:
        raise DataError(f"{file.name} holds {array.ndim} axes {array.shape}; labels have one.")
    return array


def _read_array(file: File) -> NDArray[np.uint8]:
    raw = content_array(file)
    magic = raw[:4].tobytes()
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _TYPES or not 1 <= magic[3] <= 4:
        raise DataError(
            f"{file.name} begins with the bytes {magic.hex(' ') or '(none)'}; an IDX file begins "
            "with 00 00 08 03 (images) or 00 00 08 01 (labels). It is another file; download it "
            "again."
        )
    if magic[2] != 8:
        raise DataError(
            f"{file.name} holds {_TYPES[magic[2]]} values; noonbit reads IDX files of uint8. "
            "Convert it, or save it as .npz."
        )
    begin = 4 + 4 * magic[3]
    if len(raw) < begin:
        raise DataError(
            f"{file.name} is cut off after {len(raw)} bytes, inside its header of {begin}. "
            "Download it again."
        )
    shape = tuple(int(length) for length in raw[4:begin].view(">u4"))
    declared, present = prod(shape), len(raw) - begin
    if present != declared:
        wrong = "are missing" if present < declared else "are too many"
        raise DataError(
            f"{file.name} declares {' x '.join(map(str, shape))} = {declared:,} values but holds "
            f"{present:,}: {abs(declared - present):,} {wrong}. "
            "Download it again."
        )
    return raw[begin:].reshape(shape)


def _is_idx(file: File) -> bool:
    begin = head(file, 4)
    by_content = len(begin) == 4 and begin[:2] == b"\0\0" and begin[2] in _TYPES
    return (by_content and 1 <= begin[3] <= 4) or bool(_NAMED_IDX.search(file.name))


def _is_labels(file: File) -> bool:
    begin = head(file, 4)
    if begin[:3] == b"\0\0\x08":
        return begin[3] == 1
    return "label" in file.name.lower()


def _pair_key(file: File) -> str:
    """Return a key that is the same for the images file and the labels file of a pair."""
    name = strip_compression_suffix(file.name.lower())
    return re.sub(r"images?|labels?|(?<=idx)[1-4]", "*", name)


def _find_pairs(files: list[File], source: str) -> dict[PartName, tuple[File, File]]:
    """Pair images files with labels files, by part: matched by name, or the only two there are."""
    image_files = [file for file in files if _is_idx(file) and not _is_labels(file)]
    label_files = [file for file in files if _is_idx(file) and _is_labels(file)]
    if len(files) == 1:
        neighbours = [
            file for file in list_siblings(files[0]) if _pair_key(file) == _pair_key(files[0])
        ]
        image_files = image_files or [file for file in neighbours if not _is_labels(file)]
        label_files = label_files or [file for file in neighbours if _is_labels(file)]
    labels_of = {_pair_key(file): file for file in reversed(label_files)}
    if len(image_files) == len(label_files) == 1:
        labels_of = {_pair_key(image_files[0]): label_files[0]}
    pairs: dict[PartName, tuple[File, File]] = {}
    for file in image_files:
        if _pair_key(file) not in labels_of:
            raise DataError(
                f"{file.name} has no labels beside it. Put its labels file "
                f"({re.sub('images', 'labels', file.name).replace('idx3', 'idx1')}) into the same "
                "folder."
            )
        pair = (file, labels_of[_pair_key(file)])
        part = detect_part(file.name) or "train"
        # A folder may hold a file both plain and compressed; one of them is enough.
        if _pair_key(pairs.setdefault(part, pair)[0]) != _pair_key(file):
            raise DataError(
                f"{source} holds several {part} sets: {pairs[part][0].name} and {file.name}. Give "
                "a folder with the files of one, or the images file of one."
            )
    if not pairs:
        raise DataError(f"{source} holds labels but no images. Put the images file beside it.")
    return pairs
