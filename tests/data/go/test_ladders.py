"""Ladders as the planes show them: 44 is a capture by who is to move, 45 an escape."""

import pytest

pytest.importorskip("numba")
from go_boards import planes_of, where

from noonbit.data.go.board import BLACK, WHITE
from noonbit.data.go.planes import LADDER_CAPTURE, LADDER_ESCAPE

LADDER = """
.........
..XX.....
.XO......
.X.......
.........
.........
.........
.........
.........
"""
"""White's stone at (2, 2) can be driven to the lower right, beginning on either side."""


def with_stone(diagram: str, row: int, column: int, letter: str) -> str:
    """The drawing with one more stone."""
    rows = [list(line) for line in diagram.split()]
    rows[row][column] = letter
    return "\n".join("".join(line) for line in rows)


def captures(diagram: str, to_play: int = BLACK) -> set[tuple[int, int]]:
    return where(planes_of(diagram, to_play)[LADDER_CAPTURE])


def escapes(diagram: str, to_play: int = WHITE) -> set[tuple[int, int]]:
    return where(planes_of(diagram, to_play)[LADDER_ESCAPE])


def test_a_ladder_across_the_board_catches() -> None:
    assert captures(LADDER) == {(2, 3), (3, 2)}


def test_a_ladder_across_the_whole_19x19_board_catches() -> None:
    rows = [row + "." * 10 for row in LADDER.split()]
    assert captures("\n".join(rows + ["." * 19] * 10)) == {(2, 3), (3, 2)}


@pytest.mark.parametrize("breaker", [(6, 6), (5, 6), (4, 5), (7, 7)])
def test_a_stone_in_the_way_breaks_the_ladder(breaker: tuple[int, int]) -> None:
    assert captures(with_stone(LADDER, *breaker, "O")) == set()


def test_a_stone_of_the_hunter_in_the_way_breaks_nothing() -> None:
    assert captures(with_stone(LADDER, 6, 6, "X")) == {(2, 3), (3, 2)}


def test_a_stone_far_from_the_way_breaks_nothing() -> None:
    assert captures(with_stone(LADDER, 1, 7, "O")) == {(2, 3), (3, 2)}


def test_running_saves_only_where_something_breaks_the_ladder() -> None:
    in_atari = with_stone(LADDER, 2, 3, "X")
    assert escapes(in_atari) == set()
    assert escapes(with_stone(in_atari, 6, 6, "O")) == {(3, 2)}


def test_the_player_who_is_not_to_move_has_no_ladder_planes() -> None:
    assert captures(LADDER, to_play=WHITE) == set()
    assert escapes(with_stone(LADDER, 6, 6, "O"), to_play=WHITE) == set()
    assert escapes(with_stone(LADDER, 2, 3, "X"), to_play=BLACK) == set()


def test_taking_a_hunter_saves_where_running_does_not() -> None:
    diagram = """
    .........
    ..XX.....
    .XO.X....
    .OX......
    ..O......
    .........
    .........
    .........
    .........
    """
    assert escapes(diagram) == {(3, 3)}


def test_a_stone_near_the_edge_is_caught_by_driving_it_there() -> None:
    assert captures("..... ..... .X... XO... .....") == {(3, 2)}


def test_either_move_catches_a_chain_in_the_corner() -> None:
    assert captures(".OX.. .OX.. .XX.. ..... .....") == {(0, 0), (1, 0)}


def test_a_chain_with_three_liberties_or_in_atari_is_no_ladder() -> None:
    assert captures("..... .XX.. ..O.. ..... .....") == set()
    assert captures("..... .XX.. .XOX. ..... .....") == set()


def test_a_hunter_in_atari_is_taken_and_the_ladder_fails() -> None:
    held = LADDER.split()
    held[0], held[1] = "..OO.....", ".OXXO...."
    assert captures("\n".join(held)) == set()


def test_a_move_that_ko_forbids_catches_nothing() -> None:
    diagram = """
    .XO......
    XO.O.....
    .XO......
    .........
    .........
    .........
    .........
    .........
    .........
    """
    taken = planes_of(diagram, WHITE, [(BLACK, 11)])
    assert (1, 1) not in where(taken[LADDER_CAPTURE]) | where(taken[LADDER_ESCAPE])
