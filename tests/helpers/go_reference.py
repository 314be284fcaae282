"""The 48 planes once more, slowly and from their definitions, on sgfmill's boards.

Nothing here is shared with the package but the order of the planes, so both agree only where both
are right.
"""

import numpy as np
from numpy.typing import NDArray
from sgfmill.boards import Board

from noonbit.data.go.board import BLACK, EMPTY, PASS, WHITE
from noonbit.data.go.board import Board as OurBoard
from noonbit.data.go.sgf import Game

Point = tuple[int, int]
LETTERS = {1: "b", 2: "w"}
OTHER = {"b": "w", "w": "b"}


def neighbours(board: Board, point: Point) -> list[Point]:
    row, column = point
    near = [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)]
    return [(r, c) for r, c in near if 0 <= r < board.side and 0 <= c < board.side]


def chain_of(board: Board, point: Point) -> tuple[set[Point], set[Point]]:
    """Stones and liberties."""
    colour = board.get(*point)
    stones, liberties, rest = {point}, set(), [point]
    while rest:
        for near in neighbours(board, rest.pop()):
            if board.get(*near) is None:
                liberties.add(near)
            elif board.get(*near) == colour and near not in stones:
                stones.add(near)
                rest.append(near)
    return stones, liberties


def after(
    board: Board, point: Point, colour: str, ko: Point | None
) -> tuple[Board, Point | None] | None:
    """The board after a move and what ko forbids; None where it is illegal."""
    if board.get(*point) is not None or point == ko:
        return None
    result = board.copy()
    ko = result.play(*point, colour)
    return None if result.get(*point) is None else (result, ko)


def is_caught(board: Board, prey: Point, ko: Point | None, moves_left: int) -> bool:
    """Whether the hunter, who is to move, catches a prey."""
    liberties = chain_of(board, prey)[1]
    if len(liberties) != 2:
        return len(liberties) < 2
    if moves_left <= 0:
        return False
    hunter = OTHER[board.get(*prey)]
    return any(
        (hunted := after(board, move, hunter, ko)) is not None
        and not any(
            is_saved(*hunted, prey, move, moves_left - 1) for move in answers(*hunted, prey)
        )
        for move in liberties
    )


def answers(board: Board, _: Point | None, prey: Point) -> set[Point]:
    stones, liberties = chain_of(board, prey)
    hunter = OTHER[board.get(*prey)]
    for stone in stones:
        for near in neighbours(board, stone):
            if board.get(*near) == hunter and len(last := chain_of(board, near)[1]) == 1:
                liberties |= last
    return liberties


def is_saved(board: Board, ko: Point | None, prey: Point, move: Point, moves_left: int) -> bool:
    """Whether the prey's answer gets it out."""
    fled = after(board, move, board.get(*prey), ko)
    return fled is not None and not is_caught(fled[0], prey, fled[1], moves_left - 1)


def is_eye(board: Board, point: Point, colour: str) -> bool:
    if any(board.get(*near) != colour for near in neighbours(board, point)):
        return False
    row, column = point
    corners = [(row + i, column + j) for i in (-1, 1) for j in (-1, 1)]
    inside = [(r, c) for r, c in corners if 0 <= r < board.side and 0 <= c < board.side]
    lost = sum(board.get(*corner) == OTHER[colour] for corner in inside)
    return lost <= (1 if len(inside) == 4 else 0)


def reference_planes(game: Game, moves: int) -> NDArray[np.uint8]:
    """The planes of the position after so many moves of a game without setup."""
    board, ko, ages = Board(game.size), None, {}
    for turn, (colour, at) in enumerate(
        zip(game.colours[:moves], game.points[:moves], strict=True)
    ):
        ko = None
        if at >= 0:
            point = divmod(int(at), game.size)
            ko = board.play(*point, LETTERS[int(colour)])
            ages[point] = moves - turn
    own = LETTERS[game.to_play(moves)]
    if moves and LETTERS[int(game.colours[moves - 1])] == own:
        ko = None
    planes = np.zeros((48, game.size, game.size), np.uint8)
    planes[3] = 1

    def mark(first: int, point: Point, count: int) -> None:
        if count:
            planes[(first + min(count, 8) - 1, *point)] = 1

    for point in board.board_points:
        colour = board.get(*point)
        if colour is None:
            planes[(2, *point)] = 1
            mark_move(planes, mark, board, point, own, ko)
            continue
        planes[(0 if colour == own else 1, *point)] = 1
        mark(4, point, ages[point])
        liberties = chain_of(board, point)[1]
        mark(12, point, len(liberties))
        if colour != own and len(liberties) == 2:
            for move in liberties:
                hunted = after(board, move, own, ko)
                if hunted and not any(
                    is_saved(*hunted, point, answer, 198) for answer in answers(*hunted, point)
                ):
                    planes[(44, *move)] = 1
        if colour == own and len(liberties) == 1:
            for move in answers(board, ko, point):
                if is_saved(board, ko, point, move, 200):
                    planes[(45, *move)] = 1
    return planes


def mark_move(planes, mark, board, point, own, ko) -> None:  # type: ignore[no-untyped-def]
    """The planes 20 to 43 and 46 of one empty point."""
    moved = after(board, point, own, ko)
    if moved is None:
        return
    opponent = OTHER[own]
    count = [sum(b.get(*each) == opponent for each in b.board_points) for b in (board, moved[0])]
    mark(20, point, count[0] - count[1])
    stones, liberties = chain_of(moved[0], point)
    mark(28, point, len(stones) if len(liberties) == 1 else 0)
    mark(36, point, len(liberties))
    planes[(46, *point)] = not is_eye(board, point, own)


def assert_replays_as_the_reference(game: Game) -> None:
    """Every move of a game gives the same stones as sgfmill's board, which knows no suicide."""
    ours, theirs = OurBoard(game.setup), Board(game.size)
    rows, columns = np.nonzero(game.setup)
    theirs.apply_setup(
        [(r, c) for r, c in zip(rows, columns, strict=True) if game.setup[r, c] == BLACK],
        [(r, c) for r, c in zip(rows, columns, strict=True) if game.setup[r, c] == WHITE],
        [],
    )
    number = {None: EMPTY, "b": BLACK, "w": WHITE}
    for colour, point in zip(game.colours.tolist(), game.points.tolist(), strict=True):
        ours.play(colour, point)
        if point != PASS:
            theirs.play(*divmod(point, game.size), "b" if colour == BLACK else "w")
        expected = [[number[stone] for stone in row] for row in theirs.board]
        assert (ours.stones == expected).all(), game.name
