"""Positions of Go drawn as text: `X` is black, `O` white, `.` empty."""

import numpy as np
from numpy.typing import NDArray

from noonbit.data.go.board import BLACK, EMPTY, PASS, WHITE, Board
from noonbit.data.go.planes import Planes
from noonbit.data.go.positions import planes_after
from noonbit.data.go.sgf import Game

STONES = {".": EMPTY, "X": BLACK, "O": WHITE}


def board_of(diagram: str) -> NDArray[np.int8]:
    """int8 (size, size)."""
    return np.array([[STONES[letter] for letter in row] for row in diagram.split()], np.int8)


def game_of(diagram: str, moves: list[tuple[int, int]]) -> Game:
    """A game that begins with a drawn position; moves are (colour, point)."""
    return Game(
        name="drawn.sgf",
        setup=board_of(diagram),
        colours=np.array([colour for colour, _ in moves], np.int8),
        points=np.array([point for _, point in moves], np.int16),
        handicap=0,
        komi=None,
        result=None,
    )


def planes_of(diagram: str, to_play: int, moves: list[tuple[int, int]] | None = None) -> Planes:
    """The planes (48, size, size) of a drawn position, perhaps after moves."""
    moves = moves or []
    return planes_after(game_of(diagram, [*moves, (to_play, PASS)]), len(moves))


def number(planes: Planes, first: int, row: int, column: int) -> int:
    """The number that eight planes tell of a point; 0 where none is one."""
    (ones,) = np.nonzero(planes[first : first + 8, row, column])
    assert len(ones) <= 1
    return int(ones[0]) + 1 if len(ones) else 0


def where(plane: NDArray[np.uint8]) -> set[tuple[int, int]]:
    """The rows and columns at which a plane is one."""
    return {(int(row), int(column)) for row, column in np.argwhere(plane)}


def random_game(seed: int, *, size: int, moves: int) -> Game:
    """A game of legal moves at random, which has every odd shape that games have, and more."""
    generator = np.random.default_rng(seed)
    board, played = Board(np.zeros((size, size), np.int8)), []
    colour = BLACK
    for _ in range(moves):
        legal = np.flatnonzero(board.legal_moves(colour))
        point = int(generator.choice(legal)) if len(legal) else PASS
        board.play(colour, point)
        played.append((colour, point))
        colour = 3 - colour
    return game_of("\n".join(["." * size] * size), played)


LETTERS = "abcdefghijklmnopqrs"


def sgf_of(game: Game) -> bytes:
    """A game as a file."""
    nodes = []
    for colour, point in zip(game.colours.tolist(), game.points.tolist(), strict=True):
        row, column = divmod(point, game.size)
        place = "" if point == PASS else LETTERS[column] + LETTERS[row]
        nodes.append(f";{'B' if colour == BLACK else 'W'}[{place}]")
    return f"(;GM[1]SZ[{game.size}]{''.join(nodes)})".encode()
