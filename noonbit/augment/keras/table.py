"""Image sources from the rows of a table, read as `frame[column]`: a pandas frame or a dict.

Without `compat`, classes are in natural order (`10` after `2`), and missing files are an error.
"""

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, get_args

import numpy as np
from numpy.typing import NDArray

from noonbit.augment.keras.decode import DecodeSettings, refuse_unknown
from noonbit.augment.keras.files import (
    KERAS_SUFFIXES,
    make_file_source,
    not_binary_error,
    refuse_unreadable,
)
from noonbit.augment.keras.settings import Settings
from noonbit.augment.keras.source import ClassMode, ImageSource
from noonbit.data.dataset import Indices, natural_key
from noonbit.data.files import File
from noonbit.errors import (
    DataError,
    InputRefused,
    UsageError,
    UsageTypeError,
    did_you_mean,
    join_first,
    plural,
)
from noonbit.system.paths import is_file

WITHDRAWN = {
    "has_ext": "file names are taken as they are",
    "sort": "without shuffle, images come in the order of the table",
    "drop_duplicates": "use the table's own drop_duplicates",
}
"""Arguments of `flow_from_dataframe` that Keras warns of since 2019, and what holds instead."""


def source_from_table(
    settings: Settings,
    frame: Any,
    decoding: DecodeSettings,
    *,
    directory: str | Path | None,
    x_col: str,
    y_col: str | Sequence[str] | None,
    weight_col: str | None,
    classes: Sequence[Any] | None,
    class_mode: ClassMode | None,
    validate_filenames: bool,
) -> ImageSource:
    """Open the pictures that a table names; its columns are read as `frame[name]`, as in pandas."""
    refuse_unknown("class_mode", class_mode, (*get_args(ClassMode), None))
    if not isinstance(frame, Mapping) and not hasattr(frame, "columns"):
        raise UsageTypeError(
            f"The table is of the type {type(frame).__name__}; give a pandas frame, such as "
            "pandas.read_csv(path), or a dict of columns."
        )
    if class_mode == "multi_output" and (y_col is None or isinstance(y_col, str)):
        raise UsageTypeError(
            f"class_mode='multi_output' takes a list of columns as y_col, such as ['{y_col}']."
        )
    names = _read_file_names(frame, x_col)
    weights = None if weight_col is None else _read_weights(frame, weight_col)
    paths = [Path(directory or "") / name for name in names]
    kept = np.arange(len(names))
    if validate_filenames:
        kept = _find_files(paths, names, x_col, as_keras=decoding.as_keras)
    labels: Any = None
    class_indices: dict[Any, int] = {}
    if class_mode == "multi_output":
        labels = [np.array(list(_read_column(frame, name, "y_col")))[kept] for name in y_col or ()]
    elif class_mode == "raw":
        labels = np.asarray(_read_column(frame, y_col, "y_col"))[kept]
    elif class_mode not in (None, "input"):
        given = list(_read_column(frame, y_col, "y_col"))
        _refuse_missing_labels(given, names, y_col)
        order = str if decoding.as_keras else natural_key
        labels, kept, class_indices = _encode_labels(
            [given[item] for item in kept], kept, classes, order=order
        )
        if class_mode == "binary" and len(class_indices) != 2:
            raise not_binary_error(f"The column '{y_col}'", len(class_indices))
    if not len(kept) and not decoding.as_keras:
        raise DataError(f"No row of the table names a picture that is there ({len(names):,} rows).")
    files = [_file_at(paths[item], names[item]) for item in kept]
    if validate_filenames and not decoding.as_keras:
        refuse_unreadable(files, f"The column '{x_col}'")
    return make_file_source(
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
    """Return the rows whose files exist.

    Missing ones raise `DataError`; with `as_keras`, they and names that do not end like a picture's
    are left out with a warning.
    """
    there = np.array([is_file(path) for path in paths], bool)
    if as_keras:
        there &= np.array([name.lower().endswith(KERAS_SUFFIXES) for name in names], bool)
    if there.all():
        return np.flatnonzero(there)
    missing = int((~there).sum())
    first = paths[int(np.argmin(there))]
    what = f"{plural(missing, 'file')} of the column '{column}' {'is' if missing == 1 else 'are'}"
    if not as_keras:
        raise DataError(
            f"{what} not there, first {first}. Give the folder that the names start from as "
            "directory, or leave those rows out."
        )
    warnings.warn(
        f"{what} not there, or no picture by the name's ending, first {first}: left out, as Keras "
        "does.",
        UserWarning,
        stacklevel=4,
    )
    return np.flatnonzero(there)


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
        columns = join_first([str(each) for each in getattr(frame, "columns", frame)], 10)
        raise UsageError(
            f"The table has no column {name!r}; name one with {argument}. There are: {columns}."
        ) from None


def _read_file_names(frame: Any, column: str) -> list[str]:
    """Read the names of the files; raises `UsageTypeError` for anything but text."""
    names = list(_read_column(frame, column, "x_col"))
    for row, name in enumerate(names):
        if not isinstance(name, str | os.PathLike):
            raise UsageTypeError(
                f"The column '{column}' holds file names, but row {row} is {name!r}. Leave out the "
                "rows without a file."
            )
    return [os.fspath(name) for name in names]


def _read_weights(frame: Any, column: str) -> NDArray[Any]:
    """Read the sample weights; raises `UsageTypeError` unless they are numbers."""
    weights = np.array(list(_read_column(frame, column, "weight_col")))
    if weights.dtype.kind not in "fiub":
        raise UsageTypeError(
            f"The column '{column}' should hold numbers, the weight of each image, but holds "
            f"{weights[:1].tolist()[0]!r}."
        )
    return weights


def _refuse_missing_labels(labels: Sequence[Any], names: Sequence[str], column: Any) -> None:
    """Raise `UsageTypeError` for rows without a label, which would become a class `nan`."""
    rows = [row for row, label in enumerate(labels) if _is_missing(label)]
    if rows:
        raise UsageTypeError(
            f"The column '{column}' is empty in {plural(len(rows), 'row')}, first that of "
            f"{names[rows[0]]}. Give a label, or leave those rows out."
        )


def _is_missing(value: Any) -> bool:
    """Whether a cell is empty: None, or what equals nothing, as nan and pandas's NA and NaT."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # NA says so in this way; an array has many answers
        return type(value).__name__ == "NAType"


def _file_at(path: Path, name: str) -> File:
    """Return a file of a table; a missing one raises `InputRefused` only when it is read."""

    def refuse() -> BinaryIO:
        raise InputRefused(str(path), "is not there")

    return File.from_path(path, name) if is_file(path) else File(name, 0, refuse, path)


def refuse_or_warn(names: Iterable[str], *, known: Iterable[str]) -> None:
    """Warn of withdrawn arguments; raise `UsageTypeError` for those that never were."""
    for name in names:
        if name not in WITHDRAWN:
            raise UsageTypeError(
                f"flow_from_dataframe has no argument '{name}'.{did_you_mean(name, known)}"
            )
        warnings.warn(
            f"{name} does nothing any more: {WITHDRAWN[name]}. Leave it out.",
            DeprecationWarning,
            stacklevel=3,
        )
