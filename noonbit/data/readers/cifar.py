"""Read CIFAR-10 and CIFAR-100, binary and python version, from a folder or an archive.

A binary record has 1 label byte (2 for CIFAR-100: coarse, fine) and 3,072 pixel bytes: 1,024 each
of red, green and blue. The python version consists of pickles. They are read by an unpickler that
builds lists, numbers, text and arrays, and calls nothing else.
https://www.cs.toronto.edu/~kriz/cifar.html
"""

import io
import pickle
import re
from collections.abc import Callable
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import (
    Inputs,
    NumberedNames,
    Part,
    PartName,
    RawDataset,
    drop_labels,
    order_parts,
)
from noonbit.data.files import File, content, head
from noonbit.data.labels import check_classes
from noonbit.data.readers.listing import Listing
from noonbit.errors import DataError, plural, raise_as

FORMAT = "CIFAR"
PIXELS = 3 * 32 * 32
CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
USUAL_COUNTS: dict[PartName, int] = {"train": 50_000, "test": 10_000}
_BATCH = re.compile(r"(data_batch_\d+|test_batch|train|test)(\.bin)?")
_PICKLE = b"\x80"
_META = (
    *("batches.meta.txt", "fine_label_names.txt", "coarse_label_names.txt", "batches.meta", "meta"),
    *("readme.html", "file.txt~"),
)
"""What the archives hold beside their batches."""


def recognise(listing: Listing) -> bool:
    """Whether a listing holds batches with their usual names and matching contents."""
    files = listing.files
    return bool(_find_batches(files))


def read(listing: Listing) -> RawDataset:
    """Read all batches, one array per part. Raises `DataError`."""
    files, source = listing.files, listing.source
    by_part: dict[PartName, list[File]] = {}
    found = _find_batches(files)
    batch_names = {file.name for file in found}
    for file in found:
        part: PartName = "test" if _file_name(file).startswith("test") else "train"
        by_part.setdefault(part, []).append(file)
    by_part, notes = order_parts(by_part, of=source)
    parts: dict[PartName, Part] = {}
    for name, batches in by_part.items():
        images, labels = _read_part(batches)
        parts[name] = Part(images, labels, NumberedNames(f"{name} image", len(images)))
        if len(by_part) > 1 and len(images) < USUAL_COUNTS[name]:
            notes += (
                f"The {name} part has {len(images):,} of the usual {USUAL_COUNTS[name]:,} images.",
            )
    all_labels = {name: _labels_of(part) for name, part in parts.items()}
    highest = max(int(labels.max(initial=0)) for labels in all_labels.values())
    class_names = _read_class_names(files)
    if not class_names:
        class_names = CIFAR10_CLASSES if highest < 10 else tuple(map(str, range(100)))
    if highest >= len(class_names):
        raise DataError(
            f"{source} has the label {highest}, but only {plural(len(class_names), 'class name')}. "
            "The batches are damaged, or of another data set; download them again."
        )
    check_classes(all_labels, class_names, source=source)
    used = frozenset(
        file.name for file in files if file.name in batch_names or _file_name(file) in _META
    )
    form = f"CIFAR-{len(class_names)}"
    return RawDataset(source, form, parts, class_names, notes=notes, used=used)


def read_inputs(listing: Listing, value_range: tuple[float, float] | None) -> Inputs:
    """Read the images of all batches; labels and `value_range` are ignored."""
    del value_range
    return drop_labels(read(listing))


def _file_name(file: File) -> str:
    return file.name.rpartition("/")[2]


def _find_batches(files: list[File]) -> list[File]:
    """Find the batch files of a listing; `train` and `test` count only if their contents match."""
    named = [file for file in files if _BATCH.fullmatch(_file_name(file))]
    return [
        file
        for file in named
        if "batch" in _file_name(file)
        or (file.size % (PIXELS + 2) == 0 if file.name.endswith(".bin") else _is_pickle(file))
    ]


def _is_pickle(file: File) -> bool:
    return head(file, 1) == _PICKLE


def _labels_of(part: Part) -> NDArray[np.int64]:
    assert part.labels is not None  # noqa: S101 - every batch has labels
    return part.labels


