"""Preprocess every input of a data set; transformed pictures are cached.

    transform_dataset(data, preprocessor) -> TransformedDataset

Data sets that are large for the memory are transformed block by block into a memory-mapped file.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data import cache
from noonbit.data.dataset import (
    PART_NAMES,
    BadItem,
    Indices,
    OnDemand,
    Part,
    Pictures,
    RawDataset,
    Sentences,
)
from noonbit.data.files import has_unopened
from noonbit.data.mapped import RowWriter, array_of_npy, is_mapped, map_bytes, offset_in_zip
from noonbit.data.preprocess.base import Adjustment, Preprocessor, Values
from noonbit.data.preprocess.common_traits import preprocessing_code

BLOCK_BYTES = 2**25
"""Of pixels that are transformed at a time: a few seconds of decoding on two cores."""
WORTH_KEEPING = 4_000_000
"""Fewer pixels are not cached, since decoding them takes a tenth of a second."""
FACTS, PIXELS = "facts.json", "pixels.npy"


@dataclass(frozen=True, slots=True)
class TransformedDataset:
    """The transformed inputs of all parts, in order."""

    values: Values
    """(N, *shape); zeros for the items in `bad`. Read-only if it is a view of a file."""
    bad: dict[int, BadItem]
    """Unreadable items, by item number."""
    adjusted: dict[Adjustment, Indices]
    """The numbers of the items that had to be changed, by what was done."""
    fingerprint: str
    """SHA-256 over pixels or texts, labels and class names."""
    from_cache: bool = False
    cache_failure: str | None = None
    """Why they could not be cached, as the end of a sentence."""

    @property
    def blank(self) -> Indices:
        """The numbers of items without content: images of one level, texts without a word."""
        return self.adjusted.get("blank", np.zeros(0, np.int64))


def transform_dataset(data: RawDataset, preprocessor: Preprocessor) -> TransformedDataset:
    """Preprocess every input of `data`, or read the result from the cache.

    A cache hit opens no file of the source: their sizes and times say whether they are unchanged.
    Only pictures are cached, since arrays are stored decoded anyway. Raises `DataError` if the
    result fits neither into memory nor onto the disk.
    """
    parts = [data.parts[name] for name in PART_NAMES if name in data.parts]
    name = entry_name(parts, preprocessor)
    if name is not None and (cached := read_entry(name, data, preprocessor)):
        return cached
    transformed = transform_parts(parts, preprocessor)
    transformed = replace(transformed, fingerprint=fingerprint(data, transformed.values))
    if name is None or has_unopened(transformed.bad.values()):
        return transformed
    pixels = as_array(transformed.values)
    reason = cache.keep(name, pixels.nbytes, lambda path: write_entry(path, data, transformed))
    if reason is None and is_mapped(pixels) and (cached := read_entry(name, data, preprocessor)):
        return replace(cached, from_cache=False)  # frees the temporary file of `pixels`
    return replace(transformed, cache_failure=reason)


def transform_parts(parts: Sequence[Part], preprocessor: Preprocessor) -> TransformedDataset:
    """Transform all parts into one array; a single part that needs no change is not copied."""
    only = parts[0].raw if len(parts) == 1 else None
    if isinstance(only, OnDemand):
        return TransformedDataset(only, {}, {}, "")
    if isinstance(only, np.ndarray) and only.shape[1:] == preprocessor.shape:
        bad, adjusted = transform_blocks(parts, preprocessor, lambda rows: None)
        if not adjusted.keys() & {"inverted", "reframed"}:
            return TransformedDataset(only, bad, adjusted, "")
    on_disk = any(isinstance(part.raw, np.ndarray) and is_mapped(part.raw) for part in parts)
    rows = RowWriter(sum(map(len, parts)), preprocessor.shape, preprocessor.dtype, on_disk=on_disk)
    bad, adjusted = transform_blocks(parts, preprocessor, rows.append)
    return TransformedDataset(rows.finish(), bad, adjusted, "")


def transform_blocks(
    parts: Sequence[Part], preprocessor: Preprocessor, append: Callable[[NDArray[Any]], None]
) -> tuple[dict[int, BadItem], dict[Adjustment, Indices]]:
    """Pass all transformed inputs to `append`, a block at a time.

    Returns the unreadable items, and the numbers of those that had to be changed.
    """
    bad: dict[int, BadItem] = {}
    adjusted: dict[Adjustment, list[Indices]] = {}
    first = 0
    step = max(1, BLOCK_BYTES // prod(preprocessor.shape))
    for part in parts:
        for begin in range(0, len(part), step):
            block = preprocessor.transform(part.raw[begin : begin + step])
            bad |= {first + index: item for index, item in block.bad.items()}
            for name, numbers in block.adjusted.items():
                adjusted.setdefault(name, []).append(first + numbers)
            append(as_array(block.values))
            first += len(block.values)
    return bad, {name: np.concatenate(numbers) for name, numbers in adjusted.items()}


def as_array(values: Values) -> NDArray[Any]:
    """Narrow the type of values to an array."""
    assert isinstance(values, np.ndarray)  # noqa: S101 - values on demand are returned before
    return values


def fingerprint(data: RawDataset, values: Values) -> str:
    """Return the SHA-256 over class names, contents and labels, which is equal for equal data.

    The contents are transformed pixels, or the texts themselves, since their values depend on the
    vocabulary.
    """
    digest = hashlib.sha256(repr(data.class_names).encode())
    parts = [data.parts[name].raw for name in PART_NAMES if name in data.parts]
    contents = [raw.content() for raw in parts if isinstance(raw, Sentences | OnDemand)]
    digest.update(b"".join(contents) if contents else np.ascontiguousarray(values).data)
    digest.update(all_labels(data).tobytes())
    return digest.hexdigest()


def all_labels(data: RawDataset) -> Indices:
    """Return the labels of all parts in order; all parts must be labelled."""
    labels = [data.parts[name].labels for name in PART_NAMES if name in data.parts]
    return np.concatenate([each for each in labels if each is not None])


# The cache


def entry_name(parts: Sequence[Part], preprocessor: Preprocessor) -> str | None:
    """Return the name of the cache entry; None if the inputs are not to be cached."""
    pictures = [part.raw for part in parts if isinstance(part.raw, Pictures)]
    every = [picture for each in pictures for picture in each]
    if len(pictures) < len(parts) or not all(picture.stamp for picture in every):
        return None
    if sum(picture.width * picture.height for picture in every) < WORTH_KEEPING:
        return None
    return cache.entry_name(
        "transformed",
        preprocessing_code(),
        preprocessor.model_dump_json(),
        [len(each) for each in pictures],
        [(picture.name, picture.stamp) for picture in every],
    )


def label_digest(data: RawDataset) -> str:
    """Return a hash of the labels, which may change without their pictures."""
    return fingerprint(data, np.zeros(0, np.uint8))


def write_entry(path: Path, data: RawDataset, transformed: TransformedDataset) -> None:
    """Write an entry: a zip file of the uncompressed pixels (.npy) and the rest as JSON."""
    pixels = as_array(transformed.values)
    facts = {
        "bad": [[number, item.name, item.reason] for number, item in transformed.bad.items()],
        "adjusted": {name: each.tolist() for name, each in transformed.adjusted.items()},
        "labels": label_digest(data),
        "fingerprint": transformed.fingerprint,
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(FACTS, json.dumps(facts))
        with archive.open(PIXELS, "w", force_zip64=True) as file:
            header = np.lib.format.header_data_from_array_1_0(pixels)
            np.lib.format.write_array_header_1_0(file, header)
            step = max(1, BLOCK_BYTES // prod(pixels.shape[1:]))
            for begin in range(0, len(pixels), step):
                file.write(np.ascontiguousarray(pixels[begin : begin + step]).data)


def read_entry(
    name: str, data: RawDataset, preprocessor: Preprocessor
) -> TransformedDataset | None:
    """Read an entry of the cache; None if there is none, or it is damaged.

    All its bytes are compared with the checksums of the zip format, at 0.4 s a GB in memory, half
    of what the search for identical pictures takes then.
    """
    file = cache.find(name)
    if file is None:
        return None
    try:
        with file as stream, zipfile.ZipFile(stream) as archive:
            facts = json.loads(archive.read(FACTS))
            member = archive.getinfo(PIXELS)
            raw = map_bytes(stream, offset=offset_in_zip(stream, member), size=member.file_size)
        if zlib.crc32(raw.data) != member.CRC:
            return None
        array = array_of_npy(raw)
        if array.dtype != np.uint8 or array.shape != (len(all_labels(data)), *preprocessor.shape):
            return None
        pixels = array.view(np.uint8)
        is_same = facts["labels"] == label_digest(data)
        return TransformedDataset(
            pixels,
            {int(number): BadItem(str(item), str(reason)) for number, item, reason in facts["bad"]},
            {str(name): np.array(each, np.int64) for name, each in facts["adjusted"].items()},
            str(facts["fingerprint"]) if is_same else fingerprint(data, pixels),
            from_cache=True,
        )
    except Exception:  # damaged bytes can make zipfile, mmap and NumPy raise anything
        return None
