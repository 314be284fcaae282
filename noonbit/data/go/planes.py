"""The 48 planes of AlphaGo's policy network, computed exactly.

Silver et al., "Mastering the game of Go with deep neural networks and tree search", Nature 529
(2016), Extended Data Table 2, seen by the player who is to move. The paper gives each plane one
line; what it leaves open is defined here:

    planes  feature              one where
     0-2    stone colour         an own stone; an opponent's stone; no stone
       3    ones                 everywhere
     4-11   turns since          the stone came 1, 2, ... turns ago (passes are turns); a handicap
                                 stone is as old as can be
    12-19   liberties            the stone's chain has 1, 2, ... liberties
    20-27   capture size         a move would take 1, 2, ... of the opponent's stones
    28-35   self-atari size      a move would leave 1, 2, ... own stones in atari: its chain, where
                                 that has one liberty
    36-43   liberties after      a move would give its chain 1, 2, ... liberties
      44    ladder capture       a move would catch, in a ladder, a chain that has two liberties
      45    ladder escape        a move would get an own chain in atari out (see `ladders`)
      46    sensibleness         a move is legal and does not fill an own eye
      47    zeros                nowhere

The eighth plane of a number means "8 or more"; a number of 0 sets no plane. Features of moves are
computed for legal moves only, so one of the planes 36-43 is one exactly where a move is legal. An
eye is an empty point with own stones on all sides, of whose diagonals the opponent holds at most
one, and none at the edge, as is usual in Monte Carlo programs.

A position takes about 70 µs on one core (14,000 per second): half of it for playing every legal
move, a third for the ladders.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from noonbit.data.go.board import (
    DIAGONALS,
    EMPTY,
    NEIGHBOURS,
    NOWHERE,
    PASS,
    WALL,
    Grid,
    Lists,
    find_chain,
    new_grid,
    new_lists,
    place_of,
    play,
    point_of,
    replay,
)
from noonbit.data.go.compiled import compiled
from noonbit.data.go.ladders import list_answers, wins_chase

OWN, OPPONENT, NO_STONE, ONES = 0, 1, 2, 3
TURNS_SINCE, LIBERTIES, CAPTURE_SIZE, SELF_ATARI_SIZE, LIBERTIES_AFTER = 4, 12, 20, 28, 36
LADDER_CAPTURE, LADDER_ESCAPE, SENSIBLENESS, ZEROS = 44, 45, 46, 47
PLANES, MOST = 48, 8

Planes: TypeAlias = NDArray[np.uint8]
"""uint8 (..., 48, size, size), each 0 or 1."""


def legal_moves(planes: Planes) -> NDArray[np.bool_]:
    """Return where the player to move may play: bool (..., size, size)."""
    after = planes[..., LIBERTIES_AFTER : LIBERTIES_AFTER + MOST, :, :]
    return np.asarray(after.any(axis=-3))


@compiled
def fill_planes(
    planes: Planes,
    setup: NDArray[np.int8],
    colours: NDArray[np.int8],
    points: NDArray[np.int16],
    to_play: int,
) -> None:
    """Fill `planes`, (48, size * size) of zeros, with the position after some moves.

    `setup` (size, size) are the stones before the first move; `points` are the moves, all legal,
    and `colours` the players who made them.
    """
    grid, size = new_grid(setup), len(setup)
    _, _, ko = replay(grid, size, colours, points)
    if len(colours) and colours[-1] == to_play:
        ko = NOWHERE
    fill_position(planes, grid, size, to_play, ko, points)


@compiled
def fill_planes_without(
    planes: Planes,
    setup: NDArray[np.int8],
    colours: NDArray[np.int8],
    points: NDArray[np.int16],
    to_play: int,
    stone: int,
) -> None:
    """Fill `planes` as `fill_planes`, as if the stone at the point `stone` were not there.

    The board is not played again without it: what it captured stays captured, and a ko that is
    forbidden stays so.
    """
    grid, size = new_grid(setup), len(setup)
    _, _, ko = replay(grid, size, colours, points)
    if len(colours) and colours[-1] == to_play:
        ko = NOWHERE
    grid[place_of(stone, size)] = EMPTY
    fill_position(planes, grid, size, to_play, ko, points)


@compiled
def fill_position(
    planes: Planes, grid: Grid, size: int, to_play: int, ko: int, points: NDArray[np.int16]
) -> None:
    """Fill all planes from the stones on the grid, the place of ko, and the moves so far."""
    lists = new_lists()
    planes[ONES] = 1
    fill_stones(planes, grid, size, to_play, points)
    fill_chains(planes, grid, size, to_play, ko, lists)
    fill_moves(planes, grid, size, to_play, ko, lists)


@compiled
def mark(planes: Planes, first: int, point: int, count: int) -> None:
    """Set the plane of a number at a point; `first` is the plane of 1."""
    if count > 0:
        planes[first + min(count, MOST) - 1, point] = 1


@compiled
def fill_stones(
    planes: Planes, grid: Grid, size: int, to_play: int, points: NDArray[np.int16]
) -> None:
    """Fill the planes of stone colour and turns since."""
    turns = np.full(size * size, MOST)
    for turn in range(min(MOST, len(points)), 0, -1):
        if points[-turn] != PASS:
            turns[points[-turn]] = turn  # a later move on the same point overwrites an earlier one
    for point in range(size * size):
        colour = grid[place_of(point, size)]
        if colour == EMPTY:
            planes[NO_STONE, point] = 1
        else:
            planes[OWN if colour == to_play else OPPONENT, point] = 1
            mark(planes, TURNS_SINCE, point, turns[point])


@compiled
def fill_chains(planes: Planes, grid: Grid, size: int, to_play: int, ko: int, lists: Lists) -> None:
    """Fill the planes of liberties, ladder capture and ladder escape."""
    visited = np.zeros(len(grid), np.bool_)
    saving = np.empty(len(grid), np.int16)
    for point in range(size * size):
        place = place_of(point, size)
        if grid[place] == EMPTY or visited[place]:
            continue
        stones, liberties = find_chain(grid, place, lists, len(grid))
        for stone in lists[0, :stones]:
            visited[stone] = True
            mark(planes, LIBERTIES, point_of(stone, size), liberties)
        if liberties == 2 and grid[place] != to_play:
            for move in lists[1, :2].copy():
                if wins_chase(grid, place, move, to_play, ko, lists):
                    planes[LADDER_CAPTURE, point_of(move, size)] = 1
        elif liberties == 1 and grid[place] == to_play:
            for move in saving[: list_answers(grid, place, lists, saving)]:
                if wins_chase(grid, place, move, to_play, ko, lists):
                    planes[LADDER_ESCAPE, point_of(move, size)] = 1


@compiled
def fill_moves(planes: Planes, grid: Grid, size: int, to_play: int, ko: int, lists: Lists) -> None:
    """Fill the planes of moves: each legal move is played, evaluated and undone."""
    before = grid.copy()
    for point in range(size * size):
        place = place_of(point, size)
        captives, _ = play(grid, place, to_play, ko, lists)
        if captives < 0:
            continue
        stones, liberties = find_chain(grid, place, lists, MOST)
        mark(planes, CAPTURE_SIZE, point, captives)
        mark(planes, LIBERTIES_AFTER, point, liberties)
        if liberties == 1:
            mark(planes, SELF_ATARI_SIZE, point, stones)
        if captives:
            grid[:] = before
        else:
            grid[place] = EMPTY
        if not is_eye(grid, place, to_play):
            planes[SENSIBLENESS, point] = 1


@compiled
def is_eye(grid: Grid, place: int, colour: int) -> bool:
    """Whether an empty place is an eye of `colour` and not a false eye."""
    for neighbour in NEIGHBOURS:
        if grid[place + neighbour] != colour and grid[place + neighbour] != WALL:
            return False
    lost, at_edge = 0, 0
    for diagonal in DIAGONALS:
        if grid[place + diagonal] == WALL:
            at_edge = 1
        elif grid[place + diagonal] == 3 - colour:
            lost += 1
    return lost + at_edge < 2
