"""Comparisons of two classifiers on the same images."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from noonbit.evaluation.significance import (
    Gain,
    disagreement,
    gain_over_mean,
    mcnemar_p,
    paired_gain,
)


def answers(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Correct masks of two classifiers, from the counts of both, one and neither right."""
    one = [True] * (both + first) + [False] * (second + neither)
    other = [True] * both + [False] * first + [True] * second + [False] * neither
    return np.array(one), np.array(other)


def test_the_paired_interval_is_the_published_one():
    # Airway responses before and after a transplant (Bentur et al., 2009), the textbook example of
    # Fagerland, Lydersen and Laake, "Statistical analysis of contingency tables", chapter 8.
    gain = paired_gain(*answers(1, 1, 7, 12))
    assert gain.gain == pytest.approx(-0.286, abs=5e-4)
    assert gain.low == pytest.approx(-0.507, abs=5e-4)
    assert gain.high == pytest.approx(-0.026, abs=5e-4)


def test_mcnemars_mid_p_is_the_published_one():
    # The same example; its mid-p value stands in Fagerland, Lydersen and Laake, 2013.
    assert mcnemar_p(1, 7) == pytest.approx(0.039, abs=5e-4)
    assert mcnemar_p(7, 1) == mcnemar_p(1, 7)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemars_mid_p_is_the_exact_one_less_the_chance_of_just_these_counts(first, second):
    p, tosses = mcnemar_p(first, second), first + second
    if first == second:
        assert p == pytest.approx(1)
        return
    exact = binomtest(first, tosses).pvalue
    assert p == pytest.approx(exact - binom.pmf(first, tosses, 0.5), abs=1e-9)


def test_mcnemars_p_of_many_images_is_a_number():
    assert 0 <= mcnemar_p(400_000, 500_000) < 1e-300
    assert mcnemar_p(0, 0) == 1


def test_pairing_tells_more_than_two_accuracies():
    # 99.5 % and 99.2 % of 10,000: Wilson's intervals of the two overlap.
    gain = paired_gain(*answers(9_915, 35, 5, 45))
    assert gain.gain == pytest.approx(0.003)
    assert gain.low > 0.0015
    assert gain.high < 0.0045


@example(0, 0, 44, 0)  # one bit below -1
@given(*[st.integers(0, 400)] * 4)
def test_the_paired_interval_holds_the_gain_and_turns_with_the_order(both, first, second, neither):
    one, other = answers(both, first, second, neither)
    gain, back = paired_gain(one, other), paired_gain(other, one)
    if not len(one):
        assert math.isnan(gain.gain)
        return
    assert -1 <= gain.low <= gain.gain + 1e-12
    assert gain.gain - 1e-12 <= gain.high <= 1
    assert (back.gain, back.low, back.high) == pytest.approx((-gain.gain, -gain.high, -gain.low))


def test_two_that_always_agree_may_still_differ_on_other_images():
    gain = paired_gain(*answers(0, 0, 0, 50))
    assert gain.gain == 0
    assert gain.low == -gain.high < -0.01


def test_the_gain_over_a_mean_of_one_is_the_paired_gain():
    one, other = answers(9_000, 600, 300, 100)
    over_mean, paired = gain_over_mean(one, [other]), paired_gain(one, other)
    assert over_mean.gain == pytest.approx(paired.gain)
    assert over_mean.low == pytest.approx(paired.low, abs=2e-4)
    assert over_mean.high == pytest.approx(paired.high, abs=2e-4)


def test_the_gain_over_the_mean_is_known_as_well_as_its_standard_error_says():
    generator = np.random.default_rng(1)
    members = [generator.random(10_000) < 0.99 for _ in range(7)]
    ensemble = np.sum(members, axis=0) >= 4
    gain = gain_over_mean(ensemble, members)
    each = ensemble - np.mean(members, axis=0)
    error = each.std() / 100
    assert gain.gain == pytest.approx(each.mean())
    assert gain.low == pytest.approx(each.mean() - 1.96 * error, abs=0.1 * error)
    assert gain.high == pytest.approx(each.mean() + 1.96 * error, abs=0.1 * error)
    assert gain == gain_over_mean(ensemble, members)


def test_disagreement_counts_images_and_pairs():
    predictions = [np.array(row) for row in ([0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 5, 6])]
    some, pairwise = disagreement(predictions)
    assert some == 0.5
    assert pairwise == pytest.approx((0.25 + 0.5 + 0.5) / 3)
    assert disagreement([predictions[0]] * 3) == (0.0, 0.0)


def test_no_images_give_no_figures():
    nothing = np.zeros(0, bool)
    assert math.isnan(gain_over_mean(nothing, [nothing]).gain)
    assert isinstance(paired_gain(nothing, nothing), Gain)
    assert math.isnan(disagreement([nothing.astype(np.int64)] * 2)[0])


def test_of_items_in_groups_the_groups_count():
    one, other = answers(900, 60, 20, 20)
    few = np.arange(1000) // 100  # all differences lie in two of ten games
    alone, grouped = paired_gain(one, other), paired_gain(one, other, groups=few)
    assert grouped.gain == pytest.approx(alone.gain)
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)
    each = one.astype(int) - other
    error = np.array([each[few == game].mean() for game in range(10)]).std(ddof=1) / math.sqrt(10)
    assert grouped.high - grouped.gain == pytest.approx(2.262 * error, rel=1e-3)
