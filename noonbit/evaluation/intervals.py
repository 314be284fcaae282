"""Confidence intervals of an accuracy, for independent items and for items in groups.

Positions of one game are much alike, so the effective sample size is the number of games, not of
positions. The interval is that of a ratio of two sums over groups, hits and items (Cochran,
"Sampling techniques", 1977, chapter 6; equivalent to cluster-robust standard errors: Liang and
Zeger, "Longitudinal data analysis using generalized linear models", 1986), with Student's t
quantile for the number of groups.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ClusteredInterval:
    """A mean over items with its 95 % interval over groups."""

    value: float
    low: float
    high: float

    @classmethod
    def of_hits(cls, hits: NDArray[np.bool_], groups: NDArray[np.integer]) -> "ClusteredInterval":
        """Return the mean of `hits` (N,) of items in `groups` (N,), clipped to [0, 1]."""
        share = cls.over_groups(hits, groups)
        return cls(share.value, max(0.0, share.low), min(1.0, share.high))

    @classmethod
    def over_groups(
        cls, values: NDArray[np.bool_ | np.integer], groups: NDArray[np.integer]
    ) -> "ClusteredInterval":
        """Return the mean of `values` (N,), such as differences of hits, of items in `groups` (N,).

        With one group the variance between groups is unknown: the interval is then mean ± 1.
        """
        # Student's quantile; scipy.stats takes 0.4 s to import, and SciPy without groups 0.1 s.
        from scipy.special import stdtrit

        _, groups = np.unique(groups, return_inverse=True)
        counts = np.bincount(groups)
        mean = float(np.mean(values))
        residuals = np.bincount(groups, weights=values.astype(np.float64)) - mean * counts
        group_count = len(counts)
        if group_count < 2:
            return cls(mean, mean - 1, mean + 1)
        error = math.sqrt(group_count / (group_count - 1) * float(residuals @ residuals)) / len(
            groups
        )
        half_width = float(stdtrit(group_count - 1, 0.975)) * error
        return cls(mean, mean - half_width, mean + half_width)


def share_interval(
    right: NDArray[np.bool_], groups: NDArray[np.int64] | None
) -> tuple[float, float]:
    """Return the 95 % interval of the mean of `right` (N,): over `groups` (N,), or Wilson's."""
    if groups is None or not len(right):
        return wilson_interval(int(right.sum()), len(right))
    share = ClusteredInterval.of_hits(right, groups)
    return share.low, share.high


def items_for_width(share: float, width: float, *, z: float = 1.959964) -> int:
    """Return how many items make Wilson's 95 % interval of a `share` at most so wide."""
    count = 1
    while True:
        low, high = wilson_interval(round(share * count), count, z=z)
        if high - low <= width:
            return count
        count += max(1, count // 50)


def wilson_interval(correct: int, count: int, *, z: float = 1.959964) -> tuple[float, float]:
    """Return the 95 % interval of a proportion (Wilson, 1927), accurate near 0 and 1 too."""
    if count == 0:
        return 0.0, 1.0
    share = correct / count
    centre = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
