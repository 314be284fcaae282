"""CSV and TSV tables: a row of pixels an image, or a row with a path or a text and its label.

The separator (comma, tab, semicolon), the header and the label column are found from the content;
several tables in one place are parts where their names say which.
"""

import re
from pathlib import PurePosixPath

from noonbit.data.dataset import BadItem, Data, Inputs, Part, PartName, Pictures, part_of
from noonbit.data.files import File, content, head, survey
from noonbit.data.readers.arrays import ValueRange, pixels_to_answer
from noonbit.data.readers.delimited import Table, is_number, open_table, text_column
from noonbit.data.readers.folder import looks_like_picture
from noonbit.data.readers.path_rows import finder, path_column_of, read_paths
from noonbit.data.readers.pictures import SUFFIXES, misnamed, scan
from noonbit.data.readers.pixel_rows import FORMAT as PIXELS
from noonbit.data.readers.pixel_rows import read_pixels, read_rows
from noonbit.data.readers.text_rows import read_text_inputs, read_texts, text_column_of
from noonbit.errors import DataError

FORMAT = "CSV or TSV of pixels, of path,label or of text,label"
_SAMPLE_BYTES = 2**20


def recognise(files: list[File]) -> bool:
    """Whether a listing holds a table; among pictures, one that names them."""
    candidates = _candidates(files)
    if candidates and any(looks_like_picture(file) for file in survey(files)):
        return any(_names_files(file, files) for file in candidates)
    return bool(candidates)


def read(files: list[File], source: str) -> Data:
    """Read the tables of a listing, a part each where their names say so. Raises `DataError`."""
    candidates = [open_table(file) for file in _candidates(files)]
    tables = _by_part(candidates, source)
    first = next(iter(tables.values()))
    if path_column_of(first, finder(first.file, files)) is not None:
        data = read_paths(tables, files, source)
    elif text_column_of(first) is not None:
        data = read_texts(tables, source)
    else:
        data = read_pixels(tables, source)
    for table in candidates:
        if table not in tables.values():
            data = data.note(f"{table.file.name} names no part and is left out.")
    return data


def read_inputs(files: list[File], source: str, value_range: ValueRange | None) -> Inputs:
    """Read the images of a table; a label column is passed over. Raises `DataError`."""
    candidates = _candidates(files)
    if len(candidates) != 1:
        names = ", ".join(file.name for file in candidates[:4])
        raise DataError(f"{source} holds several tables ({names}). Point at one.")
    table = open_table(candidates[0])
    find = finder(table.file, files)
    column = path_column_of(table, find)
    if column is None and text_column_of(table) is not None:
        return read_text_inputs(table, source)
    if column is None:
        rows = read_rows(table)
        images, value_range = pixels_to_answer(
            rows.values, name=table.file.name, value_range=value_range
        )
        part = Part(images, None, table.row_names(len(images)))
        return Inputs(source, PIXELS, part, value_range, notes=rows.notes)
    found = {name: find(name) for name in text_column(table, content(table.file), column)}
    missing = [BadItem(name, "does not exist") for name, file in found.items() if file is None]
    pictures, bad = scan([file for file in found.values() if file is not None])
    part = Part(Pictures(pictures), None, [picture.name for picture in pictures])
    return Inputs(source, FORMAT, part, bad=(*missing, *bad), notes=misnamed(pictures))


def _names_files(file: File, files: list[File]) -> bool:
    try:
        table = open_table(file)
    except DataError:  # a broken companion of pictures in folders is not asked for
        return False
    return path_column_of(table, finder(file, files)) is not None


def _candidates(files: list[File]) -> list[File]:
    """The files that are tables by name, or by rows of many numbers."""
    return [file for file in survey(files) if _looks_like_table(file)]


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
    return len(fields) > 16 and sum(map(is_number, fields)) >= len(fields) - 2


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
