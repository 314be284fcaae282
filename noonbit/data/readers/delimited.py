"""Open delimited text files: detect encoding, separator and header.

Rows are numbered as an editor numbers lines: a header is row 1.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import NumberedNames
from noonbit.data.files import File, content, head, suffix_of
from noonbit.data.readers.cells import LEAST_NUMBERS, is_number, is_row_of_numbers, numbers_in
from noonbit.data.readers.column_names import (
    LABEL_NAMES,
    PATH_NAMES,
    SPLIT_NAMES,
    TEXT_NAMES,
    find_column,
)
from noonbit.data.readers.pictures import SUFFIXES
from noonbit.data.readers.text import decode_file
from noonbit.errors import DataError, UsageError, join_first, plural

_SAMPLE_BYTES = 2**20
_SAMPLE_ROWS = 20
_LONG_FIELD = 255
LONGEST_FIELD = 2**24
"""Characters, of which Python holds up to 12 bytes each; its own limit, 131,072, is less than the
numbers of a picture."""
csv.field_size_limit(LONGEST_FIELD)  # of the whole process


@dataclass(frozen=True)
class Table:
    """A delimited text file and what its first rows show."""

    file: File
    separator: str
    header: list[str] | None
    """Column names as written; None if the first row is data."""
    sample: list[list[str]]
    """The first rows of data, at most 20."""
    notes: tuple[str, ...] = ()
    """On its encoding, if that is not UTF-8; `file` is UTF-8 in any case."""

    @property
    def columns(self) -> int:
        """Number of fields per row: of the header, else of most rows."""
        if self.header is not None:
            return len(self.header)
        (count, _), *_ = Counter(map(len, self.sample)).most_common()
        return count

    @property
    def has_long_fields(self) -> bool:
        """Whether fields hold pictures or texts, which may span lines."""
        return any(len(field) > _LONG_FIELD for row in self.sample for field in row)

    def content(self) -> bytes:
        """Read all of the file, with a single space between fields where spaces part them."""
        raw = content(self.file)
        return squeeze_spaces(raw) if self.separator == " " else raw

    def column_name(self, index: int) -> str:
        """Name a column for an error."""
        return f"column {self.header[index]}" if self.header else f"column {index + 1}"

    def find_column(self, names: tuple[str, ...]) -> int | None:
        """Return the index of the first of `names` that the header has; None if it has none."""
        return find_column(self.header or [], names)

    def column_of(self, option: str, *, flag: str) -> int:
        """Return the index of the column that a user named: by its name, or its number from 1.

        Raises `UsageError` with the columns if there is no such one; `flag` is where it was named.
        """
        names = [name.strip() for name in self.header or ()]
        if option in names:
            return names.index(option)
        named = find_column(names, (option.strip().lower(),))
        if named is not None:
            return named
        if option.isdecimal() and len(option) < 10 and 1 <= int(option) <= self.columns:
            return int(option) - 1
        raise UsageError(
            f"{flag} {option} names no column of {self.file.name}, which has {self.describe()}. "
            f"Give {'a name, or ' if self.header else ''}a number from 1 to {self.columns:,}."
        )

    def row_number(self, index: int) -> int:
        """Return the number of a data row as an editor counts lines."""
        return index + (1 if self.header is None else 2)

    def row_names(self, rows: NDArray[np.int64]) -> Sequence[str]:
        """Return a name for each of some data rows, by their indices: `table.csv row 2`, ..."""
        prefix, first = f"{self.file.name} row", self.row_number(0)
        if len(rows) == 0 or rows[-1] == len(rows) - 1:
            return NumberedNames(prefix, len(rows), first=first)
        return [f"{prefix} {row + first}" for row in rows.tolist()]

    def describe(self) -> str:
        """Describe the columns for an error."""
        if self.header is None:
            return f"{self.columns:,} columns without names"
        return f"{plural(self.columns, 'column')} ({join_first(self.header, 5)})"


def open_table(file: File) -> Table:
    """Detect the encoding, the separator and the header. Raises `DataError` for an empty file."""
    file, notes = decode_file(file)
    raw = head(file, _SAMPLE_BYTES)
    text = raw.decode("utf-8", "replace")
    lines = text.splitlines()
    if len(raw) == _SAMPLE_BYTES and len(lines) > 1:
        lines.pop()  # most likely truncated
    lines = [line for line in lines if line.strip()][: _SAMPLE_ROWS + 1]
    if not lines:
        raise DataError(f"{file.name} is empty. Give a table with a row an image.")
    separator = _detect_separator(lines, file.name)
    if separator == " ":
        lines = [" ".join(line.split()) for line in lines]
    rows = _read_sample(lines, text, separator)
    header = rows.pop(0) if _is_header(rows) else None
    if not rows and (len(raw) == _SAMPLE_BYTES or text.count('"') % 2):
        raise DataError(
            f"{file.name} has no row that ends within its first {len(raw):,} bytes. Is a quote "
            "missing there?"
        )
    if not rows:
        raise DataError(f"{file.name} has a header but no rows. Give a table with a row an image.")
    if header is not None and {len(row) for row in rows} == {len(header) + 1}:
        header = ["", *header]  # R writes no name above the names of rows
    return Table(file, separator, header, rows, notes)


def _read_sample(lines: Sequence[str], text: str, separator: str) -> list[list[str]]:
    """Parse the first rows; quoted fields that span lines are read from the text itself."""
    if separator == " " or all(line.count('"') % 2 == 0 for line in lines):
        return list(csv.reader(lines, delimiter=separator))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = list(islice((row for row in reader if row), _SAMPLE_ROWS + 2))
    return rows[: max(1, len(rows) - 1)][: _SAMPLE_ROWS + 1]  # the last may be cut off


def _detect_separator(lines: Sequence[str], name: str) -> str:
    """Return the separator: that which parts the first line most, or spaces between numbers."""
    # A .tsv file with a tab is tab-separated, however many commas its texts hold.
    if ".tsv" in name.lower() and "\t" in lines[0]:
        return "\t"
    if are_numbers_parted_by_spaces(lines) or are_paths_before_labels(lines):
        return " "
    often = max(",\t;", key=lines[0].count)
    if lines[0].count(often) > LEAST_NUMBERS:
        for separator in ",\t;":
            if separator != often and _parts_cells(lines, separator):
                return separator
    return often


def _parts_cells(lines: Sequence[str], separator: str) -> bool:
    """Whether a separator leaves few fields, as many in each line, and a picture in one of them."""
    rows = list(csv.reader(lines, delimiter=separator))
    counts = set(map(len, rows))
    return (
        counts <= set(range(2, LEAST_NUMBERS))
        and len(counts) == 1
        and any(len(numbers_in(field)) >= LEAST_NUMBERS for field in rows[-1])
    )


def are_numbers_parted_by_spaces(lines: Sequence[str]) -> bool:
    """Whether most lines hold as many numbers, parted by spaces and nothing else.

    The first line may be a header, and a label and a name beside the numbers may be text.
    """
    rows = [line.split() for line in lines if not any(mark in line for mark in ",;\t")]
    if not rows:
        return False
    (count, most), *_ = Counter(map(len, rows)).most_common()
    numeric = [row for row in rows if len(row) == count and is_row_of_numbers(row)]
    return 2 * most > len(lines) and 2 * len(numeric) >= len(lines)


def are_paths_before_labels(lines: Sequence[str]) -> bool:
    """Whether each line is the path of a picture, a space and a label, as ImageNet's lists are."""
    rows = [line.split() for line in lines]
    return (
        bool(rows)
        and all(len(row) == 2 and suffix_of(row[0]) in SUFFIXES for row in rows)
        and not any(mark in line for line in lines for mark in ",;\t")
    )


