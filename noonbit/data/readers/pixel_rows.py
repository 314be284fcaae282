"""Read tables with one row of pixels per image and a label column at any position.

pyarrow parses the pixels directly as uint8: 27,455 rows of 785 columns take 0.9 s of CPU time.
"""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from noonbit.data.dataset import Part, PartName, RawDataset, order_parts
from noonbit.data.files import content
from noonbit.data.labels import encode_labels
from noonbit.data.preprocess.pixels import pixels_from_array, shape_of_row, value_range_of
from noonbit.data.readers.delimited import (
    LABEL_NAMES,
    Table,
    column_key,
    explain_parse_error,
    is_number,
    parse_columns,
)
from noonbit.errors import DataError

FORMAT = "CSV"

_INDEX_NAMES = ("", "unnamed: 0", "index", "id")
_PIXEL_NAME = re.compile(r"[a-z]*[ _.-]?\d+([x_.-]\d+)*")


@dataclass(frozen=True)
class PixelRows:
    """The content of a table of pixels."""

    table: Table
    values: NDArray[np.generic]
    """(N, K), uint8 if all values are bytes, else float32."""
    labels: NDArray[np.generic] | None
    """(N,) as written: numbers, or text."""
    notes: tuple[str, ...]


def read_pixels(tables: dict[PartName, Table], source: str) -> RawDataset:
    """Read the images and labels of one table per part. Raises `DataError`."""
    rows: dict[PartName, PixelRows] = {part: read_rows(table) for part, table in tables.items()}
    notes = tuple(note for each in rows.values() for note in each.notes)
    unlabelled = {part: each.table for part, each in rows.items() if each.labels is None}
    for part, table in unlabelled.items():
        if part == "train" or len(unlabelled) == len(rows):
            raise DataError(
                f"{table.file.name} has {table.describe()}, all of them pixels, and no label "
                "column. Add one named label; `noonbit predict` takes images without labels."
            )
        del rows[part]
        notes += (f"{table.file.name} has no label column and is left out.",)
    rows, more = order_parts(rows, of=source)
    widths = sorted({each.values.shape[1] for each in rows.values()})
    if len(widths) > 1:
        raise DataError(
            f"{source}: its tables have {' and '.join(map(str, widths))} pixels a row. All parts "
            "need images of one size."
        )
    value_range = value_range_of(*(each.values for each in rows.values()), name=source)
    codes, class_names = encode_labels(
        {part: each.labels for part, each in rows.items() if each.labels is not None},
        source=source,
    )
    parts: dict[PartName, Part] = {}
    for part, each in rows.items():
        name = each.table.file.name
        images, _ = pixels_from_array(each.values, name=name, value_range=value_range)
        parts[part] = Part(images, codes[part], each.table.row_names(len(images)))
    return RawDataset(source, FORMAT, parts, class_names, value_range, notes=notes + more)


def read_rows(table: Table) -> PixelRows:
    """Read all pixels and the label column of a table. Raises `DataError`."""
    raw = content(table.file)
    label, pixels, notes = _assign_columns(table, raw)
    types = {} if label is None else {label: pa.string()}
    try:
        parsed = parse_columns(table, raw, dict.fromkeys(pixels, pa.uint8()) | types)
        whole = not any(parsed.column(column_key(i)).null_count for i in pixels)
    except pa.ArrowInvalid:
        whole = False
    if not whole:  # fractions, or a bad value that parsing as floats locates
        types |= dict.fromkeys(pixels, pa.float32())
        try:
            parsed = parse_columns(table, raw, types)
        except pa.ArrowInvalid:
            raise DataError(explain_parse_error(table, raw, types)) from None
    values = _read_values(parsed, pixels)
    if not whole:
        _refuse_values(table, values, pixels)
    labels = None if label is None else _read_labels(table, parsed.column(column_key(label)))
    return PixelRows(table, values, labels, notes)


