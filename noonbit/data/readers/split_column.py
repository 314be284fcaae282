"""The column of a table that says which part each row belongs to: `split`, `Usage`, ..."""

from collections.abc import Iterable

from noonbit.data.dataset import PartName, detect_part
from noonbit.data.readers.column_names import SPLIT_NAMES
from noonbit.data.readers.delimited import Table


def find_split_column(table: Table) -> int | None:
    """Find the split column: it has a usual name, and most of its values name a part."""
    column = table.find_column(SPLIT_NAMES)
    if column is None:
        return None
    values = [row[column] for row in table.sample if len(row) > column]
    return column if 2 * sum(map(bool, map(detect_part, values))) > len(values) else None


NUMBERED_PARTS: dict[str, PartName | None] = {"0": "train", "1": "validation", "2": "test"}
"""What CelebA's `partition` and its like mean by 0, 1 and 2."""


def parts_by_value(values: Iterable[str]) -> tuple[dict[str, PartName | None], tuple[str, ...]]:
    """Return the part that each value of a split column means, None for none, and a note.

    Of a public and a private test, as in FER2013's `PublicTest` and `PrivateTest`, the public one
    is the validation part: competitors chose with it, and were measured with the private one.
    """
    different = set(values)
    if different == NUMBERED_PARTS.keys():
        return dict(NUMBERED_PARTS), ("0, 1 and 2 are taken for train, validation and test.",)
    parts = {value: detect_part(value) for value in sorted(different)}
    tests = [value for value, part in parts.items() if part == "test"]
    public = [value for value in tests if "public" in value.lower()]
    private = [value for value in tests if "private" in value.lower()]
    if not (public and private) or "validation" in parts.values():
        return parts, ()
    parts |= dict.fromkeys(public, "validation")
    return parts, (f"{public[0]} is taken for validation, and {private[0]} for testing.",)
