"""Mean and standard deviation of the bytes of each channel, exact and in little memory."""

import numpy as np
from numpy.typing import NDArray

from noonbit.data.preprocess.base import Statistics

BLOCK_IMAGES = 1000
"""Images counted together, because `bincount` makes its input eight times as large."""
ROUNDING = 1e-9
"""A deviation of less is that of one level, up to rounding; one pixel in a billion gives more."""


def channel_statistics(values: NDArray[np.uint8], train: NDArray[np.int64] | None) -> Statistics:
    """Return the statistics of images (N, C, H, W), or of those at `train`, on a scale of 0 to 1.

    A channel of one level has the deviation 1, so that it can be divided by.
    """
    count = len(values) if train is None else len(train)
    levels = np.arange(256) / 255.0
    means, stds = [], []
    for channel in range(values.shape[1]):
        # A histogram gives the exact moments of bytes without a float copy of the data.
        counts = np.zeros(256, np.int64)
        for first in range(0, count, BLOCK_IMAGES):
            block = slice(first, first + BLOCK_IMAGES)
            pixels = values[block if train is None else train[block], channel]
            counts += np.bincount(pixels.ravel(), minlength=256)
        mean = float(counts @ levels / counts.sum())
        means.append(mean)
        std = float(np.sqrt(counts @ (levels - mean) ** 2 / counts.sum()))
        stds.append(std if std > ROUNDING else 1.0)
    return tuple(means), tuple(stds)
