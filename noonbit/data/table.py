"""CSV and TSV tables: a row of pixels an image, or a row with a path and a label a picture.

The separator (comma, tab, semicolon), the header and the label column are found from the content.
Rows are numbered as an editor numbers lines: a header is row 1. pyarrow reads the pixels straight
into uint8: 27,455 rows of 785 columns take 0.5 s.
"""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from noonbit.data.arrays import ValueRange, pixels_from_array, shape_of_row, value_range_of
from noonbit.data.dataset import (
    BadItem,
    Data,
    Inputs,
    Numbered,
    Part,
    PartName,
    Pictures,
    encode_labels,
    part_of,
    training_first,
)
from noonbit.data.files import File, content, head
from noonbit.data.folder import labelled_pictures, looks_like_picture
from noonbit.data.pictures import SUFFIXES, misnamed, scan
from noonbit.errors import DataError, plural

FORMAT = "CSV"
LABEL_NAMES = (
    "label labels class classes target targets y category class_name class_label label_name "
    "digit letter emotion species"
).split()
PATH_NAMES = "path file filename file_name filepath file_path image image_path img id".split()
SPLIT_NAMES = "split part set subset usage partition".split()

_INDEX_NAMES = ("", "unnamed: 0", "index", "id")
_SAMPLE_BYTES = 2**20
_SAMPLE_ROWS = 20
_BLOCK_BYTES = 4 * 2**20
_PIXEL_NAME = re.compile(r"[a-z]*[ _.-]?\d+([x_.-]\d+)*")


@dataclass(frozen=True)
class Table:
    """A delimited text file, and what its first rows say of it."""

    file: File
    separator: str
    header: list[str] | None
    """Column names as written; None where the first row is data."""
    sample: list[list[str]]
    """The first rows of data."""

    @property
    def columns(self) -> int:
        """Fields a row."""
        return len(self.header or self.sample[0])

    def column_name(self, index: int) -> str:
        """How an error names a column."""
        return f"column {self.header[index]}" if self.header else f"column {index + 1}"

    def named(self, names: list[str] | tuple[str, ...]) -> int | None:
        """The first column whose name is one of `names`, asked in their order."""
        spelled = [name.strip().lower() for name in self.header or []]
        return next((spelled.index(name) for name in names if name in spelled), None)

    def row_number(self, index: int) -> int:
        """The number of a data row as an editor counts lines."""
        return index + (1 if self.header is None else 2)

    def row_names(self, count: int) -> Numbered:
        """Names of `count` data rows."""
        return Numbered(f"{self.file.name} row", count, first=self.row_number(0))

    def describe(self) -> str:
        """The columns, for an error."""
        if self.header is None:
            return f"{self.columns:,} columns without names"
        shown = ", ".join(self.header[:5]) + (", ..." if self.columns > 5 else "")
        return f"{plural(self.columns, 'column')} ({shown})"


def recognise(files: list[File]) -> bool:
    """Whether a listing holds a table; among pictures, one that names them."""
    candidates = _candidates(files)
    if candidates and any(looks_like_picture(file) for file in files):
        tables = [open_table(file) for file in candidates if file.size]
        return any(_path_column(each, _finder(each.file, files)) is not None for each in tables)
    return bool(candidates)


def read(files: list[File], source: str) -> Data:
    """Read the tables of a listing, a part each where their names say so. Raises `DataError`."""
    tables = _by_part([open_table(file) for file in _candidates(files)], source)
    first = next(iter(tables.values()))
    if _path_column(first, _finder(first.file, files)) is not None:
        return _read_paths(tables, files, source)
    return _read_pixels(tables, source)


