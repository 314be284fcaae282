"""Positions as a data set: planes that are computed when a batch asks for them.

    data = positions_of(open_files(Path("go-sgf.tar.xz")), "go-sgf.tar.xz", FORMAT)
    data.train.raw[:256]                                uint8 (256, 48, 19, 19)

The classes are the points of the board, in their order. Positions of one game stay together in
every split: see `Boards.groups`.
"""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Data, Indices, Part, Raw, Takes, Together
from noonbit.data.files import File
from noonbit.data.go.board import COLOUR_NAMES, point_name
from noonbit.data.go.diagram import Diagram
from noonbit.data.go.games import games_of
from noonbit.data.go.planes import PLANES, Planes
from noonbit.data.go.positions import Positions
from noonbit.data.go.sgf import LEFT_OUT, GameFinding
from noonbit.errors import plural


class Boards:
    """Some positions of some games, as `OnDemand`."""

    takes: Takes = "boards"

    def __init__(
        self,
        positions: Positions,
        chosen: Indices,
        findings: Sequence[GameFinding] = (),
    ) -> None:
        self.positions, self.chosen = positions, chosen
        self.findings = tuple(findings)
        """What was odd in the files."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(N, 48, size, size)."""
        return (len(self.chosen), PLANES, self.positions.size, self.positions.size)

    @property
    def groups(self) -> Indices:
        """The game of each position: those of one game belong into one part of a split."""
        return self.positions.games[self.chosen].astype(np.int64)

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: Any) -> Planes:
        """One position at a number, several at a slice or an array of numbers."""
        chosen = np.asarray(self.chosen[index])
        planes: Planes = self.positions.planes(np.atleast_1d(chosen))
        return planes if chosen.ndim else planes[0]

    def diagram(self, index: int, probabilities: NDArray[np.floating] | None = None) -> Diagram:
        """A position drawn, with the move that was played, and perhaps what a network says."""
        position = int(self.chosen[index])
        return Diagram(
            self.positions.stones(position),
            self.positions.last(position),
            probabilities,
            int(self.positions.labels[position]),
        )

    def to_play(self, index: int) -> str:
        """`black` or `white`."""
        return COLOUR_NAMES[self.positions.to_play(int(self.chosen[index]))]

    @property
    def moves(self) -> Indices:
        """How many moves were played before each position; (N,)."""
        return np.asarray(self.positions.moves[self.chosen], np.int64)

    def take(self, indices: Indices) -> "Boards":
        """Those at `indices`, in that order, still on demand."""
        return Boards(self.positions, self.chosen[indices], self.findings)

    def content(self) -> bytes:
        """The moves and which positions of them, for a fingerprint."""
        return self.positions.content() + self.chosen.tobytes()


class PositionNames(Sequence[str]):
    """`2018/0012.sgf move 57`, made when asked for."""

    def __init__(self, games: Sequence[str], boards: Boards) -> None:
        self._games, self._boards = games, boards

    def __len__(self) -> int:
        return len(self._boards)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        position = self._boards.chosen[index]
        positions = self._boards.positions
        return f"{self._games[positions.games[position]]} move {positions.moves[position] + 1}"


def positions_of(files: list[File], source: str, format_name: str) -> Data:
    """All positions of all games among some files. Raises `DataError` where there is no game."""
    games, findings = games_of(files, source)
    positions = Positions(games)
    boards = Boards(positions, np.arange(len(positions)), findings)
    names = PositionNames([game.name for game in games], boards)
    size = positions.size
    return Data(
        source,
        format_name,
        {"train": Part(boards, positions.labels, names, Together("game", boards.groups))},
        tuple(point_name(point, size) for point in range(size * size)),
        value_range=(0.0, 1.0),
        notes=(f"{plural(len(games), 'game')} of {len(positions):,} moves.", *told(findings)),
    )


def boards_of(raw: Raw) -> Boards:
    """The same, which `takes_of` said are boards."""
    assert isinstance(raw, Boards)  # noqa: S101 - whoever calls this asked
    return raw


def told(findings: Sequence[GameFinding]) -> list[str]:
    """How many files are odd, in a sentence; `noonbit check` names them."""
    if not findings:
        return []
    if len(findings) == 1:
        return [str(findings[0])]
    out = sum(finding.done == LEFT_OUT for finding in findings)
    return [
        f"{len(findings):,} games are odd, and {out:,} of them were left out: "
        "`noonbit check` names each."
    ]
