"""Where a map lies is said in words."""

import numpy as np
import pytest

from noonbit.explain.regions import describe_region, shares_of_ninths


def spot(row: int, column: int) -> np.ndarray:
    values = np.zeros((9, 9), np.float32)
    values[row, column] = 2
    return values


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (spot(0, 0), "100% of it in the upper left"),
        (spot(4, 4), "100% of it in the centre"),
        (spot(4, 8), "100% of it in the right, half way up"),
        (spot(8, 4), "100% of it in the lower middle"),
        (spot(0, 0) + spot(0, 4) + spot(0, 8), "100% of it in the upper third"),
        (
            spot(0, 4) + spot(4, 4) + spot(8, 4),
            "100% of it in the band down the middle",
        ),
        (
            spot(4, 0) + spot(4, 4) + spot(4, 8),
            "100% of it in the band across the middle",
        ),
        (np.ones((9, 9)), "spread over the picture, most in the upper left (11% of it)"),
        (np.zeros((9, 9)), "nowhere"),
        (-np.ones((9, 9)), "nowhere"),
        (spot(2, 1) - spot(8, 8), "100% of it in the upper left"),
    ],
)
def test_the_place_is_named(values: np.ndarray, words: str) -> None:
    assert describe_region(values.astype(np.float32)) == words


def test_a_pixel_on_a_border_counts_for_both_sides_by_area() -> None:
    shares = shares_of_ninths(np.ones((8, 4), np.float32))
    np.testing.assert_allclose(shares, np.full((3, 3), 1 / 9))
