"""Occlusion is what a loop over all squares finds, and points at what a network looks at."""

import sys

import numpy as np
import pytest
import torch
from corner_network import CORNER, SIDE, corner_contract, corner_network, noise, share_within
from small_training import RUNTIME

from noonbit.errors import MissingExtra
from noonbit.explain.occlusion import Cover, log_odds, occlude_picture, occlusion_map


def test_nearly_all_of_it_lies_in_the_corner_that_the_network_looks_at() -> None:
    values = occlude_picture(corner_network(weight=20), corner_contract(), noise(), 1, RUNTIME)
    assert values.shape == (SIDE, SIDE) and values.dtype == np.float32
    # A square that touches the corner reaches beyond it by less than its own side.
    assert share_within(values, CORNER) > 0.8
    assert share_within(values, CORNER + Cover.for_size(SIDE, SIDE).side - 1) > 0.99


def test_it_speaks_against_the_other_class() -> None:
    network, contract = corner_network(), corner_contract()
    bright, dark = (occlude_picture(network, contract, noise(), i, RUNTIME) for i in (1, 0))
    np.testing.assert_allclose(bright, -dark, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (11, 17)])
def test_it_is_what_a_loop_over_all_squares_finds(height: int, width: int) -> None:
    torch.manual_seed(0)
    picture = 255 * torch.rand(3, height, width)
    weights = torch.randn(3, height, width)

    def score(pictures: torch.Tensor) -> torch.Tensor:
        return (pictures * weights).sum(dim=(1, 2, 3)).sin()

    cover = Cover.for_size(height, width)
    falls, counts = torch.zeros(height, width), torch.zeros(height, width)
    for top in range(0, height - cover.side + cover.step, cover.step):
        for left in range(0, width - cover.side + cover.step, cover.step):
            rows, columns = slice(top, top + cover.side), slice(left, left + cover.side)
            covered = picture.clone()
            covered[:, rows, columns] = picture.mean(dim=(1, 2))[:, None, None]
            falls[rows, columns] += score(picture[None])[0] - score(covered[None])[0]
            counts[rows, columns] += 1
    np.testing.assert_allclose(occlusion_map(score, picture), (falls / counts).numpy(), atol=1e-5)


def test_the_square_has_some_two_hundred_positions_whatever_the_size() -> None:
    assert Cover.for_size(8, 8) == Cover(side=2, step=1)
    assert Cover.for_size(64, 64) == Cover(side=13, step=4)
    assert Cover.for_size(224, 300) == Cover(side=45, step=15)
    assert Cover.for_size(1, 1) == Cover(side=1, step=1)


def test_log_odds_do_not_saturate() -> None:
    logits = torch.tensor([[3.0, 1.0, 0.0]])
    probability = logits.softmax(dim=1)[0, 0]
    torch.testing.assert_close(log_odds(logits, 0)[0], (probability / (1 - probability)).log())
    sure = log_odds(torch.tensor([[80.0, 0.0], [90.0, 0.0]]), 0)
    assert sure.tolist() == [80, 90]


def test_without_captum_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "captum", None)
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(MissingExtra, match=r"pip install 'noonbit\[explain\]'\.$"):
        occlude_picture(corner_network(), corner_contract(), noise(), 1, RUNTIME)
