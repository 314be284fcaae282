"""JSON lines: an object a line with a text, a label, and perhaps the part it belongs to."""

import json
from typing import Any

from noonbit.data.dataset import BadItem, Data, Inputs, PartName, part_of
from noonbit.data.files import File, content, head, survey
from noonbit.data.readers.delimited import LABEL_NAMES, SPLIT_NAMES, TEXT_NAMES
from noonbit.data.readers.text import (
    LINE_END,
    Row,
    column_named,
    data_of_rows,
    decoded,
    part_of_rows,
)
from noonbit.errors import DataError

FORMAT = "JSON lines"
SAMPLE_BYTES = 2**20


def recognise(files: list[File]) -> bool:
    """Whether a listing holds a file whose first line is an object with a text."""
    return any(map(is_json_lines, survey(files)))


def is_json_lines(file: File) -> bool:
    """Whether the first line of a file is a JSON object with a text."""
    if not head(file, 16).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    first = head(file, SAMPLE_BYTES).decode("utf-8-sig", "replace").strip().partition("\n")[0]
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and column_named(list(value), TEXT_NAMES) is not None


def read(files: list[File], source: str) -> Data:
    """Read the objects of all files, parts where their names or a field say so."""
    rows, bad, notes = rows_of(files, labelled=True)
    if not rows:
        raise DataError(f"{source} holds no line that can be read: {bad[0]}.")
    return data_of_rows(rows, source, FORMAT, bad=bad, notes=notes)


def read_inputs(files: list[File], source: str, value_range: tuple[float, float] | None) -> Inputs:
    """The texts of all files; labels are passed over."""
    del value_range  # text has none
    rows, bad, notes = rows_of(files, labelled=False)
    part, empty = part_of_rows(rows)
    return Inputs(source, FORMAT, part, bad=(*bad, *empty), notes=tuple(notes))


def rows_of(files: list[File], *, labelled: bool) -> tuple[list[Row], list[BadItem], list[str]]:
    """The texts of all files, the lines that cannot be used, and how files had to be read."""
    rows: list[Row] = []
    bad: list[BadItem] = []
    notes: list[str] = []
    for file in filter(is_json_lines, files):
        text, more = decoded(content(file), file.name)
        notes += more
        part = part_of(file.name) or "train"
        for number, line in enumerate(LINE_END.split(text), start=1):
            if not line.strip():
                continue
            row = row_of(line, f"{file.name} line {number}", part, labelled=labelled)
            if isinstance(row, Row):
                rows.append(row)
            else:
                bad.append(row)
    return rows, bad, notes


def row_of(line: str, name: str, part: PartName, *, labelled: bool) -> Row | BadItem:
    """One line as a row, or what is wrong with it."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return BadItem(name, f"is not JSON ({error})")
    if not isinstance(value, dict):
        return BadItem(name, "is no JSON object")
    text, label, split = (
        field_of(value, names) for names in (TEXT_NAMES, LABEL_NAMES, SPLIT_NAMES)
    )
    if not isinstance(text, str):
        return BadItem(name, "has no text")
    if not labelled:
        return Row(name, text)
    if label is None or isinstance(label, dict | list) or not str(label).strip():
        return BadItem(name, "has no label")
    item_part = part if split is None else part_of(str(split))
    if item_part is None:
        return BadItem(name, f"has the split '{split}'")
    return Row(name, text, str(label).strip(), item_part)


def field_of(value: dict[str, Any], names: tuple[str, ...]) -> Any:
    """The field of an object that has one of these names; None where none has."""
    keys = list(value)
    index = column_named(keys, names)
    return None if index is None else value[keys[index]]
