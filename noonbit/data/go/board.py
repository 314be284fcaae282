"""The rules of Go on a board of at most 19x19 points.

    board = Board(np.zeros((19, 19), np.int8))
    board.play(BLACK, 3 * 19 + 15)
    board.legal(WHITE)                        bool (19, 19)

A point is row * size + column, from 0 at the upper left. A move captures the opponent's chains that
it leaves without liberties; then a chain of its own without any is suicide, which is refused. Ko is
the simple rule: a stone that took a single stone, and is itself alone and in atari, may not be
taken back at once. Positions that come back after a longer cycle are allowed (no superko).

The compiled functions work on a `Grid`: the board from its upper left corner on, in a frame of
`WALL`, so that nobody asks whether a neighbour lies on the board. A move costs about 0.2 µs.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from noonbit.data.go.compiled import compiled
from noonbit.errors import UsageError

LARGEST = 19
EMPTY, BLACK, WHITE, WALL = 0, 1, 2, 3
"""Whoever is not `colour` is `3 - colour`."""
SEEN = 4
"""Added to what a grid holds while a search is under way."""
COLOUR_NAMES = {BLACK: "black", WHITE: "white"}

STEP = LARGEST + 2
NEIGHBOURS = (-STEP, -1, 1, STEP)
DIAGONALS = (-STEP - 1, -STEP + 1, STEP - 1, STEP + 1)

NOWHERE = 0
"""A place in the wall: no ko, no last move."""
PASS = -1
OCCUPIED, KO, SUICIDE = -1, -2, -3
"""What `play` answers instead of a number of captives."""
REFUSALS = {
    OCCUPIED: "is on a stone",
    KO: "takes a ko back at once",
    SUICIDE: "is suicide",
}

Grid: TypeAlias = NDArray[np.int8]
"""int8 (441,): EMPTY, BLACK, WHITE or WALL at (row + 1) * STEP + column + 1."""
Lists: TypeAlias = NDArray[np.int16]
"""int16 (2, 441): room for the stones (0) and the liberties (1) of one chain."""


@compiled
def new_lists() -> Lists:
    """Room for `chain`, made once for many calls."""
    return np.empty((2, STEP * STEP), np.int16)


@compiled
def place_of(point: int, size: int) -> int:
    """Where a point of the board lies in a grid."""
    return (point // size + 1) * STEP + point % size + 1


@compiled
def point_of(place: int, size: int) -> int:
    """Which point of the board lies there in a grid."""
    return (place // STEP - 1) * size + place % STEP - 1


@compiled
def new_grid(stones: NDArray[np.int8]) -> Grid:
    """A grid with what stands on the points: int8 (size, size) of EMPTY, BLACK, WHITE."""
    size = len(stones)
    grid = np.full((STEP, STEP), WALL, np.int8)
    grid[1 : size + 1, 1 : size + 1] = stones
    return grid.reshape(-1)


@compiled
def chain(grid: Grid, start: int, lists: Lists, enough: int) -> tuple[int, int]:
    """The stones connected with the one at `start`, and their liberties: how many of each.

    Both are listed in `lists`. The search stops as soon as `enough` liberties are found, and the
    stones are then not all counted.
    """
    colour = grid[start]
    lists[0, 0] = start
    grid[start] += SEEN
    stones, liberties, looked_at = 1, 0, 0
    while looked_at < stones and liberties < enough:
        at = lists[0, looked_at]
        for place in (at - STEP, at - 1, at + 1, at + STEP):
            here = grid[place]
            if here == colour:
                lists[0, stones] = place
                stones += 1
                grid[place] += SEEN
            elif here == EMPTY:
                lists[1, liberties] = place
                liberties += 1
                grid[place] += SEEN
        looked_at += 1
    for place in lists[0, :stones]:
        grid[place] = colour
    for place in lists[1, :liberties]:
        grid[place] = EMPTY
    return stones, liberties


@compiled
def play(grid: Grid, place: int, colour: int, ko: int, lists: Lists) -> tuple[int, int]:
    """Play a stone: the number of captives, and the place that ko forbids next or `NOWHERE`.

    Instead of captives it answers OCCUPIED, KO or SUICIDE, and leaves the grid as it was.
    """
    if grid[place] != EMPTY:
        return OCCUPIED, ko
    if place == ko:
        return KO, ko
    grid[place] = colour
    captives, captive = 0, NOWHERE
    for neighbour in NEIGHBOURS:
        if grid[place + neighbour] == 3 - colour:
            stones, liberties = chain(grid, place + neighbour, lists, 1)
            if liberties == 0:
                for i in range(stones):
                    grid[lists[0, i]] = EMPTY
                captives += stones
                captive = place + neighbour
    stones, liberties = chain(grid, place, lists, 2)
    if liberties == 0:
        grid[place] = EMPTY
        return SUICIDE, ko
    took_a_ko = captives == 1 and stones == 1 and liberties == 1
    return captives, captive if took_a_ko else NOWHERE


@compiled
def replay(
    grid: Grid, size: int, colours: NDArray[np.int8], points: NDArray[np.int16]
) -> tuple[int, int, int]:
    """Play moves until one is refused: how many were played, the refusal or 0, and the ko place.

    The ko place binds the opponent of who moved last.
    """
    lists = new_lists()
    ko = NOWHERE
    for move in range(len(points)):
        if move and colours[move] == colours[move - 1]:
            ko = NOWHERE  # as after a pass
        if points[move] == PASS:
            ko = NOWHERE
            continue
        captives, ko = play(grid, place_of(points[move], size), colours[move], ko, lists)
        if captives < 0:
            return move, captives, ko
    return len(points), 0, ko


def has_dead_stones(stones: NDArray[np.int8]) -> bool:
    """Whether a chain has no liberties, as never after a move: int8 (size, size)."""
    grid, lists, size = new_grid(stones), new_lists(), len(stones)
    places = [place_of(int(point), size) for point in np.flatnonzero(stones)]
    return any(chain(grid, place, lists, 1)[1] == 0 for place in places)


class Board:
    """One position, for looking at: `stones` and what may be played."""

    def __init__(self, setup: NDArray[np.int8]) -> None:
        """A board with what stands on it: int8 (size, size) of EMPTY, BLACK and WHITE."""
        self.size = len(setup)
        self._grid = new_grid(setup)
        self._lists = new_lists()
        self._ko, self._last = NOWHERE, EMPTY

    @property
    def stones(self) -> NDArray[np.int8]:
        """A copy of what stands on the board, int8 (size, size)."""
        inside = slice(1, self.size + 1)
        return self._grid.reshape(STEP, STEP)[inside, inside].copy()

    def play(self, colour: int, point: int) -> int:
        """Play a stone or PASS; gives the number of captives. Raises `UsageError` if illegal."""
        if point == PASS:
            self._ko, self._last = NOWHERE, colour
            return 0
        place = place_of(point, self.size)
        captives, ko = play(self._grid, place, colour, self._ko_of(colour), self._lists)
        if captives < 0:
            raise UsageError(
                f"{COLOUR_NAMES[colour].capitalize()} at {point_name(point, self.size)} "
                f"{REFUSALS[captives]}. Choose another point."
            )
        self._ko, self._last = ko, colour
        return captives

    def legal(self, colour: int) -> NDArray[np.bool_]:
        """Where `colour` may play: bool (size, size)."""
        legal = np.empty(self.size * self.size, bool)
        for point in range(len(legal)):
            place = place_of(point, self.size)
            captives, _ = play(self._grid.copy(), place, colour, self._ko_of(colour), self._lists)
            legal[point] = captives >= 0
        return legal.reshape(self.size, self.size)

    def _ko_of(self, colour: int) -> int:
        """The place that `colour` may not take: ko binds who did not move last."""
        return NOWHERE if colour == self._last else self._ko


def point_name(point: int, size: int) -> str:
    """`Q16`: columns are letters from the left, without I, and rows are numbers from below."""
    row, column = divmod(point, size)
    return f"{'ABCDEFGHJKLMNOPQRST'[column]}{size - row}"
