"""Confidence intervals of accuracies, over items and over groups."""

import numpy as np
import pytest

from noonbit.evaluation.intervals import ClusteredInterval, wilson_interval


def test_one_item_a_group_gives_about_wilsons_interval() -> None:
    hits = np.random.default_rng(0).random(4000) < 0.4
    share = ClusteredInterval.over_groups(hits, np.arange(4000))
    low, high = wilson_interval(int(hits.sum()), 4000)
    assert (share.low, share.high) == pytest.approx((low, high), abs=2e-4)


def test_items_that_only_repeat_their_group_tell_nothing_more() -> None:
    hits = np.random.default_rng(0).random(50) < 0.4
    once = ClusteredInterval.over_groups(hits, np.arange(50))
    repeated = ClusteredInterval.over_groups(np.repeat(hits, 100), np.repeat(np.arange(50), 100))
    assert (repeated.low, repeated.high) == pytest.approx((once.low, once.high))


def test_the_interval_is_that_of_a_bootstrap_over_groups() -> None:
    random = np.random.default_rng(1)
    lengths = random.integers(100, 300, 120)
    groups = np.repeat(np.arange(120), lengths)
    skill = random.uniform(0.2, 0.5, 120)
    hits = random.random(len(groups)) < skill[groups]
    share = ClusteredInterval.over_groups(hits, groups)
    of_groups = np.bincount(groups, weights=hits)
    resampled = random.integers(0, 120, (4000, 120))
    means = of_groups[resampled].sum(axis=1) / lengths[resampled].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    assert share.high - share.low == pytest.approx(high - low, rel=0.08)
    plain_low, plain_high = wilson_interval(int(hits.sum()), len(hits))
    assert share.high - share.low > 1.5 * (plain_high - plain_low)


def test_of_one_group_nothing_is_known() -> None:
    share = ClusteredInterval.over_groups(np.array([True, False]), np.array([7, 7]))
    assert (share.value, share.low, share.high) == (0.5, -0.5, 1.5)


def test_a_share_of_hits_lies_within_0_and_1() -> None:
    groups = np.repeat(np.arange(3), 2)
    share = ClusteredInterval.of_hits(np.array([True, True, True, False, False, False]), groups)
    assert (share.value, share.low, share.high) == (0.5, 0, 1)


def test_differences_of_hits_have_an_interval_too() -> None:
    groups = np.repeat(np.arange(30), 10)
    share = ClusteredInterval.over_groups(np.ones(300, np.int64), groups)
    assert (share.value, share.low, share.high) == (1, 1, 1)


def test_two_groups_by_hand() -> None:
    """Off the mean of 2/3 by 2/3 and -2/3; error sqrt(2 * 8/9) / 3; Student's quantile 12.706."""
    share = ClusteredInterval.over_groups(np.array([True, True, False]), np.array([0, 0, 1]))
    assert share.value == pytest.approx(2 / 3)
    assert share.high - share.value == pytest.approx(12.7062 * 4 / 9, rel=1e-4)
