"""Ensembles: several networks whose outputs are combined.

Hansen and Salamon, "Neural network ensembles", 1990.

    sum              the sum of the members' outputs, as in the lecture labs
    probabilities    the mean of the members' probabilities
    vote             one vote a member, for its most probable class

The input is pixels from 0 to 1, which each member normalises with its own statistics, so members
trained with different statistics can be combined. Word indices have no statistics and pass
unchanged. An inference costs the sum of the members' inferences.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from noonbit.config.ensemble import Combine


class Member(nn.Module):
    """A trained network with its normalisation and its temperature, which are stored as buffers.

    `mean` and `std` (one value a channel, or none) and `temperature` are its contract's.
    """

    mean: Tensor
    std: Tensor
    temperature: Tensor

    def __init__(
        self, network: nn.Module, mean: Sequence[float], std: Sequence[float], temperature: float
    ) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).view(len(mean), 1, 1))
        self.register_buffer("std", torch.tensor(std).view(len(std), 1, 1))
        self.register_buffer("temperature", torch.tensor(temperature))

    @classmethod
    def blank(cls, network: nn.Module, channels: int) -> "Member":
        """A member whose state dict is still to be loaded."""
        return cls(network, (0.0,) * channels, (1.0,) * channels, 1.0)

    def forward(self, images: Tensor) -> Tensor:
        """Float images (N, C, H, W) from 0 to 1 -> the network's own outputs (N, classes)."""
        outputs: Tensor = self.network(self.normalise(images))
        return outputs.float()

    def normalise(self, images: Tensor) -> Tensor:
        """Float images (N, C, H, W) from 0 to 1 -> what the network takes; words are unchanged."""
        return (images - self.mean) / self.std if len(self.mean) else images


class Ensemble(nn.Module):
    """Members and how their outputs are combined."""

    def __init__(self, members: Sequence[Member], combine: Combine) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.combine = combine

    def forward(self, images: Tensor) -> Tensor:
        """Float images (N, C, H, W) from 0 to 1 -> logits (N, classes)."""
        outputs = torch.stack([member(images) for member in self.members])
        temperatures = torch.stack([member.get_buffer("temperature") for member in self.members])
        return COMBINATIONS[self.combine](outputs, temperatures.view(-1, 1, 1))

    def extra_repr(self) -> str:
        """The combination rule, for the printed module."""
        return f"combine={self.combine}"


def sum_logits(outputs: Tensor, temperatures: Tensor) -> Tensor:
    """The sum over members of their raw outputs (members, N, classes)."""
    return outputs.sum(dim=0)


def mean_probabilities(outputs: Tensor, temperatures: Tensor) -> Tensor:
    """The logarithm of the mean of the members' calibrated probabilities."""
    logarithms = (outputs / temperatures).log_softmax(dim=2)
    return logarithms.logsumexp(dim=0) - math.log(len(outputs))


def vote_shares(outputs: Tensor, temperatures: Tensor) -> Tensor:
    """The logarithm of each class's share of the votes.

    The mean of the calibrated probabilities counts as one more vote, split among the classes: too
    little to change a majority, enough to break a tie, and it leaves no class with a share of zero.
    """
    votes = nn.functional.one_hot(outputs.argmax(dim=2), outputs.shape[2]).sum(dim=0)
    mean = (outputs / temperatures).softmax(dim=2).mean(dim=0)
    shares = (votes + mean) / (len(outputs) + 1)
    return shares.clamp_min(torch.finfo(shares.dtype).tiny).log()


COMBINATIONS: dict[Combine, Callable[[Tensor, Tensor], Tensor]] = {
    "sum": sum_logits,
    "probabilities": mean_probabilities,
    "vote": vote_shares,
}
"""From the members' outputs (members, N, classes) and their temperatures to logits (N, classes)."""
