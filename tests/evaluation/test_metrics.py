"""Metrics agree with scikit-learn and SciPy."""

import math
import tracemalloc

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, log_loss, precision_recall_fscore_support

from noonbit.evaluation.intervals import wilson_interval
from noonbit.evaluation.metrics import Evaluation, evaluate, measure_calibration

NAMES = ("cat", "dog", "hen", "owl")


def some_predictions(count: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Often right probabilities; the last class has no items and is never predicted."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, count)
    logits = generator.normal(size=(count, 4)) + 2 * np.eye(4)[labels]
    logits[:, 3] = -20
    odds = np.exp(logits)
    return (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), labels


def measured() -> Evaluation:
    probabilities, labels = some_predictions()
    return evaluate(probabilities, labels, NAMES, split="test")


def test_accuracy_is_the_share_that_is_right() -> None:
    probabilities, labels = some_predictions()
    evaluation = measured()
    right = int((probabilities.argmax(axis=1) == labels).sum())
    assert (evaluation.split, evaluation.items, evaluation.correct) == ("test", 300, right)
    assert evaluation.accuracy == right / 300
    assert 0.5 < evaluation.accuracy < 0.95
    assert (evaluation.accuracy_low, evaluation.accuracy_high) == wilson_interval(right, 300)


def test_precision_recall_and_f1_of_each_class_are_scikit_learns() -> None:
    probabilities, labels = some_predictions()
    expected = precision_recall_fscore_support(
        labels, probabilities.argmax(axis=1), labels=range(4), zero_division=0
    )
    scores = measured().classes
    assert [score.name for score in scores] == list(NAMES)
    found = [(score.precision, score.recall, score.f1, score.items) for score in scores]
    np.testing.assert_allclose(found, np.transpose(expected))
    assert found[3] == (0, 0, 0, 0)


def test_the_confusion_matrix_is_scikit_learns() -> None:
    probabilities, labels = some_predictions()
    expected = confusion_matrix(labels, probabilities.argmax(axis=1), labels=range(4))
    assert np.array_equal(measured().confusion, expected)


def test_ten_thousand_classes_are_scored_without_a_matrix_of_a_hundred_million() -> None:
    classes = 10_000
    labels = np.arange(3)
    probabilities = np.zeros((3, classes), np.float32)
    probabilities[[0, 1, 2], [0, 1, 9_999]] = 1
    names = tuple(map(str, range(classes)))
    tracemalloc.start()
    evaluation = evaluate(probabilities, labels, names, split="test")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000
    assert evaluation.confusion == ()
    assert (evaluation.correct, evaluation.classes[1].f1, evaluation.classes[2].f1) == (2, 1, 0)
    assert evaluate(probabilities[:2, :1000], labels[:2], names[:1000], split="test").confusion


def test_the_loss_is_scikit_learns() -> None:
    probabilities, labels = some_predictions()
    expected = log_loss(labels, probabilities, labels=range(4))
    assert measured().loss == pytest.approx(expected, rel=1e-5)


def test_a_probability_of_0_for_the_truth_is_a_large_but_finite_loss() -> None:
    sure_and_wrong = np.array([[1.0, 0.0]], np.float32)
    assert evaluate(sure_and_wrong, np.array([1]), NAMES[:2], split="test").loss == pytest.approx(
        -math.log(1e-12)
    )


@given(st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_scipys_wilson_interval(counts: tuple[int, int]) -> None:
    correct, count = counts
    expected = binomtest(correct, count).proportion_ci(method="wilson")
    assert wilson_interval(correct, count) == pytest.approx((expected.low, expected.high), abs=1e-7)


def test_a_perfect_and_sure_predictor_is_calibrated() -> None:
    rows, error = measure_calibration(np.ones(50, np.float32), np.ones(50, bool))
    assert error == 0
    assert rows == ((1.0, 1.0, 50),)


def test_a_sure_predictor_that_is_half_right_is_off_by_a_half() -> None:
    rows, error = measure_calibration(np.ones(50, np.float32), np.arange(50) % 2 == 0)
    assert error == pytest.approx(0.5)
    assert rows == ((1.0, 0.5, 50),)


@given(arrays.arrays(np.float32, 60, elements=st.floats(0, 1, width=32)), st.integers(0, 2**20))
def test_the_calibration_error_is_the_weighted_gap_of_its_bins(top: np.ndarray, seed: int) -> None:
    right = np.random.default_rng(seed).random(60) < 0.5
    rows, error = measure_calibration(top, right)
    assert sum(count for _, _, count in rows) == 60
    assert error == pytest.approx(sum(n / 60 * abs(stated - found) for stated, found, n in rows))
    assert 0 <= error <= 1
    assert [stated for stated, _, _ in rows] == sorted(stated for stated, _, _ in rows)


def test_an_empty_split_has_no_accuracy_and_does_not_crash() -> None:
    empty = evaluate(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), NAMES, split="test")
    assert empty.items == 0 and empty.correct == 0
    assert math.isnan(empty.accuracy) and math.isnan(empty.loss)
    assert (empty.accuracy_low, empty.accuracy_high) == (0.0, 1.0)
    assert empty.calibration_error == 0 and empty.reliability == ()
    assert [score.recall for score in empty.classes] == [0, 0, 0, 0]


def test_an_evaluation_is_plain_values() -> None:
    plain = measured().as_dict()
    assert plain["classes"][0]["name"] == "cat"
    assert set(plain) == set(Evaluation.__slots__)


@pytest.mark.parametrize(("right", "shows_nothing"), [(6, True), (8, True), (10, False)])
def test_what_one_answer_for_all_could_reach_too_shows_nothing_learned(
    right: int, shows_nothing: bool
) -> None:
    """Six of ten items are of one class; 8 of 10 right may be luck, 10 of 10 are not."""
    labels = np.array([0] * 6 + [1] * 4)
    predicted = np.where(np.arange(10) < right, labels, 1 - labels)
    evaluation = evaluate(np.eye(2, dtype=np.float32)[predicted], labels, ("a", "b"), split="test")
    assert evaluation.accuracy == right / 10
    assert evaluation.most_frequent_share == 0.6
    assert evaluation.shows_nothing_learned == shows_nothing
