"""Test-time augmentation: the mean of a network's answers to several views of an input.

Costs one prediction a view: two for a mirror, three for shifts, six for both, as the CIFAR-10 speed
records have them (Jordan, "94% on CIFAR-10 in 3.29 seconds", 2024); eight for the symmetries of a
board, as AlphaGo has them (Silver et al., 2016).
"""

import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.data.go.symmetries import INVERSES, sources
from noonbit.errors import UsageError

LARGEST_SHIFT = 8


class Views(nn.Module):
    """A network that is asked about an image, its mirror image, and both moved a little.

    It takes and gives what the network does; only its answers are averaged, so training needs the
    network itself.
    """

    def __init__(self, network: nn.Module, *, flip: bool, shift: int) -> None:
        super().__init__()
        self.network = network
        self.flip, self.shift = flip, shift

    def forward(self, images: Tensor) -> Tensor:
        """Normalised float images (N, C, H, W) -> mean logits (N, classes)."""
        views = [images, *self.moved(images)]
        if self.flip:
            views += [view.flip(3) for view in views]
        return torch.stack([self.network(view) for view in views]).mean(dim=0)

    def moved(self, images: Tensor) -> list[Tensor]:
        """The images up and left, and down and right; the margin repeats the edge."""
        if not self.shift:
            return []
        height, width, reach = *images.shape[2:], self.shift
        padded = F.pad(images, (reach, reach, reach, reach), mode="replicate")
        last = 2 * reach
        return [padded[:, :, o : o + height, o : o + width] for o in (0, last)]


class BoardViews(nn.Module):
    """A network that is asked about a board under all its eight symmetries.

    Each answer is turned back before the mean is taken.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, planes: Tensor) -> Tensor:
        """Float planes (N, C, size, size) -> mean logits (N, size * size)."""
        table = torch.tensor(sources(planes.shape[-1]), device=planes.device)
        answers = []
        for from_points, back in zip(table, table[torch.tensor(INVERSES)], strict=True):
            view = planes.flatten(2)[:, :, from_points].view_as(planes)
            view = view.contiguous(memory_format=torch.channels_last)
            answers.append(self.network(view)[:, back])
        return torch.stack(answers).mean(dim=0)


def viewed(network: nn.Module, views: str) -> nn.Module:
    """The network, or as `views` asks: `flip`, `shift=1`, `flip,shift=1`; of boards `symmetries`.

    Raises `UsageError` for anything else but `none`.
    """
    if views.strip() == "symmetries":
        return BoardViews(network)
    flip, shift = False, 0
    for piece in re.split(r"[,\s]+", views.strip()):
        match = re.fullmatch(r"shift=(\d+)", piece)
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
