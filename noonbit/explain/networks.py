"""The single networks behind an answer, which have layers and gradients.

A run may answer with an ensemble, and each network with a mean over several views of its input.
What looks inside a network (Grad-CAM, features) looks into each member, at the input as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from torch import Tensor, nn

from noonbit.data.preprocess.contract import Contract
from noonbit.models.ensemble import Ensemble, Member
from noonbit.models.tta import BoardViews, Views

HOOKS_LOCK = Lock()
"""Held while hooks watch a network, so that two explanations of it do not see each other's pass."""


@dataclass(frozen=True, slots=True)
class SingleNetwork:
    """A network without test-time views, and how values become what it takes."""

    network: nn.Module
    normalise: Callable[[Tensor], Tensor]
    """Values (N, *shape), 0 to 255 for pixels, -> the network's inputs."""

    def logits(self, values: Tensor) -> Tensor:
        """Values (N, *shape) -> logits (N, classes)."""
        outputs: Tensor = self.network(self.normalise(values))
        return outputs


def single_networks(model: nn.Module, contract: Contract) -> list[SingleNetwork]:
    """Return the members of an ensemble, or the one network; each without its views."""
    if not isinstance(model, Ensemble):
        return [SingleNetwork(without_views(model), contract.normalise)]
    return [member_network(member, contract) for member in model.members]


def member_network(member: nn.Module, contract: Contract) -> SingleNetwork:
    """Return a member of an ensemble, which normalises what the ensemble's contract gives."""
    assert isinstance(member, Member)  # noqa: S101 - an ensemble holds no others
    return SingleNetwork(
        without_views(member.network), lambda values: member.normalise(contract.normalise(values))
    )


def without_views(network: nn.Module) -> nn.Module:
    """Return the network that answers each view."""
    return network.network if isinstance(network, Views | BoardViews) else network
