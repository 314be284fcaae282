"""Read tables whose cells hold all pixels of a picture each, as FER2013's: emotion, pixels, Usage.

The numbers of a cell may be parted by spaces, commas, semicolons or lines, and stand in brackets:
`70 80 82`, `[70, 80]`, `[[70 80]\\n [82 72]]`. Nested brackets say the height and the width;
without them the picture is a square.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from noonbit.data.dataset import BadItem, PartName, RawDataset
from noonbit.data.files import File
from noonbit.data.labels import one_hot_columns
from noonbit.data.preprocess.pixels import shape_of_row
from noonbit.data.readers.cells import LEAST_NUMBERS, fields_of_cell, numbers_in
from noonbit.data.readers.column_names import find_label_column
from noonbit.data.readers.delimited import Table
from noonbit.data.readers.label_column import numbers_rows
from noonbit.data.readers.labelled_pixels import LabelledPixels, dataset_from_pixels, labels_of
from noonbit.data.readers.split_column import find_split_column
from noonbit.data.readers.table_columns import read_text_columns
from noonbit.errors import DataError, join_first

_SCALAR = re.compile(r"[\w.]*\(([^()\[\]]*)\)")
"""`np.uint8(7)`, as lists of NumPy's numbers are written."""


def find_cell_column(table: Table) -> int | None:
    """Find the column whose cells hold pictures: many numbers, and mostly equally many.

    Texts of as many numbers each are pictures too; texts of word numbers differ in length.
    """
    for column in range(table.columns):
        counts = [len(numbers_in(row[column])) for row in table.sample if len(row) > column]
        usual = max(counts, key=counts.count, default=0)
        if usual >= LEAST_NUMBERS and 2 * counts.count(usual) > len(counts):
            return column
    return None


def read_cells(
    tables: dict[PartName, Table], source: str, *, label_column: str | None = None
) -> RawDataset:
    """Read the pictures and labels of one table per part. Raises `DataError`."""
    rows = {part: read_cell_rows(table, label_column) for part, table in tables.items()}
    return dataset_from_pixels(rows, source)


def read_cell_rows(
    table: Table, label_column: str | None = None, *, labelled: bool = True
) -> LabelledPixels:
    """Read the picture and the label of every row; not the labels if they are not wanted.

    Raises `DataError`.
    """
    cell = find_cell_column(table)
    if cell is None:
        raise DataError(
            f"{table.file.name} has {table.describe()}, and no cell holds the pixels of a picture. "
            "Give tables of one form."
        )
    from noonbit.data.readers.number_rows import read_numbers  # pyarrow is slow to import

    raw = table.content()
    split = find_split_column(table)
    columns = _label_columns(table, raw, {cell, split}, label_column) if labelled else []
    wanted = [cell, *columns, *([] if split is None else [split])]
    cells, *texts = read_text_columns(table, raw, wanted)
    fields = dict(zip(wanted[1:], texts, strict=True))
    count = _usual_count(table, cell)
    shape = _nested_shape(table, cell, count)
    if shape is None and shape_of_row(count) is None:
        raise DataError(
            f"{table.file.name}, {table.column_name(cell)} holds {count:,} numbers a cell, which "
            "are no square picture (grey: 784 = 28 x 28; colour: 3,072 = 32 x 32 x 3). Nest them "
            "as [[...], [...]] to say height and width."
        )
    lines = [" ".join(fields_of_cell(text)) or "-" for text in cells]
    names = table.row_names(np.arange(len(cells)))
    inner = Table(_file_of(lines, table.file.name), " ", None, [["0"] * count])
    rows = read_numbers(inner, "\n".join(lines).encode() + b"\n", list(range(count)), [])
    values = rows.values.reshape(len(rows.values), *(shape or (count,)))
    bad = tuple(_explain(item, names, lines, table.column_name(cell)) for item in rows.bad)
    kept = rows.rows.tolist()
    return LabelledPixels(
        table.file.name,
        values,
        labels_of(table, columns, {i: [fields[i][row] for row in kept] for i in columns}),
        None if split is None else [fields[split][row] for row in kept],
        [names[row] for row in kept],
        bad,
        (),
    )


def _label_columns(
    table: Table, raw: bytes, taken: set[int | None], label_column: str | None
) -> list[int]:
    """Find the label column or the one-hot columns; nothing if there is no other column.

    Raises `DataError` if it is not clear, and `UsageError` for a column that does not exist.
    """
    if label_column is not None:
        return [table.column_of(label_column, flag="--label-column")]
    names = table.header or [""] * table.columns
    label = find_label_column(names, taken)
    if label is not None:
        alone = names[label].strip().lower() in ("id", "index", "")
        (fields,) = read_text_columns(table, raw, [label])
        return [] if alone and numbers_rows(fields) else [label]
    others = [i for i in range(table.columns) if i not in taken]
    if not others:
        return []
    columns = read_text_columns(table, raw, others)
    if one_hot_columns(columns) is not None:
        return others
    left = {
        i: fields for i, fields in zip(others, columns, strict=True) if not numbers_rows(fields)
    }
    if len(left) == 1 or one_hot_columns(list(left.values())) is not None:
        return list(left)
    named = join_first([table.column_name(i).removeprefix("column ") for i in others], 5)
    raise DataError(
        f"{table.file.name}: it is not clear which column is the label ({named}). Say so with "
        "--label-column, by name or by number from 1."
    )


def _usual_count(table: Table, cell: int) -> int:
    counts = [len(numbers_in(row[cell])) for row in table.sample if len(row) > cell]
    return max(counts, key=counts.count)


def _nested_shape(table: Table, cell: int, count: int) -> tuple[int, ...] | None:
    """Return (H, W), (H, W, C) or (C, H, W) as the brackets of a cell nest; None if flat."""
    for row in table.sample:
        if len(row) <= cell or len(numbers_in(row[cell])) != count:
            continue
        text = _SCALAR.sub(r"\1", row[cell]) if "[" in row[cell] else row[cell]
        if "[" not in text:
            text = text.replace("(", "[").replace(")", "]")  # tuples
        depth = re.match(r"[^\[\]]*([\s\[]*)", text)
        levels = depth[1].count("[") if depth else 0
        inner = len(re.findall(r"\[[^\[\]]*\]", text))
        if levels < 2 or inner < 2 or count % inner:
            return None
        if levels == 2:
            return inner, count // inner
        middle = len(re.findall(r"\]\s*,?\s*\]", text))
        outer = max(middle if levels == 3 else 0, 1)
        return None if inner % outer else (outer, inner // outer, count // inner)
    return None


def _file_of(lines: Sequence[str], name: str) -> File:
    raw = "\n".join(lines).encode() + b"\n"
    return File(name, len(raw), lambda: io.BytesIO(raw))


def _explain(item: BadItem, names: Sequence[str], lines: Sequence[str], column: str) -> BadItem:
    """Say of a row of numbers that was a cell which row of the table it is, in its words."""
    row = int(item.name.rpartition(" ")[2].replace(",", "")) - 1
    reason = re.sub(r"column (\d+)", rf"number \1 of {column}", item.reason)
    if "..." in lines[row]:
        reason = f"has a picture in {column} that is cut short by '...', as NumPy prints arrays"
    elif item.reason.startswith("has ") and "instead of" in item.reason:
        reason = re.sub(r"fields?", "numbers", item.reason) + f" in {column}"
    return replace(item, name=names[row], reason=reason)
