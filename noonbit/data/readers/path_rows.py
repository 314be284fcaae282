"""Read tables with an image path, a label and optionally a split in each row."""

from collections.abc import Callable
from pathlib import PurePosixPath

from noonbit.data.dataset import BadItem, PartName, RawDataset, detect_part, order_parts
from noonbit.data.files import File, content, suffix_of
from noonbit.data.readers.delimited import (
    PATH_NAMES,
    SPLIT_NAMES,
    Table,
    find_label_column,
    is_number,
    read_text_column,
)
from noonbit.data.readers.folder import group_pictures
from noonbit.data.readers.headers import scan_cached
from noonbit.data.readers.pictures import SUFFIXES, note_misnamed
from noonbit.errors import DataError

FORMAT = "a table of paths and labels"
LONGEST_PATH = 255
"""Maximum characters of a path; a longer value is a text."""
MOST_COLUMNS = 16
"""A table with more columns holds pixels."""


def make_path_lookup(table: File, files: list[File]) -> Callable[[str], File | None]:
    """Return a function that finds the file for a path written in a table.

    It tries the path relative to the table's folder, then to the root of the source, then as the
    unique end of a file's path, with or without its suffix.
    """
    by_name = {file.name: file for file in files}
    by_base: dict[str, list[File]] = {}
    for file in files:
        base = file.name.rpartition("/")[2]
        for key in {base, base[: len(base) - len(suffix_of(base))]}:
            by_base.setdefault(key, []).append(file)
    folder = "".join(table.name.rpartition("/")[:2])

    def find(value: str) -> File | None:
        if len(value) > LONGEST_PATH:
            return None  # a text
        name = str(PurePosixPath(value.replace("\\", "/")))
        for candidate in (folder + name, name):
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
                return File.from_path(path, name)
        return None

    return find


def find_path_column(table: Table, find: Callable[[str], File | None]) -> int | None:
    """Find the path column: its sampled values are existing files, or all have image suffixes."""
    if table.columns > MOST_COLUMNS:
        return None  # a table of pixels
    named = table.find_column(PATH_NAMES)
    for column in range(table.columns):
        values = [row[column] for row in table.sample if len(row) > column]
        if any(find(value) for value in values if column == named or not is_number(value)):
            return column
    for column in range(table.columns):
        values = [row[column] for row in table.sample if len(row) > column]
        if all(PurePosixPath(value).suffix.lower() in SUFFIXES for value in values):
            return column
    return None


def read_paths(tables: dict[PartName, Table], files: list[File], source: str) -> RawDataset:
    """Read the images that tables list, with their labels. Raises `DataError`."""
    labelled: dict[str, tuple[PartName, str]] = {}
    found: list[File] = []
    missing: list[BadItem] = []
    tables, notes = order_parts(tables, of=source)
    for part, table in tables.items():
        find = make_path_lookup(table.file, files)
        raw = content(table.file)
        path_column = find_path_column(table, find)
        if path_column is None:
            raise DataError(
                f"{table.file.name} has {table.describe()} and names no file that exists. Give the "
                "paths as they are below the folder of the table."
            )
        splits = table.find_column(SPLIT_NAMES)
        label_column = _label_column(table, {path_column, splits})
        names = read_text_column(table, raw, path_column)
        labels = read_text_column(table, raw, label_column)
        split_names = (
            read_text_column(table, raw, splits) if splits is not None else [part] * len(names)
        )
        for row, (name, label, split) in enumerate(zip(names, labels, split_names, strict=True)):
            where = f"{table.file.name} row {table.row_number(row):,}"
            if not label:
                raise DataError(f"{where} has no label. Add it, or remove the row.")
            item_part = detect_part(split)
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
    pictures, bad = scan_cached(found)
    if not pictures:
        raise DataError(f"{source} names no picture that can be read: {bad[0]}.")
    parts, class_names = group_pictures(pictures, labelled, source=source)
    return RawDataset(
        source,
        FORMAT,
        parts,
        class_names,
        bad=(*missing, *bad),
        notes=notes + note_misnamed(pictures),
    )


def _label_column(table: Table, taken: set[int | None]) -> int:
    column = find_label_column(table.header or [""] * table.columns, taken)
    if column is not None:
        return column
    raise DataError(
        f"{table.file.name} has {table.describe()}, and it is not clear which is the label. Name "
        "it label."
    )
