"""noonbit.models.ensemble: how members' outputs are combined."""

import pytest
import torch
from torch import Tensor, nn

from noonbit.models.ensemble import COMBINATIONS, Ensemble, Member


class Constant(nn.Module):
    """A network whose output does not depend on the image."""

    def __init__(self, *logits: float) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits))

    def forward(self, images: Tensor) -> Tensor:
        return self.logits.expand(len(images), -1)


IMAGE = torch.zeros(2, 1, 4, 4)


def combine_outputs(combine, *members: tuple[float, ...], temperatures=None) -> Tensor:
    """The ensemble's logits for members with these outputs."""
    temperatures = temperatures or [1.0] * len(members)
    ensemble = Ensemble(
        [
            Member(Constant(*logits), (0.0,), (1.0,), temperature)
            for logits, temperature in zip(members, temperatures, strict=True)
        ],
        combine,
    )
    with torch.no_grad():
        logits = ensemble(IMAGE)
    assert logits.shape == (2, len(members[0]))
    assert torch.equal(logits[0], logits[1])
    return logits[0]


def test_the_sum_adds_raw_outputs():
    outputs = combine_outputs("sum", (1.0, 2.0, 0.5), (0.0, -3.0, 4.0), temperatures=[2.0, 5.0])
    assert outputs.tolist() == [1.0, -1.0, 4.5]


def test_probabilities_are_averaged_each_at_its_own_temperature():
    outputs = combine_outputs("probabilities", (1.0, 2.0), (3.0, -1.0), temperatures=[2.0, 0.5])
    expected = (torch.tensor([0.5, 1.0]).softmax(0) + torch.tensor([6.0, -2.0]).softmax(0)) / 2
    assert torch.allclose(outputs.exp(), expected)


def test_a_vote_counts_members_not_how_sure_they_are():
    outputs = combine_outputs("vote", (0.1, 0.0), (0.1, 0.0), (-50.0, 50.0))
    assert outputs.argmax() == 0
    assert combine_outputs("probabilities", (0.1, 0.0), (0.1, 0.0), (-50.0, 50.0)).argmax() == 1
    assert outputs.exp().sum() == pytest.approx(1)


def test_a_tie_of_votes_goes_to_the_higher_mean_probability():
    assert combine_outputs("vote", (2.0, 1.0, 0.0), (0.0, 9.0, 0.0)).argmax() == 1
    assert combine_outputs("vote", (9.0, 1.0, 0.0), (0.0, 1.0, 0.0)).argmax() == 0


def test_the_mean_probability_never_turns_a_vote():
    generator = torch.Generator().manual_seed(0)
    outputs = 30 * torch.randn(5, 2000, 4, generator=generator)
    logits = COMBINATIONS["vote"](outputs, torch.ones(5, 1, 1))
    votes = nn.functional.one_hot(outputs.argmax(dim=2), 4).sum(dim=0)
    most = votes.gather(1, logits.argmax(dim=1, keepdim=True)).squeeze(1)
    assert torch.equal(most, votes.max(dim=1).values)
    assert torch.isfinite(logits).all()


def test_each_member_normalises_for_itself():
    class Mean(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.mean(dim=(2, 3))

    members = [
        Member(Mean(), (0.5, 0.25), (0.5, 0.25), 1.0),
        Member(Mean(), (0.0, 0.0), (1.0, 1.0), 1.0),
    ]
    outputs = Ensemble(members, "sum")(torch.full((1, 2, 3, 3), 0.5))
    assert outputs.tolist() == [[0.0 + 0.5, 1.0 + 0.5]]


def test_inputs_without_statistics_are_not_normalised():
    words = torch.tensor([[4, 2, 0], [3, 1, 0]])
    member = Member(nn.Sequential(nn.Embedding(5, 2), nn.Flatten()), (), (), 1.0)
    blank = Member.blank(nn.Sequential(nn.Embedding(5, 2), nn.Flatten()), 0)
    blank.load_state_dict(member.state_dict())
    assert torch.equal(Ensemble([member], "sum")(words), member.network(words))
    assert torch.equal(blank(words), member(words))


def test_a_members_state_dict_is_complete():
    trained = Member(Constant(1.0, 2.0), (0.3,), (0.2,), 1.7)
    blank = Member.blank(Constant(0.0, 0.0), 1)
    blank.load_state_dict(trained.state_dict())
    assert {name: value.tolist() for name, value in blank.state_dict().items()} == {
        "network.logits": [1.0, 2.0],
        "mean": [[[pytest.approx(0.3)]]],
        "std": [[[pytest.approx(0.2)]]],
        "temperature": pytest.approx(1.7),
    }
