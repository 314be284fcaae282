import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")
from go_boards import game_of, planes_of, random_game

from noonbit.errors import UsageError
from noonbit.go.board import BLACK, PASS, WHITE
from noonbit.go.planes import legal_moves
from noonbit.go.positions import Positions, planes_after, split_games

EMPTY_BOARD = "..... ..... ..... ..... ....."


@pytest.fixture(scope="module")
def positions() -> Positions:
    return Positions([random_game(seed, size=9, moves=60) for seed in range(4)])


def test_every_move_but_a_pass_is_a_position_with_its_label() -> None:
    first = game_of(EMPTY_BOARD, [(BLACK, 12), (WHITE, PASS), (BLACK, 7)])
    second = game_of("X.... ..... ..... ..... .....", [(WHITE, 3)])
    positions = Positions([first, second])
    assert len(positions) == 3
    assert positions.labels.tolist() == [12, 7, 3]
    assert positions.games.tolist() == [0, 0, 1]
    assert positions.moves.tolist() == [0, 2, 0]
    planes = positions.planes(np.array([2, 1]))
    assert (planes[0] == planes_of("X.... ..... ..... ..... .....", WHITE)).all()
    assert (planes[1] == planes_after(first, 2)).all()


def test_planes_come_in_the_order_that_was_asked_for(positions: Positions) -> None:
    indices = np.array([70, 3, 3, 200])
    planes = positions.planes(indices)
    assert planes.shape == (4, 48, 9, 9)
    assert planes.dtype == np.uint8
    for index, plane in zip(indices, planes, strict=True):
        assert (positions.planes(np.array([index]))[0] == plane).all()


def test_every_label_is_a_legal_move(positions: Positions) -> None:
    legal = legal_moves(positions.planes(np.arange(len(positions)))).reshape(len(positions), -1)
    assert legal[np.arange(len(positions)), positions.labels].all()


def test_threads_may_work_at_the_same_time(positions: Positions) -> None:
    expected = positions.planes(np.arange(200))
    results = {}

    def work(number: int) -> None:
        results[number] = positions.planes(np.arange(200))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((results[number] == expected).all() for number in range(4))


def test_positions_of_games_are_all_of_theirs(positions: Positions) -> None:
    chosen = positions.of_games(np.array([1, 3]))
    assert set(positions.games[chosen]) == {1, 3}
    assert len(chosen) + len(positions.of_games(np.array([0, 2]))) == len(positions)


@given(st.integers(5, 300), st.integers(0, 5))
def test_a_split_has_every_game_once_and_is_the_same_for_the_same_seed(
    games: int, seed: int
) -> None:
    parts = split_games(games, seed=seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(games))
    again = split_games(games, seed=seed)
    assert all((part == same).all() for part, same in zip(parts, again, strict=True))


def test_the_shares_of_a_split_are_of_games() -> None:
    train, validation, test = split_games(1000, seed=0, validation=0.05, test=0.2)
    assert [len(train), len(validation), len(test)] == [750, 50, 200]
    assert (split_games(1000, seed=1)[2] != split_games(1000, seed=0)[2]).any()


def test_a_split_without_training_games_is_refused() -> None:
    with pytest.raises(UsageError, match=r"2 games are too few to hold out 50% and 50%"):
        split_games(2, seed=0, validation=0.5, test=0.5)
