"""A map in words: where in the picture most of it lies."""

import numpy as np
from numpy.typing import NDArray

MOST_OF_IT, MUCH_OF_IT = 0.5, 0.6
"""The share of a ninth that names it alone, and of a third that names the third."""
ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "middle", "right")


def shares_of_ninths(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the share of a map's positive values in each ninth of the picture, (3, 3).

    Pixels on a border between ninths count for both, by area. Zeros if nothing is positive.
    """
    positive = np.maximum(values, 0).astype(np.float64)
    rows, columns = (thirds(side) for side in values.shape)
    shares = rows @ positive @ columns.T
    total = shares.sum()
    return shares / total if total > 0 else shares


def thirds(side: int) -> NDArray[np.float64]:
    """Return how much of each of `side` pixels lies in each third, (3, side)."""
    edges = np.linspace(0, side, 4)
    pixels = np.arange(side)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(np.clip(covered, 0, 1), np.float64)


def describe_region(values: NDArray[np.float32]) -> str:
    """Return where most of a map is: `62 % of it in the upper left`."""
    shares = shares_of_ninths(values)
    if not shares.any():
        return "nowhere"
    row, column = divmod(int(shares.argmax()), 3)
    if shares[row, column] >= MOST_OF_IT:
        return f"{shares[row, column]:.0%} of it in the {name_ninth(row, column)}"
    by_row, by_column = shares.sum(axis=1), shares.sum(axis=0)
    third, share = name_largest_third(by_row, by_column)
    if share >= MUCH_OF_IT:
        return f"{share:.0%} of it in the {third}"
    return (
        f"spread over the picture, most in the {name_ninth(row, column)} "
        f"({shares[row, column]:.0%} of it)"
    )


def name_largest_third(
    by_row: NDArray[np.float64], by_column: NDArray[np.float64]
) -> tuple[str, float]:
    """Return the name of the third with the largest share, a row or a column, and the share."""
    row, column = int(by_row.argmax()), int(by_column.argmax())
    if by_row[row] >= by_column[column]:
        name = "band across the middle" if row == 1 else f"{ROWS[row]} third"
        return name, float(by_row[row])
    name = "band down the middle" if column == 1 else f"{COLUMNS[column]} third"
    return name, float(by_column[column])


def name_ninth(row: int, column: int) -> str:
    """Return the name of a ninth: `upper left`, `centre`, `middle of the left edge`."""
    if row == 1 and column == 1:
        return "centre"
    if row == 1:
        return f"{COLUMNS[column]}, half way up"
    return f"{ROWS[row]} {COLUMNS[column]}"