def _read_part(batches: list[File]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read images (N, 3, 32, 32) and labels (N,); holds one batch in memory beside the result."""
    images = np.empty((sum(file.size for file in batches) // PIXELS, PIXELS), np.uint8)
    labels = np.empty(len(images), np.int64)
    end = 0
    for file in batches:
        pixels, codes = _read_batch(file)
        begin, end = end, end + len(codes)
        images[begin:end], labels[begin:end] = pixels, codes
    # The estimate from the file sizes counts label bytes too, so it is a few records too large.
    images.resize((end, PIXELS), refcheck=False)
    return images.reshape(-1, 3, 32, 32), labels[:end].copy()


def _read_batch(file: File) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read pixels (N, 3072) and labels (N,) of one batch of either version."""
    if _is_pickle(file) or not file.name.endswith(".bin"):
        return _read_pickled(file)
    label_bytes = 1 if "batch" in _file_name(file) else 2  # CIFAR-100: coarse, then fine
    record = label_bytes + PIXELS
    raw = np.frombuffer(file.read(), np.uint8)
    if len(raw) % record or not len(raw):
        raise DataError(
            f"{file.name} holds {len(raw):,} bytes, which is not a multiple of the {record:,} of a "
            f"record: it is cut off after {len(raw) // record:,} images. Download it again."
        )
    records = raw.reshape(-1, record)
    return records[:, label_bytes:], records[:, label_bytes - 1].astype(np.int64)


def _read_pickled(file: File) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    batch = _unpickle(file)
    pixels = batch.get("data")
    codes = batch.get("fine_labels", batch.get("labels"))
    if isinstance(codes, np.ndarray):
        codes = codes.tolist()
    if (
        not (isinstance(pixels, np.ndarray) and pixels.dtype == np.uint8)
        or not (isinstance(codes, list) and codes)
        or not all(isinstance(code, int) and code >= 0 for code in codes)
    ):
        raise DataError(
            f"{file.name} is a pickle without the data and labels of CIFAR; it holds "
            f"{', '.join(batch) or 'nothing'}. Download it again."
        )
    if pixels.shape != (len(codes), PIXELS):
        raise DataError(
            f"{file.name} holds data of shape {pixels.shape} and {len(codes):,} labels; expected "
            f"are {PIXELS:,} values and one label an image. Download it again."
        )
    return pixels, np.array(codes, np.int64)


def _read_class_names(files: list[File]) -> tuple[str, ...]:
    """Read the class names from the file beside the batches; empty without such a file."""
    for file in files:
        if _file_name(file) in ("batches.meta.txt", "fine_label_names.txt"):
            text = content(file).decode("utf-8", "replace")
            return tuple(line.strip() for line in text.splitlines() if line.strip())
        if _file_name(file) in ("batches.meta", "meta") and _is_pickle(file):
            meta = _unpickle(file)
            names = meta.get("fine_label_names", meta.get("label_names"))
            if isinstance(names, list):
                return tuple(_as_text(name) for name in names)
    return ()


# The restricted unpickler


def _as_text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _dtype(spec: str | bytes, *_: object) -> np.dtype[np.generic]:
    """Build a dtype, dropping the flags in older pickles that newer NumPy warns about."""
    return np.dtype(_as_text(spec))


def _reconstruct(*_: object) -> NDArray[np.generic]:
    """Make an empty array; the state that follows in the pickle fills it."""
    return np.ndarray((0,), np.uint8)


def _from_buffer(
    buffer: bytes, dtype: np.dtype[np.generic], shape: tuple[int, ...], order: str
) -> NDArray[np.generic]:
    return np.frombuffer(buffer, dtype).reshape(shape, order="F" if order == "F" else "C")


def _encode(text: str, encoding: str) -> bytes:
    """Undo the encoding by which Python 3 writes bytes in pickle protocol 2."""
    if encoding != "latin1":
        raise _Forbidden(f"the codec {encoding}")
    return text.encode("latin1")


class _Builder(NamedTuple):
    """Wraps a function so that a pickle cannot set attributes on it."""

    build: Callable[..., object]

    def __call__(self, *arguments: object) -> object:
        return self.build(*arguments)


class _ArrayUnpickler(pickle._Unpickler):
    """Builds only what CIFAR's pickles need; refuses any other name without looking it up.

    It is pickle's form in Python, since the one in C makes a list as long as the highest number
    that a pickle gives an object: 12 bytes can ask for 16 GB. It takes 0.1 s longer a batch.
    """

    _BUILDERS: ClassVar[dict[tuple[str, str], object]] = {
        ("numpy", "ndarray"): None,  # pickles pass it only as an argument
        ("numpy", "dtype"): _Builder(_dtype),
        ("numpy.core.multiarray", "_reconstruct"): _Builder(_reconstruct),
        ("numpy._core.multiarray", "_reconstruct"): _Builder(_reconstruct),
        ("numpy.core.numeric", "_frombuffer"): _Builder(_from_buffer),
        ("numpy._core.numeric", "_frombuffer"): _Builder(_from_buffer),
        ("_codecs", "encode"): _Builder(_encode),
    }

    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in self._BUILDERS:
            raise _Forbidden(f"{module}.{name}")
        return self._BUILDERS[module, name]

    def persistent_load(self, pid: object) -> object:
        raise _Forbidden(f"persistent object {pid}")


class _Forbidden(Exception):
    """A pickle asks for something that no CIFAR pickle needs."""


def _unpickle(file: File) -> dict[str, object]:
    """Read a pickled dictionary, its keys as text, without running code. Raises `DataError`."""
    with raise_as(DataError, f"{file.name} is a damaged pickle", "Download it again."):
        try:
            value = _ArrayUnpickler(io.BytesIO(file.read()), encoding="bytes").load()
        except _Forbidden as error:
            raise DataError(
                f"{file.name} is a pickle that asks to run {error}, which no CIFAR file needs. It "
                "was refused and nothing was run; download the archive from a source you trust."
            ) from None
    if not isinstance(value, dict):
        raise DataError(f"{file.name} is a pickle of a {type(value).__name__}, not of a batch.")
    return {_as_text(key): item for key, item in value.items()}
