"""Data sets known by name: find them on this machine, or download them.

    find("mnist") ── --data-dir, $NOONBIT_DATA, the cache, Debian's packages ──> LocalCopy
    open_known("mnist") ── found, else downloaded into the cache ──> RawDataset

Only `open_known` uses the network, and only for the data set it opens. The digits come with
scikit-learn; they open in 6 ms, because scikit-learn itself (1 s) is not imported. The shapes are
drawn when they are opened.
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

from noonbit.data.dataset import NumberedNames, Part, PartName, RawDataset
from noonbit.data.files import open_files
from noonbit.data.known.catalogue import KNOWN, TEST_LABELS_SHA256, KnownSource, Layout
from noonbit.data.known.shapes import open_shapes
from noonbit.data.preprocess.pixels import pixels_from_array
from noonbit.errors import DataError, SourceNotFound, UsageError, did_you_mean, raise_as
from noonbit.system.files import user_cache
from noonbit.system.paths import describe_place, is_folder, user_path

__all__ = ["KNOWN", "LocalCopy", "SourceStatus", "cache_folder", "find", "locate_all", "open_known"]

DEBIAN = Path("/usr/share/datasets")
"""Where Debian packages install data sets, such as `dataset-fashion-mnist`."""
_GET_AGAIN = "It is damaged; remove it, and get it again (noonbit data says how)."


@dataclass(frozen=True, slots=True)
class LocalCopy:
    """Where a data set lies on this machine."""

    path: Path
    place: str
    """The kind of place, for users: `--data-dir`, `$NOONBIT_DATA`, `cache`, ..."""
    files: tuple[Path, ...] = ()
    """The files of the folder `path` to read; empty for all."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A known data set and where it is; one line of `noonbit data`."""

    known: KnownSource
    found: LocalCopy | None
    how_to_get: str
    """A sentence; empty if the data set was found."""


# On this machine


def find(name: str, *, data_dir: Path | None) -> LocalCopy | None:
    """Find a known data set on this machine, without the network; None if it is not there.

    A folder matches if it holds the required files; their content is checked only when they are
    read. Raises `UsageError` for an unknown name and `SourceNotFound` if `data_dir` does not exist.
    """
    known = _look_up(name)
    if name == "digits":
        path = _find_digits()
        return LocalCopy(path, "scikit-learn") if path else None
    for place, root in data_folders(data_dir):
        for folder in (*(root / each for each in (name, *known.folders)), root):
            for layout in known.layouts:
                path = folder / layout.path
                files = _find_required_files(path, layout)
                if files is not None and not _is_other_data_set(name, path):
                    return LocalCopy(path, place, files if layout.only_required else ())
    return None


def open_known(name: str, *, data_dir: Path | None) -> RawDataset:
    """Open a known data set; download it first if it is not on this machine.

    Raises `SourceNotFound` with the places that were searched and instructions if it cannot be
    found or downloaded, `DataError` if it cannot be read, and `UsageError` for an unknown name.
    """
    known = _look_up(name)
    if name == "shapes":
        return open_shapes()
    if name == "digits":
        with raise_as(DataError, "The digits of scikit-learn could not be read", _GET_AGAIN):
            return _open_digits()
    found = find(name, data_dir=data_dir) or _download(known, data_dir)
    with raise_as(DataError, f"{found.path} could not be read as {name}", _GET_AGAIN):
        read = _read(found)
    data = _name_official_test(replace(read, source=name), known)
    if len(known.class_names) == len(data.class_names):
        data = replace(data, class_names=known.class_names)
    for part, official in known.counts.items():
        count = len(data.parts.get(part, ()))
        if count != official:
            data = data.with_note(
                f"This copy of {name} has {count:,} of the {official:,} official {part} images."
            )
    return data


def _name_official_test(data: RawDataset, known: KnownSource) -> RawDataset:
    """Take a part that a copy calls validation for the official test part, if that has no other.

    Courses hand out the test images of a set under that name. Left as validation, they would choose
    the weights, and another test part would be drawn from the training images.
    """
    if "test" not in known.counts or data.test is not None or "validation" not in data.parts:
        return data
    parts: dict[PartName, Part] = {"train": data.train, "test": data.parts["validation"]}
    return replace(data, parts=parts).with_note(
        f"What this copy of {known.name} calls validation are the official test images: they test."
    )


def locate_all(data_dir: Path | None) -> list[SourceStatus]:
    """List every known data set with where it was found, or how to get it; without the network."""
    statuses = []
    for known in KNOWN.values():
        found = find(known.name, data_dir=data_dir)
        statuses.append(SourceStatus(known, found, "" if found else _how_to_get(known, data_dir)))
    return statuses


