"""Every position of many games, with the move that was played.

    positions = Positions(games)
    planes = positions.planes(np.arange(256))          uint8 (256, 48, 19, 19)
    labels = positions.labels[:256]                    row * 19 + column

Only the moves are stored, 25 MB for 1.2 million positions; the planes would take 21 GB, or 2.6 GB
as bits. A batch replays each game from the start, which takes an eighth of its time. One core
computes 14,000 positions per second, and several threads may compute batches at the same time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Indices
from noonbit.data.go.board import PASS, STEP, new_grid, replay
from noonbit.data.go.compiled import compiled
from noonbit.data.go.planes import PLANES, Planes, fill_planes, fill_planes_without
from noonbit.data.go.sgf import Game


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """How a position came about, and whose move it is."""

    setup: NDArray[np.int8]
    """The stones before the first move: int8 (size, size) of EMPTY, BLACK, WHITE."""
    colours: NDArray[np.int8]
    """The player of each move: int8 (moves,)."""
    points: NDArray[np.int16]
    """The point of each move, or PASS: int16 (moves,)."""
    to_play: int
    """BLACK or WHITE."""

    @classmethod
    def of_game(cls, game: Game, moves: int) -> "History":
        """Return the history of the position after `moves` moves of a game."""
        return cls(game.setup, game.colours[:moves], game.points[:moves], game.to_play(moves))

    @property
    def last_move(self) -> int | None:
        """The point of the last move; None if there was none, or it was a pass."""
        point = int(self.points[-1]) if len(self.points) else PASS
        return None if point == PASS else point

    def stones(self) -> NDArray[np.int8]:
        """Return the stones on the board: int8 (size, size) of EMPTY, BLACK, WHITE."""
        grid, size = new_grid(self.setup), len(self.setup)
        replay(grid, size, self.colours, self.points)
        return grid.reshape(STEP, STEP)[1 : size + 1, 1 : size + 1].copy()

    def planes_without(self, stone: int) -> Planes:
        """Return the planes as if the stone at a point were not there: uint8 (48, size, size)."""
        size = len(self.setup)
        planes = np.zeros((PLANES, size * size), np.uint8)
        fill_planes_without(planes, self.setup, self.colours, self.points, self.to_play, stone)
        return planes.reshape(PLANES, size, size)


class Positions:
    """The position before each move that is not a pass, game after game."""

    def __init__(self, games: Sequence[Game]) -> None:
        """Collect the positions of games, which all have the same board size."""
        self._setups = np.stack([game.setup for game in games])
        self._colours = np.concatenate([game.colours for game in games])
        self._points = np.concatenate([game.points for game in games])
        lengths = [len(game.points) for game in games]
        self._starts = np.concatenate([[0], np.cumsum(lengths)])
        moves = np.flatnonzero(self._points != PASS)
        self.labels = self._points[moves].astype(np.int64)
        """The point of the move that was played: int64 (positions,)."""
        self.games = (np.searchsorted(self._starts, moves, side="right") - 1).astype(np.int32)
        """The number of each position's game: int32 (positions,)."""
        self.moves = (moves - self._starts[self.games]).astype(np.int32)
        """The number of moves before each position, including passes: int32 (positions,)."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def handicap_games(self) -> int:
        """The number of games that begin with stones on the board."""
        return int(self._setups.any(axis=(1, 2)).sum())

    @property
    def size(self) -> int:
        """Points along one side of the board."""
        return int(self._setups.shape[1])

    def planes(self, indices: Indices) -> Planes:
        """Compute the planes of some positions: uint8 (n, 48, size, size)."""
        size = self.size
        planes = np.zeros((len(indices), PLANES, size * size), np.uint8)
        games = self.games[indices]
        fill_batch(
            planes,
            self._setups,
            self._colours,
            self._points,
            games,
            self._starts[games],
            self.moves[indices],
        )
        return planes.reshape(-1, PLANES, size, size)

    def stones(self, position: int) -> NDArray[np.int8]:
        """Return the stones on the board: int8 (size, size) of EMPTY, BLACK, WHITE."""
        return self.history(position).stones()

    def last_move(self, position: int) -> int | None:
        """Return the point of the previous move; None for the first position and after a pass."""
        return self.history(position).last_move

    def to_play(self, position: int) -> int:
        """Return whose move it is, BLACK or WHITE."""
        return int(self._colours[self._moves_before(position)[1]])

    def history(self, position: int) -> History:
        """Return all that the planes of a position are computed from."""
        start, end = self._moves_before(position)
        return History(
            self._setups[self.games[position]],
            self._colours[start:end],
            self._points[start:end],
            self.to_play(position),
        )

    def _moves_before(self, position: int) -> tuple[int, int]:
        """Return the range of a position's previous moves among the moves of all games."""
        start = int(self._starts[self.games[position]])
        return start, start + int(self.moves[position])

    def content(self) -> bytes:
        """Return what the planes and labels are computed from, for a fingerprint."""
        moves = self._starts.tobytes() + self._colours.tobytes() + self._points.tobytes()
        return self._setups.tobytes() + moves


def planes_after(game: Game, moves: int) -> Planes:
    """Compute the planes of the position after `moves` moves of a game: uint8 (48, size, size)."""
    planes = np.zeros((PLANES, game.size * game.size), np.uint8)
    fill_planes(planes, game.setup, game.colours[:moves], game.points[:moves], game.to_play(moves))
    return planes.reshape(PLANES, game.size, game.size)


@compiled
def fill_batch(
    planes: Planes,
    setups: NDArray[np.int8],
    colours: NDArray[np.int8],
    points: NDArray[np.int16],
    games: NDArray[np.int32],
    starts: Indices,
    moves: NDArray[np.int32],
) -> None:
    """Fill planes (n, 48, size * size) with the positions after `moves` of `games`."""
    for i in range(len(games)):
        start, end = starts[i], starts[i] + moves[i]
        game = games[i]
        # int64 as in `planes_after`, or numba would compile everything again for int8
        to_play = int(np.int64(colours[end]))
        fill_planes(planes[i], setups[game], colours[start:end], points[start:end], to_play)
