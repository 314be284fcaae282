import sys

import pytest

pytest.importorskip("numba")
pytest.importorskip("sgfmill")
from go_boards import board_of, random_game
from go_reference import assert_replays_as_the_reference

from noonbit.data.go.board import (
    BLACK,
    PASS,
    WHITE,
    Board,
    find_chain,
    has_dead_stones,
    new_grid,
    new_lists,
    place_of,
    point_name,
)
from noonbit.data.go.compiled import compiled
from noonbit.errors import MissingExtra, UsageError


def test_a_move_takes_the_chain_that_it_leaves_without_liberties() -> None:
    board = Board(board_of("XO... XO... .X... ..... ....."))
    assert board.play(BLACK, 2) == 0
    assert board.play(BLACK, 7) == 2
    assert (board.stones == board_of("X.X.. X.X.. .X... ..... .....")).all()


def test_one_move_takes_several_chains_in_the_corner() -> None:
    board = Board(board_of(".OX.. OX... X.... ..... ....."))
    assert board.play(BLACK, 0) == 2
    assert (board.stones == board_of("X.X.. .X... X.... ..... .....")).all()


@pytest.mark.parametrize(
    ("diagram", "point"),
    [(".O... O.... ..... ..... .....", 0), ("X.XO. XXXO. OOO.. ..... .....", 1)],
)
def test_suicide_of_one_stone_or_of_a_chain_is_refused(diagram: str, point: int) -> None:
    board = Board(board_of(diagram))
    with pytest.raises(UsageError, match=r"Black at [AB]5 is suicide\. Choose another point\."):
        board.play(BLACK, point)
    assert (board.stones == board_of(diagram)).all()
    assert not board.legal_moves(BLACK).flat[point]
    assert board.legal_moves(WHITE).flat[point]


def test_a_point_without_liberties_may_be_played_to_take() -> None:
    board = Board(board_of(".OX.. OO... XX... ..... ....."))
    with pytest.raises(UsageError, match="suicide"):
        board.play(BLACK, 0)
    board.play(BLACK, 7)
    assert board.play(BLACK, 0) == 3


KO = """
.XO..
XO.O.
.XO..
.....
.....
"""


def test_a_ko_may_be_taken_back_after_a_move_elsewhere() -> None:
    board = Board(board_of(KO))
    assert board.play(BLACK, 7) == 1
    assert not board.legal_moves(WHITE)[1, 1]
    with pytest.raises(UsageError, match=r"White at B4 takes a ko back at once\."):
        board.play(WHITE, 6)
    board.play(WHITE, 24)
    board.play(BLACK, 20)
    assert board.play(WHITE, 6) == 1


def test_a_pass_ends_a_ko() -> None:
    board = Board(board_of(KO))
    board.play(BLACK, 7)
    board.play(WHITE, PASS)
    board.play(BLACK, PASS)
    assert board.play(WHITE, 6) == 1


def test_who_took_a_ko_may_fill_it() -> None:
    board = Board(board_of(KO))
    board.play(BLACK, 7)
    assert board.legal_moves(BLACK)[1, 1]
    assert board.play(BLACK, 6) == 0


def test_a_stone_with_another_liberty_took_no_ko() -> None:
    board = Board(board_of(".X... XO... .X... ..... ....."))
    assert board.play(BLACK, 7) == 1
    with pytest.raises(UsageError, match="White at B4 is suicide"):
        board.play(WHITE, 6)


def test_a_snapback_is_no_ko() -> None:
    board = Board(board_of("..OX. OOOX. XXXX. ..... ....."))
    assert board.play(BLACK, 1) == 0
    assert board.play(WHITE, 0) == 1
    assert board.legal_moves(BLACK)[0, 1]
    assert board.play(BLACK, 1) == 5


def test_a_stone_is_not_played_on_another() -> None:
    board = Board(board_of("X.. ... ..."))
    with pytest.raises(UsageError, match="White at A3 is on a stone"):
        board.play(WHITE, 0)


def test_a_chain_is_listed_with_each_liberty_once() -> None:
    grid, lists = new_grid(board_of(".X.X. .XXX. ..... ..O.. .....")), new_lists()
    before = grid.copy()
    assert find_chain(grid, place_of(1, 5), lists, 99) == (5, 8)
    assert find_chain(grid, place_of(17, 5), lists, 99) == (1, 4)
    assert (grid == before).all()


def test_the_search_for_liberties_stops_when_there_are_enough() -> None:
    grid, lists = new_grid(board_of("XXXXX XXXXX ..... ..... .....")), new_lists()
    _, liberties = find_chain(grid, place_of(5, 5), lists, 1)
    assert 1 <= liberties < 5


def test_stones_without_liberties_are_told() -> None:
    assert has_dead_stones(board_of("XO. O.. ..."))
    assert not has_dead_stones(board_of("XO. ... ..."))


def test_points_are_named_without_the_letter_i() -> None:
    assert [point_name(point, 19) for point in (0, 8, 18, 60, 360)] == [
        *("A19", "J19", "T19", "D16", "T1")
    ]


@pytest.mark.parametrize(("size", "moves"), [(5, 150), (9, 150), (19, 30)])
def test_random_games_replay_as_on_another_board(size: int, moves: int) -> None:
    for seed in range(3):
        assert_replays_as_the_reference(random_game(seed, size=size, moves=moves))


def test_a_missing_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingExtra, match=r"Go needs the package 'numba': pip install 'noonbit"):
        compiled(lambda: 0)
