"""The rules of Go on a board of at most 19x19 points.

    board = Board(np.zeros((19, 19), np.int8))
    board.play(BLACK, 3 * 19 + 15)
    board.legal_moves(WHITE)                        bool (19, 19)

A point is row * size + column, from 0 at the upper left. A move captures the opponent's chains that
it leaves without liberties; suicide is illegal. Ko is the simple rule: a stone that captured a
single stone, and is itself alone and in atari, may not be recaptured at once. Positions may repeat
after a longer cycle (no superko).

The compiled functions work on a `Grid`: the board in the upper left corner of a larger one,
surrounded by `WALL`, so that neighbours need no bounds check. A move takes about 0.2 µs.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from noonbit.data.go.compiled import compiled
from noonbit.errors import UsageError

LARGEST = 19
EMPTY, BLACK, WHITE, WALL = 0, 1, 2, 3
"""What a place of a grid holds. The opponent of `colour` is `3 - colour`."""
VISITED = 4
"""Added to the value of a place during a search."""
COLOUR_NAMES = {BLACK: "black", WHITE: "white"}

STEP = LARGEST + 2
NEIGHBOURS = (-STEP, -1, 1, STEP)
DIAGONALS = (-STEP - 1, -STEP + 1, STEP - 1, STEP + 1)

NOWHERE = 0
"""A place in the wall; stands for no place, as when there is no ko."""
PASS = -1
OCCUPIED, KO, SUICIDE = -1, -2, -3
"""What `play` returns instead of the number of captives if a move is illegal."""
REFUSALS = {
    OCCUPIED: "is on a stone",
    KO: "takes a ko back at once",
    SUICIDE: "is suicide",
}

Grid: TypeAlias = NDArray[np.int8]
"""int8 (441,): EMPTY, BLACK, WHITE or WALL at (row + 1) * STEP + column + 1."""
Lists: TypeAlias = NDArray[np.int16]
"""int16 (2, 441): a buffer for the stones (0) and the liberties (1) of one chain."""


@compiled
def new_lists() -> Lists:
    """Make the buffer for `find_chain`, to be reused for many calls."""
    return np.empty((2, STEP * STEP), np.int16)


@compiled
def place_of(point: int, size: int) -> int:
    """Convert a point of the board to its place in a grid."""
    return (point // size + 1) * STEP + point % size + 1


@compiled
def point_of(place: int, size: int) -> int:
    """Convert a place in a grid to its point of the board."""
    return (place // STEP - 1) * size + place % STEP - 1


@compiled
def new_grid(stones: NDArray[np.int8]) -> Grid:
    """Make a grid from stones, int8 (size, size) of EMPTY, BLACK, WHITE."""
    size = len(stones)
    grid = np.full((STEP, STEP), WALL, np.int8)
    grid[1 : size + 1, 1 : size + 1] = stones
    return grid.reshape(-1)


@compiled
def find_chain(grid: Grid, start: int, lists: Lists, most_liberties: int) -> tuple[int, int]:
    """Find the chain of the stone at `start`; returns the numbers of its stones and liberties.

    Writes their places to `lists`. The search stops as soon as it has found `most_liberties`
    liberties; not all stones may be counted then.
    """
    colour = grid[start]
    lists[0, 0] = start
    grid[start] += VISITED
    stones, liberties, visited = 1, 0, 0
    while visited < stones and liberties < most_liberties:
        at = lists[0, visited]
        for place in (at - STEP, at - 1, at + 1, at + STEP):
            here = grid[place]
            if here == colour:
                lists[0, stones] = place
                stones += 1
                grid[place] += VISITED
            elif here == EMPTY:
                lists[1, liberties] = place
                liberties += 1
                grid[place] += VISITED
        visited += 1
    for place in lists[0, :stones]:
        grid[place] = colour
    for place in lists[1, :liberties]:
        grid[place] = EMPTY
    return stones, liberties


@compiled
def play(grid: Grid, place: int, colour: int, ko: int, lists: Lists) -> tuple[int, int]:
    """Play a stone; returns the number of captives, and the place that ko forbids next or NOWHERE.

    For an illegal move it returns OCCUPIED, KO or SUICIDE instead of captives, and leaves the grid
    unchanged.
    """
    if grid[place] != EMPTY:
        return OCCUPIED, ko
    if place == ko:
        return KO, ko
    grid[place] = colour
    captives, captive = 0, NOWHERE
    for neighbour in NEIGHBOURS:
        if grid[place + neighbour] == 3 - colour:
            stones, liberties = find_chain(grid, place + neighbour, lists, 1)
            if liberties == 0:
                for i in range(stones):
                    grid[lists[0, i]] = EMPTY
                captives += stones
                captive = place + neighbour
    stones, liberties = find_chain(grid, place, lists, 2)
    if liberties == 0:
        grid[place] = EMPTY
        return SUICIDE, ko
    is_ko = captives == 1 and stones == 1 and liberties == 1
    return captives, captive if is_ko else NOWHERE


@compiled
def replay(
    grid: Grid, size: int, colours: NDArray[np.int8], points: NDArray[np.int16]
) -> tuple[int, int, int]:
    """Play moves until one is illegal; returns the number played, the reason or 0, and the ko.

    The ko place is forbidden to the opponent of the player who moved last.
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
    """Whether a chain of `stones`, int8 (size, size), has no liberties; impossible after a move."""
    grid, lists, size = new_grid(stones), new_lists(), len(stones)
    places = [place_of(int(point), size) for point in np.flatnonzero(stones)]
    return any(find_chain(grid, place, lists, 1)[1] == 0 for place in places)


class Board:
    """One position, with its stones and legal moves."""

    def __init__(self, setup: NDArray[np.int8]) -> None:
        """Start from stones, int8 (size, size) of EMPTY, BLACK and WHITE."""
        self.size = len(setup)
        self._grid = new_grid(setup)
        self._lists = new_lists()
        self._ko, self._last = NOWHERE, EMPTY

    @property
    def stones(self) -> NDArray[np.int8]:
        """A copy of the stones on the board, int8 (size, size)."""
        inside = slice(1, self.size + 1)
        return self._grid.reshape(STEP, STEP)[inside, inside].copy()

    def play(self, colour: int, point: int) -> int:
        """Play a stone or PASS; returns the number of captives. Raises `UsageError` if illegal."""
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

    def legal_moves(self, colour: int) -> NDArray[np.bool_]:
        """Return where `colour` may play: bool (size, size)."""
        legal = np.empty(self.size * self.size, bool)
        for point in range(len(legal)):
            place = place_of(point, self.size)
            captives, _ = play(self._grid.copy(), place, colour, self._ko_of(colour), self._lists)
            legal[point] = captives >= 0
        return legal.reshape(self.size, self.size)

    def _ko_of(self, colour: int) -> int:
        """Return the place forbidden to `colour`: ko binds the player who did not move last."""
        return NOWHERE if colour == self._last else self._ko


def point_name(point: int, size: int) -> str:
    """Name a point: `Q16`. Columns are letters from the left, without I; rows count from below."""
    row, column = divmod(point, size)
    return f"{'ABCDEFGHJKLMNOPQRST'[column]}{size - row}"
