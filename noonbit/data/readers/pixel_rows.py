"""Tables with a row of pixels an image, beside a label column wherever it stands.

pyarrow reads the pixels straight into uint8: 27,455 rows of 785 columns take 0.9 s of processor
time.
"""

import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from noonbit.data.dataset import Data, Part, PartName, training_first
from noonbit.data.files import content
from noonbit.data.labels import encode_labels
from noonbit.data.readers.arrays import pixels_from_array, shape_of_row, value_range_of
from noonbit.data.readers.delimited import LABEL_NAMES, Table, is_number, key, parse, what_is_wrong
from noonbit.errors import DataError

FORMAT = "CSV"

_INDEX_NAMES = ("", "unnamed: 0", "index", "id")
_PIXEL_NAME = re.compile(r"[a-z]*[ _.-]?\d+([x_.-]\d+)*")


@dataclass(frozen=True)
class Rows:
    """The content of a table of pixels."""

    table: Table
    values: NDArray[np.generic]
    """(N, K), uint8 where all values are bytes, else float32."""
    labels: NDArray[np.generic] | None
    """(N,) as written: numbers, or text."""
    notes: tuple[str, ...]


def read_pixels(tables: dict[PartName, Table], source: str) -> Data:
    """Images and labels of a table a part. Raises `DataError`."""
    rows: dict[PartName, Rows] = {part: read_rows(table) for part, table in tables.items()}
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
    rows, more = training_first(rows, of=source)
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
    return Data(source, FORMAT, parts, class_names, value_range, notes=notes + more)


def read_rows(table: Table) -> Rows:
    """Read all pixels and the label column, wherever it is. Raises `DataError`."""
    raw = content(table.file)
    label, pixels, notes = _roles(table, raw)
    types = {} if label is None else {label: pa.string()}
    try:
        parsed = parse(table, raw, dict.fromkeys(pixels, pa.uint8()) | types)
        whole = not any(parsed.column(key(i)).null_count for i in pixels)
    except pa.ArrowInvalid:
        whole = False
    if not whole:  # fractions, or something wrong that floats let us point at
        types |= dict.fromkeys(pixels, pa.float32())
        try:
            parsed = parse(table, raw, types)
        except pa.ArrowInvalid:
            raise DataError(what_is_wrong(table, raw, types)) from None
    values = _values(parsed, pixels)
    if not whole:
        _refuse_values(table, values, pixels)
    labels = None if label is None else _labels(table, parsed.column(key(label)))
    return Rows(table, values, labels, notes)


def _roles(table: Table, raw: bytes) -> tuple[int | None, list[int], tuple[str, ...]]:
    """The label column (None without one), the pixel columns, and notes on what was guessed."""
    columns = list(range(table.columns))
    label = table.named(LABEL_NAMES)
    notes: tuple[str, ...] = ()
    pixels = [i for i in columns if i != label]
    index = table.named(_INDEX_NAMES)
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
    """The label among columns of which none is named so.

    The one name that is not a numbered one; else the first or the last column: text is a label, a
    constant (the black corner of a picture) is a pixel, and of two others the one with fewer
    different values is the label.
    """
    if table.header is not None:
        odd = [i for i in columns if not _PIXEL_NAME.fullmatch(table.header[i].strip().lower())]
        if len(odd) == 1:
            return odd[0]
    ends = columns[0], columns[-1]
    types = dict.fromkeys(ends, pa.string())
    try:
        parsed = parse(table, raw, types)
    except pa.ArrowInvalid:
        raise DataError(what_is_wrong(table, raw, types)) from None

    def pixel_likeness(column: int) -> float:
        values = pc.unique(parsed.column(key(column))).to_pylist()
        if not all(map(is_number, values)):
            return 0
        return len(values) if len(values) > 1 else np.inf

    return min(ends, key=pixel_likeness)


def _values(parsed: pa.Table, pixels: list[int]) -> NDArray[np.generic]:
    """(N, K), filled in blocks of rows that stay in the processor's cache."""
    dtype = parsed.column(key(pixels[0])).type.to_pandas_dtype()
    values = np.empty((parsed.num_rows, len(pixels)), dtype)
    end = 0
    for batch in parsed.select([key(i) for i in pixels]).to_batches():
        begin, end = end, end + batch.num_rows
        columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
        values[begin:end] = np.stack(columns, axis=1)
    return values


def _refuse_values(table: Table, values: NDArray[np.generic], pixels: list[int]) -> None:
    """Point at the first value that no pixel can have."""
    numbers = values.astype(np.float32, copy=False)
    wrong = ~((numbers >= -1) & (numbers <= 255))  # so written, NaN is wrong too
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


def _labels(table: Table, column: pa.ChunkedArray) -> NDArray[np.generic]:
    """A label column as numbers where all are numbers, else as text."""
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
