import threading

import numpy as np
import pytest

pytest.importorskip("numba")
from go_boards import game_of, planes_of, random_game

from noonbit.data.go.board import BLACK, PASS, WHITE
from noonbit.data.go.planes import legal_moves
from noonbit.data.go.positions import Positions, planes_after

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


def test_a_position_tells_its_stones_last_move_and_who_plays() -> None:
    game = game_of(EMPTY_BOARD, [(BLACK, 12), (WHITE, PASS), (BLACK, 7), (WHITE, 13)])
    positions = Positions([random_game(0, size=5, moves=4), game])
    third = len(positions) - 1
    assert positions.stones(third).ravel().nonzero()[0].tolist() == [7, 12]
    assert (positions.last_move(third), positions.to_play(third)) == (7, WHITE)
    assert positions.last_move(third - 1) is None, "a pass"
    assert positions.last_move(0) is None, "nothing was played before"
    assert positions.handicap_games == 0