def read_inputs(files: list[File], source: str, value_range: ValueRange | None) -> Inputs:
    """Read the images of a table; a label column is passed over. Raises `DataError`."""
    candidates = _candidates(files)
    if len(candidates) != 1:
        names = ", ".join(file.name for file in candidates[:4])
        raise DataError(f"{source} holds several tables ({names}). Point at one.")
    table = open_table(candidates[0])
    find = _finder(table.file, files)
    column = _path_column(table, find)
    if column is None:
        rows = _read_rows(table)
        images, value_range = pixels_from_array(
            rows.values, name=table.file.name, value_range=value_range
        )
        part = Part(images, None, table.row_names(len(images)))
        return Inputs(source, FORMAT, part, value_range, notes=rows.notes)
    found = {name: find(name) for name in _text_column(table, content(table.file), column)}
    missing = [BadItem(name, "does not exist") for name, file in found.items() if file is None]
    pictures, bad = scan([file for file in found.values() if file is not None])
    part = Part(Pictures(pictures), None, [picture.name for picture in pictures])
    return Inputs(
        source, FORMAT, part, bad=(*missing, *bad), notes=misnamed(pictures)
    )


def open_table(file: File) -> Table:
    """Sniff separator and header. Raises `DataError` for an empty file."""
    raw = head(file, _SAMPLE_BYTES)
    text = raw.decode("utf-8-sig", "replace")
    lines = text.splitlines()
    if len(raw) == _SAMPLE_BYTES and len(lines) > 1:
        lines.pop()  # most likely cut
    lines = [line for line in lines if line.strip()][: _SAMPLE_ROWS + 1]
    if not lines:
        content(file)  # says so where the file is not empty but broken
        raise DataError(f"{file.name} is empty. Give a table with a row an image.")
    separator = max(",\t;", key=lines[0].count)
    rows = list(csv.reader(lines, delimiter=separator))
    header = rows.pop(0) if _is_header(rows) else None
    if not rows:
        raise DataError(f"{file.name} has a header but no rows. Give a table with a row an image.")
    return Table(file, separator, header, rows)


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row holds names: mostly text over rows of numbers, or known words."""
    first = rows[0]
    if first == [str(i) for i in range(len(first))]:
        return True  # what pandas writes for columns without names
    known = {*LABEL_NAMES, *PATH_NAMES, *SPLIT_NAMES}
    if any(field.strip().lower() in known for field in first):
        return True
    return sum(not _is_number(field) for field in first) > len(first) / 2 and len(first) > 3


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _candidates(files: list[File]) -> list[File]:
    """The files that are tables by name, or by rows of many numbers."""
    return [file for file in files[:64] if _looks_like_table(file)]


def _looks_like_table(file: File) -> bool:
    name = re.sub(r"\.(gz|xz|bz2)$", "", file.name.lower())
    if name.endswith((".csv", ".tsv")):
        return True
    if PurePosixPath(name).suffix in SUFFIXES:
        return False
    begin = head(file, _SAMPLE_BYTES)
    if b"\0" in begin:
        return False
    lines = begin.decode("utf-8", "replace").splitlines()
    row = lines[min(1, len(lines) - 1)] if lines else ""
    fields = max((row.split(separator) for separator in ",\t;"), key=len)
    return len(fields) > 16 and sum(map(_is_number, fields)) >= len(fields) - 2


def _by_part(tables: list[Table], source: str) -> dict[PartName, Table]:
    """Tables by the part that their names speak of; one without a part is all of the data."""
    named = [(part, table) for table in tables if (part := part_of(table.file.name))]
    if len(tables) == 1:
        return {(named[0][0] if named else "train"): tables[0]}
    by_part = dict(reversed(named))
    if len(by_part) < len(named) or not named:
        names = ", ".join(table.file.name for table in tables[:4])
        raise DataError(
            f"{source} holds several tables ({names}), and their names do not say which is "
            "train and which is test. Point at one, or name them so."
        )
    return by_part


# Rows of pixels


@dataclass(frozen=True)
class _Rows:
    """The content of a table of pixels."""

    table: Table
    values: NDArray[np.generic]
    """(N, K), uint8 where all values are bytes, else float32."""
    labels: NDArray[np.generic] | None
    """(N,) as written: numbers, or text."""
    notes: tuple[str, ...]


def _read_pixels(tables: dict[PartName, Table], source: str) -> Data:
    rows: dict[PartName, _Rows] = {part: _read_rows(table) for part, table in tables.items()}
    notes = tuple(note for each in rows.values() for note in each.notes)
    unlabelled = {part: each.table for part, each in rows.items() if each.labels is None}
    for part, table in unlabelled.items():
        if part == "train" or len(unlabelled) == len(rows):
            raise DataError(
                f"{table.file.name} has {table.describe()}, all of them pixels, and no label "
                "column. Add one named label; `noonbit predict` takes images without labels."
            )
        del rows[part]
        notes += (f"{table.file.name} has no label column and is left out.",)
    rows, more = training_first(rows, of=source)
    widths = sorted({each.values.shape[1] for each in rows.values()})
    if len(widths) > 1:
        raise DataError(
            f"{source}: its tables have {' and '.join(map(str, widths))} pixels a row. All parts "
            "need images of one size."
        )
    value_range = value_range_of(*(each.values for each in rows.values()), name=source)
    codes, class_names = encode_labels(
        {part: each.labels for part, each in rows.items() if each.labels is not None},
        source=source,
    )
    parts: dict[PartName, Part] = {}
    for part, each in rows.items():
        name = each.table.file.name
        images, _ = pixels_from_array(each.values, name=name, value_range=value_range)
        parts[part] = Part(images, codes[part], each.table.row_names(len(images)))
    return Data(source, FORMAT, parts, class_names, value_range, notes=notes + more)


def _read_rows(table: Table) -> _Rows:
    """Read all pixels and the label column, wherever it is. Raises `DataError`."""
    raw = content(table.file)
    label, pixels, notes = _roles(table, raw)
    types = {} if label is None else {label: pa.string()}
    try:
        parsed = _parse(table, raw, dict.fromkeys(pixels, pa.uint8()) | types)
        whole = not any(parsed.column(_key(i)).null_count for i in pixels)
    except pa.ArrowInvalid:
        whole = False
    if not whole:  # fractions, or something wrong that floats let us point at
        try:
            parsed = _parse(table, raw, dict.fromkeys(pixels, pa.float32()) | types)
        except pa.ArrowInvalid:
            raise DataError(_what_is_wrong(table, raw, pixels)) from None
    values = _values(parsed, pixels)
    if not whole:
        _refuse_values(table, values, pixels)
    labels = None if label is None else _labels(table, parsed.column(_key(label)))
    return _Rows(table, values, labels, notes)


def _key(column: int) -> str:
    """A name of our own, because a file may name two columns the same."""
    return f"c{column}"


def _parse(
    table: Table, raw: bytes, types: dict[int, pa.DataType], *, use_threads: bool = True
) -> pa.Table:
    """Parse the columns in `types`, and only those. Raises `pa.ArrowInvalid`."""
    return pyarrow.csv.read_csv(
        pa.BufferReader(raw),
        read_options=pyarrow.csv.ReadOptions(
            column_names=[_key(i) for i in range(table.columns)],
            skip_rows=0 if table.header is None else 1,
            block_size=_BLOCK_BYTES,
            use_threads=use_threads,
        ),
        parse_options=pyarrow.csv.ParseOptions(delimiter=table.separator),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={_key(i): kind for i, kind in types.items()},
            include_columns=[_key(i) for i in types],
            strings_can_be_null=False,
        ),
    )


def _roles(table: Table, raw: bytes) -> tuple[int | None, list[int], tuple[str, ...]]:
    """The label column (None without one), the pixel columns, and notes on what was guessed."""
    columns = list(range(table.columns))
    label = table.named(LABEL_NAMES)
    notes: tuple[str, ...] = ()
    pixels = [i for i in columns if i != label]
    index = table.named(_INDEX_NAMES)
    if index in pixels and shape_of_row(len(pixels) - 1 - (label is None)):
        pixels.remove(index)
        notes = (f"{table.file.name}: {table.column_name(index)} is an index and was left out.",)
    if label is None and not shape_of_row(len(pixels)) and shape_of_row(len(pixels) - 1):
        label = _guess_label(table, raw, pixels)
        pixels.remove(label)
        notes += (f"{table.file.name}: {table.column_name(label)} is taken for the label.",)
    shape = shape_of_row(len(pixels))
    if shape is None:
        raise DataError(
            f"{table.file.name} has {table.describe()}, which is neither a label and the pixels of "
            "a square picture (grey: 784 = 28 x 28; colour: 3,072 = 32 x 32 x 3), nor a path that "
            "exists and a label. Name the label column label, and give square pictures."
        )
    if shape[0] == 3:
        notes += (
            f"{table.file.name}: {len(pixels):,} pixels are read as {shape[1]} x {shape[2]} colour "
            "pixels, red, green and blue side by side.",
        )
    return label, pixels, notes


def _guess_label(table: Table, raw: bytes, columns: list[int]) -> int:
    """The label among columns of which none is named so.

    The one name that is not a numbered one; else the first or the last column: text is a label, a
    constant (the black corner of a picture) is a pixel, and of two others the one with fewer
    different values is the label.
    """
    if table.header is not None:
        odd = [i for i in columns if not _PIXEL_NAME.fullmatch(table.header[i].strip().lower())]
        if len(odd) == 1:
            return odd[0]
    ends = columns[0], columns[-1]
    try:
        parsed = _parse(table, raw, dict.fromkeys(ends, pa.string()))
    except pa.ArrowInvalid:
        raise DataError(_what_is_wrong(table, raw, columns)) from None

    def pixel_likeness(column: int) -> float:
        values = pc.unique(parsed.column(_key(column))).to_pylist()
        if not all(map(_is_number, values)):
            return 0
        return len(values) if len(values) > 1 else np.inf

    return min(ends, key=pixel_likeness)


def _values(parsed: pa.Table, pixels: list[int]) -> NDArray[np.generic]:
    """(N, K), filled in blocks of rows that stay in the processor's cache."""
    dtype = parsed.column(_key(pixels[0])).type.to_pandas_dtype()
    values = np.empty((parsed.num_rows, len(pixels)), dtype)
    end = 0
    for batch in parsed.select([_key(i) for i in pixels]).to_batches():
        begin, end = end, end + batch.num_rows
        columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
        values[begin:end] = np.stack(columns, axis=1)
    return values