def squeeze_spaces(raw: bytes) -> bytes:
    """Leave a single space between fields, and none at the ends of lines."""
    raw = re.sub(rb"[ \t]+", b" ", raw)
    return re.sub(rb"(?m)^ | (?=\r?$)", b"", raw)


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row is a header: known words, or text above most numeric columns.

    Numbers are one where they count the columns, as pandas writes them for columns without names,
    and where they are a row of data that pandas took for names: it adds to those that come again
    (`0`, `0.1`, `0.2`).
    """
    first, later = rows[0], rows[1:]
    numbers = [field for field in first if is_number(field)]
    if first == [str(i) for i in range(len(first))]:
        return True
    if is_row_of_numbers(first):
        counted = [str(i) for i in range(len(numbers))], [str(i + 1) for i in range(len(numbers))]
        return bool(later) and (numbers in counted or _are_repeated_names(first, later))
    if find_column(first, (*LABEL_NAMES, *PATH_NAMES, *SPLIT_NAMES, *TEXT_NAMES)) is not None:
        return True
    numeric = [
        i for i in range(len(first)) if all(is_number(row[i]) for row in later if i < len(row))
    ]
    named = [i for i in numeric if not is_number(first[i])]
    return bool(later) and 2 * len(named) > len(numeric)


def _are_repeated_names(first: list[str], later: list[list[str]]) -> bool:
    known = set(first)
    again = sum(field.rpartition(".")[0] in known for field in first)
    whole = not any("." in field for row in later for field in row)
    return 4 * again > len(first) == len(known) and whole
