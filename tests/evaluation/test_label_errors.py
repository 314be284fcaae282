"""Probable label errors, by confident learning."""

import numpy as np
import pytest
from numpy.typing import NDArray

from noonbit.evaluation.label_errors import find_label_errors


def noisy_answers(
    *, wrong: int, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Probabilities (900, 3) of a good network, labels, and the rows whose label was changed."""
    rng = np.random.default_rng(seed)
    true = np.repeat(np.arange(3), 300)
    logits = rng.normal(0, 1, (900, 3)) + 5 * np.eye(3)[true]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = true.copy()
    changed = np.sort(rng.choice(900, wrong, replace=False))
    labels[changed] = (labels[changed] + 1) % 3
    return probabilities.astype(np.float32), labels, changed


def test_changed_labels_are_found_and_their_true_class_is_named() -> None:
    probabilities, labels, changed = noisy_answers(wrong=45)
    found = find_label_errors(probabilities, labels)
    hits = np.isin(found.rows, changed)
    assert hits.sum() >= 40
    assert hits.mean() >= 0.9
    np.testing.assert_array_equal(found.likely[hits], (labels[found.rows[hits]] - 1) % 3)


def test_right_labels_of_a_good_network_are_left_alone() -> None:
    probabilities, labels, _ = noisy_answers(wrong=0)
    assert len(find_label_errors(probabilities, labels)) <= 5


def test_the_most_probable_error_comes_first() -> None:
    probabilities, labels, _ = noisy_answers(wrong=45)
    found = find_label_errors(probabilities, labels)
    given = probabilities[found.rows, labels[found.rows]]
    margins = probabilities[found.rows, found.likely] - given
    assert (np.diff(margins) <= 0).all()


def test_a_threshold_is_the_mean_probability_of_the_items_labelled_so() -> None:
    labels = np.array([0] * 5 + [1] * 5)
    probabilities = np.tile(np.array([0.6, 0.4], np.float32), (10, 1))
    # All items reach both thresholds, and 0.6 is the higher probability.
    found = find_label_errors(probabilities, labels)
    np.testing.assert_allclose(found.thresholds, [0.6, 0.4], atol=1e-6)
    np.testing.assert_array_equal(found.rows, [5, 6, 7, 8, 9])


def test_no_item_is_taken_for_a_class_of_which_there_are_hardly_any() -> None:
    labels = np.array([0] * 20 + [1] * 4)
    probabilities = np.tile(np.array([0.1, 0.9], np.float32), (24, 1))
    assert len(find_label_errors(probabilities, labels)) == 0


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_items_give_no_errors(rows: int) -> None:
    found = find_label_errors(np.full((rows, 2), 0.5, np.float32), np.zeros(rows, np.int64))
    assert len(found) == 0
