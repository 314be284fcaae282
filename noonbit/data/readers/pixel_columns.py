"""Tell the columns of a table of pixels apart: pixels, label, part, and what is none of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from noonbit.data.labels import one_hot_columns
from noonbit.data.preprocess.pixels import shape_of_row
from noonbit.data.readers.column_names import LABEL_NAMES
from noonbit.data.readers.delimited import Table
from noonbit.data.readers.label_column import EndColumn, find_label_end, numbers_of, numbers_rows
from noonbit.data.readers.split_column import find_split_column
from noonbit.data.readers.table_columns import read_text_columns
from noonbit.errors import DataError, join_first, plural

_INDEX_NAMES = ("", "unnamed: 0", "index", "id", "imageid", "image_id")
MOST_ONE_HOT = 10_000
"""One-hot columns that are looked for at most; each number of them is tried on a few rows."""
_PIXEL_NAME = re.compile(r"[a-z]*[ _.-]?\d+([x_.-]\d+)*")


@dataclass(frozen=True)
class PixelColumns:
    """What each column of a table of pixels is, by its index."""

    labels: tuple[int, ...]
    """The label column, or the one-hot columns of the classes; empty if there is none."""
    split: int | None
    pixels: list[int]
    notes: tuple[str, ...] = ()
    """What was guessed, and what was left out."""


def assign_columns(table: Table, raw: bytes, label_column: str | None) -> PixelColumns:
    """Find the label, the part and the pixels.

    A label column is one that the user names; else one with a usual name; else the only one that
    is not named like a pixel, or several such that are one-hot; else what the values of the first
    and the last column say, see `label_column`. Raises `DataError` where that leaves it open, and
    `UsageError` for a column that does not exist.
    """
    split = find_split_column(table)
    label = (
        table.find_column(LABEL_NAMES)
        if label_column is None
        else table.column_of(label_column, flag="--label-column")
    )
    labels = () if label is None else (label,)
    rest = [i for i in range(table.columns) if i not in (split, label)]
    columns = PixelColumns(labels, split, rest)
    if shape_of_row(len(rest)) is None:
        columns = (
            _assign_by_names(table, columns)
            or _assign_by_values(table, raw, columns)
            or _refuse_columns(table)
        )
    _require_pixel_names(table, columns.pixels)
    shape = shape_of_row(len(columns.pixels))
    assert shape is not None  # noqa: S101 - both ways of assigning leave a square
    notes = columns.notes
    if shape[0] == 3:
        notes += (
            f"{table.file.name}: {len(columns.pixels):,} pixels are read as {shape[1]} x "
            f"{shape[2]} colour pixels, red, green and blue side by side.",
        )
    return PixelColumns(columns.labels, columns.split, columns.pixels, notes)


def _assign_by_names(table: Table, columns: PixelColumns) -> PixelColumns | None:
    """Tell the columns that are not named like pixels apart; None if the rest is no square.

    Raises `DataError` if several of them may be the label.
    """
    if table.header is None:
        return None
    names = [name.strip().lower() for name in table.header]
    odd = [i for i in columns.pixels if not _PIXEL_NAME.fullmatch(names[i])]
    pixels = [i for i in columns.pixels if i not in odd]
    if shape_of_row(len(pixels)) is None:
        index = [i for i in odd if names[i] in _INDEX_NAMES]
        pixels = [i for i in columns.pixels if i not in index]
        if not index or shape_of_row(len(pixels)) is None:
            return None
        odd = index
    labels, notes = columns.labels, columns.notes
    others = [i for i in odd if names[i] not in _INDEX_NAMES]
    if not labels and len(others) == 1:
        labels = (others[0],)
        notes += (f"{table.file.name}: {table.column_name(others[0])} is taken for the label.",)
    elif not labels and _is_one_hot(table, others):
        labels = tuple(others)
    elif not labels and others:
        raise DataError(
            f"{table.file.name} has {plural(len(others), 'column')} beside its pixels "
            f"({join_first([table.header[i] for i in others], 5)}), and it is not clear which is "
            "the label. Say so with --label-column NAME."
        )
    notes += tuple(_note_index(table, i) for i in odd if names[i] in _INDEX_NAMES)
    left_out = [table.column_name(i) for i in others if i not in labels]
    if left_out:
        verb = "is no pixel and was" if len(left_out) == 1 else "are no pixels and were"
        notes += (f"{table.file.name}: {join_first(left_out, 3)} {verb} left out.",)
    return PixelColumns(labels, columns.split, pixels, notes)


def _assign_by_values(table: Table, raw: bytes, columns: PixelColumns) -> PixelColumns | None:
    """Tell the first and last columns apart by what they hold; None if that leaves no square.

    Raises `DataError` if it is not clear which of two columns is the label.
    """
    rest, labels, notes = columns.pixels, columns.labels, columns.notes
    left_out: tuple[str, ...] = ()
    if shape_of_row(len(rest) - 1) is None:
        if not labels and (one_hot := _find_one_hot(table, raw, rest)):
            pixels = [i for i in rest if i not in one_hot]
            note = f"{table.file.name}: its {len(one_hot)} one-hot columns are taken for the label."
            return PixelColumns(one_hot, columns.split, pixels, (*notes, note))
        if labels or shape_of_row(len(rest) - 2) is None:
            return None
        index = _find_index(table, raw, rest)
        if index is None:
            return None
        left_out = (_note_index(table, index),)
        rest = [i for i in rest if i != index]
    if labels:
        index = _find_index(table, raw, rest)
        if index is None:
            return None
        pixels = [i for i in rest if i != index]
        return PixelColumns(labels, columns.split, pixels, (*notes, _note_index(table, index)))
    ends = _read_ends(table, raw, rest)
    label = find_label_end(ends)
    if label is None:
        index = _find_index(table, raw, rest)
        if index is None or left_out:
            _refuse_to_guess(table, rest)
        pixels = [i for i in rest if i != index]
        return PixelColumns((), columns.split, pixels, (*notes, _note_index(table, index)))
    note = f"{table.file.name}: {table.column_name(label)} is taken for the label."
    pixels = [i for i in rest if i != label]
    return PixelColumns((label,), columns.split, pixels, (*notes, *left_out, note))


def _read_ends(table: Table, raw: bytes, columns: Sequence[int]) -> list[EndColumn]:
    """Read the first and the last of some columns, and those that would hold their neighbours."""
    channels, height, width = shape_of_row(len(columns) - 1) or (1, 1, 1)
    steps = sorted({1, channels, width, channels * width} - {0})
    first, last = [0, *steps], [-1, *(-1 - step for step in steps)]
    wanted = [columns[place] for place in (*first, *last)]
    fields = read_text_columns(table, raw, wanted, leave_out_ragged=True)
    ends = []
    for start, places in ((0, first), (len(first), last)):
        each = fields[start : start + len(places)]
        beside = [numbers for field in each[1:] if (numbers := numbers_of(field)) is not None]
        ends.append(EndColumn(columns[places[0]], each[0], beside))
    return ends


def _find_index(table: Table, raw: bytes, columns: Sequence[int]) -> int | None:
    """Return the first or the last column if it numbers or names the rows; None if neither does."""
    ends = columns[0], columns[-1]
    for column, fields in zip(
        ends, read_text_columns(table, raw, ends, leave_out_ragged=True), strict=True
    ):
        if numbers_rows(fields):
            return column
    return None


def _find_one_hot(table: Table, raw: bytes, columns: Sequence[int]) -> tuple[int, ...]:
    """Return the last or first columns that are one-hot in every row and leave a square."""
    for count in range(2, min(len(columns) - 15, MOST_ONE_HOT + 1)):
        if shape_of_row(len(columns) - count) is None:
            continue
        for found in (columns[-count:], columns[:count]):
            if not _is_one_hot(table, found):
                continue
            hot = one_hot_columns(read_text_columns(table, raw, found, leave_out_ragged=True))
            if hot is not None and len(set(hot)) >= 2:
                return tuple(found)
    return ()


def _is_one_hot(table: Table, columns: Sequence[int]) -> bool:
    rows = [row for row in table.sample if len(row) == table.columns]
    return one_hot_columns([[row[i] for row in rows] for i in columns]) is not None


def _note_index(table: Table, index: int | None) -> str:
    name = table.column_name(index) if index is not None else ""
    return f"{table.file.name}: {name} is an index and was left out."


def _refuse_to_guess(table: Table, columns: Sequence[int]) -> None:
    first, last = columns[0], columns[-1]
    raise DataError(
        f"{table.file.name} has {table.describe()}, and it is not clear whether "
        f"{table.column_name(first)} or {table.column_name(last)} is the label. Say so with "
        f"--label-column {first + 1} or --label-column {last + 1}."
    )


def _require_pixel_names(table: Table, pixels: Sequence[int]) -> None:
    """Raise `DataError` if most of the columns are named like measurements of something."""
    named = [
        i for i in pixels if table.header is not None and not re.search(r"\d", table.header[i])
    ]
    if 2 * len(named) > len(pixels):
        names = join_first([table.column_name(i).removeprefix("column ") for i in named], 3)
        raise DataError(
            f"{table.file.name} has {len(pixels)} columns that could be the pixels of a square "
            f"picture, but they are named {names}. Number the names if they are pixels."
        )


def _refuse_columns(table: Table) -> PixelColumns:
    raise DataError(
        f"{table.file.name} has {table.describe()}, which is neither a label and the pixels of "
        "a square picture (grey: 784 = 28 x 28; colour: 3,072 = 32 x 32 x 3), nor a path that "
        "exists and a label. Give square pictures, and name the label column with --label-column."
    )
