"""Inputs that do not look like the training inputs are flagged, by a threshold of known cost."""

import math

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.special import softmax

from noonbit.config.recipe import Recipe
from noonbit.data.loader import values_at
from noonbit.data.preprocess.boards import BoardPreprocessor
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.evaluation.out_of_distribution import (
    LEAST_ITEMS,
    UNLIKE_ADJUSTMENTS,
    OutOfDistributionRule,
)
from noonbit.evaluation.torch_inference import predict_probabilities
from noonbit.jobs.train import train

PICTURES = ImagePreprocessor(height=8, width=8, channels=1)
RANDOM = np.random.default_rng(0)


def answers(count: int, certainty: float, *, classes: int = 10) -> np.ndarray:
    """Probabilities (count, classes), float32, of normal logits with one higher by `certainty`."""
    logits = RANDOM.normal(size=(count, classes))
    logits[np.arange(count), RANDOM.integers(classes, size=count)] += certainty
    return softmax(logits, axis=1).astype(np.float32)


def test_one_in_twenty_of_the_fitted_items_is_flagged():
    probabilities = answers(2_000, 6)
    rule = OutOfDistributionRule.fit(PICTURES, probabilities)
    assert rule is not None
    assert rule.fitted_items == 2_000
    assert rule.fitted_flagged == rule.flags(probabilities).sum()
    assert rule.fitted_flagged == pytest.approx(100, abs=1)


def test_what_the_network_is_less_sure_of_is_flagged():
    rule = OutOfDistributionRule(threshold=0.75, fitted_items=100, fitted_flagged=5)
    sure = np.array([[0.1, 0.9], [0.74, 0.26], [0.25, 0.75], [0.5, 0.5]], np.float32)
    assert rule.flags(sure).tolist() == [False, True, False, True]
    assert rule.flags(np.zeros((0, 2))).shape == (0,)


def test_equally_sure_items_are_not_flagged():
    rule = OutOfDistributionRule.fit(PICTURES, np.tile([0.9, 0.1], (200, 1)))
    assert rule is not None
    assert rule.fitted_flagged == 0


def test_test_items_say_how_many_false_alarms_there_are():
    rule = OutOfDistributionRule.fit(PICTURES, answers(2_000, 6))
    assert rule is not None
    assert rule.false_alarms is None
    measured = rule.measured(answers(1_000, 6))
    share, low, high = measured.false_alarms
    assert measured.test_flagged == round(1_000 * share)
    assert low < 0.05 < high
    assert low < share < high
    assert measured.threshold == rule.threshold


def test_a_stored_rule_flags_the_same():
    rule = OutOfDistributionRule.fit(PICTURES, answers(500, 6)).measured(answers(300, 6))
    again = OutOfDistributionRule.model_validate_json(rule.model_dump_json())
    probabilities = answers(500, 6)
    assert again == rule
    assert (again.flags(probabilities) == rule.flags(probabilities)).all()


def test_where_the_rule_means_nothing_there_is_none():
    sentences = TextPreprocessor(length=3, words=("bad", "good"))
    boards = BoardPreprocessor(planes=4, height=5, width=5, legal=(3, 4))
    probabilities = answers(500, 6)
    assert OutOfDistributionRule.fit(sentences, probabilities) is None
    assert OutOfDistributionRule.fit(boards, probabilities) is None
    assert OutOfDistributionRule.fit(PICTURES, probabilities[: LEAST_ITEMS - 1]) is None
    assert OutOfDistributionRule.fit(PICTURES, probabilities[:, :1]) is None
    assert OutOfDistributionRule.fit(PICTURES, probabilities[:LEAST_ITEMS]) is not None


def test_a_network_that_is_unsure_of_its_own_items_has_no_rule():
    unsure = np.concatenate([np.full(191, 0.99), np.full(9, 0.74)])
    sure = np.concatenate([np.full(191, 0.99), np.full(9, 0.76)])
    pairs = [np.column_stack([highest, 1 - highest]) for highest in (unsure, sure)]
    # Neither has 5 % of its items there.
    assert [OutOfDistributionRule.fit(PICTURES, each).threshold for each in pairs] == [0.99, 0.99]
    unsure[:3], sure[:3] = 0.74, 0.76
    pairs = [np.column_stack([highest, 1 - highest]) for highest in (unsure, sure)]
    assert OutOfDistributionRule.fit(PICTURES, pairs[0]) is None
    assert OutOfDistributionRule.fit(PICTURES, pairs[1]).threshold == 0.76


def test_a_rule_that_contradicts_itself_is_refused():
    with pytest.raises(ValidationError, match="more items than there are"):
        OutOfDistributionRule(threshold=1, fitted_items=100, fitted_flagged=101)
    with pytest.raises(ValidationError, match="finite number"):
        OutOfDistributionRule(threshold=math.nan, fitted_items=100, fitted_flagged=5)


def test_what_the_preparation_finds_unlike_is_named_as_it_names_it():
    assert ImagePreprocessor.adjustments.keys() >= UNLIKE_ADJUSTMENTS


def test_a_network_of_digits_flags_noise_more_often_than_digits(tmp_path):
    run = train("digits", Recipe(model="glimpse", epochs=4, threads=1), out=tmp_path / "run")
    items, runtime = run.items(), run.runtime

    def answer(values: np.ndarray) -> np.ndarray:
        model = run.model_on(runtime)
        given = values_at(values, np.arange(len(values)), runtime.device)
        return predict_probabilities(model, run.contract, given, runtime)

    rule = OutOfDistributionRule.fit(PICTURES, answer(items.values[items.split.validation]))
    assert rule is not None
    share, _, high = rule.measured(answer(items.values[items.split.test])).false_alarms
    noise = RANDOM.integers(0, 256, (200, 1, 8, 8), np.uint8)
    assert share < 0.15
    assert rule.flags(answer(noise)).mean() > high
