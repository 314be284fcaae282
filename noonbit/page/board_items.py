"""A position of Go as the page holds it; importing this needs numba."""

from typing import TypedDict

import numpy as np

from noonbit.data.go.board import BLACK, WHITE
from noonbit.data.go.boards import as_boards
from noonbit.data.go.positions import History
from noonbit.data.prepared import PreparedDataset


class BoardItem(TypedDict):
    """A position, for `GoBoard.fromItem` of go_board.js. Points count from the upper left."""

    size: int
    black: list[int]
    """The points of the black stones before the first move, such as handicap."""
    white: list[int]
    moves: list[tuple[int, int]]
    """(colour, point) of each move: BLACK or WHITE, and a point or PASS."""
    to_play: int
    """BLACK or WHITE."""


def board_item(items: PreparedDataset, number: int) -> BoardItem:
    """Return a position with all that came before it."""
    boards = as_boards(items.data.train.raw)
    return plain_history(boards.positions.history(int(boards.indices[number])))


def plain_history(history: History) -> BoardItem:
    """Return a position as plain values for JSON."""
    setup = history.setup
    return {
        "size": len(setup),
        "black": np.flatnonzero(setup == BLACK).tolist(),
        "white": np.flatnonzero(setup == WHITE).tolist(),
        "moves": list(zip(history.colours.tolist(), history.points.tolist(), strict=True)),
        "to_play": history.to_play,
    }