def _refuse_values(table: Table, values: NDArray[np.generic], pixels: list[int]) -> None:
    """Point at the first value that no pixel can have."""
    numbers = values.astype(np.float32, copy=False)
    wrong = ~((numbers >= -1) & (numbers <= 255))  # so written, NaN is wrong too
    if not wrong.any():
        return
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    value = numbers[row, column]
    holds = "is empty" if np.isnan(value) else f"holds {value:g}"
    raise DataError(
        f"{table.file.name} row {table.row_number(int(row)):,}, "
        f"{table.column_name(pixels[int(column)])} {holds}; a pixel lies in 0..255, or in 0..1. "
        "Correct or remove the row."
    )


def _labels(table: Table, column: pa.ChunkedArray) -> NDArray[np.generic]:
    """A label column as numbers where all are numbers, else as text."""
    text = pc.utf8_trim_whitespace(column)
    empty = pc.index(text, "").as_py()
    if empty >= 0:
        raise DataError(
            f"{table.file.name} row {table.row_number(empty):,} has no label. Add it, or remove the "
            "row."
        )
    for kind in (pa.int64(), pa.float64()):
        try:
            return np.asarray(pc.cast(text, kind).to_numpy())
        except pa.ArrowInvalid:
            continue
    return np.asarray(text.to_pylist())


