"""Image sources from files: a folder with one folder per class, or the rows of a table.

Without `compat`, hidden files and folders are ignored, classes are in natural order (`10` after
`2`), and files that are missing or unreadable raise an error before the first batch.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, get_args

import numpy as np
from numpy.typing import NDArray

from noonbit.augment.keras.decode import DecodedImages, DecodeSettings, refuse_unknown
from noonbit.augment.keras.settings import Settings
from noonbit.augment.keras.source import ClassMode, ImageSource
from noonbit.data.dataset import Indices, natural_key
from noonbit.data.files import File, open_files
from noonbit.data.readers.folder import looks_like_picture
from noonbit.data.readers.pictures import scan
from noonbit.errors import DataError, InputRefused, SourceNotFound, UsageError, did_you_mean, plural

KERAS_SUFFIXES = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")


def source_from_directory(
    settings: Settings,
    directory: str | Path,
    decoding: DecodeSettings,
    *,
    classes: Sequence[str] | None,
    class_mode: ClassMode | None,
) -> ImageSource:
    """Open a folder with one folder per class; raises `DataError` if it holds no pictures."""
    folder = Path(directory)
    if not folder.is_dir():
        raise SourceNotFound(f"{folder} is no folder. Give one that holds a folder a class.")
    refuse_unknown("class_mode", class_mode, ("categorical", "binary", "sparse", "input", None))
    found = (
        _find_class_folders_as_keras(folder, classes)
        if decoding.as_keras
        else _find_class_folders(folder, class_mode)
    )
    if classes is not None:
        for name in classes:
            if name not in found:
                raise UsageError(
                    f"{folder} has no class folder '{name}'.{did_you_mean(name, found)} "
                    f"There are: {', '.join(found)}."
                )
        found = {name: found[name] for name in classes}
    if class_mode == "binary" and len(found) != 2 and not decoding.as_keras:
        raise _not_binary_error(str(folder), len(found))
    files = [file for group in found.values() for file in group]
    if not files:
        raise DataError(
            f"{folder} holds no pictures in class folders. Sort them into a folder a class "
            "(cats/1.jpg, dogs/2.jpg); class_mode=None takes pictures without classes."
        )
    if not decoding.as_keras:
        _refuse_unreadable(files, str(folder))
    labels = np.repeat(np.arange(len(found)), [len(group) for group in found.values()])
    ends = np.cumsum([0, *map(len, found.values())])
    return _make_file_source(
        settings,
        files,
        [file.name for file in files],
        decoding,
        class_mode=class_mode,
        labels=labels,
        class_indices={name: index for index, name in enumerate(found)},
        blocks=[np.arange(*ends[index : index + 2]) for index in range(len(found))],
    )


def source_from_table(
    settings: Settings,
    frame: Any,
    decoding: DecodeSettings,
    *,
    directory: str | Path | None,
    x_col: str,
    y_col: str | Sequence[str],
    weight_col: str | None,
    classes: Sequence[Any] | None,
    class_mode: ClassMode | None,
    validate_filenames: bool,
) -> ImageSource:
    """Open the pictures that a table names; its columns are read as `frame[name]`, as in pandas."""
    refuse_unknown("class_mode", class_mode, (*get_args(ClassMode), None))
    names = [str(name) for name in _read_column(frame, x_col, "x_col")]
    paths = [Path(directory or "") / name for name in names]
    kept = np.arange(len(names))
    if validate_filenames:
        kept = _find_files(paths, names, x_col, as_keras=decoding.as_keras)
    labels: Any = None
    class_indices: dict[Any, int] = {}
    if class_mode == "multi_output":
        columns = [y_col] if isinstance(y_col, str) else y_col
        labels = [np.array(list(_read_column(frame, name, "y_col")))[kept] for name in columns]
    elif class_mode == "raw":
        labels = np.asarray(_read_column(frame, y_col, "y_col"))[kept]
    elif class_mode not in (None, "input"):
        given = list(_read_column(frame, y_col, "y_col"))
        order = str if decoding.as_keras else natural_key
        labels, kept, class_indices = _encode_labels(
            [given[item] for item in kept], kept, classes, order=order
        )
        if class_mode == "binary" and len(class_indices) != 2:
            raise _not_binary_error(f"The column '{y_col}'", len(class_indices))
    if not len(kept):
        raise DataError(f"No row of the table names a picture that is there ({len(names):,} rows).")
    files = [_file_at(paths[item], names[item]) for item in kept]
    if validate_filenames and not decoding.as_keras:
        _refuse_unreadable(files, f"The column '{x_col}'")
    weights = (
        None
        if weight_col is None
        else np.array(list(_read_column(frame, weight_col, "weight_col")))
    )
    return _make_file_source(
        settings,
        files,
        [names[item] for item in kept],
        decoding,
        class_mode=class_mode,
        labels=labels,
        class_indices=class_indices,
        blocks=(),
        weights=None if weights is None else weights[kept],
    )


def _find_files(
    paths: Sequence[Path], names: Sequence[str], column: str, *, as_keras: bool
) -> Indices:
    """Return the rows whose files exist; without `as_keras`, missing ones raise `DataError`."""
    there = np.array([path.is_file() for path in paths], bool)
    if as_keras:
        there &= [name.lower().endswith(KERAS_SUFFIXES) for name in names]
    elif not there.all():
        missing = int((~there).sum())
        raise DataError(
            f"{plural(missing, 'file')} of the column '{column}' {'is' if missing == 1 else 'are'} "
            f"not there, first {paths[int(np.argmin(there))]}. Give the folder that the names "
            "start from as directory, or leave those rows out."
        )
    return np.flatnonzero(there)


def _make_file_source(
    settings: Settings,
    files: Sequence[File],
    names: Sequence[str],
    decoding: DecodeSettings,
    *,
    class_mode: ClassMode | None,
    labels: Any,
    class_indices: dict[Any, int],
    blocks: Sequence[Indices],
    weights: NDArray[Any] | None = None,
) -> ImageSource:
    channels_first = settings.data_format == "channels_first"
    height, width, channels = decoding.shape
    return ImageSource(
        len(files),
        (channels, height, width) if channels_first else decoding.shape,
        DecodedImages(files, decoding, channels_first=channels_first),
        255.0,
        class_mode,
        labels,
        class_indices,
        weights,
        names,
        [str(file.path) for file in files],
        blocks,
    )


def _find_class_folders(folder: Path, class_mode: ClassMode | None) -> dict[str, list[File]]:
    """Find the pictures of each visible class folder, in natural order.

    Empty folders count as classes, so that the class numbers stay the same if one part of the data
    lacks a class.
    """
    classes = [path.name for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
    found: dict[str, list[File]] = {name: [] for name in sorted(classes, key=natural_key)}
    for file in open_files(folder):
        pieces = PurePosixPath(file.name).parts
        if len(pieces) > 1 and looks_like_picture(file):
            found[pieces[0]].append(file)
        elif class_mode is None and looks_like_picture(file):
            found.setdefault(".", []).append(file)
    return found


def _find_class_folders_as_keras(
    folder: Path, classes: Sequence[str] | None
) -> dict[str, list[File]]:
    """Do the same by Keras's rules: pictures by suffix, alphabetical order, hidden folders too."""
    found = {}
    for name in classes or sorted(path.name for path in folder.iterdir() if path.is_dir()):
        walked = sorted(os.walk(folder / name), key=lambda place: place[0])
        paths = [Path(root) / file for root, _, files in walked for file in sorted(files)]
        found[name] = [
            File.from_path(path, os.path.join(name, os.path.relpath(path, folder / name)))
            for path in paths
            if path.name.lower().endswith(KERAS_SUFFIXES)
        ]
    return found


