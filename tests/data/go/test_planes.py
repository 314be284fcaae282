import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("sgfmill")
from go_boards import game_of, number, planes_of, random_game, where
from go_reference import reference_planes

from noonbit.data.go.board import BLACK, PASS, WHITE
from noonbit.data.go.planes import (
    CAPTURE_SIZE,
    LIBERTIES,
    LIBERTIES_AFTER,
    NO_STONE,
    ONES,
    OPPONENT,
    OWN,
    SELF_ATARI_SIZE,
    SENSIBLENESS,
    TURNS_SINCE,
    ZEROS,
    legal_moves,
)
from noonbit.data.go.positions import planes_after


def test_stone_colours_are_those_of_who_is_to_move() -> None:
    diagram = "XO... ..... ..... ..... ....."
    black, white = planes_of(diagram, BLACK), planes_of(diagram, WHITE)
    assert where(black[OWN]) == where(white[OPPONENT]) == {(0, 0)}
    assert where(black[OPPONENT]) == where(white[OWN]) == {(0, 1)}
    assert black[NO_STONE].sum() == 23
    assert black[ONES].all()
    assert not black[ZEROS].any()


def test_the_same_position_with_colours_exchanged_has_the_same_planes() -> None:
    diagram = ".XO.. XO.O. .XO.X .OX.. ....."
    exchanged = diagram.translate(str.maketrans("XO", "OX"))
    assert (planes_of(diagram, BLACK) == planes_of(exchanged, WHITE)).all()


def test_turns_since_counts_turns_and_passes_from_the_last_move_back() -> None:
    moves = [(BLACK, 0), (WHITE, 1), (BLACK, PASS), (WHITE, 3)]
    planes = planes_of("..... ..... ..... ..... ....X", BLACK, moves)
    ages = [number(planes, TURNS_SINCE, 0, column) for column in range(5)]
    assert ages == [4, 3, 0, 1, 0]
    assert number(planes, TURNS_SINCE, 4, 4) == 8


def test_a_stone_is_as_old_as_the_last_move_on_its_point() -> None:
    ko = [(BLACK, 7), (WHITE, 24), (BLACK, 20), (WHITE, 6)]
    planes = planes_of(".XO.. XO.O. .XO.. ..... .....", BLACK, ko)
    assert number(planes, TURNS_SINCE, 1, 1) == 1
    assert number(planes, TURNS_SINCE, 1, 2) == 0
    assert number(planes, TURNS_SINCE, 4, 4) == 3


def test_every_stone_shows_the_liberties_of_its_chain() -> None:
    planes = planes_of("X..X. XX.O. ..... ..OOO .....", BLACK)
    assert [number(planes, LIBERTIES, row, column) for row, column in ((0, 0), (1, 1))] == [4, 4]
    assert number(planes, LIBERTIES, 0, 3) == 2
    assert number(planes, LIBERTIES, 1, 3) == 3
    assert number(planes, LIBERTIES, 3, 3) == 7
    assert number(planes, LIBERTIES, 2, 2) == 0


def test_eight_liberties_and_more_share_a_plane() -> None:
    planes = planes_of("..... ..... XXXXX ..... .....", BLACK)
    assert where(planes[LIBERTIES + 7]) == {(2, column) for column in range(5)}


@pytest.mark.parametrize(
    ("diagram", "row", "column", "captives"),
    [
        (".OX.. OX... X.... ..... .....", 0, 0, 2),
        ("OX... .OX.. OX... X.... .....", 1, 0, 3),
        ("OOOX. OOOOX OO.OX XOOX. .XX..", 2, 2, 11),
        ("..... .X... XOX.. ..... .....", 3, 1, 1),
        ("..... .X... XOX.. ..... .....", 0, 0, 0),
    ],
)
def test_capture_size_counts_what_a_move_takes(
    diagram: str, row: int, column: int, captives: int
) -> None:
    assert number(planes_of(diagram, BLACK), CAPTURE_SIZE, row, column) == min(captives, 8)


def test_self_atari_size_counts_the_chain_with_the_new_stone() -> None:
    planes = planes_of(".OX.. .OX.. OOX.. XXX.. .....", BLACK)
    assert number(planes, SELF_ATARI_SIZE, 0, 0) == 1
    assert number(planes, SELF_ATARI_SIZE, 0, 3) == 0
    chain = planes_of("XX.O. OOO.. ..... ..... .....", BLACK)
    assert number(chain, SELF_ATARI_SIZE, 0, 2) == 0
    assert number(chain, LIBERTIES_AFTER, 0, 2) == 0
    growing = planes_of("X...O OOOO. ..... ..... .....", BLACK)
    assert number(growing, SELF_ATARI_SIZE, 0, 1) == 2


