"""Take some items of a part: as many as a comparison needs, from all of it."""

import numpy as np

from noonbit.data.dataset import Indices

MOST_ITEMS = 10_000
"""Of a part, on which an export is compared and measured."""


def take_evenly(rows: Indices, most: int) -> Indices:
    """Return at most so many of the rows (N,), evenly spaced, since files are often sorted."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
