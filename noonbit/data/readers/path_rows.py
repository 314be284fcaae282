"""Read tables with an image path, a label and optionally a split in each row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from noonbit.config.read_options import ReadOptions
from noonbit.data.dataset import (
    PART_NAMES,
    BadItem,
    Inputs,
    PartName,
    RawDataset,
    detect_part,
    order_parts,
)
from noonbit.data.files import File
from noonbit.data.readers.cells import is_number, is_row_of_numbers
from noonbit.data.readers.column_names import ID_NAMES
from noonbit.data.readers.delimited import Table
from noonbit.data.readers.folder import group_pictures, pictures_among
from noonbit.data.readers.folder_layout import find_layout
from noonbit.data.readers.folder_names import find_part_depth, strict_part
from noonbit.data.readers.headers import scan_cached
from noonbit.data.readers.left_out import list_left_out
from noonbit.data.readers.listing import Listing
from noonbit.data.readers.path_lookup import PictureIndex, find_pictures, pictures_of_table
from noonbit.data.readers.picture_columns import (
    PictureRows,
    find_path_column,
    promote_header,
    read_picture_rows,
)
from noonbit.data.readers.pictures import note_misnamed, scan, unlabelled_part
from noonbit.data.readers.table_columns import read_text_columns
from noonbit.errors import DataError, join_first, plural

FORMAT = "a table of paths and labels"
MOST_TEXT_FIELDS = 1_000
"""A row with more texts is not about a picture; each of them would be looked up as a path."""


@dataclass(frozen=True)
class PictureTable:
    """A table whose rows name pictures."""

    table: Table
    path_column: int
    index: PictureIndex
    """The pictures among which it finds its own."""
    part: PartName | None
    """What its name says."""

    @property
    def folder(self) -> str:
        """The folder of the table, with its slash; empty at the root of the source."""
        return "".join(self.table.file.name.rpartition("/")[:2])


@dataclass
class _Rows:
    """What was read so far."""

    labelled: dict[str, tuple[PartName, str]] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    bad: list[BadItem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_picture_tables(
    tables: Iterable[Table], listing: Listing, options: ReadOptions | None = None
) -> list[PictureTable]:
    """Return the tables that name pictures of a source."""
    options = listing.options if options is None else options
    pictures = pictures_among(listing.files)
    index = PictureIndex(pictures)
    found = []
    for table in tables:
        if sum(not is_number(field) for field in table.sample[0]) > MOST_TEXT_FIELDS:
            continue
        own = index
        if len(listing.files) == 1:
            # Pixels are no names: a file 0.png that happens to lie near a table is none of its own.
            holds_pixels = is_row_of_numbers(table.sample[0])
            sample = [
                field
                for row in table.sample
                for field in row
                if not (holds_pixels and is_number(field))
            ]
            near = pictures_of_table(table.file, sample) if sample else []
            own = PictureIndex(pictures_among(near))
        column = find_path_column(table, own, options)
        if column is not None:
            table = promote_header(table, own, column)
            found.append(PictureTable(table, column, own, _part_in_name(table.file)))
    return found


def choose_picture_tables(tables: Iterable[Table], listing: Listing) -> list[PictureTable]:
    """Return the tables that say what the pictures of a source show.

    Beside class folders, those are tables outside them that label at least half of the pictures.
    """
    found = find_picture_tables(tables, listing)
    if not found or listing.options.given() or len(listing.files) == 1:
        return found
    layout = find_layout(pictures_among(listing.files), source=listing.source)
    if not layout.tells_classes:
        return found
    class_folders = {f"{name.rpartition('/')[0]}/" for name in layout.labelled}
    outside = [table for table in found if table.folder not in class_folders]
    rows = sum(table.table.content().count(b"\n") for table in outside)
    clear = any(_has_labels(table, unclear=False) for table in outside)
    return outside if clear and 2 * rows >= len(layout.labelled) else []


def _has_labels(table: PictureTable, *, unclear: bool) -> bool:
    """Whether a table labels its pictures; `unclear` if it does not say by which column."""
    try:
        rows = read_picture_rows(table.table, table.index, table.path_column, ReadOptions())
    except DataError:
        return unclear
    return rows.labels is not None


def _may_label(table: PictureTable, listing: Listing) -> bool:
    return listing.options.label_column is not None or _has_labels(table, unclear=True)


def _part_in_name(file: File) -> PartName | None:
    *folders, base = file.name.split("/")
    return detect_part(base) or next(filter(None, map(strict_part, reversed(folders))), None)


def read_paths(tables: Sequence[PictureTable], listing: Listing) -> RawDataset:
    """Read the images that tables list, with their labels. Raises `DataError`."""
    source = listing.source
    labelled_tables = [table for table in tables if len(tables) == 1 or _may_label(table, listing)]
    by_part, notes = _assign_parts(labelled_tables or tables, source)
    notes += [
        f"{table.table.file.name} has no labels and is left out; `noonbit predict` takes it."
        for table in tables
        if labelled_tables and table not in labelled_tables
    ]
    found = _Rows(notes=list(notes))
    label_names: tuple[str, ...] = ()
    for part, table in by_part.items():
        found.notes += table.table.notes
        rows = read_picture_rows(
            table.table, table.index, table.path_column, listing.options, label_names=label_names
        )
        if rows.labels is None:
            if not found.files:
                raise DataError(_no_labels(table.table))
            found.notes.append(
                f"{table.table.file.name} has no labels and is left out; `noonbit predict` takes "
                "it."
            )
            continue
        label_names = label_names or rows.label_names
        _add_rows(found, table, rows, part, single=len(by_part) == 1)
    if not found.files:
        raise DataError(f"{source} has no row with a picture: {found.bad[0]}.")
    pictures, bad = scan_cached(found.files)
    if not pictures:
        raise DataError(f"{source} names no picture that can be read: {bad[0]}.")
    ordered, more = order_parts({part: part for part, _ in found.labelled.values()}, of=source)
    renamed = {old: new for new, old in ordered.items()}
    labelled = {name: (renamed[part], label) for name, (part, label) in found.labelled.items()}
    try:
        parts, class_names = group_pictures(pictures, labelled, source=source)
    except DataError as error:
        if not found.bad:
            raise
        left = f"{plural(len(found.bad), 'row')} cannot be used: {found.bad[0]}."
        raise DataError(f"{error} {left}") from None
    named = {*labelled, *(item.name for item in bad)}
    others = [file.name for file in pictures_among(listing.files) if file.name not in named]
    if others and len(listing.files) > 1:
        are = (
            "picture is in no labelled row"
            if len(others) == 1
            else "pictures are in no labelled row"
        )
        found.notes.append(f"{len(others):,} {are} and left out: {list_left_out(others, named)}.")
    return RawDataset(
        source,
        FORMAT,
        parts,
        class_names,
        bad=(*found.bad, *bad),
        notes=(*found.notes, *more, *note_misnamed(pictures)),
        used=frozenset([*named, *others, *(table.table.file.name for table in tables)]),
    )


def read_path_inputs(table: PictureTable, source: str) -> Inputs:
    """Read the images that a table lists, in its order, whatever labels it has."""
    own = table.table
    named = own.find_column(ID_NAMES)
    id_column = table.path_column if named is None else named
    paths, ids = read_text_columns(own, own.content(), [table.path_column, id_column])
    found = find_pictures(paths, table.index, folder=table.folder, part=table.part)
    missing = [
        BadItem(path, f"{picture.reason} ({own.file.name} row {own.row_number(row):,})")
        for row, (path, picture) in enumerate(zip(paths, found, strict=True))
        if isinstance(picture, BadItem)
    ]
    pictures, bad = scan([picture for picture in found if isinstance(picture, File)])
    return Inputs(
        source,
        FORMAT,
        unlabelled_part(pictures),
        bad=(*missing, *bad),
        notes=(*own.notes, *note_misnamed(pictures)),
        ids={
            picture.name: name
            for picture, name in zip(found, ids, strict=True)
            if isinstance(picture, File)
        },
        id_column=own.header[id_column].strip() if own.header else "",
    )


def _no_labels(table: Table) -> str:
    return (
        f"{table.file.name} has {table.describe()}, and none holds a label. Add a column label, or "
        "name one with --label-column; `noonbit predict` takes pictures without labels."
    )


def _assign_parts(
    tables: Sequence[PictureTable], source: str
) -> tuple[dict[PartName, PictureTable], list[str]]:
    """Assign each table to the part in its name, train first; a single table may be any part.

    Raises `DataError` if several tables cannot be told apart.
    """
    named = [table for table in tables if table.part]
    used = named or list(tables)
    if len(used) > 1 and (not named or len({table.part for table in named}) < len(named)):
        names = join_first([table.table.file.name for table in used], 3)
        raise DataError(
            f"{source} holds several tables ({names}), and their names do not say which is train "
            "and which is test. Point at one, or name them so."
        )
    ordered, notes = order_parts({table.part or "train": table for table in used}, of=source)
    left = [
        f"{table.table.file.name} names no part and is left out."
        for table in tables
        if table not in used
    ]
    return ordered, [*(notes if len(used) > 1 else ()), *left]


def _add_rows(
    found: _Rows, table: PictureTable, rows: PictureRows, part: PartName, *, single: bool
) -> None:
    """Add the rows of a table whose picture, label and part are known, and say what is wrong."""
    name_of = table.table.file.name
    assert rows.labels is not None  # noqa: S101 - the caller left such tables out
    pictures = find_pictures(
        rows.paths, table.index, folder=table.folder, part=None if rows.parts else table.part
    )
    parts, notes = _parts_of_rows(table, rows, pictures, part)
    found.notes += [*rows.notes, *notes]
    labelled_parts = {each for each, label in zip(parts, rows.labels, strict=True) if label}
    unlabelled = [each for each in PART_NAMES if each in parts and each not in labelled_parts]
    found.notes += [f"{each} of {name_of} has no labels and is left out." for each in unlabelled]
    for row, (path, label, picture, row_part) in enumerate(
        zip(rows.paths, rows.labels, pictures, parts, strict=True)
    ):
        where = f"{name_of} row {table.table.row_number(row):,}"
        if row_part in unlabelled:
            continue
        if isinstance(picture, BadItem):
            found.bad.append(
                BadItem(path or "a picture without a name", f"{picture.reason} ({where})")
            )
        elif not label:
            found.bad.append(BadItem(where, "has no label"))
        elif row_part is None:
            split = rows.splits[row] if rows.splits else ""
            found.bad.append(
                BadItem(where, f"has the split '{split}', which is not train, validation or test")
            )
        elif picture.name not in found.labelled:
            found.labelled[picture.name] = row_part, label
            found.files.append(picture)
        elif (known := found.labelled[picture.name]) != (row_part, label):
            found.bad.append(
                BadItem(
                    where,
                    f"names {picture.name} again, as '{label}' in {row_part}; it was '{known[1]}' "
                    f"in {known[0]}",
                )
            )


def _parts_of_rows(
    table: PictureTable, rows: PictureRows, pictures: Sequence[File | BadItem], part: PartName
) -> tuple[Sequence[PartName | None], list[str]]:
    """Return the part of each row: of its split column, else its table, else its folder."""
    folders = {
        picture.name: tuple(picture.name.split("/")[:-1])
        for picture in pictures
        if isinstance(picture, File)
    }
    depth = find_part_depth(folders.values())
    by_folder: list[PartName | None] = [
        strict_part(folders[picture.name][depth])
        if depth is not None and isinstance(picture, File)
        else None
        for picture in pictures
    ]
    if rows.parts is not None:
        different = sum(
            a is not None and b is not None and a != b
            for a, b in zip(rows.parts, by_folder, strict=True)
        )
        column = table.table.column_name(rows.split_column or 0)
        said = [
            f"{table.table.file.name}: {column} and the folder disagree in "
            f"{plural(different, 'row')}; the column counts."
        ]
        return rows.parts, said if different else []
    if table.part is not None or depth is None:
        return [part] * len(pictures), []
    return [each or "train" for each in by_folder], []
