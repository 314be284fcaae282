"""Tables with a text and a label a row, and perhaps the part it belongs to."""

import csv
import io
from typing import Literal

from noonbit.data.dataset import BadItem, Data, Inputs, PartName, part_of
from noonbit.data.files import content
from noonbit.data.readers.delimited import SPLIT_NAMES, TEXT_NAMES, Table
from noonbit.data.readers.text import (
    Row,
    column_named,
    data_of_rows,
    decoded,
    label_among,
    part_of_rows,
)
from noonbit.errors import DataError, plural

FORMAT = "a table of texts and labels"
LEAST_WORDS = 3
"""Of half the values of a column without a telling name, if it holds texts."""
MOST_COLUMNS = 64


def text_column_of(table: Table) -> int | None:
    """The column of texts: by its name, else the one whose values have several words."""
    if table.columns > MOST_COLUMNS:
        return None  # a row of pixels
    named = column_named(table.header or [], TEXT_NAMES)
    if named is not None:
        return named
    words = [
        sorted(len(row[column].split()) for row in table.sample if len(row) > column)
        for column in range(table.columns)
    ]
    medians = [counts[len(counts) // 2] if counts else 0 for counts in words]
    longest = max(range(table.columns), key=lambda column: medians[column])
    return longest if medians[longest] >= LEAST_WORDS else None


def read_texts(tables: dict[PartName, Table], source: str) -> Data:
    """Read the texts of tables with their labels. Raises `DataError`."""
    rows: list[Row] = []
    bad: list[BadItem] = []
    notes: list[str] = []
    for part, table in tables.items():
        names = table.header or [""] * table.columns
        text = text_column_of(table)
        splits = column_named(names, SPLIT_NAMES)
        label = label_among(names, {text, splits})
        if text is None or label is None:
            raise DataError(
                f"{table.file.name} has {table.describe()}, and it is not clear which is the "
                f"{'text' if text is None else 'label'}. Name the columns text and label."
            )
        fields, wrong, more = fields_of(table)
        bad += wrong
        notes += more
        for name, row in fields:
            item_part = part_of(row[splits]) if splits is not None else part
            if item_part is None:
                bad.append(BadItem(name, f"has the split '{row[splits or 0]}'"))
            elif not row[label].strip() and row[text].strip():
                bad.append(BadItem(name, "has no label"))
            else:
                rows.append(Row(name, row[text], row[label].strip(), item_part))
    return data_of_rows(rows, source, FORMAT, bad=bad, notes=notes)


def read_text_inputs(table: Table, source: str) -> Inputs:
    """The texts of a table; other columns are passed over."""
    column = text_column_of(table)
    assert column is not None  # noqa: S101 - the caller asked
    fields, wrong, notes = fields_of(table)
    part, empty = part_of_rows([Row(name, row[column]) for name, row in fields])
    return Inputs(source, FORMAT, part, bad=(*wrong, *empty), notes=notes)


def fields_of(
    table: Table,
) -> tuple[list[tuple[str, list[str]]], list[BadItem], tuple[str, ...]]:
    """The rows of data with their names, those with too many or too few fields, and notes.

    A quoted field may go over several lines; where tabs separate, quotes are part of the text.
    """
    name = table.file.name
    text, notes = decoded(content(table.file), name)
    quoting: Literal[0, 3] = csv.QUOTE_NONE if table.separator == "\t" else csv.QUOTE_MINIMAL
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=table.separator, quoting=quoting)
    found: list[tuple[str, list[str]]] = []
    bad: list[BadItem] = []
    try:
        for number, row in enumerate(filter(None, reader), start=1):
            if number == 1 and table.header is not None:
                continue
            where = f"{name} row {number}"
            if len(row) == table.columns:
                found.append((where, row))
            else:
                bad.append(
                    BadItem(where, f"has {plural(len(row), 'field')} instead of {table.columns}")
                )
    except csv.Error as error:
        raise DataError(
            f"{name} cannot be read as a table after line {reader.line_num:,} ({error}). Is a "
            "quote missing there?"
        ) from None
    return found, bad, notes
