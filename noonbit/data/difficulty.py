"""Estimate how hard a data set is before any training, in a fraction of a second.

The measure is the error of a nearest-neighbour classifier (Cover and Hart, 1967). On raw pixels:
digits 1 %, MNIST 7 %, Fashion-MNIST 20 %, dogs vs. cats 50 %, CIFAR-10 75 %. It predicts how many
epochs a network needs; the number of images alone does not.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Indices

REFERENCE_ITEMS, QUERY_ITEMS = 5_000, 1_000


def nearest_neighbour_error(
    vectors_at: Callable[[Indices], NDArray[np.float32]], labels: Indices, among: Indices
) -> float:
    """Return the nearest-neighbour error on the items at `among`, from 0 to 1.

    `vectors_at` gives items as vectors (n, features). At most 1,000 query items are compared with
    at most 5,000 reference items, both spread evenly over the data. Returns 1 for fewer than 20
    items.
    """
    count = len(among)
    if count < 20:
        return 1.0
    sample = np.linspace(0, count - 1, min(count, REFERENCE_ITEMS + QUERY_ITEMS)).astype(np.int64)
    is_query = np.arange(len(sample)) % (1 + REFERENCE_ITEMS // QUERY_ITEMS) == 0
    sample = among[sample]
    vectors = vectors_at(sample)
    references, queries = vectors[~is_query], vectors[is_query]
    # |q - r|^2 = |q|^2 + |r|^2 - 2qr, and |q|^2 does not change which r is nearest.
    distances = (references**2).sum(axis=1) - 2 * (queries @ references.T)
    nearest = labels[sample][~is_query][distances.argmin(axis=1)]
    return float(np.mean(nearest != labels[sample][is_query]))