def _what_is_wrong(table: Table, raw: bytes, pixels: list[int]) -> str:
    """The sentence for a table that does not parse: read again on one thread, which counts rows."""
    try:
        _parse(table, raw, dict.fromkeys(pixels, pa.float32()), use_threads=False)
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


# Rows of path and label


def _finder(table: File, files: list[File]) -> Callable[[str], File | None]:
    """How a table's paths are looked up: from its folder, from the root, or by a unique end."""
    by_name = {file.name: file for file in files}
    by_base: dict[str, list[File]] = {}
    for file in files:
        path = PurePosixPath(file.name)
        for base in {path.name, path.stem}:
            by_base.setdefault(base, []).append(file)
    folder = PurePosixPath(table.name).parent

    def find(value: str) -> File | None:
        name = str(PurePosixPath(value.replace("\\", "/")))
        for candidate in (str(folder / name), name):
            if candidate in by_name:
                return by_name[candidate]
        ends = [
            file
            for file in by_base.get(PurePosixPath(name).name, ())
            if f"/{file.name}".removesuffix(PurePosixPath(file.name).suffix).endswith(f"/{name}")
            or f"/{file.name}".endswith(f"/{name}")
        ]
        if len(ends) == 1:
            return ends[0]
        if len(files) == 1 and table.path and ".." not in PurePosixPath(name).parts:
            path = table.path.parent / name
            if path.is_file() and not PurePosixPath(name).is_absolute():
                return File(name, path.stat().st_size, partial(path.open, "rb"), path)
        return None

    return find


