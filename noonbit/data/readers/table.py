"""Read CSV and TSV tables: each row holds an image's pixels, or a path or text with its label.

The separator (comma, tab, semicolon), the header and the label column are detected from the
content. If there are several tables, their names say which part each is.
"""

import contextlib
from dataclasses import replace
from pathlib import PurePosixPath

from noonbit.data.compression import strip_compression_suffix
from noonbit.data.dataset import Inputs, Part, PartName, RawDataset, detect_part
from noonbit.data.files import File, head, survey
from noonbit.data.preprocess.pixels import ValueRange, pixels_to_answer
from noonbit.data.readers.cells import is_row_of_numbers
from noonbit.data.readers.delimited import (
    Table,
    are_numbers_parted_by_spaces,
    are_paths_before_labels,
    open_table,
)
from noonbit.data.readers.folder import looks_like_picture, pictures_among
from noonbit.data.readers.folder_layout import find_layout
from noonbit.data.readers.labelled_pixels import FORMAT as PIXELS
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.part_labels import is_answer_form
from noonbit.data.readers.path_rows import (
    choose_picture_tables,
    find_picture_tables,
    read_path_inputs,
    read_paths,
)
from noonbit.data.readers.pictures import SUFFIXES
from noonbit.data.readers.pixel_cells import find_cell_column, read_cell_rows, read_cells
from noonbit.data.readers.pixel_rows import read_pixels, read_rows
from noonbit.data.readers.text_rows import find_text_column, read_text_inputs, read_texts
from noonbit.errors import DataError, join_first

FORMAT = "CSV or TSV of pixels, of path,label or of text,label"
_SAMPLE_BYTES = 2**20


def recognise(listing: Listing) -> bool:
    """Whether a listing holds a table; if it also holds images, one that lists their paths."""
    candidates = _find_tables(listing.files)
    if not candidates or not any(map(looks_like_picture, survey(listing.files))):
        return bool(candidates)
    tables = _open_tables(candidates)
    return bool(choose_picture_tables(tables, listing)) or (
        any(map(_holds_pixels, tables))
        and not find_layout(pictures_among(listing.files), source=listing.source).tells_classes
    )


def read(listing: Listing) -> RawDataset:
    """Read the tables of a listing, one per part. Raises `DataError`."""
    files, source = listing.files, listing.source
    candidates = [open_table(file) for file in _find_tables(files)]
    if picture_tables := choose_picture_tables(candidates, listing):
        return read_paths(picture_tables, listing)
    tables = _assign_parts(candidates, source)
    first = next(iter(tables.values()))
    label_column = listing.options.label_column
    if find_cell_column(first) is not None:
        data = read_cells(tables, source, label_column=label_column)
    elif find_text_column(first) is not None:
        data = read_texts(tables, source, label_column=label_column)
    else:
        data = read_pixels(tables, source, label_column=label_column)
    data = data.with_note(*(note for table in tables.values() for note in table.notes))
    for table in candidates:
        if table not in tables.values():
            data = data.with_note(f"{table.file.name} names no part and is left out.")
    return replace(data, used=frozenset(table.file.name for table in candidates))


def read_inputs(listing: Listing, value_range: ValueRange | None) -> Inputs:
    """Read the images or texts of a table, ignoring a label column. Raises `DataError`."""
    files, source = listing.files, listing.source
    candidates = _find_tables(files)
    if len(candidates) != 1:
        names = join_first([file.name for file in candidates], 3)
        raise DataError(f"{source} holds several tables ({names}). Point at one.")
    table = open_table(candidates[0])
    if picture_tables := find_picture_tables([table], listing):
        return read_path_inputs(picture_tables[0], source)
    if find_cell_column(table) is not None:
        rows = read_cell_rows(table, labelled=False)
    elif find_text_column(table) is not None:
        return read_text_inputs(table, source)
    else:
        rows = read_rows(table, listing.options.label_column)
    images, value_range = pixels_to_answer(
        rows.values, name=table.file.name, value_range=value_range
    )
    part = Part(images, None, rows.names)
    return Inputs(
        source, PIXELS, part, value_range, bad=rows.bad, notes=(*table.notes, *rows.notes)
    )


def _open_tables(files: list[File]) -> list[Table]:
    """Open tables; one that is broken does not matter beside folders of images."""
    tables = []
    for file in files:
        with contextlib.suppress(DataError):
            tables.append(open_table(file))
    return tables


def _holds_pixels(table: Table) -> bool:
    """Whether rows are longer than those of a table about pictures, and of numbers."""
    return is_row_of_numbers(table.sample[0])


def _find_tables(files: list[File]) -> list[File]:
    """Find the files that are tables, judged by their names or by rows of many numbers.

    The form of a competition's answers is none, unless it is the source: its labels are made up.
    """
    found = [file for file in survey(files) if _looks_like_table(file)]
    return [file for file in found if len(files) == 1 or not is_answer_form(file.name)]


def _looks_like_table(file: File) -> bool:
    name = strip_compression_suffix(file.name.lower())
    if name.endswith((".csv", ".tsv")):
        return True
    if PurePosixPath(name).suffix in SUFFIXES:
        return False
    begin = head(file, _SAMPLE_BYTES)
    if b"\0" in begin:
        return False
    lines = begin.decode("utf-8", "replace").splitlines()
    row = lines[min(1, len(lines) - 1)] if lines else ""
    if any(is_row_of_numbers(row.split(separator)) for separator in ",\t;"):
        return True
    sample = [line for line in lines[:20] if line.strip()]
    return are_numbers_parted_by_spaces(sample) or are_paths_before_labels(sample)


def _assign_parts(tables: list[Table], source: str) -> dict[PartName, Table]:
    """Assign each table to the part in its name; a single table without one is train.

    Raises `DataError` if several tables cannot be told apart.
    """
    named = [(part, table) for table in tables if (part := detect_part(table.file.name))]
    if len(tables) == 1:
        return {(named[0][0] if named else "train"): tables[0]}
    by_part = dict(reversed(named))
    if len(by_part) < len(named) or not named:
        names = join_first([table.file.name for table in tables], 3)
        raise DataError(
            f"{source} holds several tables ({names}), and their names do not say which is "
            "train and which is test. Point at one, or name them so."
        )
    return by_part
