"""Frames of small networks on digits: of three layers, of many, dense ones, and over words."""

from functools import cache
from typing import Any

import torch
from layer_frames import Frame, capture
from sklearn.datasets import load_digits
from torch import nn

from noonbit.models.catalogue import build

DIGITS = [str(digit) for digit in range(10)]


@cache
def digits() -> tuple[torch.Tensor, torch.Tensor]:
    """(N, 1, 8, 8) from 0 to 1, and their classes."""
    data = load_digits()
    return torch.tensor(data.images).float()[:, None] / 16, torch.tensor(data.target)


def trained(network: nn.Module, steps: int) -> nn.Module:
    torch.manual_seed(0)
    pictures, labels = digits()
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    for step in range(steps):
        chosen = slice(50 * step % 1000, 50 * step % 1000 + 50)
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(pictures[chosen]), labels[chosen]).backward()
        optimiser.step()
    return network


@cache
def small_network() -> nn.Module:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(768, 10)
    )
    return trained(network, 60)


def frame_of(number: int = 17, **options: Any) -> Frame:
    """The three layers of a small network and an item."""
    pictures, labels = digits()
    tests = (pictures[1000 + number : 1200 + number], labels[1000 + number : 1200 + number])
    return capture(
        options.pop("network", None) or small_network(),
        pictures[number],
        int(labels[number]),
        tests=tests,
        classes=DIGITS,
        number=number,
        **options,
    )


@cache
def deep_frame(*opened: str) -> Frame:
    """resnet20 on digits made large and coloured, with all of the layers that are named."""
    torch.manual_seed(0)
    pictures, labels = digits()
    large = nn.functional.interpolate(pictures[:40], 32).expand(-1, 3, -1, -1)
    tinted = (large * torch.tensor([1.0, 0.7, 0.4])[:, None, None]).contiguous()
    network = build("resnet20", 10, 3, (32, 32))
    return capture(
        network,
        tinted[3],
        int(labels[3]),
        tests=(tinted, labels[:40]),
        classes=DIGITS,
        opened=opened,
    )


@cache
def dense_frame() -> Frame:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 300), nn.ReLU(), nn.Linear(300, 10))
    return frame_of(network=network)


class SentenceNetwork(nn.Module):
    """A convolution over words."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(50, 100, 3, padding=1)
        self.act = nn.ReLU()
        self.head = nn.Linear(100, 2)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.head(self.act(self.conv(words)).amax(2))
        return answer


@cache
def sentence_frame() -> Frame:
    torch.manual_seed(0)
    words = torch.randn(40, 50, 22)
    labels = torch.arange(40) % 2
    return capture(
        SentenceNetwork(),
        words[0],
        0,
        tests=(words, labels),
        classes=["dull", "moving"],
        texts=["a <b>dull</b> story", "one", "two", "three", "four"],
    )
