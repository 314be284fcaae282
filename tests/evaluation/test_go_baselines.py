"""The baselines of move prediction in Go."""

import numpy as np
import pytest
import torch

pytest.importorskip("numba")
pytest.importorskip("sgfmill")
from pathlib import Path

from go_boards import game_of, random_game, sgf_of

from noonbit.config.recipe import Recipe
from noonbit.data.go.board import BLACK, WHITE
from noonbit.data.go.planes import TURNS_SINCE, legal_moves
from noonbit.data.prepared import PreparedDataset, load
from noonbit.evaluation import go_baselines
from noonbit.evaluation.go_baselines import (
    LinearMoveModel,
    baseline_scores,
    fit_linear_model,
    move_frequencies,
)
from noonbit.system.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"), threads=1, precision="float32", reasons={})


def items_of(folder: Path) -> PreparedDataset:
    return load(folder, Recipe(), data_dir=None)


@pytest.fixture
def following(tmp_path: Path) -> PreparedDataset:
    """Games in which every move is played right of the one before, and rows go down."""
    for number in range(20):
        row = number % 17
        moves = [
            (BLACK if column % 2 == 0 else WHITE, (row + number // 17) * 19 + column)
            for column in range(18)
        ]
        game = game_of("\n".join(["." * 19] * 19), moves)
        (tmp_path / f"{number}.sgf").write_bytes(sgf_of(game))
    return items_of(tmp_path)


def test_the_usual_points_are_counted() -> None:
    shares = move_frequencies(np.array([3, 3, 0, 3]), 5)
    assert shares.tolist() == [0.25, 0, 0, 0.75, 0]


def test_illegal_points_have_no_score() -> None:
    game = random_game(0, size=9, moves=40)
    from noonbit.data.go.positions import planes_after

    planes = planes_after(game, 40)[None]
    scores = LinearMoveModel(48, 9).score_legal_moves(planes)
    assert (np.isneginf(scores) == ~legal_moves(planes).reshape(1, -1)).all()


def test_the_linear_model_has_the_same_weights_everywhere() -> None:
    model = LinearMoveModel(48, 9)
    torch.nn.init.normal_(model.around)
    planes = torch.zeros(2, 48, 9, 9)
    planes[0, 5, 2, 3] = planes[1, 5, 5, 6] = 1
    with torch.no_grad():
        first, second = model(planes).view(2, 9, 9)
    assert torch.equal(first.roll((3, 3), (0, 1)), second)


def test_the_linear_model_draws_nothing_from_the_stream_that_weights_beside_it_are_drawn_from() -> (
    None
):
    before = torch.get_rng_state()
    assert not LinearMoveModel(48, 9).around.any()
    assert torch.equal(torch.get_rng_state(), before)


def test_the_linear_model_learns_to_follow_the_last_move(
    following: PreparedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(go_baselines, "BATCH_SIZE", 8)
    weights = fit_linear_model(following).around.detach()[0]
    left = weights[TURNS_SINCE, 2, 1]
    assert left == weights[TURNS_SINCE].max(), "one point left of the one that is scored"


def test_scores_are_those_of_the_test_split(
    following: PreparedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(go_baselines, "BATCH_SIZE", 8)
    often, linear = baseline_scores(following, RUNTIME)
    assert often.positions == linear.positions == len(following.split.test)
    assert linear.top_5.value > 0.8 > often.top_5.value
