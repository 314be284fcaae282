"""Read tables with a text, a label and optionally a split in each row."""

import csv
import io
from typing import Literal

from noonbit.data.dataset import BadItem, Inputs, PartName, RawDataset, detect_part
from noonbit.data.files import content
from noonbit.data.readers.column_names import (
    SPLIT_NAMES,
    TEXT_NAMES,
    find_column,
    find_label_column,
)
from noonbit.data.readers.delimited import Table
from noonbit.data.readers.text import (
    TextRow,
    dataset_from_rows,
    part_from_rows,
)
from noonbit.errors import DataError, plural

FORMAT = "a table of texts and labels"
LEAST_WORDS = 3
"""Minimum median number of words for an unnamed column to count as the text column."""
MOST_COLUMNS = 64


def find_text_column(table: Table) -> int | None:
    """Find the text column: by its name, else the one whose values have several words."""
    if table.columns > MOST_COLUMNS:
        return None  # a table of pixels
    named = find_column(table.header or [], TEXT_NAMES)
    if named is not None:
        return named
    words = [
        sorted(len(row[column].split()) for row in table.sample if len(row) > column)
        for column in range(table.columns)
    ]
    medians = [counts[len(counts) // 2] if counts else 0 for counts in words]
    longest = max(range(table.columns), key=lambda column: medians[column])
    return longest if medians[longest] >= LEAST_WORDS else None


def read_texts(
    tables: dict[PartName, Table], source: str, *, label_column: str | None = None
) -> RawDataset:
    """Read the texts of tables with their labels. Raises `DataError`.

    `label_column` is the name or the number from 1 that a user gave.
    """
    rows: list[TextRow] = []
    bad: list[BadItem] = []
    for part, table in tables.items():
        names = table.header or [""] * table.columns
        text = find_text_column(table)
        splits = find_column(names, SPLIT_NAMES)
        label = (
            find_label_column(names, {text, splits})
            if label_column is None
            else table.column_of(label_column, flag="--label-column")
        )
        if text is None or label is None:
            raise DataError(
                f"{table.file.name} has {table.describe()}, and it is not clear which is the "
                f"{'text' if text is None else 'label'}. Name the columns text and label, or say "
                "which is the label with --label-column."
            )
        fields, wrong = read_fields(table)
        bad += wrong
        for name, row in fields:
            item_part = detect_part(row[splits]) if splits is not None else part
            if item_part is None:
                bad.append(BadItem(name, f"has the split '{row[splits or 0]}'"))
            elif not row[label].strip() and row[text].strip():
                bad.append(BadItem(name, "has no label"))
            else:
                rows.append(TextRow(name, row[text], row[label].strip(), item_part))
    return dataset_from_rows(rows, source, FORMAT, bad=bad)


def read_text_inputs(table: Table, source: str) -> Inputs:
    """Read the texts of a table, ignoring other columns. Raises `DataError`."""
    column = find_text_column(table)
    assert column is not None  # noqa: S101 - the caller checked
    fields, wrong = read_fields(table)
    part, empty = part_from_rows([TextRow(name, row[column]) for name, row in fields])
    return Inputs(source, FORMAT, part, bad=(*wrong, *empty), notes=table.notes)


def read_fields(table: Table) -> tuple[list[tuple[str, list[str]]], list[BadItem]]:
    """Read the data rows with their names, and list rows with a wrong number of fields.

    A quoted field may span several lines; in a tab-separated table, quotes are part of the text.
    Raises `DataError` for unbalanced quotes.
    """
    name = table.file.name
    lines = io.TextIOWrapper(io.BytesIO(content(table.file)), "utf-8", newline="")
    quoting: Literal[0, 3] = csv.QUOTE_NONE if table.separator == "\t" else csv.QUOTE_MINIMAL
    reader = csv.reader(lines, delimiter=table.separator, quoting=quoting)
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
    return found, bad
