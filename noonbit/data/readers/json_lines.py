"""Read JSON Lines: one object per line with a text, a label and optionally a split."""

import json
from dataclasses import replace
from typing import Any

from noonbit.data.dataset import MOST_DIGITS, BadItem, Inputs, PartName, RawDataset, detect_part
from noonbit.data.files import File, content, head, survey
from noonbit.data.readers.column_names import LABEL_NAMES, SPLIT_NAMES, TEXT_NAMES, find_column
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.text import (
    LINE_END,
    TextRow,
    dataset_from_rows,
    decode_text,
    part_from_rows,
)
from noonbit.errors import DataError

FORMAT = "JSON lines"
SAMPLE_BYTES = 2**20


def recognise(listing: Listing) -> bool:
    """Whether a listing holds a JSON Lines file; see `is_json_lines`."""
    files = listing.files
    return any(map(is_json_lines, survey(files)))


def is_json_lines(file: File) -> bool:
    """Whether the first line of a file is a JSON object with a text."""
    if not head(file, 16).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return False
    first = head(file, SAMPLE_BYTES).decode("utf-8-sig", "replace").strip().partition("\n")[0]
    try:
        value = parse(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and find_column(list(value), TEXT_NAMES) is not None


def read(listing: Listing) -> RawDataset:
    """Read the objects of all files; the part comes from a field or the file name.

    Raises `DataError`.
    """
    files, source = listing.files, listing.source
    rows, bad, notes = read_rows(files, labelled=True, label_column=listing.options.label_column)
    if not rows:
        raise DataError(f"{source} holds no line that can be read: {bad[0]}.")
    data = dataset_from_rows(rows, source, FORMAT, bad=bad, notes=notes)
    return replace(data, used=frozenset(file.name for file in files if is_json_lines(file)))


def read_inputs(listing: Listing, value_range: tuple[float, float] | None) -> Inputs:
    """Read the texts of all files, ignoring labels."""
    files, source = listing.files, listing.source
    del value_range  # text has none
    rows, bad, notes = read_rows(files, labelled=False)
    part, empty = part_from_rows(rows)
    return Inputs(source, FORMAT, part, bad=(*bad, *empty), notes=tuple(notes))


def read_rows(
    files: list[File], *, labelled: bool, label_column: str | None = None
) -> tuple[list[TextRow], list[BadItem], list[str]]:
    """Read the rows of all files, the lines that cannot be used, and notes on the decoding."""
    rows: list[TextRow] = []
    bad: list[BadItem] = []
    notes: list[str] = []
    for file in filter(is_json_lines, files):
        text, more = decode_text(content(file), file.name)
        notes += more
        part = detect_part(file.name) or "train"
        for number, line in enumerate(LINE_END.split(text), start=1):
            if not line.strip():
                continue
            row = parse_row(
                line,
                f"{file.name} line {number}",
                part,
                labelled=labelled,
                label_column=label_column,
            )
            if isinstance(row, TextRow):
                rows.append(row)
            else:
                bad.append(row)
    return rows, bad, notes


def parse_row(
    line: str, name: str, part: PartName, *, labelled: bool, label_column: str | None = None
) -> TextRow | BadItem:
    """Parse one line as a row; returns a `BadItem` with the reason if that fails.

    `label_column` is the name of the field with the label; None: it has a usual name.
    """
    try:
        value = parse(line)
    except (ValueError, RecursionError) as error:
        return BadItem(name, f"is not JSON ({error})")
    if not isinstance(value, dict):
        return BadItem(name, "is no JSON object")
    text, label, split = (
        find_field(value, names) for names in (TEXT_NAMES, LABEL_NAMES, SPLIT_NAMES)
    )
    if label_column is not None:
        label = find_field(value, (label_column.strip().lower(),))
    if not isinstance(text, str):
        return BadItem(name, "has no text")
    if not labelled:
        return TextRow(name, text)
    if label is None or isinstance(label, dict | list) or not str(label).strip():
        return BadItem(name, "has no label")
    item_part = part if split is None else detect_part(str(split))
    if item_part is None:
        return BadItem(name, f"has the split '{split}'")
    return TextRow(name, text, str(label).strip(), item_part)


def parse(line: str) -> Any:
    """Parse a line; whole numbers with more digits than Python reads stay text."""
    return json.loads(line, parse_int=lambda text: int(text) if len(text) <= MOST_DIGITS else text)


def find_field(value: dict[str, Any], names: tuple[str, ...]) -> Any:
    """Return the value of the first of `names` that the object has; None if it has none."""
    keys = list(value)
    index = find_column(keys, names)
    return None if index is None else value[keys[index]]
