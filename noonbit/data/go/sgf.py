"""Read the games of Go in an SGF file (Smart Game Format, FF[1] to FF[4]).

    games, findings = read_sgf(data, "0041.sgf")

sgfmill parses the format; the rules are those of `board`. Only the main line is read. Stones placed
before the first move, such as handicap, are the game's `setup`. If a record becomes invalid at some
move, the moves before it are kept, and a finding says so.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.go.board import (
    BLACK,
    COLOUR_NAMES,
    EMPTY,
    LARGEST,
    PASS,
    REFUSALS,
    WHITE,
    Board,
    has_dead_stones,
    new_grid,
    point_name,
    replay,
)
from noonbit.errors import MissingExtra, plural


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """A game as it was played; every move is legal."""

    name: str
    """Name of its file; `file.sgf#2` for the second game of a file."""
    setup: NDArray[np.int8]
    """Stones before the first move: int8 (size, size) of EMPTY, BLACK, WHITE."""
    colours: NDArray[np.int8]
    """The player of each move, BLACK or WHITE: int8 (moves,)."""
    points: NDArray[np.int16]
    """The point of each move, row * size + column from the upper left, or PASS: int16 (moves,)."""
    handicap: int
    """Number of handicap stones that the file declares; they are setup or Black's first moves."""
    komi: float | None
    """White's compensation in points; None if the file does not say."""
    result: str | None
    """As in the file: `B+3.5`, `W+R`; None if it does not say."""

    @property
    def size(self) -> int:
        """Points along one side."""
        return len(self.setup)

    def board(self, moves: int) -> Board:
        """Return the position after `moves` moves."""
        board = Board(self.setup)
        for colour, point in zip(self.colours[:moves], self.points[:moves], strict=True):
            board.play(int(colour), int(point))
        return board

    def to_play(self, moves: int) -> int:
        """Return who moves after `moves` moves; at the end, the opponent of the last player."""
        if moves < len(self.colours):
            return int(self.colours[moves])
        return int(3 - self.colours[-1])


@dataclass(frozen=True, slots=True)
class GameFinding:
    """What is odd in a file of games, and what was done about it."""

    file: str
    what: str
    """The sentence's predicate: `is played on 9x9`."""
    done: str
    """`it was left out`."""

    def __str__(self) -> str:
        """One sentence."""
        return f"{self.file} {self.what}; {self.done}."


LEFT_OUT = "it was left out"


def read_sgf(data: bytes, name: str) -> tuple[list[Game], list[GameFinding]]:
    """Read the games of one file; anything wrong with it becomes a finding, not an exception.

    Raises `MissingExtra` without sgfmill.
    """
    try:
        from sgfmill import sgf, sgf_grammar
    except ImportError:
        raise MissingExtra("Go needs the package 'sgfmill': pip install 'noonbit[go]'.") from None
    text = to_utf8(data)
    findings: list[GameFinding] = []
    try:
        trees = sgf_grammar.parse_sgf_collection(text)
    except Exception as error:  # a damaged file can fail in any way
        try:  # parse the part up to the last complete value
            trees = sgf_grammar.parse_sgf_collection(text[: text.rfind(b"]") + 1] + b")")
        except Exception:
            return [], [GameFinding(name, f"cannot be read as SGF ({error})", LEFT_OUT)]
        findings.append(GameFinding(name, "is cut off", "the moves that it has were kept"))
    games = []
    for number, tree in enumerate(trees, start=1):
        game_name = name if number == 1 else f"{name}#{number}"
        try:
            record = sgf.Sgf_game.from_coarse_game_tree(tree, override_encoding="UTF-8")
            game, finding = read_game(record, game_name)
        except Exception as error:  # likewise
            game, finding = None, GameFinding(game_name, f"is damaged ({error})", LEFT_OUT)
        if game is not None:
            games.append(game)
        if finding is not None:
            findings.append(finding)
    return games, findings