def _assign_columns(table: Table, raw: bytes) -> tuple[int | None, list[int], tuple[str, ...]]:
    """Return the label column (or None), the pixel columns, and notes on guesses."""
    columns = list(range(table.columns))
    label = table.find_column(LABEL_NAMES)
    notes: tuple[str, ...] = ()
    pixels = [i for i in columns if i != label]
    index = table.find_column(_INDEX_NAMES)
    if index in pixels and shape_of_row(len(pixels) - 1 - (label is None)):
        pixels.remove(index)
        notes = (f"{table.file.name}: {table.column_name(index)} is an index and was left out.",)
    if label is None and not shape_of_row(len(pixels)) and shape_of_row(len(pixels) - 1):
        label = _guess_label(table, raw, pixels)
        pixels.remove(label)
        notes += (f"{table.file.name}: {table.column_name(label)} is taken for the label.",)
    shape = shape_of_row(len(pixels))
    if shape is None:
        raise DataError(
            f"{table.file.name} has {table.describe()}, which is neither a label and the pixels of "
            "a square picture (grey: 784 = 28 x 28; colour: 3,072 = 32 x 32 x 3), nor a path that "
            "exists and a label. Name the label column label, and give square pictures."
        )
    if shape[0] == 3:
        notes += (
            f"{table.file.name}: {len(pixels):,} pixels are read as {shape[1]} x {shape[2]} colour "
            "pixels, red, green and blue side by side.",
        )
    return label, pixels, notes


def _guess_label(table: Table, raw: bytes, columns: list[int]) -> int:
    """Guess the label column if no header names it.

    It is the only column whose name is not numbered like pixels, else the first or the last column:
    text is a label, a constant is a pixel (a black corner), and otherwise the column with fewer
    distinct values is the label.
    """
    if table.header is not None:
        odd = [i for i in columns if not _PIXEL_NAME.fullmatch(table.header[i].strip().lower())]
        if len(odd) == 1:
            return odd[0]
    ends = columns[0], columns[-1]
    types = dict.fromkeys(ends, pa.string())
    try:
        parsed = parse_columns(table, raw, types)
    except pa.ArrowInvalid:
        raise DataError(explain_parse_error(table, raw, types)) from None

    def pixel_likeness(column: int) -> float:
        values = pc.unique(parsed.column(column_key(column))).to_pylist()
        if not all(map(is_number, values)):
            return 0
        return len(values) if len(values) > 1 else np.inf

    return min(ends, key=pixel_likeness)


def _read_values(parsed: pa.Table, pixels: list[int]) -> NDArray[np.generic]:
    """Collect columns into (N, K), in blocks of rows that fit into the CPU cache."""
    dtype = parsed.column(column_key(pixels[0])).type.to_pandas_dtype()
    values = np.empty((parsed.num_rows, len(pixels)), dtype)
    end = 0
    for batch in parsed.select([column_key(i) for i in pixels]).to_batches():
        begin, end = end, end + batch.num_rows
        columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
        values[begin:end] = np.stack(columns, axis=1)
    return values


def _refuse_values(table: Table, values: NDArray[np.generic], pixels: list[int]) -> None:
    """Raise `DataError` naming the first value that cannot be a pixel, if there is one."""
    numbers = values.astype(np.float32, copy=False)
    wrong = ~((numbers >= -1) & (numbers <= 255))  # written so that NaN counts as wrong
    if not wrong.any():
        return
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    value = numbers[row, column]
    holds = "is empty or nan" if np.isnan(value) else f"holds {value:g}"
    raise DataError(
        f"{table.file.name} row {table.row_number(int(row)):,}, "
        f"{table.column_name(pixels[int(column)])} {holds}; a pixel lies in 0..255, or in 0..1. "
        "Correct or remove the row."
    )


def _read_labels(table: Table, column: pa.ChunkedArray) -> NDArray[np.generic]:
    """Convert a label column to numbers if all of it are numbers, else to text."""
    text = pc.utf8_trim_whitespace(column)
    empty = pc.index(text, "").as_py()
    if empty >= 0:
        raise DataError(
            f"{table.file.name} row {table.row_number(empty):,} has no label. Add it, or remove "
            "the row."
        )
    for kind in (pa.int64(), pa.float64()):
        try:
            return np.asarray(pc.cast(text, kind).to_numpy())
        except pa.ArrowInvalid:
            continue
    return np.asarray(text.to_pylist())
