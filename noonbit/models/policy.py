"""AlphaGo's policy network: for each point of the board, how probable a strong player's move is.

Silver et al., "Mastering the game of Go with deep neural networks and tree search", Nature 529
(2016), Methods and Extended Data Table 2.

    name                   first layer   further layers of 3x3   parameters
    alphago-policy         192 of 5x5    11 of 192               3,882,793
    alphago-policy-small    64 of 5x5     7 of  64                 335,785

Counted for 48 planes of 19x19. Every layer keeps the size of the board and ends in ReLU; one filter
of 1x1 then gives each point a number, to which the point adds a bias of its own, and the softmax
goes over all points. The initial weights are He's: the signal has to pass twelve layers without a
norm, and with PyTorch's own it shrinks to nothing on the way.
"""

import torch
from torch import Tensor, nn

from noonbit.errors import UsageError
from noonbit.models.layers import ImageSize, Network, he_init


class PointBias(nn.Module):
    """Adds a learned number to each point of a board."""

    def __init__(self, points: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(points))

    def forward(self, scores: Tensor) -> Tensor:
        """(N, points) -> the same."""
        return scores + self.bias


def policy(
    width: int, further_layers: int, classes: int, channels: int, size: ImageSize
) -> Network:
    """Convolutions that keep the size of the board, and a number for each of its points."""
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
    return he_init(Network(features, head))


def alphago_policy(classes: int, channels: int, size: ImageSize) -> Network:
    """The network of the paper: twelve layers of 192 filters."""
    return policy(192, 11, classes, channels, size)


def alphago_policy_small(classes: int, channels: int, size: ImageSize) -> Network:
    """The same in a size that a laptop trains in half an hour."""
    return policy(64, 7, classes, channels, size)
