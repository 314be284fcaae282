"""Positions as a data set whose planes are computed when a batch is read.

    data = read_positions(open_files(Path("go-sgf.tar.xz")), "go-sgf.tar.xz", FORMAT)
    data.train.raw[:256]                                uint8 (256, 48, 19, 19)

The classes are the points of the board, in order. Positions of one game stay together in every
split: see `Boards.groups`.
"""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Groups, Indices, InputKind, Part, Raw, RawDataset
from noonbit.data.files import File
from noonbit.data.go.board import COLOUR_NAMES, point_name
from noonbit.data.go.diagram import Diagram
from noonbit.data.go.games import collect_games
from noonbit.data.go.planes import PLANES, Planes
from noonbit.data.go.positions import Positions
from noonbit.data.go.sgf import LEFT_OUT, GameFinding
from noonbit.errors import plural


class Boards:
    """A selection of positions; implements `OnDemand`."""

    input_kind: InputKind = "boards"

    def __init__(
        self,
        positions: Positions,
        indices: Indices,
        findings: Sequence[GameFinding] = (),
    ) -> None:
        self.positions, self.indices = positions, indices
        self.findings = tuple(findings)
        """What is odd in the files."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(N, 48, size, size)."""
        return (len(self.indices), PLANES, self.positions.size, self.positions.size)

    @property
    def groups(self) -> Indices:
        """The number of each position's game, (N,); a split must not separate those of one game."""
        return self.positions.games[self.indices].astype(np.int64)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Planes:
        """Compute the planes of one position (integer) or of several (slice or array)."""
        indices = np.asarray(self.indices[index])
        planes: Planes = self.positions.planes(np.atleast_1d(indices))
        return planes if indices.ndim else planes[0]

    def diagram(self, index: int, probabilities: NDArray[np.floating] | None = None) -> Diagram:
        """Draw a position, its played move and, if given, a network's probabilities."""
        position = int(self.indices[index])
        return Diagram(
            self.positions.stones(position),
            self.positions.last_move(position),
            probabilities,
            int(self.positions.labels[position]),
        )

    def to_play(self, index: int) -> str:
        """Return whose move it is, `black` or `white`."""
        return COLOUR_NAMES[self.positions.to_play(int(self.indices[index]))]

    @property
    def moves(self) -> Indices:
        """How many moves were played before each position; (N,)."""
        return np.asarray(self.positions.moves[self.indices], np.int64)

    def take(self, indices: Indices) -> "Boards":
        """Select the positions at `indices`, in that order, without computing planes."""
        return Boards(self.positions, self.indices[indices], self.findings)

    def content(self) -> bytes:
        """Return what the planes are computed from, for a fingerprint."""
        return self.positions.content() + self.indices.tobytes()


class PositionNames(Sequence[str]):
    """The names of positions, `2018/0012.sgf move 57`; computed on access."""

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
        position = self._boards.indices[index]
        positions = self._boards.positions
        return f"{self._games[positions.games[position]]} move {positions.moves[position] + 1}"


def read_positions(files: list[File], source: str, format_name: str) -> RawDataset:
    """Read all positions of all games in some files. Raises `DataError` if there is no game."""
    games, findings = collect_games(files, source)
    positions = Positions(games)
    boards = Boards(positions, np.arange(len(positions)), findings)
    names = PositionNames([game.name for game in games], boards)
    size = positions.size
    return RawDataset(
        source,
        format_name,
        {"train": Part(boards, positions.labels, names, Groups("game", boards.groups))},
        tuple(point_name(point, size) for point in range(size * size)),
        value_range=(0.0, 1.0),
        notes=(
            f"{plural(len(games), 'game')} of {len(positions):,} moves.",
            *summarize_findings(findings),
        ),
    )


def as_boards(raw: Raw) -> Boards:
    """Narrow the type to `Boards`; the caller has checked the input kind."""
    assert isinstance(raw, Boards)  # noqa: S101 - a caller's bug
    return raw


def summarize_findings(findings: Sequence[GameFinding]) -> list[str]:
    """Summarise findings in at most one sentence; `noonbit check` lists each."""
    if not findings:
        return []
    if len(findings) == 1:
        return [str(findings[0])]
    left_out = sum(finding.done == LEFT_OUT for finding in findings)
    return [
        f"{len(findings):,} games are odd, and {left_out:,} of them were left out: "
        "`noonbit check` names each."
    ]
