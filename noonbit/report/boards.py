"""The report's section on Go: move accuracy against the baselines, and example positions."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from noonbit.data.go.boards import as_boards
from noonbit.data.prepared import PreparedDataset
from noonbit.evaluation.metrics import Evaluation
from noonbit.evaluation.move_accuracy import MoveAccuracy, rank_labels
from noonbit.report.translation import Translator
from noonbit.runs.predictions import StoredPredictions

STAGES = (0, 30, 100, 170, 240)
"""The number of moves after which each stage of the game begins."""
POSITIONS_SHOWN = 3
"""Positions with a right prediction, and as many of the most confident wrong ones."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The accuracy in one stage of the game."""

    first: int
    """The first move of the stage, from 1."""
    last: int | None
    """The last one; None for the end of the game."""
    score: MoveAccuracy


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn position."""

    svg: Markup
    name: str


@dataclass(frozen=True, slots=True)
class MoveSection:
    """The content of the section on moves."""

    scores: tuple[MoveAccuracy, ...]
    """The network's, then the baselines'."""
    games: int
    stages: list[Stage]
    found: list[Drawing]
    missed: list[Drawing]


def build_move_section(
    evaluation: Evaluation,
    predictions: StoredPredictions,
    items: PreparedDataset,
    translate: Translator,
) -> MoveSection:
    """Gather the section for a network whose predictions are moves."""
    right = np.flatnonzero(predictions.predictions == predictions.labels)
    # The most confident ones are obvious replies, so right predictions are spread over confidence.
    order = right[np.argsort(predictions.confidence[right], kind="stable")]
    places = np.linspace(0, len(order), POSITIONS_SHOWN + 2)[1:-1].astype(np.int64)
    found = order[np.unique(places[places < len(order)])]
    return MoveSection(
        evaluation.scores,
        evaluation.groups or 0,
        score_stages(predictions, items),
        [draw_position(predictions, items, row, translate) for row in found.tolist()],
        [
            draw_position(predictions, items, row, translate)
            for row in predictions.wrong("worst")[:POSITIONS_SHOWN].tolist()
        ],
    )


def score_stages(predictions: StoredPredictions, items: PreparedDataset) -> list[Stage]:
    """Return the network's accuracy in each stage of the game."""
    groups = items.groups(predictions.items)
    assert groups is not None, "boards come in games"  # noqa: S101
    ranks = rank_labels(predictions.probabilities, predictions.labels)
    played = as_boards(items.data.train.raw).moves[predictions.items]
    rows = []
    for first, end in zip(STAGES, (*STAGES[1:], None), strict=True):
        inside = played >= first if end is None else (played >= first) & (played < end)
        if inside.any():
            score = MoveAccuracy.from_ranks("network", ranks[inside], groups[inside])
            rows.append(Stage(first + 1, end, score))
    return rows


def draw_position(
    predictions: StoredPredictions, items: PreparedDataset, row: int, translate: Translator
) -> Drawing:
    """Draw a test position with the network's predictions."""
    number, boards = int(predictions.items[row]), as_boards(items.data.train.raw)
    title = translate(
        "move %(move)s, %(colour)s to play",
        move=boards.moves[number] + 1,
        colour=translate.look_up(boards.to_play(number)),
    )
    diagram = boards.diagram(number, predictions.probabilities[row])
    return Drawing(Markup(diagram.svg(title)), predictions.names[row])
