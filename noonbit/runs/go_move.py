"""Predict one move of a game of Go.

answer = predict_move(run, Path("game.sgf"), 57)
answer.diagram.text()                              draws the position before that move
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noonbit.data.go.board import COLOUR_NAMES, PASS, point_name
from noonbit.data.go.diagram import Diagram
from noonbit.data.go.games import read_games
from noonbit.data.go.positions import planes_after
from noonbit.data.go.sgf import Game
from noonbit.errors import UsageError, plural
from noonbit.runs.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class MoveAnswer:
    """The position before a move, and the network's prediction for it."""

    name: str
    """The name of the game."""
    move: int
    """From 1; up to one more than the game has, for the position at its end."""
    to_play: int
    """BLACK or WHITE."""
    was_pass: bool
    """Whether the player passed."""
    diagram: Diagram
    findings: tuple[str, ...]
    """Oddities of the file, one sentence each."""

    @property
    def title(self) -> str:
        """`game.sgf, move 57: black to play`."""
        return f"{self.name}, move {self.move}: {COLOUR_NAMES[self.to_play]} to play"

    def lines(self) -> list[str]:
        """Return the most probable moves and the played one, one per line."""
        return self.diagram.legend_lines() + (["played a pass"] if self.was_pass else [])

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        diagram, size = self.diagram, self.diagram.size
        played = None if diagram.played is None else point_name(diagram.played, size)
        return {
            "name": self.name,
            "move": self.move,
            "to_play": COLOUR_NAMES[self.to_play],
            "played": "pass" if self.was_pass else played,
            "played_probability": diagram.played_probability,
            "played_rank": diagram.played_rank,
            "predictions": [
                {"point": point_name(point, size), "probability": probability}
                for point, probability in diagram.best_moves()
            ],
            "notes": list(self.findings),
        }


def predict_move(run: Run, path: Path, move: int, *, numbered: int = 5) -> MoveAnswer:
    """Predict one move of the game at `path`; the diagram numbers the `numbered` best points.

    Raises `UsageError` for a move beyond the end of the game and for several games in the file, and
    `DataError` if there is no game.
    """
    games, findings = read_games(path)
    if len(games) > 1:
        raise UsageError(f"{path} holds {len(games):,} games; --move needs one. Name its file.")
    game = games[0]
    if move > len(game.points) + 1:
        raise UsageError(
            f"{game.name} has {plural(len(game.points), 'move')}; "
            f"--move goes from 1 to {len(game.points) + 1}."
        )
    before = move - 1
    probabilities = run.predict([planes_after(game, before)]).probabilities[0]
    played = int(game.points[before]) if before < len(game.points) else None
    return MoveAnswer(
        name=game.name,
        move=move,
        to_play=game.to_play(before),
        was_pass=played == PASS,
        diagram=Diagram(
            game.board(before).stones,
            last_point(game, before),
            probabilities,
            None if played == PASS else played,
            numbered,
        ),
        findings=tuple(map(str, findings)),
    )


def last_point(game: Game, moves: int) -> int | None:
    """Return the point of move number `moves`; None for 0 and for a pass."""
    point = int(game.points[moves - 1]) if moves else PASS
    return None if point == PASS else point
