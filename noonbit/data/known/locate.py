"""Data sets with a name of their own: where each is looked for, and where it is downloaded from.

    find("mnist") ── --data-dir, $NOONBIT_DATA, the cache, Debian's packages ──> Found
    open_known("mnist") ── found, else downloaded into the cache ──> Data

Only `open_known` touches the network, and only for the set that it was asked for. The digits come
with scikit-learn and open in 6 ms, because scikit-learn itself (1 s) is not imported for them. The
shapes are drawn when they are opened.
"""

import gzip
import hashlib
import importlib.util
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from noonbit.data.dataset import Data, Numbered, Part
from noonbit.data.files import open_files
from noonbit.data.known.catalogue import KNOWN, TEST_LABELS_SHA256, KnownSource, Layout
from noonbit.data.known.shapes import open_shapes
from noonbit.data.readers.arrays import pixels_from_array
from noonbit.errors import SourceNotFound, UsageError, did_you_mean
from noonbit.system.files import user_cache

__all__ = ["KNOWN", "Found", "Located", "cache_folder", "find", "locate_all", "open_known"]

DEBIAN = Path("/usr/share/datasets")
"""Where Debian's packages put data sets, `dataset-fashion-mnist` among them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A data set on this machine."""

    path: Path
    place: str
    """The kind of place, for people: `--data-dir`, `$NOONBIT_DATA`, `cache`, ..."""
    files: tuple[Path, ...] = ()
    """What to read of the folder `path`; empty: all of it."""


@dataclass(frozen=True, slots=True)
class Located:
    """A line of `noonbit data`."""

    known: KnownSource
    found: Found | None
    how_to_get: str
    """A sentence; empty where the set was found."""


# Where they are


def find(name: str, *, data_dir: Path | None) -> Found | None:
    """Where the data set of a known name lies on this machine, or None; no network.

    A folder counts as the set when the files it needs are there: whether their content is sound
    is said by the reader that opens them. Raises `UsageError` for a name that is not known and
    `SourceNotFound` if `data_dir` does not exist.
    """
    known = _known(name)
    if name == "digits":
        path = _digits_path()
        return Found(path, "scikit-learn") if path else None
    for place, root in data_folders(data_dir):
        for folder in (*(root / each for each in (name, *known.folders)), root):
            for layout in known.layouts:
                path = folder / layout.opens
                held = _held(path, layout)
                if held is not None and not _is_another(name, path):
                    return Found(path, place, held if layout.is_all else ())
    return None


def open_known(name: str, *, data_dir: Path | None) -> Data:
    """Open the data set of a known name; download it first if it is not on this machine.

    Raises `SourceNotFound` with every place that was tried and what to put where if it cannot be
    had, `DataError` if it cannot be read, and `UsageError` for a name that is not known.
    """
    known = _known(name)
    if name == "digits":
        return _open_digits()
    if name == "shapes":
        return open_shapes()
    found = find(name, data_dir=data_dir) or _download(known, data_dir)
    data = replace(_read(found), source=name)
    if len(known.class_names) == len(data.class_names):
        data = replace(data, class_names=known.class_names)
    for part, official in known.counts.items():
        count = len(data.parts.get(part, ()))
        if count != official:
            data = data.note(
                f"This copy of {name} has {count:,} of the {official:,} official {part} images."
            )
    return data


def locate_all(data_dir: Path | None) -> list[Located]:
    """Every known name with where it was found, or how to get it; no network."""
    located = []
    for known in KNOWN.values():
        found = find(known.name, data_dir=data_dir)
        located.append(Located(known, found, "" if found else _how_to_get(known, data_dir)))
    return located


def cache_folder() -> Path:
    """Where downloads go: $NOONBIT_CACHE, else the user's cache folder."""
    if own := os.environ.get("NOONBIT_CACHE"):
        return Path(own).expanduser()
    return user_cache() / "data"


def _known(name: str) -> KnownSource:
    if name not in KNOWN:
        raise UsageError(
            f"No data set is called '{name}'.{did_you_mean(name, KNOWN)} "
            f"The known names are {', '.join(KNOWN)}."
        )
    return KNOWN[name]


