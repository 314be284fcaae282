"""AlphaGo's policy network: the probability of a strong player's move at each point of the board.

Silver et al., "Mastering the game of Go with deep neural networks and tree search", Nature 529
(2016), Methods and Extended Data Table 2.

    name                   first layer   further layers of 3x3   parameters
    alphago-policy         192 of 5x5    11 of 192               3,882,793
    alphago-policy-small    64 of 5x5     7 of  64                 335,785

Counted for 48 planes of 19x19. Every layer keeps the size of the board and ends in ReLU. A 1x1
filter then gives each point a logit, each point has its own bias, and the softmax is over all
points. The initial weights are He's: with PyTorch's default, the signal vanishes over twelve layers
without a norm.
"""

import torch
from torch import Tensor, nn

from noonbit.errors import UsageError
from noonbit.models.layers import FeedforwardNetwork, ImageSize, he_init


class PointBias(nn.Module):
    """Adds a trained bias to each point of a board."""

    def __init__(self, points: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(points))

    def forward(self, scores: Tensor) -> Tensor:
        """(N, points) -> (N, points)."""
        return scores + self.bias


def policy(
    width: int, further_layers: int, classes: int, channels: int, size: ImageSize
) -> FeedforwardNetwork:
    """Convolutions that keep the size of the board, and a logit a point.

    Raises `UsageError` unless there is one class a point.
    """
    height, across = size
    if classes != height * across:
        raise UsageError(
            f"A policy network answers with a point of the board: {height}x{across} has "
            f"{height * across:,} of them, and here are {classes:,} classes. Give games of Go."
        )
    features = nn.Sequential(nn.Conv2d(channels, width, 5, padding=2), nn.ReLU())
    for _ in range(further_layers):
        features.extend([nn.Conv2d(width, width, 3, padding=1), nn.ReLU()])
    head = nn.Sequential(nn.Conv2d(width, 1, 1, bias=False), nn.Flatten(), PointBias(classes))
    return he_init(FeedforwardNetwork(features, head))


def alphago_policy(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """The network of the paper: twelve layers of 192 filters."""
    return policy(192, 11, classes, channels, size)


def alphago_policy_small(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """A smaller one, which a laptop trains in half an hour."""
    return policy(64, 7, classes, channels, size)
