"""What a cell of a table holds: a number, or a list of numbers in whatever spelling."""

import re
from collections.abc import Sequence

LEAST_NUMBERS = 16
"""Fewer numbers in one cell are no picture."""
_TYPES = re.compile(r"(?:np\.|numpy\.|torch\.)?(?:u?int\d+|float\d+|array|tensor)\(|dtype=[\w.]+")
_BETWEEN = str.maketrans(dict.fromkeys(",;|[](){}'\"", " "))


def is_number(field: str) -> bool:
    """Whether `float` can parse a field."""
    try:
        float(field)
    except ValueError:
        return False
    return True


def is_row_of_numbers(fields: Sequence[str]) -> bool:
    """Whether the fields of a row are enough numbers for a picture, with at most two texts."""
    return len(fields) > 16 and sum(map(is_number, fields)) >= len(fields) - 2


def fields_of_cell(cell: str) -> list[str]:
    """Split a cell that is a list, in whatever spelling: `1 2`, `1, 2`, `[1;2]`, `array([1])`."""
    if "(" in cell or "=" in cell:
        cell = _TYPES.sub(" ", cell)
    return cell.translate(_BETWEEN).split()


def numbers_in(cell: str) -> list[str]:
    """Return the numbers of a cell, as they are written; nothing if it is no list of numbers."""
    found = fields_of_cell(cell)
    return found if all(map(is_number, found)) else []