def data_folders(data_dir: Path | None) -> Iterator[tuple[str, Path]]:
    """The folders that may hold data sets, the user's own first."""
    if data_dir is not None:
        if not data_dir.is_dir():
            raise SourceNotFound(f"The folder {data_dir} (--data-dir) does not exist.")
        yield "--data-dir", data_dir
    if shared := os.environ.get("NOONBIT_DATA"):
        yield "$NOONBIT_DATA", Path(shared).expanduser()
    yield "cache", cache_folder()
    yield "Debian's packages", DEBIAN


def _held(folder: Path, layout: Layout) -> tuple[Path, ...] | None:
    """The needed files of a folder (or archive, which needs none), or None if one is missing."""
    if not os.path.exists(folder):
        return None
    held = []
    for need in layout.needs:
        versions = (folder / need, folder / f"{need}.gz")
        path = next((path for path in versions if os.path.exists(path)), None)
        if path is None:
            return None
        held.append(path)
    return tuple(held)


def _is_another(name: str, folder: Path) -> bool:
    """Whether the test labels are those of the other set that has the same file names."""
    if name not in TEST_LABELS_SHA256:
        return False
    (path, *_) = sorted(folder.glob("t10k-labels?idx1-ubyte*"))
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return False  # its reader says what is wrong
    digest = hashlib.sha256(content).hexdigest()
    return digest in TEST_LABELS_SHA256.values() and digest != TEST_LABELS_SHA256[name]


def _how_to_get(known: KnownSource, data_dir: Path | None) -> str:
    if not known.layouts:
        return "It needs no files and no network."
    if not known.files:
        return f"It cannot be downloaded without an account: {_by_hand(known, data_dir)}"
    size = sum(file.size for file in known.files)
    return f"It is downloaded when first used ({size / 1e6:.0f} MB)."


def _by_hand(known: KnownSource, data_dir: Path | None) -> str:
    root = next(data_folders(data_dir))[1]
    return f"put {known.by_hand} into {root / known.name}; see {known.homepage} for them."


def _download(known: KnownSource, data_dir: Path | None) -> Found:
    looked = ", ".join(f"{root} ({place})" for place, root in data_folders(data_dir))
    missing = f"{known.name} is not on this machine; looked in {looked}."
    if not known.files:
        raise SourceNotFound(f"{missing} {_how_to_get(known, data_dir)}")
    folder = cache_folder() / known.name

    from noonbit.data.known.download import fetch  # ssl and http cost 0.1 s

    try:
        for file in known.files:
            fetch(file.mirrors, folder / file.name, sha256=file.sha256, size=file.size)
    except SourceNotFound as error:
        raise SourceNotFound(
            f"{missing} {error} With a network, try again; without one, {_by_hand(known, data_dir)}"
        ) from None
    found = find(known.name, data_dir=data_dir)
    assert found is not None  # noqa: S101 - what was fetched is what a layout needs
    return found


def _read(found: Found) -> Data:
    from noonbit.data.readers.registry import (
        FORMATS,
        open_path,  # it asks this module for names
    )

    files = [file for path in found.files for file in open_files(path)]
    form = next((form for form in FORMATS if form.recognise(files)), None)
    return form.read(files, str(found.path)) if form else open_path(found.path)


# The digits


def _digits_path() -> Path | None:
    """The table inside the installed scikit-learn, located without importing it."""
    package = importlib.util.find_spec("sklearn")
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder, "datasets", "data", "digits.csv.gz")
        if path.exists():
            return path
    return None


def _open_digits() -> Data:
    if path := _digits_path():
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)  # 64 pixels and the label
        pixels, labels = table[:, :64], table[:, 64]
    else:  # a scikit-learn that keeps it elsewhere
        from sklearn.datasets import load_digits

        pixels, labels = load_digits(return_X_y=True)
    images, value_range = pixels_from_array(pixels, name="digits", value_range=(0.0, 16.0))
    names = Numbered("digits item", len(images))
    return Data(
        source="digits",
        format="a table inside scikit-learn",
        parts={"train": Part(images, labels.astype(np.int64), names)},
        class_names=tuple("0123456789"),
        value_range=value_range,
    )
