"""Parse delimited text files: detect separator and header, read columns, explain bad rows.

Rows are numbered as an editor numbers lines: a header is row 1.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import NumberedNames
from noonbit.data.files import File, content, head, suffix_of
from noonbit.data.readers.arrow import open_buffer
from noonbit.data.readers.pictures import SUFFIXES
from noonbit.data.readers.text import decode_file
from noonbit.errors import DataError, UsageError, join_first, plural

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.csv

LABEL_NAMES = (
    *("label", "labels", "class", "classes", "target", "targets", "y", "category"),
    *("class_name", "class_label", "label_name", "class_id", "label_id", "category_id"),
    *("digit", "letter", "emotion", "sentiment", "polarity", "topic"),
    *("diagnosis", "dx", "breed", "species"),
)
TEXT_NAMES = (
    *("text", "sentence", "review", "phrase", "comment", "tweet", "message", "content"),
    *("headline", "title", "body", "question", "document", "utterance"),
)
PATH_NAMES = (
    *("path", "paths", "file", "files", "filename", "filenames", "filepath", "filepaths"),
    *("image", "images", "image_path", "image_name", "image_file", "image_id", "imageid"),
    *("img", "img_path", "img_name", "img_id", "picture", "photo", "fname", "id", "id_code"),
)
ID_NAMES = ("id", "image_id", "img_id", "id_code", "uuid")
SPLIT_NAMES = ("split", "part", "set", "subset", "usage", "partition", "dataset", "data_split")

_SAMPLE_BYTES = 2**20
_SAMPLE_ROWS = 20
_BLOCK_BYTES = 4 * 2**20
_LONG_FIELD = 255
LEAST_NUMBERS = 16
"""Fewer numbers in one cell are no picture."""
_TYPES = re.compile(r"(?:np\.|numpy\.|torch\.)?(?:u?int\d+|float\d+|array|tensor)\(|dtype=[\w.]+")
_BETWEEN = str.maketrans(dict.fromkeys(",;|[](){}'\"", " "))
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


def fields_of_cell(cell: str) -> list[str]:
    """Split a cell that is a list, in whatever spelling: `1 2`, `1, 2`, `[1;2]`, `array([1])`."""
    if "(" in cell or "=" in cell:
        cell = _TYPES.sub(" ", cell)
    return cell.translate(_BETWEEN).split()


def numbers_in(cell: str) -> list[str]:
    """Return the numbers of a cell, as they are written; nothing if it is no list of numbers."""
    found = fields_of_cell(cell)
    return found if all(map(is_number, found)) else []


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


def is_row_of_numbers(fields: Sequence[str]) -> bool:
    """Whether the fields of a row are enough numbers for a picture, with at most two texts."""
    return len(fields) > 16 and sum(map(is_number, fields)) >= len(fields) - 2


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


def find_column(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return the index of the first of `wanted` that is among `names`, however spelled; else None.

    Case, spaces, underscores and other signs do not count: `Data Set` is `dataset`.
    """
    spelled = [bare_name(name) for name in names]
    return next((spelled.index(name) for name in map(bare_name, wanted) if name in spelled), None)


def bare_name(name: str) -> str:
    """Return the letters and digits of a column's name, in lower case."""
    return "".join(filter(str.isalnum, name.lower()))


def find_label_column(names: Sequence[str], taken: set[int | None]) -> int | None:
    """Find the label column: by its name, else the only column that is not `taken`."""
    named = find_column(names, LABEL_NAMES)
    if named is not None and named not in taken:
        return named
    others = [index for index in range(len(names)) if index not in taken]
    return others[0] if len(others) == 1 else None


def is_number(field: str) -> bool:
    """Whether `float` can parse a field."""
    try:
        float(field)
    except ValueError:
        return False
    return True


def column_key(column: int) -> str:
    """Return the internal name of a column; names in a file may not be unique."""
    return f"c{column}"


def parse_columns(
    table: Table,
    raw: bytes,
    types: "dict[int, pa.DataType]",
    *,
    use_threads: bool = True,
    ragged: "list[pyarrow.csv.InvalidRow] | None" = None,
) -> "pa.Table":
    """Parse only the columns in `types`. Raises `pa.ArrowInvalid`.

    Rows with a wrong number of fields are left out and added to `ragged`, if there is one; only
    a single thread knows their numbers.
    """
    import pyarrow.csv  # pyarrow takes 0.1 s to import, and pictures need none of it

    def leave_out(row: "pyarrow.csv.InvalidRow") -> str:
        if ragged is None:
            return "error"
        ragged.append(row)
        return "skip"

    return pyarrow.csv.read_csv(
        open_buffer(raw),
        read_options=pyarrow.csv.ReadOptions(
            column_names=[column_key(i) for i in range(table.columns)],
            skip_rows=0 if table.header is None else 1,
            block_size=_BLOCK_BYTES * (16 if table.has_long_fields else 1),
            use_threads=use_threads and ragged is None,
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=table.separator,
            invalid_row_handler=leave_out,
            newlines_in_values=table.has_long_fields,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={column_key(i): kind for i, kind in types.items()},
            include_columns=[column_key(i) for i in types],
            null_values=[""],  # pyarrow's default list of spellings costs a third of the time
            strings_can_be_null=False,
        ),
    )


def read_text_columns(
    table: Table, raw: bytes, columns: Sequence[int], *, leave_out_ragged: bool = False
) -> list[list[str]]:
    """Read columns as text, stripped of white space. Raises `DataError`.

    Rows with a wrong number of fields are left out, or else an error.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    types = dict.fromkeys(columns, pa.string())
    try:
        parsed = parse_columns(table, raw, types)
    except pa.ArrowInvalid:
        try:
            parsed = parse_columns(table, raw, types, ragged=[] if leave_out_ragged else None)
        except pa.ArrowInvalid:
            raise DataError(explain_parse_error(table, raw, types)) from None
    return [pc.utf8_trim_whitespace(parsed.column(column_key(i))).to_pylist() for i in columns]


def explain_parse_error(table: Table, raw: bytes, types: "dict[int, pa.DataType]") -> str:
    """Explain in a sentence why a table does not parse.

    Parses it again on one thread, as only then pyarrow reports row numbers.
    """
    import pyarrow as pa

    message = ""
    try:
        parse_columns(table, raw, types, use_threads=False)
    except pa.ArrowInvalid as error:
        message = str(error)
    ragged = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message)
    if ragged:
        row, expected, got = map(int, ragged.groups())
        return (
            f"{table.file.name} row {row:,} has {plural(got, 'field')}, but the first row has "
            f"{expected:,}. Correct or remove the row."
        )
    invalid = re.search(r"column #(\d+).*Row #(\d+).*invalid value '(.*)'", message, re.DOTALL)
    if invalid:
        column, row = int(invalid[1]), int(invalid[2])
        return (
            f"{table.file.name} row {row:,}, {table.column_name(column)} holds '{invalid[3]}', "
            "which is no pixel value. Correct or remove the row."
        )
    return f"{table.file.name} cannot be read as a table ({message}). Correct or remove the row."