def test_taking_in_a_snapback_is_self_atari_of_the_whole_chain() -> None:
    planes = planes_of("..OX. OOOX. XXXX. ..... .....", WHITE, [(BLACK, 1)])
    assert number(planes, CAPTURE_SIZE, 0, 0) == 1
    assert number(planes, SELF_ATARI_SIZE, 0, 0) == 5
    assert number(planes, LIBERTIES_AFTER, 0, 0) == 1


def test_liberties_after_a_move_include_those_of_captives_and_joined_chains() -> None:
    planes = planes_of(".OX.. OX... X.... ..... .....", BLACK)
    assert number(planes, LIBERTIES_AFTER, 0, 0) == 2
    assert number(planes, LIBERTIES_AFTER, 4, 4) == 2
    joined = planes_of("..... .X.X. ..... ..... .....", BLACK)
    assert number(joined, LIBERTIES_AFTER, 1, 2) == 8


def test_legal_moves_are_read_from_the_planes() -> None:
    planes = planes_of(".XO.. XO.O. .XO.. ..... ....X", WHITE, [(BLACK, 7)])
    legal = legal_moves(planes)
    assert not legal[1, 1], "ko"
    assert not legal[0, 0], "suicide"
    assert not legal[4, 4], "a stone is there"
    assert legal.sum() == 25 - 8 - 2
    assert legal_moves(np.stack([planes, planes])).shape == (2, 5, 5)


def test_who_plays_twice_running_may_fill_the_ko() -> None:
    diagram = ".XO.. XO.O. .XO.. ..... ....X"
    assert legal_moves(planes_of(diagram, BLACK, [(BLACK, 7)]))[1, 1]
    filled = planes_of(diagram, WHITE, [(BLACK, 7), (BLACK, 6)])
    assert filled[OPPONENT, 1, 1]


@pytest.mark.parametrize(
    ("diagram", "sensible"),
    [
        ("..... ..X.. .X.X. ..X.. .....", False),
        ("..... .OX.. .X.X. ..X.. .....", False),
        ("..... .OXO. .X.X. ..X.. .....", True),
        ("..... ..X.. .X.X. ..O.. .....", True),
    ],
)
def test_filling_an_eye_in_the_centre_is_not_sensible_unless_it_is_false(
    diagram: str, sensible: bool
) -> None:
    assert bool(planes_of(diagram, BLACK)[SENSIBLENESS, 2, 2]) is sensible


@pytest.mark.parametrize(
    ("diagram", "point", "sensible"),
    [
        (".X... XX... ..... ..... .....", (0, 0), False),
        (".X... XO... ..... ..... .....", (0, 0), True),
        (".X... X.... ..... ..... .....", (0, 0), False),
        (".X.X. .XXX. ..... ..... .....", (0, 2), False),
        (".X.X. ..XO. ..... ..... .....", (0, 2), True),
    ],
)
def test_one_diagonal_of_the_opponent_makes_an_eye_at_the_edge_false(
    diagram: str, point: tuple[int, int], sensible: bool
) -> None:
    assert bool(planes_of(diagram, BLACK)[(SENSIBLENESS, *point)]) is sensible


def test_an_illegal_move_is_not_sensible_and_the_opponents_eye_is_for_who_may_take() -> None:
    assert not planes_of(".X... XX... ..... ..... .....", WHITE)[SENSIBLENESS, 0, 0]
    assert planes_of(".XO.. XXO.. OO... ..... .....", WHITE)[SENSIBLENESS, 0, 0]


@pytest.mark.parametrize("size", [5, 9, 13])
def test_planes_of_random_games_equal_the_slow_reference(size: int) -> None:
    for seed in range(2):
        game = random_game(seed, size=size, moves=size * size)
        for moves in range(3, len(game.points), 11 if size < 13 else 43):
            ours, theirs = planes_after(game, moves), reference_planes(game, moves)
            different = np.flatnonzero((ours != theirs).any(axis=(1, 2)))
            assert not len(different), f"seed {seed}, after {moves} moves, planes {different}"


def test_a_finished_game_has_planes_too() -> None:
    game = game_of("..... ..... ..... ..... .....", [(BLACK, 12), (WHITE, 13)])
    assert where(planes_after(game, 2)[OWN]) == {(2, 2)}
