"""The stones that decided a move are those that the network looks at."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

pytest.importorskip("numba")
pytest.importorskip("sgfmill")
from small_training import RUNTIME

from noonbit.data.go.board import point_name
from noonbit.data.go.games import read_games
from noonbit.data.go.planes import LIBERTIES, OPPONENT, PLANES
from noonbit.data.go.positions import History, planes_after
from noonbit.data.preprocess.boards import BoardPreprocessor
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import UsageError
from noonbit.evaluation.torch_inference import NetworkClassifier
from noonbit.explain.explainer import Explainer, Request
from noonbit.explain.position import PositionExplanation

GAME = b"(;SZ[19];B[pd];W[dp];B[cq];W[dq];B[cp];W[do])"
"""Black: Q16, C3, C4; White: D4, D3, D5, one chain. It is Black's turn."""
NAMES = tuple(point_name(point, 19) for point in range(361))
ANSWER, SEEN = NAMES.index("C5"), NAMES.index("D4")


class LooksAtD4(nn.Module):
    """Would play C5, the more so the more it likes some plane at D4."""

    def __init__(self, planes: slice) -> None:
        super().__init__()
        self.planes = planes

    def forward(self, planes: Tensor) -> Tensor:
        logits = torch.zeros(len(planes), 361)
        logits[:, ANSWER] = 3 * planes.flatten(2)[:, self.planes, SEEN].sum(dim=1)
        return logits


@pytest.fixture
def game(tmp_path: Path) -> Path:
    path = tmp_path / "game.sgf"
    path.write_bytes(GAME)
    return path


def explain(
    game: Path, *, planes: slice = slice(OPPONENT, OPPONENT + 1), **request: object
) -> PositionExplanation:
    preprocessor = BoardPreprocessor(planes=PLANES, height=19, width=19, legal=(36, 44))
    contract = Contract(
        preprocessor=preprocessor,
        mean=(0.0,) * PLANES,
        std=(1 / 255,) * PLANES,
        class_names=NAMES,
    )
    classifier = NetworkClassifier(LooksAtD4(planes), contract, RUNTIME)
    explainer = Explainer(classifier, lambda: pytest.fail("no data are needed"))
    explanation = explainer.explain(game, Request(**request))  # type: ignore[arg-type]
    assert isinstance(explanation, PositionExplanation)
    return explanation


def test_of_a_network_that_looks_at_one_point_the_stone_there_decides(game: Path) -> None:
    explanation = explain(game)
    assert explanation.answer.explained == "C5"
    assert explanation.diagram.most_influential() == [(SEEN, pytest.approx(3, abs=1e-4))]
    assert "    D4  +3.00" in explanation.lines()


def test_a_stone_is_answerable_for_the_liberties_of_its_chain(game: Path) -> None:
    """D4 is of a chain of six liberties: more without a black stone beside it, fewer in pieces."""
    six = slice(LIBERTIES + 5, LIBERTIES + 6)
    named = explain(game, planes=six).as_dict()["influence"]
    assert set(named) == {"D3", "D4", "D5", "C3", "C4"}


def test_the_position_before_a_move_is_that_of_the_game(game: Path) -> None:
    before = explain(game, move=3)
    assert before.answer.name == "game.sgf move 3"
    assert (before.history.stones() != 0).sum() == 2
    assert explain(game).answer.name == "game.sgf move 7"
    with pytest.raises(UsageError, match=r"game.sgf has 6 moves; --move goes from 1 to 7\."):
        explain(game, move=8)


def test_a_point_that_is_taken_cannot_be_explained(game: Path) -> None:
    with pytest.raises(UsageError, match="D4 may not be played in this position. Choose another."):
        explain(game, class_name="D4")


def test_without_a_stone_the_planes_are_those_of_the_rules(game: Path) -> None:
    """Where no move was a capture, they are the planes of a board that never had it."""
    (record,), _ = read_games(game)
    history = History.of_game(record, 6)
    np.testing.assert_array_equal(
        History(
            history.stones(), history.colours[:0], history.points[:0], history.to_play
        ).planes_without(SEEN)[LIBERTIES:],
        history.planes_without(SEEN)[LIBERTIES:],
    )
    whole = planes_after(record, 6)
    removed = history.planes_without(SEEN)
    assert whole[OPPONENT].flat[SEEN] and not removed[OPPONENT].flat[SEEN]
    assert (whole[OPPONENT] != removed[OPPONENT]).sum() == 1


def test_it_is_drawn_with_rings_and_written(game: Path, tmp_path: Path) -> None:
    explanation = explain(game)
    explanation.save(tmp_path / "why.svg")
    drawing = (tmp_path / "why.svg").read_text()
    assert "game.sgf move 7: why black at C5" in drawing and "D4  +3.00" in drawing
    assert drawing.count("r='18.2'") == 1, "one stone has a ring"
    assert "*" in explanation.diagram.text().plain
    explanation.save(tmp_path / "why.json")
    assert json.loads((tmp_path / "why.json").read_text())["influence"].keys() == {"D4"}
    with pytest.raises(UsageError, match="a position is explained in a .svg or .json"):
        explanation.save(tmp_path / "why.png")