def cache_folder() -> Path:
    """Return the folder for downloads: $NOONBIT_CACHE, else `data` in the user's cache folder."""
    return user_cache() if os.environ.get("NOONBIT_CACHE") else user_cache() / "data"


def _look_up(name: str) -> KnownSource:
    if name not in KNOWN:
        raise UsageError(
            f"No data set is called '{name}'.{did_you_mean(name, KNOWN)} "
            f"The known names are {', '.join(KNOWN)}."
        )
    return KNOWN[name]


def data_folders(data_dir: str | Path | None) -> Iterator[tuple[str, Path]]:
    """Yield the folders that may hold data sets, each with its kind; the user's own come first.

    Raises `SourceNotFound` if `data_dir` does not exist.
    """
    if data_dir is not None:
        folder = user_path(data_dir)
        if not is_folder(folder):
            raise SourceNotFound(f"The folder {folder} (--data-dir) {describe_place(folder)}.")
        yield "--data-dir", folder
    if shared := os.environ.get("NOONBIT_DATA"):
        yield "$NOONBIT_DATA", user_path(shared)
    yield "cache", cache_folder()
    yield "Debian's packages", DEBIAN


def _find_required_files(folder: Path, layout: Layout) -> tuple[Path, ...] | None:
    """Return the required files of a folder, () for an archive, or None if a file is missing."""
    if not os.path.exists(folder):
        return None
    files = []
    for name in layout.required_files:
        versions = (folder / name, folder / f"{name}.gz")
        path = next((path for path in versions if os.path.exists(path)), None)
        if path is None:
            return None
        files.append(path)
    return tuple(files)


def _is_other_data_set(name: str, folder: Path) -> bool:
    """Whether the test labels are those of the other data set with the same file names."""
    if name not in TEST_LABELS_SHA256:
        return False
    (path, *_) = sorted(folder.glob("t10k-labels?idx1-ubyte*"))
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return False  # the reader will report it
    digest = hashlib.sha256(content).hexdigest()
    return digest in TEST_LABELS_SHA256.values() and digest != TEST_LABELS_SHA256[name]


def _how_to_get(known: KnownSource, data_dir: Path | None) -> str:
    if not known.layouts:
        return "It needs no files and no network."
    if not known.files:
        return (
            f"It cannot be downloaded without an account: {_manual_instructions(known, data_dir)}"
        )
    size = sum(file.size for file in known.files)
    return f"It is downloaded when first used ({size / 1e6:.0f} MB)."


def _manual_instructions(known: KnownSource, data_dir: Path | None) -> str:
    root = next(data_folders(data_dir))[1]
    return f"put {known.manual_files} into {root / known.name}; see {known.homepage} for them."


def _download(known: KnownSource, data_dir: Path | None) -> LocalCopy:
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
        by_hand = _manual_instructions(known, data_dir)
        raise SourceNotFound(
            f"{missing} {error} With a network, try again; without one, {by_hand}"
        ) from None
    found = find(known.name, data_dir=data_dir)
    assert found is not None  # noqa: S101 - the downloaded files match a layout
    return found


def _read(found: LocalCopy) -> RawDataset:
    from noonbit.data.readers.listing import Listing
    from noonbit.data.readers.registry import (
        FORMATS,
        open_path,  # it imports this package
    )

    files = [file for path in found.files for file in open_files(path)]
    listing = Listing(files, str(found.path))
    file_format = next((each for each in FORMATS if each.recognise(listing)), None)
    return file_format.read(listing) if file_format else open_path(found.path)


# The digits


def _find_digits() -> Path | None:
    """Find the table of digits inside the installed scikit-learn without importing it."""
    package = importlib.util.find_spec("sklearn")
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder, "datasets", "data", "digits.csv.gz")
        if path.exists():
            return path
    return None


def _open_digits() -> RawDataset:
    if path := _find_digits():
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)  # 64 pixels and the label
        pixels, labels = table[:, :64], table[:, 64]
    else:  # this version of scikit-learn stores it elsewhere
        from sklearn.datasets import load_digits

        pixels, labels = load_digits(return_X_y=True)
    images, value_range = pixels_from_array(pixels, name="digits", value_range=(0.0, 16.0))
    names = NumberedNames("digits item", len(images))
    return RawDataset(
        source="digits",
        format="a table inside scikit-learn",
        parts={"train": Part(images, labels.astype(np.int64), names)},
        class_names=tuple("0123456789"),
        value_range=value_range,
    )
