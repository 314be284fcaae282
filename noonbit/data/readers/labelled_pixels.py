"""Pixels with labels, as the tables of a source hold them, and the data set that they make."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import BadItem, Part, PartName, RawDataset, order_parts
from noonbit.data.labels import encode_labels, one_hot_columns
from noonbit.data.preprocess.pixels import pixels_from_array, value_range_of
from noonbit.data.readers.delimited import Table
from noonbit.data.readers.split_column import parts_by_value
from noonbit.errors import DataError, join_first

FORMAT = "CSV"


@dataclass(frozen=True)
class LabelledPixels:
    """What the usable rows of one table hold."""

    table_name: str
    values: NDArray[np.generic]
    """(N, ...), as `pixels_from_array` takes it; N rows."""
    labels: Sequence[str] | None
    """(N,) as written; empty where there is none. None if the table has no label column."""
    splits: Sequence[str] | None
    """(N,) as written; None if the table has no split column."""
    names: Sequence[str]
    """(N,): `table.csv row 2`, ..."""
    bad: tuple[BadItem, ...]
    notes: tuple[str, ...]


def dataset_from_pixels(tables: dict[PartName, LabelledPixels], source: str) -> RawDataset:
    """Build a data set of the tables of a source, which are its parts unless their rows say more.

    Raises `DataError`.
    """
    notes = tuple(note for each in tables.values() for note in each.notes)
    bad = [item for each in tables.values() for item in each.bad]
    values: dict[PartName, list[NDArray[np.generic]]] = {}
    labels: dict[PartName, list[str]] = {}
    names: dict[PartName, list[Sequence[str]]] = {}
    unlabelled: dict[str, PartName] = {}
    for part, table in tables.items():
        rows_of, more, wrong = _rows_by_part(table, part)
        notes += more
        bad += wrong
        for row_part, rows in rows_of.items():
            found = [""] * len(table.names) if table.labels is None else table.labels
            labelled = rows[[bool(found[row]) for row in rows]]
            if not len(labelled):
                whose = (
                    table.table_name if len(rows_of) == 1 else f"{row_part} of {table.table_name}"
                )
                unlabelled[whose] = row_part
                continue
            if len(labelled) < len(rows):
                empty = np.setdiff1d(rows, labelled)
                bad += [BadItem(table.names[row], "has no label") for row in empty]
            whole = len(labelled) == len(table.names)
            values.setdefault(row_part, []).append(
                table.values if whole else table.values[labelled]
            )
            labels.setdefault(row_part, []).extend(found[row] for row in labelled)
            names.setdefault(row_part, []).append(
                table.names if whole else [table.names[row] for row in labelled]
            )
    if "train" in unlabelled.values() or not values:
        _refuse_unlabelled(tables)
    notes += tuple(f"{name} has no labels and is left out." for name in unlabelled)
    joined, more = order_parts({part: _join(each) for part, each in values.items()}, of=source)
    notes += more
    shapes = sorted({each.shape[1:] for each in joined.values()})
    if len(shapes) > 1:
        found_shapes = " and ".join(" x ".join(map(str, shape)) for shape in shapes)
        raise DataError(
            f"{source}: its tables have {found_shapes} pixels a row. All parts need images of one "
            "size."
        )
    value_range = value_range_of(*joined.values(), name=source)
    ordered_labels, _ = order_parts(labels, of=source)
    ordered_names, _ = order_parts(names, of=source)
    codes, class_names = encode_labels(
        {part: numbers_or_text(each) for part, each in ordered_labels.items()}, source=source
    )
    parts: dict[PartName, Part] = {}
    for part, array in joined.items():
        images, _ = pixels_from_array(array, name=source, value_range=value_range)
        first, *rest = ordered_names[part]
        parts[part] = Part(
            images, codes[part], [*first, *sum(map(list, rest), [])] if rest else first
        )
    return RawDataset(source, FORMAT, parts, class_names, value_range, tuple(bad), notes)


def labels_of(
    table: Table, columns: Sequence[int], fields: dict[int, list[str]]
) -> list[str] | None:
    """Return the label of each row from the fields of the label columns.

    Of several columns, which are one-hot, it is the name of the one that is 1, or its number from
    0 in a table without names; empty if there is no such one. None if there is no label column.
    """
    if not columns:
        return None
    if len(columns) == 1:
        return fields[columns[0]]
    header = table.header
    names = [str(k) if header is None else header[i].strip() for k, i in enumerate(columns)]
    hot = one_hot_columns([fields[i] for i in columns])
    if hot is not None:
        return [names[k] for k in hot]
    rows = zip(*(fields[i] for i in columns), strict=True)
    each = (one_hot_columns([[field] for field in row]) for row in rows)
    return ["" if hot is None else names[hot[0]] for hot in each]


def numbers_or_text(fields: Sequence[str]) -> NDArray[np.generic]:
    """Convert labels to whole numbers or fractions if all of them are numbers, else to text."""
    for dtype in (np.int64, np.float64):
        try:
            return np.array(fields, dtype=dtype)
        except (ValueError, OverflowError):
            continue
    return np.array(fields)


def _rows_by_part(
    table: LabelledPixels, part: PartName
) -> tuple[dict[PartName, NDArray[np.int64]], tuple[str, ...], list[BadItem]]:
    """Return the rows of each part, a note on the names of parts, and rows of no part."""
    if table.splits is None:
        return {part: np.arange(len(table.names))}, (), []
    part_of, notes = parts_by_value(table.splits)
    rows: dict[PartName, list[int]] = {}
    bad = []
    for row, split in enumerate(table.splits):
        row_part = part_of[split]
        if row_part is None:
            bad.append(BadItem(table.names[row], f"has the split '{split}'"))
        else:
            rows.setdefault(row_part, []).append(row)
    return {each: np.array(found) for each, found in rows.items()}, notes, bad


def _refuse_unlabelled(tables: dict[PartName, LabelledPixels]) -> None:
    table = next((each for each in tables.values() if each.labels is None), None)
    if table is None:
        names = join_first([each.table_name for each in tables.values()], 3)
        raise DataError(f"{names} has no label in any row for training. Add them.")
    raise DataError(
        f"{table.table_name} holds pixels and no label column. Add one named label, or name it "
        "with --label-column; `noonbit predict` takes images without labels."
    )


def _join(arrays: list[NDArray[np.generic]]) -> NDArray[np.generic]:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
