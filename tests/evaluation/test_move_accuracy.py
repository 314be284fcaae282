"""Top-1 and top-5 accuracy of move prediction."""

import numpy as np
import pytest

from noonbit.evaluation.move_accuracy import MoveAccuracy, rank_labels


def test_the_rank_of_a_move_is_its_place_among_the_answers() -> None:
    scores = np.array([[0.1, 0.6, 0.3], [0.1, 0.6, 0.3], [0.5, 0.2, 0.3]])
    assert rank_labels(scores, np.array([1, 0, 2])).tolist() == [1, 3, 2]


def test_an_answer_that_says_the_same_of_all_points_finds_nothing() -> None:
    assert rank_labels(np.full((1, 9), 1 / 9), np.array([4])).tolist() == [9]


def test_top_1_and_top_5_are_shares_of_the_positions() -> None:
    found = np.array([1, 1, 2, 5, 6, 300])
    score = MoveAccuracy.from_ranks("it", found, np.array([0, 0, 0, 1, 1, 2]))
    assert (score.positions, score.games) == (6, 3)
    assert score.top_1.value == pytest.approx(2 / 6)
    assert score.top_5.value == pytest.approx(4 / 6)
