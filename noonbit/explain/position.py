"""Explain a move in a position of Go: which stones decided.

One stone after the other is taken off the board, all planes are computed again by the rules, and
the log-odds of the move are compared. What is left out is a stone and not the planes at a point: a
board without a stone is a position that the network can be asked about, and a player can think of,
while a point at which no plane is set does not exist. So only stones get a value, and a stone is
also answerable for what it does elsewhere: to the liberties of its chain, to captures and ladders.
Two stones of which either one is enough both get little.

Costs a prediction a stone. The moves that are compared are those that are legal with all stones.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from noonbit.data.go.board import COLOUR_NAMES, point_name
from noonbit.data.go.boards import as_boards
from noonbit.data.go.diagram import Diagram
from noonbit.data.go.games import read_games
from noonbit.data.go.planes import legal_moves
from noonbit.data.go.positions import History, planes_after
from noonbit.data.preprocess.boards import IMPOSSIBLE
from noonbit.errors import UsageError, plural
from noonbit.evaluation.torch_inference import BATCH_SIZE, NetworkClassifier
from noonbit.explain.answer import Answer
from noonbit.explain.explainer import Explainer, PreparedItem, Request
from noonbit.explain.occlusion import log_odds
from noonbit.system.files import write_json, write_text
from noonbit.system.paths import user_path


@dataclass(frozen=True, slots=True, eq=False)
class PositionExplanation:
    """The stones that decided for a move."""

    answer: Answer
    history: History
    influence: NDArray[np.float32]
    """How much the log-odds of the move fall without the stone at each point, (size * size,);
    negative where they rise, 0 without a stone."""
    top: int

    @property
    def diagram(self) -> Diagram:
        """The position with the move and the stones that speak for it or against it."""
        return Diagram(
            self.history.stones(),
            self.history.last_move,
            numbered=self.top,
            explained=self.answer.number,
            influence=self.influence,
        )

    @property
    def title(self) -> str:
        """`game.sgf move 57: why black at D4`."""
        colour = COLOUR_NAMES[self.history.to_play]
        return f"{self.answer.name}: why {colour} at {self.answer.explained}"

    def lines(self) -> list[str]:
        """Return the explanation in words, one line each."""
        return [
            *self.answer.lines(),
            "stones that speak for it (+) or against it (-), in log-odds:",
            *(f"    {line}" for line in self.diagram.legend_lines()),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        size = len(self.history.setup)
        return {
            **self.answer.as_dict(),
            "to_play": COLOUR_NAMES[self.history.to_play],
            "stones": self.history.stones().tolist(),
            "influence": {
                point_name(point, size): float(self.influence[point])
                for point in np.flatnonzero(self.influence).tolist()
            },
        }

    def save(self, path: Path) -> None:
        """Write the explanation as a drawing, `.svg`, or as JSON. Raises `UsageError`."""
        if path.suffix == ".json":
            write_json(path, self.as_dict())
        elif path.suffix == ".svg":
            write_text(path, self.diagram.svg(self.title))
        else:
            raise UsageError(
                f"{path} ends in '{path.suffix}'; a position is explained in a .svg or .json."
            )


def explain_position(explainer: Explainer, item: Any, request: Request) -> PositionExplanation:
    """Explain a move in the position of a game's file, or of an item by its number.

    Raises `UsageError` for a move that is not legal or beyond the end of the game.
    """
    if isinstance(item, int | np.integer):
        prepared = explainer.item_at(int(item))
        boards = as_boards(explainer.items.data.train.raw)
        history = boards.positions.history(int(boards.indices[int(item)]))
    else:
        prepared, history = open_position(Path(item), request.move)
    preprocessor = explainer.classifier.contract.preprocessor
    preprocessor.transform_one(prepared.values, name=prepared.name)  # refuses another board
    answer = explainer.answer_to(prepared, request)
    if not legal_moves(prepared.values).flat[answer.number]:
        raise UsageError(f"{answer.explained} may not be played in this position. Choose another.")
    influence = measure_influence(explainer.classifier, prepared.values, history, answer.number)
    return PositionExplanation(answer, history, influence, request.top)


def open_position(path: Path, move: int | None) -> tuple[PreparedItem, History]:
    """Return the position before a move of the only game in a file, or at its end."""
    games, _ = read_games(user_path(str(path)))
    if len(games) > 1:
        raise UsageError(f"{path} holds {len(games):,} games; name the file of one.")
    game = games[0]
    end = len(game.points) + 1
    move = end if move is None else move
    if not 1 <= move <= end:
        raise UsageError(f"{game.name} has {plural(end - 1, 'move')}; --move goes from 1 to {end}.")
    name = f"{game.name} move {move}"
    return PreparedItem(name, planes_after(game, move - 1)), History.of_game(game, move - 1)


def measure_influence(
    classifier: NetworkClassifier, planes: NDArray[np.uint8], history: History, number: int
) -> NDArray[np.float32]:
    """Return how much the log-odds of move `number` fall without each stone, (size * size,)."""
    stones = np.flatnonzero(history.stones())
    boards = np.stack([planes, *(history.planes_without(int(stone)) for stone in stones)])
    legal = torch.from_numpy(legal_moves(planes).reshape(1, -1))
    odds = move_log_odds(classifier, torch.from_numpy(boards), legal, number)
    influence = np.zeros(history.setup.size, np.float32)
    influence[stones] = odds[0] - odds[1:]
    return influence


def move_log_odds(
    classifier: NetworkClassifier, boards: torch.Tensor, legal: torch.Tensor, number: int
) -> NDArray[np.float32]:
    """Return the log-odds of a move among the `legal` ones (1, points), for each board (N,)."""
    contract, runtime = classifier.contract, classifier.runtime
    batches = []
    for batch in boards.split(BATCH_SIZE):
        with torch.inference_mode():
            logits = classifier.model(contract.normalise(batch.to(runtime.device))).float().cpu()
        masked = logits.masked_fill(~legal, IMPOSSIBLE) / contract.temperature
        batches.append(log_odds(masked, number))
    return np.asarray(torch.cat(batches).numpy(), np.float32)
