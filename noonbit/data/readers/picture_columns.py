"""Which columns of a table of pictures hold the paths, the labels and the parts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from noonbit.config.read_options import ReadOptions
from noonbit.data.dataset import PartName
from noonbit.data.labels import one_hot_columns
from noonbit.data.readers.cells import is_number
from noonbit.data.readers.column_names import (
    LABEL_NAMES,
    PATH_NAMES,
    SPLIT_NAMES,
    TEXT_NAMES,
    bare_name,
    find_column,
)
from noonbit.data.readers.delimited import Table
from noonbit.data.readers.folder_names import strict_part
from noonbit.data.readers.path_lookup import LONGEST_PATH, PictureIndex, names_pictures
from noonbit.data.readers.pictures import SUFFIXES
from noonbit.data.readers.split_column import (
    NUMBERED_PARTS,
    find_split_column,
    parts_by_value,
)
from noonbit.data.readers.table_columns import read_text_columns
from noonbit.errors import DataError, join_first

_TRUE, _FALSE = ("1", "true", "yes", "1.0"), ("0", "false", "no", "0.0")
_BOX_NAMES = ("xmin", "x1", "left", "bbox", "boxes", "box", "Roi.X1", "x_center", "BBoxX")
"""Headers of the first number of a box."""
_MOST_PARTS = 8
"""Maximum number of different values of a column that says the part."""


@dataclass(frozen=True)
class PictureRows:
    """The rows of a table of pictures, each field stripped."""

    table: Table
    paths: list[str]
    labels: list[str] | None
    """As written, or the name of the one-hot column that is 1; None without a label column."""
    label_names: tuple[str, ...]
    """The headers of the label column or the one-hot columns; empty without a header."""
    parts: list[PartName | None] | None
    """None for a row whose part is not known; None as a whole without a split column."""
    splits: list[str] | None
    """The split column as written."""
    split_column: int | None
    notes: tuple[str, ...]


def find_path_column(table: Table, index: PictureIndex, options: ReadOptions) -> int | None:
    """Find the column whose sampled values name pictures; None if there is none.

    It is the column that names most of them. A column of numbers counts if its header is a usual
    one, or if all of its values differ and all of them name pictures, and no column holds texts: a
    file 1.png that happens to lie near a table of sentences is none of its own.
    """
    if options.path_column is not None:
        return table.column_of(options.path_column, flag="--path-column")
    named = table.find_column(PATH_NAMES)
    folder = "".join(table.file.name.rpartition("/")[:2])
    best, most = None, 0
    columns = range(table.columns)
    if len(columns) > MOST_COLUMNS:
        return None
    for column in columns:
        values = [row[column].strip() for row in table.sample if len(row) > column]
        numbers = all(map(is_number, values))
        holds_others = len(columns) > _MOST_NUMBERED or table.find_column(TEXT_NAMES) is not None
        if not values or (numbers and holds_others and column != named):
            continue
        found = names_pictures(values, index, folder=folder)
        sure = column == named or not numbers or (found == len(set(values)) == len(values) > 1)
        if sure and found > most:
            best, most = column, found
    if best is not None:
        return best
    for column in columns:
        values = [row[column] for row in table.sample if len(row) > column]
        if values and all(has_picture_suffix(value) for value in values):
            return column
    return None


MOST_COLUMNS = 10_000
"""A table with more columns holds pixels, and none is looked up unless its user names it."""
_MOST_NUMBERED = 16
"""A table with more columns holds pixels: of those, only a named one is looked up as a number."""


def has_picture_suffix(value: str) -> bool:
    """Whether a field ends as picture files do."""
    dot = value.rfind(".")
    return 0 < len(value) <= LONGEST_PATH and dot >= 0 and value[dot:].strip().lower() in SUFFIXES


def promote_header(table: Table, index: PictureIndex, path_column: int) -> Table:
    """Take the first row for a header if it names no picture and later rows do."""
    if table.header is not None or len(table.sample) < 2:
        return table
    folder = "".join(table.file.name.rpartition("/")[:2])
    first, *others = [row[path_column] if len(row) > path_column else "" for row in table.sample]
    is_header = (
        not has_picture_suffix(first)
        and not names_pictures([first], index, folder=folder)
        and names_pictures(others, index, folder=folder) > 0
    )
    return replace(table, header=table.sample[0], sample=table.sample[1:]) if is_header else table


def read_picture_rows(
    table: Table,
    index: PictureIndex,
    path_column: int,
    options: ReadOptions,
    *,
    label_names: tuple[str, ...] = (),
) -> PictureRows:
    """Read paths, labels and parts. Raises `DataError` if several columns could be the label.

    `label_names` are those of the training table, if there is one: a table without them has no
    labels.
    """
    columns = read_text_columns(table, table.content(), range(table.columns))
    names = table.header or [""] * table.columns
    wanted = None
    if options.label_column is not None:
        wanted = table.column_of(options.label_column, flag="--label-column")
    taken = {path_column, wanted}
    split = _find_split(table, columns, taken)
    parts: list[PartName | None] | None = None
    notes: tuple[str, ...] = ()
    if split is not None:
        taken.add(split)
        parts, notes = _parts_of_rows(names[split], columns[split])
    folder = "".join(table.file.name.rpartition("/")[:2])
    others = [
        column
        for column in range(table.columns)
        if column not in taken
        and find_column([names[column]], SPLIT_NAMES) is None
        and not _repeats_paths(table, column, index, folder)
    ]
    box = find_column(names, _BOX_NAMES)
    if box is not None and len(set(columns[path_column])) < 0.9 * len(columns[path_column]):
        raise DataError(
            f"{table.file.name} lists boxes ({names[box]}, ...), several a picture: a detection "
            "set. noonbit learns one label a picture; cut the boxes out into a folder a class."
        )
    chosen: list[int] = []
    if wanted is not None:
        chosen = [wanted]
    elif label_names and table.header is not None:
        found = [table.find_column((name,)) for name in label_names]
        chosen = [column for column in found if column is not None]
        chosen = chosen if len(chosen) == len(label_names) else []
    else:
        chosen, more = _choose_labels(table, columns, others)
        notes += more
        _refuse_measurements(table, columns, chosen)
    return PictureRows(
        table,
        columns[path_column],
        _label_values(table, columns, chosen),
        tuple(names[column] for column in chosen) if table.header is not None else (),
        parts,
        None if split is None else columns[split],
        split,
        notes,
    )


def _repeats_paths(table: Table, column: int, index: PictureIndex, folder: str) -> bool:
    """Whether a column names the pictures once more, such as an id beside their paths."""
    values = [row[column].strip() for row in table.sample if len(row) > column]
    if find_column([(table.header or [""] * table.columns)[column]], LABEL_NAMES) is not None:
        return False
    return (
        not all(map(is_number, values)) or len(set(values)) == len(values) > 2
    ) and names_pictures(values, index, folder=folder) == len(values)


def _find_split(table: Table, columns: Sequence[list[str]], taken: set[int | None]) -> int | None:
    """Find the split column by its name, else as the one in which every value is a part."""
    column = find_split_column(table)
    if column is not None and column not in taken:
        return column
    column = table.find_column(SPLIT_NAMES)
    if column is not None and column not in taken and {*columns[column]} == NUMBERED_PARTS.keys():
        return column
    names = table.header or [""] * table.columns
    for column, values in enumerate(columns):
        different = set(values)
        if column in taken or find_column([names[column]], LABEL_NAMES) is not None:
            continue
        if 1 < len(different) <= _MOST_PARTS and (
            all(map(strict_part, different)) or _flag_parts(names[column], different)
        ):
            return column
    return None


def _flag_parts(name: str, values: set[str]) -> dict[str, PartName] | None:
    """Return the parts that `is_train`, `is_valid` or `is_test` mean by 1 and 0."""
    part = strict_part(bare_name(name).removeprefix("is").removesuffix("image"))
    spelled = {value: value.lower() for value in values}
    if part is None or not set(spelled.values()) <= {*_TRUE, *_FALSE}:
        return None
    other: PartName = "test" if part == "train" else "train"
    return {value: part if low in _TRUE else other for value, low in spelled.items()}


def _parts_of_rows(name: str, values: list[str]) -> tuple[list[PartName | None], tuple[str, ...]]:
    flags = _flag_parts(name, set(values))
    if flags is not None:
        return [flags[value] for value in values], ()
    parts, notes = parts_by_value(values)
    return [parts[value] for value in values], notes


def _choose_labels(
    table: Table, columns: Sequence[list[str]], others: Sequence[int]
) -> tuple[list[int], tuple[str, ...]]:
    """Return the label column, several if they are one-hot, none if there is none, and a note.

    It is the column with a usual name, else the only one that is left, else one-hot columns, else
    the only one whose values repeat. Raises `DataError` if several could be the label.
    """
    names = [bare_name(name) for name in table.header or [""] * table.columns]
    if len(others) == 1:
        return list(others), ()
    possible = [column for column in others if _could_be_label(columns[column])]
    named = [
        column for name in LABEL_NAMES for column in others if names[column] == bare_name(name)
    ]
    if named:
        rest = [column for column in possible if column != named[0]]
        return named[:1], _note_choice(table, named[0], rest)
    hot = _columns_of_0_and_1(columns, others)
    if one_hot_columns([columns[column] for column in hot]) is not None:
        return hot, ()
    if len(possible) > 1:
        raise DataError(_unclear_label(table, columns, possible))
    rest = [column for column in others if column not in possible]
    return possible, _note_choice(table, possible[0], rest) if possible else ()


def _label_values(
    table: Table, columns: Sequence[list[str]], chosen: Sequence[int]
) -> list[str] | None:
    if len(chosen) < 2:
        return _whole_numbers(columns[chosen[0]]) if chosen else None
    hot = one_hot_columns([columns[column] for column in chosen])
    if hot is None:
        raise DataError(_unclear_label(table, columns, chosen))
    names = [table.header[column].strip() if table.header else str(column + 1) for column in chosen]
    return [names[index] for index in hot]


def _whole_numbers(labels: list[str]) -> list[str]:
    """Write 3.0 as 3 if all labels are whole numbers, as a column with gaps becomes in pandas."""
    numbers = [label for label in labels if label]
    if not all(is_number(label) and float(label).is_integer() for label in numbers):
        return labels
    return [label if label.isdecimal() or not label else str(int(float(label))) for label in labels]


def _columns_of_0_and_1(columns: Sequence[list[str]], others: Sequence[int]) -> list[int]:
    """Return the columns of which every field is 0 or 1."""
    return [column for column in others if set(columns[column]) <= {"0", "1", "0.0", "1.0"}]


def _could_be_label(values: list[str]) -> bool:
    """Whether values fall into classes: some repeat, and not all are one."""
    different = set(values) - {""}
    return 1 < len(different) <= max(2, len(values) / 2)


def _refuse_measurements(table: Table, columns: Sequence[list[str]], chosen: Sequence[int]) -> None:
    """Raise `DataError` if the label column was found, not named, and holds fractions."""
    fields = [field for column in chosen for field in columns[column] if field]
    if all(map(is_number, fields)):
        fraction = next((field for field in fields if not float(field).is_integer()), None)
        if fraction is not None:
            raise DataError(
                f"{table.file.name}: {table.column_name(chosen[0])} holds {fraction}; a label is a "
                "whole number or a class name. Name another column with --label-column, or write "
                "the classes as words."
            )


def _note_choice(table: Table, chosen: int, others: Sequence[int]) -> tuple[str, ...]:
    if not others or table.header is None:
        return ()
    rest = join_first([table.header[column].strip() for column in others], 3)
    return (
        f"{table.file.name}: the label is {table.column_name(chosen)}, not {rest}; --label-column "
        "chooses another.",
    )


def _unclear_label(table: Table, columns: Sequence[list[str]], possible: Sequence[int]) -> str:
    names = [
        table.header[column].strip() if table.header else str(column + 1) for column in possible
    ]
    hot = _columns_of_0_and_1(columns, possible)
    if len(hot) > 1 and len(hot) == len(possible):
        return (
            f"{table.file.name} has {len(hot):,} columns of 0 and 1 ({join_first(names, 3)}), but "
            "not one 1 in each row: a picture has several labels or none. noonbit learns one label "
            f"a picture; choose a column, such as --label-column {names[0]}."
        )
    return (
        f"{table.file.name} has {table.describe()}, and {len(possible):,} of them could be the "
        f"label: {join_first(names, 3)}. Choose one: --label-column {_quoted(names[0])}."
    )


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name
