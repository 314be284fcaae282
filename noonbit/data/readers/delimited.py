"""Parse delimited text files: detect separator and header, read columns, explain bad rows.

Rows are numbered as an editor numbers lines: a header is row 1.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.csv

from noonbit.data.dataset import NumberedNames
from noonbit.data.files import File, content, head
from noonbit.data.readers.arrow import open_buffer
from noonbit.errors import DataError, UsageError, join_first, plural

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


@dataclass(frozen=True)
class Table:
    """A delimited text file and what its first rows show."""

    file: File
    separator: str
    header: list[str] | None
    """Column names as written; None if the first row is data."""
    sample: list[list[str]]
    """The first rows of data, at most 20."""

    @property
    def columns(self) -> int:
        """Number of fields per row."""
        return len(self.header or self.sample[0])

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
        if option.isdecimal() and 1 <= int(option) <= self.columns:
            return int(option) - 1
        raise UsageError(
            f"{flag} {option} names no column of {self.file.name}, which has {self.describe()}. "
            f"Give {'a name, or ' if self.header else ''}a number from 1 to {self.columns:,}."
        )

    def row_number(self, index: int) -> int:
        """Return the number of a data row as an editor counts lines."""
        return index + (1 if self.header is None else 2)

    def row_names(self, count: int) -> NumberedNames:
        """Return names for the first `count` data rows: `table.csv row 2`, ..."""
        return NumberedNames(f"{self.file.name} row", count, first=self.row_number(0))

    def describe(self) -> str:
        """Describe the columns for an error."""
        if self.header is None:
            return f"{self.columns:,} columns without names"
        return f"{plural(self.columns, 'column')} ({join_first(self.header, 5)})"


def open_table(file: File) -> Table:
    """Detect the separator and the header. Raises `DataError` for an empty file."""
    raw = head(file, _SAMPLE_BYTES)
    text = raw.decode("utf-8-sig", "replace")
    lines = text.splitlines()
    if len(raw) == _SAMPLE_BYTES and len(lines) > 1:
        lines.pop()  # most likely truncated
    lines = [line for line in lines if line.strip()][: _SAMPLE_ROWS + 1]
    if not lines:
        content(file)  # raises if the file is broken, not empty
        raise DataError(f"{file.name} is empty. Give a table with a row an image.")
    # A .tsv file with a tab is tab-separated, however many commas its texts hold.
    is_tabbed = ".tsv" in file.name.lower() and "\t" in lines[0]
    separator = "\t" if is_tabbed else max(",\t;", key=lines[0].count)
    rows = list(csv.reader(lines, delimiter=separator))
    header = rows.pop(0) if _is_header(rows) else None
    if not rows:
        raise DataError(f"{file.name} has a header but no rows. Give a table with a row an image.")
    return Table(file, separator, header, rows)


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row is a header: known words, or text above most numeric columns."""
    first = rows[0]
    if first == [str(i) for i in range(len(first))]:
        return True  # what pandas writes for columns without names
    if find_column(first, (*LABEL_NAMES, *PATH_NAMES, *SPLIT_NAMES, *TEXT_NAMES)) is not None:
        return True
    numeric = [
        i for i in range(len(first)) if all(is_number(row[i]) for row in rows[1:] if i < len(row))
    ]
    named = [i for i in numeric if not is_number(first[i])]
    return len(rows) > 1 and 2 * len(named) > len(numeric)


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
    table: Table, raw: bytes, types: dict[int, pa.DataType], *, use_threads: bool = True
) -> pa.Table:
    """Parse only the columns in `types`. Raises `pa.ArrowInvalid`."""
    return pyarrow.csv.read_csv(
        open_buffer(raw),
        read_options=pyarrow.csv.ReadOptions(
            column_names=[column_key(i) for i in range(table.columns)],
            skip_rows=0 if table.header is None else 1,
            block_size=_BLOCK_BYTES,
            use_threads=use_threads,
        ),
        parse_options=pyarrow.csv.ParseOptions(delimiter=table.separator),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={column_key(i): kind for i, kind in types.items()},
            include_columns=[column_key(i) for i in types],
            null_values=[""],  # pyarrow's default list of spellings costs a third of the time
            strings_can_be_null=False,
        ),
    )


def read_text_column(table: Table, raw: bytes, column: int) -> list[str]:
    """Read one column as text, stripped of white space. Raises `DataError`."""
    return read_text_columns(table, raw, [column])[0]


def read_text_columns(table: Table, raw: bytes, columns: Sequence[int]) -> list[list[str]]:
    """Read columns as text, stripped of white space. Raises `DataError`."""
    types = dict.fromkeys(columns, pa.string())
    try:
        parsed = parse_columns(table, raw, types)
    except pa.ArrowInvalid:
        raise DataError(explain_parse_error(table, raw, types)) from None
    return [
        [str(value).strip() for value in parsed.column(column_key(column)).to_pylist()]
        for column in columns
    ]


def explain_parse_error(table: Table, raw: bytes, types: dict[int, pa.DataType]) -> str:
    """Explain in a sentence why a table does not parse.

    Parses it again on one thread, as only then pyarrow reports row numbers.
    """
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
    if "invalid UTF8" in message:
        return f"{table.file.name} is not UTF-8 text. Save it with that encoding."
    return f"{table.file.name} cannot be read as a table ({message}). Correct or remove the row."
