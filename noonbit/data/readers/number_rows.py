"""Read the columns of a table that hold pixels, and say of each row that cannot be used why.

pyarrow parses pixels directly as uint8: 27,455 rows of 785 columns take 0.9 s of CPU time. Only a
table that does not parse that way is read again: as fractions, and then with bad rows told apart.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from noonbit.data.dataset import BadItem
from noonbit.data.readers.cells import is_number
from noonbit.data.readers.delimited import Table
from noonbit.data.readers.table_columns import column_key, explain_parse_error, parse_columns
from noonbit.errors import DataError, plural

_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"


@dataclass(frozen=True)
class NumberRows:
    """The usable rows of some columns of a table, and the bad rows."""

    values: NDArray[np.generic]
    """(N, K), uint8 if all values are bytes, else float32."""
    fields: dict[int, list[str]]
    """Columns of text, stripped; N each."""
    rows: NDArray[np.int64]
    """(N,), the index of each row among all rows of data."""
    bad: tuple[BadItem, ...]


def read_numbers(table: Table, raw: bytes, numbers: list[int], texts: list[int]) -> NumberRows:
    """Read some columns as numbers and some as text.

    A row is bad if it has a wrong number of fields, or a value that cannot be a pixel where most
    of the rows have such as can. Raises `DataError` if that leaves nothing, or the file is none.
    """
    types = dict.fromkeys(texts, pa.string())
    ragged: list[pyarrow.csv.InvalidRow] = []
    reasons: dict[int, str] = {}
    parsed = _try_parsing(table, raw, dict.fromkeys(numbers, pa.uint8()) | types)
    if parsed is None or any(parsed.column(column_key(i)).null_count for i in numbers):
        types |= dict.fromkeys(numbers, pa.float32())
        parsed = _try_parsing(table, raw, types)
    if parsed is None:
        parsed, ragged = _parse_all(table, raw, numbers, texts)
        reasons = _explain_fields(table, parsed, numbers)
        parsed = _cast_numbers(parsed, numbers)
    values = _read_values(parsed, numbers)
    reasons |= {
        row: why
        for row, why in _explain_values(table, values, numbers).items()
        if row not in reasons
    }
    fields = {i: pc.utf8_trim_whitespace(parsed.column(column_key(i))).to_pylist() for i in texts}
    rows = _without_gaps(len(values), [row.number - table.row_number(0) for row in ragged])
    bad = {
        row.number: f"has {plural(row.actual_columns, 'field')} instead of {row.expected_columns:,}"
        for row in ragged
    }
    bad |= {table.row_number(int(rows[row])): why for row, why in reasons.items()}
    items = tuple(BadItem(f"{table.file.name} row {row:,}", bad[row]) for row in sorted(bad))
    kept = np.setdiff1d(np.arange(len(values)), list(reasons))
    if not len(kept) and items:
        raise DataError(f"{items[0]}, and no other row can be used. Correct the table.")
    if len(kept) < len(values):
        values, rows = values[kept], rows[kept]
        fields = {i: [column[row] for row in kept] for i, column in fields.items()}
    return NumberRows(values, fields, rows, items)


def _try_parsing(table: Table, raw: bytes, types: dict[int, pa.DataType]) -> pa.Table | None:
    try:
        return parse_columns(table, raw, types)
    except pa.ArrowInvalid:
        return None


def _parse_all(
    table: Table, raw: bytes, numbers: list[int], texts: list[int]
) -> tuple[pa.Table, list[pyarrow.csv.InvalidRow]]:
    """Parse every row with the right number of fields as text, and return the others."""
    ragged: list[pyarrow.csv.InvalidRow] = []
    types = dict.fromkeys([*numbers, *texts], pa.string())
    try:
        return parse_columns(table, raw, types, ragged=ragged), ragged
    except pa.ArrowInvalid:
        raise DataError(explain_parse_error(table, raw, types)) from None


def _explain_fields(table: Table, parsed: pa.Table, numbers: list[int]) -> dict[int, str]:
    """Return the rows of a table of text that have no number where one should be, with why."""
    reasons: dict[int, str] = {}
    for i in numbers:
        column = parsed.column(column_key(i))
        wrong = pc.invert(pc.match_substring_regex(column, _NUMBER))
        for row in pc.indices_nonzero(wrong).to_pylist():
            field = column[row].as_py().strip()
            if field and not is_number(field):  # the rest is told by its value
                reasons.setdefault(
                    row, f"holds '{field}' in {table.column_name(i)}, which is no pixel value"
                )
    return reasons


def _cast_numbers(parsed: pa.Table, numbers: list[int]) -> pa.Table:
    """Convert columns of text to float32; what is no number becomes NaN."""
    for i in numbers:
        name = column_key(i)
        text = pc.utf8_trim_whitespace(parsed.column(name))
        text = pc.if_else(pc.match_substring_regex(text, _NUMBER), text, "nan")
        column = pc.cast(text, pa.float32())
        parsed = parsed.set_column(parsed.schema.get_field_index(name), name, column)
    return parsed


def _read_values(parsed: pa.Table, numbers: list[int]) -> NDArray[np.generic]:
    """Collect columns into (N, K), in blocks of rows that fit into the CPU cache."""
    dtype = parsed.column(column_key(numbers[0])).type.to_pandas_dtype()
    values = np.empty((parsed.num_rows, len(numbers)), dtype)
    end = 0
    for batch in parsed.select([column_key(i) for i in numbers]).to_batches():
        begin, end = end, end + batch.num_rows
        columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
        values[begin:end] = np.stack(columns, axis=1)
    return values


def _explain_values(
    table: Table, values: NDArray[np.generic], numbers: list[int]
) -> dict[int, str]:
    """Return the rows whose values cannot be pixels as most of the rows have them, with why.

    Values outside 0..255 (0..1, or -1..1) in most of the rows are no fault of single rows: what
    range they are of is judged for the whole table.
    """
    if values.dtype == np.uint8 or not len(values):
        return {}
    least, most = values.min(axis=1), values.max(axis=1)
    signed = np.median(least) < 0
    fractions = np.any((values != np.floor(values)) & np.isfinite(values))
    unit = fractions and np.nanmedian(most) <= 1
    low, high = (-1 if signed else 0), (1 if signed or unit else 255)
    floats = values.astype(np.float32, copy=False)
    fits = (floats >= low) & (floats <= high)  # NaN does not
    wrong = ~fits.all(axis=1)
    if np.isfinite(values).all() and 2 * wrong.sum() > len(values):
        return {}
    allowed = "0..255, or in 0..1" if high == 255 else f"{low}..{high} here"
    reasons = {}
    for row in np.flatnonzero(wrong):
        column = int(np.argmin(fits[row]))
        value = values[row, column]
        name = table.column_name(numbers[column])
        reasons[int(row)] = (
            f"has nothing in {name}, or nan"
            if np.isnan(value)
            else f"holds {value:g} in {name}, and a pixel lies in {allowed}"
        )
    return reasons


def _without_gaps(count: int, missing: list[int]) -> NDArray[np.int64]:
    """Return the first `count` whole numbers from 0 that are not `missing`."""
    return np.setdiff1d(np.arange(count + len(missing)), missing)
