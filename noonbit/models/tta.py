"""Test-time augmentation: the mean of a network's logits over several views of an input.

Costs one prediction a view: two for flips, three for shifts, six for both, as in the CIFAR-10 speed
records (Jordan, "94% on CIFAR-10 in 3.29 seconds", 2024); eight for the symmetries of a board, as
in AlphaGo (Silver et al., 2016).
"""

import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.data.go.symmetries import INVERSES, source_points
from noonbit.errors import UsageError

LARGEST_SHIFT = 8
"""Pixels."""


class Views(nn.Module):
    """Averages a network's logits over an image, its mirror image and shifted copies.

    For inference only: it has the network's inputs and outputs, but training uses the network.
    """

    def __init__(self, network: nn.Module, *, flip: bool, shift: int) -> None:
        super().__init__()
        self.network = network
        self.flip, self.shift = flip, shift

    @property
    def count(self) -> int:
        """How many views there are of an image."""
        return (2 if self.flip else 1) * (3 if self.shift else 1)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised float images (N, C, H, W) -> mean logits (N, classes)."""
        views = [images, *self.shift_images(images)]
        if self.flip:
            views += [view.flip(3) for view in views]
        return torch.stack([self.network(view) for view in views]).mean(dim=0)

    def shift_images(self, images: Tensor) -> list[Tensor]:
        """Shift the images along the diagonal, both ways; margins repeat the edge."""
        if not self.shift:
            return []
        height, width = images.shape[2:]
        padded = F.pad(images, (self.shift,) * 4, mode="replicate")
        return [
            padded[:, :, offset : offset + height, offset : offset + width]
            for offset in (0, 2 * self.shift)
        ]


class BoardViews(nn.Module):
    """Averages a network's logits over the eight symmetries of a board.

    Each output is mapped back to the original orientation before the mean.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, planes: Tensor) -> Tensor:
        """Float planes (N, C, size, size) -> mean logits (N, size * size)."""
        table = torch.tensor(source_points(planes.shape[-1]), device=planes.device)
        outputs = []
        for from_points, back in zip(table, table[torch.tensor(INVERSES)], strict=True):
            view = planes.flatten(2)[:, :, from_points].view_as(planes)
            view = view.contiguous(memory_format=torch.channels_last)
            outputs.append(self.network(view)[:, back])
        return torch.stack(outputs).mean(dim=0)


def count_views(views: str) -> int:
    """Return how often `with_tta` asks a network for each input."""
    network = with_tta(nn.Identity(), views)
    if isinstance(network, BoardViews):
        return len(INVERSES)
    return network.count if isinstance(network, Views) else 1


def with_tta(network: nn.Module, views: str) -> nn.Module:
    """Wrap the network as `views` says: `flip`, `shift=1`, `flip,shift=1`; for boards `symmetries`.

    `none` returns the network itself. Raises `UsageError` for anything else.
    """
    if views.strip() == "symmetries":
        return BoardViews(network)
    flip, shift = False, 0
    for piece in re.split(r"[,\s]+", views.strip()):
        match = re.fullmatch(r"shift=(\d{1,9})", piece)
        if piece == "flip":
            flip = True
        elif match and 1 <= int(match[1]) <= LARGEST_SHIFT:
            shift = int(match[1])
        elif piece not in ("", "none"):
            raise UsageError(
                f"No test-time augmentation is called '{piece}'. There are: none, flip, and "
                f"shift=PIXELS from 1 to {LARGEST_SHIFT}, and of boards symmetries; for example "
                "--test-time-augmentation flip,shift=1."
            )
    return Views(network, flip=flip, shift=shift) if flip or shift else network
