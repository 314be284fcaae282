"""Every position of many games, with the move that was played there.

    positions = Positions(games)
    planes = positions.planes(np.arange(256))          uint8 (256, 48, 19, 19)
    labels = positions.labels[:256]                    row * 19 + column

Nothing is stored but the moves, 25 MB for 1.2 million positions: the planes would be 21 GB, 2.6 GB
as bits. A batch replays its games from the beginning, which is an eighth of the time of its planes,
and comes at 14,000 positions a second and core; threads may work on batches at the same time.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from noonbit.data.split import Indices
from noonbit.errors import UsageError
from noonbit.go.board import PASS
from noonbit.go.compiled import compiled
from noonbit.go.planes import PLANES, Planes, fill_planes
from noonbit.go.sgf import Game


class Positions:
    """The position before each move that is not a pass, game after game."""

    def __init__(self, games: Sequence[Game]) -> None:
        """Positions of games on boards of one size."""
        self._setups = np.stack([game.setup for game in games])
        self._colours = np.concatenate([game.colours for game in games])
        self._points = np.concatenate([game.points for game in games])
        lengths = [len(game.points) for game in games]
        self._starts = np.concatenate([[0], np.cumsum(lengths)])
        moves = np.flatnonzero(self._points != PASS)
        self.labels = self._points[moves].astype(np.int64)
        """Where the move was played: int64 (positions,)."""
        self.games = (np.searchsorted(self._starts, moves, side="right") - 1).astype(np.int32)
        """The number of the game that each position is of: int32 (positions,)."""
        self.moves = (moves - self._starts[self.games]).astype(np.int32)
        """How many moves, passes among them, were played before: int32 (positions,)."""

    def __len__(self) -> int:
        return len(self.labels)

    def planes(self, indices: Indices) -> Planes:
        """The planes of some positions, seen by who is to move: uint8 (n, 48, size, size)."""
        size = self._setups.shape[1]
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

    def of_games(self, games: Indices) -> Indices:
        """The positions of some games, in order."""
        return np.flatnonzero(np.isin(self.games, games))


def planes_after(game: Game, moves: int) -> Planes:
    """The planes of one position, after so many moves of a game: uint8 (48, size, size)."""
    planes = np.zeros((PLANES, game.size * game.size), np.uint8)
    fill_planes(planes, game.setup, game.colours[:moves], game.points[:moves], game.to_play(moves))
    return planes.reshape(PLANES, game.size, game.size)


def split_games(
    games: int, *, seed: int, validation: float = 0.1, test: float = 0.1
) -> tuple[Indices, Indices, Indices]:
    """The numbers of the games that train, validate and test, each ascending.

    The positions of one game are much alike, so a game is never divided. Raises `UsageError` where
    nothing is left to train on.
    """
    validating, testing = round(games * validation), round(games * test)
    if validating + testing >= games:
        raise UsageError(
            f"{games:,} games are too few to hold out {validation:.0%} and {test:.0%} of them."
        )
    order = np.random.default_rng(seed).permutation(games)
    held_out = validating + testing
    return (
        np.sort(order[held_out:]),
        np.sort(order[testing:held_out]),
        np.sort(order[:testing]),
    )


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
        game, mover = games[i], int(colours[end])
        fill_planes(planes[i], setups[game], colours[start:end], points[start:end], mover)
