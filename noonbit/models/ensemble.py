"""Many networks that answer as one (Hansen and Salamon, "Neural network ensembles", 1990).

    sum              the members' outputs, added up: what the lecture labs do
    probabilities    the mean of the members' probabilities
    vote             each member's most probable class counts one

It takes pixels from 0 to 1, and every member normalises them as it learned to, so that members
trained on other statistics can stand side by side; the numbers of words, which have none, pass as
they are. It costs what its members cost together.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from noonbit.config.ensemble import Combine


class Member(nn.Module):
    """A trained network with what it learned to expect, all of it kept among the weights.

    `mean` and `std` of each channel (or of none) and `temperature` are those of its contract.
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
        """One whose numbers are still to be loaded."""
        return cls(network, (0.0,) * channels, (1.0,) * channels, 1.0)

    def forward(self, images: Tensor) -> Tensor:
        """Float images (N, C, H, W) from 0 to 1 -> the network's own outputs (N, classes)."""
        normalised = (images - self.mean) / self.std if len(self.mean) else images
        outputs: Tensor = self.network(normalised)
        return outputs.float()


class Ensemble(nn.Module):
    """Members that answer together."""

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
        """How the members are combined."""
        return f"combine={self.combine}"


def summed(outputs: Tensor, temperatures: Tensor) -> Tensor:
    """The sum over members of their outputs (members, N, classes), as they come."""
    return outputs.sum(dim=0)


def averaged(outputs: Tensor, temperatures: Tensor) -> Tensor:
    """The logarithm of the mean of the members' calibrated probabilities."""
    logarithms = (outputs / temperatures).log_softmax(dim=2)
    return logarithms.logsumexp(dim=0) - math.log(len(outputs))


def voted(outputs: Tensor, temperatures: Tensor) -> Tensor:
    """The logarithm of the shares of the vote.

    The mean of the calibrated probabilities has one vote more, which it spreads as it is spread:
    too little to turn a vote, enough to break a tie, and no class is left without any share.
    """
    votes = nn.functional.one_hot(outputs.argmax(dim=2), outputs.shape[2]).sum(dim=0)
    mean = (outputs / temperatures).softmax(dim=2).mean(dim=0)
    shares = (votes + mean) / (len(outputs) + 1)
    return shares.clamp_min(torch.finfo(shares.dtype).tiny).log()


COMBINATIONS: dict[Combine, Callable[[Tensor, Tensor], Tensor]] = {
    "sum": summed,
    "probabilities": averaged,
    "vote": voted,
}
"""From the members' outputs (members, N, classes) and their temperatures to logits (N, classes)."""
