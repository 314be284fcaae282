import numpy as np
import pytest

from noonbit.data.go.symmetries import (
    INVERSES,
    SYMMETRIES,
    apply_all_symmetries,
    average_inverse,
    source_points,
    transform,
    transform_labels,
)

EVERY = np.arange(SYMMETRIES)


def test_the_eight_are_different_and_the_first_changes_nothing() -> None:
    assert len(np.unique(source_points(19), axis=0)) == SYMMETRIES
    assert (source_points(19)[0] == np.arange(361)).all()


def test_a_quarter_turn_goes_to_the_left_and_mirroring_from_left_to_right() -> None:
    board = np.array([[0, 1], [2, 3]])
    turned = apply_all_symmetries(board)
    assert turned[1].tolist() == [[1, 3], [0, 2]]
    assert turned[4].tolist() == [[1, 0], [3, 2]]


def test_every_inverse_undoes() -> None:
    boards = np.random.default_rng(0).integers(0, 2, (SYMMETRIES, 3, 19, 19), dtype=np.uint8)
    assert (transform(transform(boards, EVERY), INVERSES[EVERY]) == boards).all()


def test_a_label_goes_where_its_point_goes() -> None:
    generator = np.random.default_rng(0)
    labels, symmetries = generator.integers(0, 361, 200), generator.integers(0, SYMMETRIES, 200)
    boards = np.zeros((200, 361), np.uint8)
    boards[np.arange(200), labels] = 1
    turned = transform(boards.reshape(200, 19, 19), symmetries)
    moved = transform_labels(labels, symmetries, 19)
    assert (turned.reshape(200, -1).argmax(axis=1) == moved).all()


def test_averaging_back_gives_the_map_that_all_symmetries_agree_on() -> None:
    board = np.random.default_rng(0).random((19, 19))
    assert average_inverse(apply_all_symmetries(board)) == pytest.approx(board)


def test_what_comes_in_stays_as_it_is() -> None:
    boards = np.arange(50).reshape(2, 1, 5, 5)
    transform(boards, np.array([1, 6]))
    assert (boards == np.arange(50).reshape(2, 1, 5, 5)).all()
    with pytest.raises(ValueError, match="read-only"):
        source_points(5)[0, 0] = 1


def test_planes_of_a_transformed_game_are_the_transformed_planes() -> None:
    pytest.importorskip("numba")
    from go_boards import game_of, random_game

    from noonbit.data.go.positions import planes_after

    game = random_game(3, size=9, moves=90)
    empty = "\n".join(["." * 9] * 9)
    for symmetry in EVERY:
        points = transform_labels(game.points, np.full(len(game.points), symmetry), 9)
        moves = list(zip(game.colours.tolist(), points.tolist(), strict=True))
        for after in range(5, 90, 5):
            expected = transform(planes_after(game, after)[None], np.array([symmetry]))[0]
            assert (planes_after(game_of(empty, moves), after) == expected).all(), (symmetry, after)