def to_utf8(data: bytes) -> bytes:
    """Convert to UTF-8, where no byte of a multi-byte character can be mistaken for a bracket.

    Text that is not UTF-8 is decoded by the encoding that it declares (CA), else as GB18030, since
    most such files are Chinese.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        declared = re.search(rb"CA\[([\w.:-]+)\]", data)
        encodings = ["utf-8", declared[1].decode() if declared else "gb18030", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding).encode()
        except (UnicodeError, LookupError):
            continue
    return data.decode("latin-1").encode()


def read_game(record: Any, name: str) -> tuple[Game | None, GameFinding | None]:
    """Convert a game of sgfmill's; returns a finding if it is odd.

    The game is None if it is left out. Raises `ValueError` for an invalid setup.
    """
    root = record.get_root()
    if root.has_property("GM") and root.get_raw("GM").strip() != b"1":
        return None, GameFinding(name, "is another game than Go", LEFT_OUT)
    size = record.get_size()
    if size != LARGEST:
        return None, GameFinding(name, f"is played on {size}x{size}, not 19x19", LEFT_OUT)
    setup, colours, points, fault = read_main_line(record)
    if has_dead_stones(setup):
        return None, GameFinding(name, "begins with stones that have no liberties", LEFT_OUT)
    played, refusal, _ = replay(new_grid(setup), size, colours, points)
    if refusal:
        fault = (
            f"{COLOUR_NAMES[colours[played]]} at {point_name(points[played], size)} "
            + (REFUSALS[refusal])
        )
    if not played:
        reason = f"goes wrong at its first move ({fault})" if fault else "has no moves"
        return None, GameFinding(name, reason, LEFT_OUT)
    game = Game(
        name=name,
        setup=setup,
        colours=colours[:played],
        points=points[:played],
        handicap=read_property(root, "HA") or 0,
        komi=read_property(root, "KM"),
        result=read_property(root, "RE"),
    )
    if fault:
        before = f"the {plural(played, 'move')} before it were kept"
        return game, GameFinding(name, f"goes wrong at move {played + 1:,} ({fault})", before)
    return game, find_double_move(game)


def read_property(root: Any, name: str) -> Any:
    """Return a property, parsed by its type; None if it is missing or invalid."""
    try:
        return root.get(name)
    except (KeyError, ValueError):
        return None


def read_main_line(
    record: Any,
) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.int16], str | None]:
    """Read setup, colours and points up to the first invalid node, and what is wrong with that."""
    size = record.get_size()
    setup = np.zeros((size, size), np.int8)
    colours: list[int] = []
    points: list[int] = []
    fault = None
    for node in record.main_sequence_iter():
        if node.has_setup_stones():
            if colours:
                fault = "stones are set by hand"
                break
            for colour, stones in zip((BLACK, WHITE, EMPTY), node.get_setup_stones(), strict=True):
                for row_from_below, column in stones:
                    setup[size - 1 - row_from_below, column] = colour
        colour_letter, raw = node.get_raw_move()
        if colour_letter is None:
            continue
        try:
            _, move = node.get_move()
        except ValueError:
            fault = f"'{raw.decode(errors='replace')}' is no point"
            break
        colours.append(BLACK if colour_letter == "b" else WHITE)
        points.append(PASS if move is None else (size - 1 - move[0]) * size + move[1])
    return setup, np.array(colours, np.int8), np.array(points, np.int16), fault


def find_double_move(game: Game) -> GameFinding | None:
    """Report a player who moves twice in a row after any handicap: a pass was not recorded."""
    doubles = np.flatnonzero(game.colours[1:] == game.colours[:-1]) + 1
    doubles = doubles[doubles >= game.handicap]
    if not len(doubles):
        return None
    colour, first = COLOUR_NAMES[game.colours[doubles[0]]], doubles[0] + 1
    return GameFinding(
        game.name, f"lets {colour} play twice running at move {first:,}", "both moves were kept"
    )
