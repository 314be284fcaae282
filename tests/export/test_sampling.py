"""Items are taken from all of a part."""

import numpy as np
import pytest

from noonbit.export.sampling import take_evenly


@pytest.mark.parametrize(("count", "most"), [(5, 10), (10, 10), (100, 10), (101, 7)])
def test_rows_are_taken_from_the_whole_part(count, most):
    rows = np.arange(count) * 3
    taken = take_evenly(rows, most)
    assert len(taken) == min(count, most)
    assert len(np.unique(taken)) == len(taken)
    assert (taken[0], taken[-1]) == (rows[0], rows[-1])


def test_of_no_rows_none_are_taken():
    assert len(take_evenly(np.zeros(0, np.int64), 10)) == 0
