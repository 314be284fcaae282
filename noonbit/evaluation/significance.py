"""Compare classifiers: intervals of the difference of accuracies, a test, and disagreement.

On the same images the errors of two classifiers are correlated, so their difference is known far
better than either accuracy: two Wilson intervals that overlap say nothing about it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from noonbit.evaluation.intervals import ClusteredInterval, wilson_interval

RESAMPLES = 20_000
"""Of the bootstrap; its Monte Carlo error is then about 1 % of the interval's length."""

CorrectMask = NDArray[np.bool_]
"""Whether each image was classified correctly; (N,)."""


@dataclass(frozen=True, slots=True)
class Gain:
    """A difference of two accuracies, with its 95 % interval."""

    gain: float
    low: float
    high: float

    def __post_init__(self) -> None:
        """Keep the interval within -1 and 1, which rounding and approximations may leave."""
        object.__setattr__(self, "low", max(-1.0, self.low))
        object.__setattr__(self, "high", min(1.0, self.high))


def paired_gain(
    one: CorrectMask, other: CorrectMask, *, groups: NDArray[np.int64] | None = None
) -> Gain:
    """Return the accuracy of `one` minus that of `other` on the same images.

    Newcombe's interval from the Wilson interval of each and their correlation (method 10 of
    "Improved confidence intervals for the difference between binomial proportions based on paired
    data", Statistics in Medicine 17, 1998): accurate for few images and few differences too. For
    items in `groups` (N,), such as games, it is that of the mean difference over groups.
    """
    count = len(one)
    if not count:
        return Gain(math.nan, -1.0, 1.0)
    if groups is not None:
        mean = ClusteredInterval.over_groups(one.astype(np.int64) - other, groups)
        return Gain(mean.value, mean.low, mean.high)
    both, neither = int((one & other).sum()), int((~one & ~other).sum())
    first, second = int(one.sum()), int(other.sum())
    share, other_share = first / count, second / count
    low, high = wilson_interval(first, count)
    other_low, other_high = wilson_interval(second, count)
    correlation = 0.0
    margins = first * (count - first) * second * (count - second)
    if margins:
        excess = float(both * neither - (first - both) * (second - both))
        # The continuity correction moves a positive correlation towards zero, never past it.
        excess = max(excess - count / 2, 0.0) if excess > 0 else excess
        correlation = excess / math.sqrt(margins)
    below = hypotenuse(share - low, other_high - other_share, correlation)
    above = hypotenuse(high - share, other_share - other_low, correlation)
    gain = share - other_share
    return Gain(gain, gain - below, gain + above)


def mcnemar_p(first_only: int, second_only: int) -> float:
    """Return the two-sided mid-p value of McNemar's test, from how often only one was right.

    If both are equally good, each image on which only one is right is a toss of a coin. The p value
    is the chance of counts more uneven than these, and half the chance of equally uneven ones:
    Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data: mid-p and
    asymptotic are better than exact conditional", BMC Medical Research Methodology 13, 2013.
    """
    from scipy.special import bdtr  # SciPy takes 0.1 s to import

    tosses, fewer = first_only + second_only, min(first_only, second_only)
    fewer_still = float(bdtr(fewer - 1, tosses, 0.5)) if fewer else 0.0
    return float(bdtr(fewer, tosses, 0.5)) + fewer_still


def hypotenuse(a: float, b: float, correlation: float) -> float:
    """Return |a - b| of two vectors of lengths `a` and `b` whose cosine is `correlation`."""
    return math.sqrt(max(0.0, a * a - 2 * correlation * a * b + b * b))


def gain_over_mean(one: CorrectMask, others: Sequence[CorrectMask]) -> Gain:
    """Return the accuracy of `one` minus the mean accuracy of `others` on the same images."""
    return gain_of_means([one], others)


def gain_of_means(ones: Sequence[CorrectMask], others: Sequence[CorrectMask]) -> Gain:
    """Return the mean accuracy of `ones` minus that of `others` on the same images.

    A percentile bootstrap over the images (Efron, 1979), in which all classifiers are resampled
    together. Seeded, so the same predictions give the same interval.
    """
    count = len(ones[0])
    if not count:
        return Gain(math.nan, -1.0, 1.0)
    # As integers, in steps of 1 / divisor, so images with the same contribution share one count.
    divisor = len(ones) * len(others)
    right, other_right = (np.sum(each, axis=0, dtype=np.int64) for each in (ones, others))
    steps = len(others) * right - len(ones) * other_right
    values, counts = np.unique(steps, return_counts=True)
    resampled = np.random.default_rng(0).multinomial(count, counts / count, size=RESAMPLES)
    means = resampled @ values / (count * divisor)
    low, high = np.quantile(means, (0.025, 0.975))
    return Gain(float(steps.mean()) / divisor, float(low), float(high))


def independent_gain(correct: int, count: int, other_correct: int, other_count: int) -> Gain:
    """Return the difference of two accuracies that were measured on different images.

    Newcombe, "Interval estimation for the difference between independent proportions", Statistics
    in Medicine 17, 1998, method 10: from the Wilson interval of each.
    """
    share, other_share = correct / count, other_correct / other_count
    low, high = wilson_interval(correct, count)
    other_low, other_high = wilson_interval(other_correct, other_count)
    gain = share - other_share
    return Gain(
        gain,
        gain - math.hypot(share - low, other_high - other_share),
        gain + math.hypot(high - share, other_share - other_low),
    )


def disagreement(predictions: Sequence[NDArray[np.int64]]) -> tuple[float, float]:
    """Return the share of images on which not all agree, and the mean of that over all pairs.

    `predictions` holds the predicted classes (N,) of each of two or more classifiers.
    """
    stacked = np.stack(predictions)
    if not stacked.size:
        return math.nan, math.nan
    pairs = [float((one != other).mean()) for one, other in combinations(stacked, 2)]
    return float((stacked != stacked[0]).any(axis=0).mean()), float(np.mean(pairs))
