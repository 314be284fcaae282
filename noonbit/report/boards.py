"""What the page says of a network for Go: what it reaches beside what is simple, and positions."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from noonbit.data.go.boards import as_boards
from noonbit.data.prepared import PreparedDataset
from noonbit.evaluation.metrics import Evaluation
from noonbit.evaluation.move_accuracy import Score, ranks
from noonbit.runs.predictions import StoredPredictions

STAGES = (0, 30, 100, 170, 240)
"""Moves after which a stage of the game begins."""
DRAWN = 3
"""Positions in which the network found the move, and as many in which it was surest of another."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Positions after so many moves."""

    moves: str
    score: Score


@dataclass(frozen=True, slots=True)
class Drawing:
    """A position as the page draws it."""

    svg: Markup
    name: str


@dataclass(frozen=True, slots=True)
class Moves:
    """Everything about the moves that a network finds."""

    scores: tuple[Score, ...]
    """The network's, then those of what it has to beat."""
    games: int
    stages: list[Stage]
    found: list[Drawing]
    missed: list[Drawing]


def moves(evaluation: Evaluation, answers: StoredPredictions, items: PreparedDataset) -> Moves:
    """Of a network whose answers are moves."""
    right = np.flatnonzero(answers.predictions == answers.labels)
    # The surest ones are replies that everybody knows, so those of a middling sureness are shown.
    order = right[np.argsort(answers.stated[right], kind="stable")]
    places = np.linspace(0, len(order), DRAWN + 2)[1:-1].astype(np.int64)
    found = order[np.unique(places[places < len(order)])]
    return Moves(
        evaluation.scores,
        evaluation.groups or 0,
        stages(answers, items),
        [drawing(answers, items, row) for row in found.tolist()],
        [drawing(answers, items, row) for row in answers.wrong("worst")[:DRAWN].tolist()],
    )


def stages(answers: StoredPredictions, items: PreparedDataset) -> list[Stage]:
    """The network's score by stages of the game."""
    groups = items.groups(answers.items)
    assert groups is not None, "boards come in games"  # noqa: S101
    found = ranks(answers.probabilities, answers.labels)
    played = as_boards(items.data.train.raw).moves[answers.items]
    rows = []
    for first, end in zip(STAGES, (*STAGES[1:], None), strict=True):
        inside = played >= first if end is None else (played >= first) & (played < end)
        if inside.any():
            name = f"{first + 1} and later" if end is None else f"{first + 1} to {end}"
            rows.append(Stage(name, Score.from_ranks(name, found[inside], groups[inside])))
    return rows


def drawing(answers: StoredPredictions, items: PreparedDataset, row: int) -> Drawing:
    """A test position with what the network said of it."""
    number, boards = int(answers.items[row]), as_boards(items.data.train.raw)
    title = f"move {boards.moves[number] + 1}, {boards.to_play(number)} to play"
    diagram = boards.diagram(number, answers.probabilities[row])
    return Drawing(Markup(diagram.svg(title)), answers.names[row])
