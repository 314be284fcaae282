"""AlphaGo's policy network and its small form."""

import pytest
import torch
import torch.nn.functional as F

from noonbit.errors import UsageError
from noonbit.models.catalogue import MODELS, build, outline
from noonbit.models.policy import policy
from noonbit.models.summary import summarise


def test_the_parameters_are_those_of_the_paper() -> None:
    summary = summarise(outline("alphago-policy", 361, 48, (19, 19)), (48, 19, 19))
    assert summary.parameters == 3_882_793
    assert [layer.kind for layer in summary.layers].count("Conv2d") == 13
    assert summary.receptive_field == (27, 27)


def test_every_layer_keeps_the_size_of_the_board() -> None:
    network = policy(8, 3, 81, 48, (9, 9))
    assert network.features(torch.zeros(2, 48, 9, 9)).shape == (2, 8, 9, 9)
    assert network(torch.zeros(2, 48, 9, 9)).shape == (2, 81)


def test_an_answer_is_a_point_row_by_row() -> None:
    network = policy(4, 1, 25, 3, (5, 5)).eval()
    board = torch.zeros(1, 3, 5, 5)
    before = network(board)
    board[0, :, 1, 4] = 1
    changed = (network(board) - before).abs().view(5, 5) > 0
    assert changed.any()
    assert changed[:, 0].sum() == 0, "two layers see three points far"


def test_every_point_has_a_bias_of_its_own() -> None:
    network = policy(4, 1, 9, 3, (3, 3))
    network.head[2].bias.data[5] = 7
    with torch.no_grad():
        scores = network(torch.zeros(1, 3, 3, 3))[0]
    assert scores.argmax() == 5


def test_other_classes_than_the_points_are_refused() -> None:
    with pytest.raises(UsageError, match=r"19x19 has 361 of them, and here are 10 classes\."):
        build("alphago-policy", 10, 48, (19, 19))


@pytest.mark.parametrize("name", ["alphago-policy", "alphago-policy-small"])
def test_the_signal_passes_every_layer_at_first(name: str) -> None:
    torch.manual_seed(0)
    network = build(name, 361, 48, (19, 19))
    planes = (torch.rand(4, 48, 19, 19) < 0.1).float()
    logits = network(planes)
    assert 1e-3 < logits.std() < 3
    F.cross_entropy(logits, torch.arange(4)).backward()
    norms = [p.grad.norm().item() for p in network.parameters() if p.ndim == 4]
    assert max(norms) / min(norms) < 100


def test_it_learns_a_rule_of_the_board() -> None:
    """The right move is the point to the right of the only stone."""
    torch.manual_seed(0)
    network = policy(8, 2, 49, 1, (7, 7))
    points = torch.tensor([row * 7 + column for row in range(7) for column in range(6)])
    boards = F.one_hot(points, 49).float().view(-1, 1, 7, 7)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        F.cross_entropy(network(boards), points + 1).backward()
        optimizer.step()
    assert (network(boards).argmax(dim=1) == points + 1).all()


def test_the_catalogue_names_the_source() -> None:
    assert MODELS["alphago-policy"].source == "Silver et al., 2016"