def _encode_labels(
    given: Sequence[Any],
    items: Indices,
    classes: Sequence[Any] | None,
    *,
    order: Callable[[str], Any],
) -> tuple[Any, Indices, dict[Any, int]]:
    """Return class numbers, their rows, and each class's number; drop rows of other classes."""
    several = any(isinstance(label, list | tuple) for label in given)
    lists = [list(label) if isinstance(label, list | tuple) else [label] for label in given]
    if classes is None:
        found = {name for labels in lists for name in labels}
        as_text = any(isinstance(name, str) for name in found)
        classes = sorted(found, key=lambda name: order(str(name))) if as_text else sorted(found)
    class_indices = {name: index for index, name in enumerate(dict.fromkeys(classes))}
    numbers = [[class_indices[name] for name in each if name in class_indices] for each in lists]
    known = np.array([bool(each) for each in numbers], bool)
    if several:
        return [each for each in numbers if each], items[known], class_indices
    return np.array([each[0] for each in numbers if each], np.int64), items[known], class_indices


def _read_column(frame: Any, name: Any, argument: str) -> Any:
    try:
        return frame[name]
    except (KeyError, IndexError, TypeError):
        columns = ", ".join(map(str, getattr(frame, "columns", frame)))
        raise UsageError(
            f"The table has no column {name!r}; name one with {argument}. There are: {columns}."
        ) from None


def _file_at(path: Path, name: str) -> File:
    """Return a file of a table; a missing one raises `InputRefused` only when it is read."""

    def refuse() -> BinaryIO:
        raise InputRefused(str(path), "is not there")

    return File.from_path(path, name) if path.is_file() else File(name, 0, refuse, path)


def _refuse_unreadable(files: Sequence[File], where: str) -> None:
    _, bad = scan(files)
    if bad:
        raise DataError(
            f"{where}: {plural(len(bad), 'file')} of {len(files):,} cannot be read, first "
            f"{bad[0]}. Remove or replace {'it' if len(bad) == 1 else 'them'}."
        )


def _not_binary_error(where: str, count: int) -> UsageError:
    return UsageError(
        f"{where} has {plural(count, 'class', 'classes')}, but class_mode='binary' is for two. "
        "Use 'categorical' or 'sparse'."
    )