def _path_column(table: Table, find: Callable[[str], File | None]) -> int | None:
    """The column whose sampled values are files that exist, or that is named as one."""
    if table.columns > len(LABEL_NAMES):
        return None  # a row of pixels
    for column in range(table.columns):
        values = [row[column] for row in table.sample if len(row) > column]
        if any(find(value) for value in values if value and not _is_number(value)):
            return column
    for column in range(table.columns):
        values = [row[column] for row in table.sample if len(row) > column]
        if all(PurePosixPath(value).suffix.lower() in SUFFIXES for value in values):
            return column
    return None


def _text_column(table: Table, raw: bytes, column: int) -> list[str]:
    try:
        parsed = _parse(table, raw, {column: pa.string()})
    except pa.ArrowInvalid:
        raise DataError(_what_is_wrong(table, raw, [])) from None
    return [str(value).strip() for value in parsed.column(0).to_pylist()]


def _read_paths(tables: dict[PartName, Table], files: list[File], source: str) -> Data:
    """Read the pictures that tables name, with their labels. Raises `DataError`."""
    labelled: dict[str, tuple[PartName, str]] = {}
    found: list[File] = []
    missing: list[BadItem] = []
    tables, notes = training_first(tables, of=source)
    for part, table in tables.items():
        find = _finder(table.file, files)
        raw = content(table.file)
        path_column = _path_column(table, find)
        if path_column is None:
            raise DataError(
                f"{table.file.name} has {table.describe()} and names no file that exists. Give the "
                "paths as they are below the folder of the table."
            )
        splits = table.named(SPLIT_NAMES)
        label_column = _label_of_paths(table, path_column, splits)
        names = _text_column(table, raw, path_column)
        labels = _text_column(table, raw, label_column)
        split_names = _text_column(table, raw, splits) if splits is not None else [part] * len(names)
        for row, (name, label, split) in enumerate(zip(names, labels, split_names, strict=True)):
            where = f"{table.file.name} row {table.row_number(row):,}"
            if not label:
                raise DataError(f"{where} has no label. Add it, or remove the row.")
            item_part = part_of(split)
            if item_part is None:
                raise DataError(
                    f"{where} has the split '{split}'; a split is train, validation or test."
                )
            file = find(name)
            if file is None:
                missing.append(BadItem(name, f"does not exist ({where})"))
            elif labelled.setdefault(file.name, (item_part, label)) != (item_part, label):
                raise DataError(
                    f"{where} names {file.name} again, as '{label}' in {item_part}; it was "
                    f"'{labelled[file.name][1]}' in {labelled[file.name][0]}. Remove one of the "
                    "rows."
                )
            else:
                found.append(file)
    if not found:
        raise DataError(f"{source} names no file that exists: {missing[0]}.")
    pictures, bad = scan(found)
    if not pictures:
        raise DataError(f"{source} names no picture that can be read: {bad[0]}.")
    parts, class_names = labelled_pictures(pictures, labelled, source=source)
    return Data(
        source,
        "a table of paths and labels",
        parts,
        class_names,
        bad=(*missing, *bad),
        notes=notes + misnamed(pictures),
    )


def _label_of_paths(table: Table, path_column: int, split_column: int | None) -> int:
    named = table.named(LABEL_NAMES)
    if named is not None and named != path_column:
        return named
    others = [i for i in range(table.columns) if i not in (path_column, split_column)]
    if len(others) == 1:
        return others[0]
    raise DataError(
        f"{table.file.name} has {table.describe()}, and it is not clear which is the label. Name "
        "it label."
    )
