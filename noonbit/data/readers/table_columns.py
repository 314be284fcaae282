"""Read columns of a delimited file through pyarrow, and say what is wrong with one that fails."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from noonbit.data.readers.arrow import open_buffer
from noonbit.data.readers.delimited import Table
from noonbit.errors import DataError, plural

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.csv

_BLOCK_BYTES = 4 * 2**20


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
