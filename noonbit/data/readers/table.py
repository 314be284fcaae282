"""Read CSV and TSV tables: each row holds an image's pixels, or a path or text with its label.

The separator (comma, tab, semicolon), the header and the label column are detected from the
content. If there are several tables, their names say which part each is.
"""

from pathlib import PurePosixPath

from noonbit.data.compression import strip_compression_suffix
from noonbit.data.dataset import BadItem, Inputs, Part, PartName, RawDataset, detect_part
from noonbit.data.files import File, content, head, survey
from noonbit.data.preprocess.pixels import ValueRange, pixels_to_answer
from noonbit.data.readers.delimited import Table, is_number, open_table, read_text_column
from noonbit.data.readers.folder import looks_like_picture
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.path_rows import find_path_column, make_path_lookup, read_paths
from noonbit.data.readers.pictures import SUFFIXES, note_misnamed, scan, unlabelled_part
from noonbit.data.readers.pixel_rows import FORMAT as PIXELS
from noonbit.data.readers.pixel_rows import read_pixels, read_rows
from noonbit.data.readers.text_rows import find_text_column, read_text_inputs, read_texts
from noonbit.errors import DataError

FORMAT = "CSV or TSV of pixels, of path,label or of text,label"
_SAMPLE_BYTES = 2**20


def recognise(listing: Listing) -> bool:
    """Whether a listing holds a table; if it also holds images, one that lists their paths."""
    files = listing.files
    candidates = _find_tables(files)
    if candidates and any(looks_like_picture(file) for file in survey(files)):
        return any(_names_pictures(file, files) for file in candidates)
    return bool(candidates)


def read(listing: Listing) -> RawDataset:
    """Read the tables of a listing, one per part. Raises `DataError`."""
    files, source = listing.files, listing.source
    candidates = [open_table(file) for file in _find_tables(files)]
    tables = _assign_parts(candidates, source)
    first = next(iter(tables.values()))
    if find_path_column(first, make_path_lookup(first.file, files)) is not None:
        data = read_paths(tables, files, source)
    elif find_text_column(first) is not None:
        data = read_texts(tables, source)
    else:
        data = read_pixels(tables, source)
    for table in candidates:
        if table not in tables.values():
            data = data.with_note(f"{table.file.name} names no part and is left out.")
    return data


def read_inputs(listing: Listing, value_range: ValueRange | None) -> Inputs:
    """Read the images or texts of a table, ignoring a label column. Raises `DataError`."""
    files, source = listing.files, listing.source
    candidates = _find_tables(files)
    if len(candidates) != 1:
        names = ", ".join(file.name for file in candidates[:4])
        raise DataError(f"{source} holds several tables ({names}). Point at one.")
    table = open_table(candidates[0])
    find = make_path_lookup(table.file, files)
    column = find_path_column(table, find)
    if column is None and find_text_column(table) is not None:
        return read_text_inputs(table, source)
    if column is None:
        rows = read_rows(table)
        images, value_range = pixels_to_answer(
            rows.values, name=table.file.name, value_range=value_range
        )
        part = Part(images, None, table.row_names(len(images)))
        return Inputs(source, PIXELS, part, value_range, notes=rows.notes)
    found = {name: find(name) for name in read_text_column(table, content(table.file), column)}
    missing = [BadItem(name, "does not exist") for name, file in found.items() if file is None]
    pictures, bad = scan([file for file in found.values() if file is not None])
    return Inputs(
        source,
        FORMAT,
        unlabelled_part(pictures),
        bad=(*missing, *bad),
        notes=note_misnamed(pictures),
    )


def _names_pictures(file: File, files: list[File]) -> bool:
    try:
        table = open_table(file)
    except DataError:  # a broken table beside folders of images does not matter
        return False
    return find_path_column(table, make_path_lookup(file, files)) is not None


def _find_tables(files: list[File]) -> list[File]:
    """Find the files that are tables, judged by their names or by rows of many numbers."""
    return [file for file in survey(files) if _looks_like_table(file)]


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
    fields = max((row.split(separator) for separator in ",\t;"), key=len)
    return len(fields) > 16 and sum(map(is_number, fields)) >= len(fields) - 2


def _assign_parts(tables: list[Table], source: str) -> dict[PartName, Table]:
    """Assign each table to the part in its name; a single table without one is train.

    Raises `DataError` if several tables cannot be told apart.
    """
    named = [(part, table) for table in tables if (part := detect_part(table.file.name))]
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
