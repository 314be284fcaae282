"""A share of items that come in groups, with an interval that knows it.

The positions of one game are much alike, so how many items there are says little about how sure a
figure is: the groups are what was drawn. The interval is that of a ratio of two sums over groups,
hits and items (Cochran, "Sampling techniques", 1977, chapter 6; the same as standard errors
clustered by group: Liang and Zeger, "Longitudinal data analysis using generalized linear models",
1986), with Student's quantile for so many groups.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit  # Student's quantile; scipy.stats takes 0.4 s to import


@dataclass(frozen=True, slots=True)
class ClusteredInterval:
    """A mean over items with its 95 % interval over groups."""

    value: float
    low: float
    high: float

    @classmethod
    def of_hits(cls, hits: NDArray[np.bool_], groups: NDArray[np.integer]) -> "ClusteredInterval":
        """The share of `hits` (N,) among items of `groups` (N,); the interval is within 0 and 1."""
        share = cls.over_groups(hits, groups)
        return cls(share.value, max(0.0, share.low), min(1.0, share.high))

    @classmethod
    def over_groups(
        cls, values: NDArray[np.bool_ | np.integer], groups: NDArray[np.integer]
    ) -> "ClusteredInterval":
        """The mean of any `values` (N,) of items of `groups` (N,): differences of hits, say.

        One group tells nothing of others: the interval then reaches as far as a share can.
        """
        _, groups = np.unique(groups, return_inverse=True)
        counts = np.bincount(groups)
        mean = float(np.mean(values))
        off = np.bincount(groups, weights=values.astype(np.float64)) - mean * counts
        drawn = len(counts)
        if drawn < 2:
            return cls(mean, mean - 1, mean + 1)
        error = math.sqrt(drawn / (drawn - 1) * float(off @ off)) / len(groups)
        reach = float(stdtrit(drawn - 1, 0.975)) * error
        return cls(mean, mean - reach, mean + reach)


def share_interval(
    right: NDArray[np.bool_], groups: NDArray[np.int64] | None
) -> tuple[float, float]:
    """The 95 % interval of the share that is right, of inputs (N,) in `groups` (N,) or of none."""
    if groups is None or not len(right):
        return wilson_interval(int(right.sum()), len(right))
    share = ClusteredInterval.of_hits(right, groups)
    return share.low, share.high


def wilson_interval(correct: int, count: int, *, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, 1927): good near 0 and 1 too."""
    if count == 0:
        return 0.0, 1.0
    share = correct / count
    centre = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
