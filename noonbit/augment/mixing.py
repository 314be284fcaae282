"""mixup and CutMix: an image and its label take in a share of another's.

    images, targets = mix(settings, images, labels, draws, classes=10)
    loss = F.cross_entropy(model(images), targets)

Neighbours in the epoch's order, which is shuffled anyway, are each other's partners: the first with
the second, the third with the fourth. So who meets whom does not depend on the batch size, as long
as batches (or the shares of threads) are even.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from noonbit.augment.draws import Draws
from noonbit.augment.erasing import inside
from noonbit.augment.settings import Augmentation


def mix(
    settings: Augmentation, images: Tensor, labels: Tensor, draws: Draws, *, classes: int
) -> tuple[Tensor, Tensor]:
    """Images (B, C, H, W) and their targets, mixed with their partners in the batch.

    Labels are int64 (B,). Without mixup and CutMix both come back as they are; else float32 images
    and, as `cross_entropy` takes them too, the share of each class: float32 (B, classes).

    Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: beyond empirical risk minimization", 2017. Yun,
    Han, Oh, Chun, Choe and Yoo, "CutMix: regularization strategy to train strong classifiers with
    localizable features", 2019.
    """
    if draws.mixing is None:
        return images, labels
    partners = partners_of(len(images), images.device)
    weight, cut, row, column = draws.mixing.unbind(dim=1)
    kept = weight[:, None, None, None]
    if settings.cutmix:
        of_partner = cut_out(weight, row, column, *images.shape[2:])
        kept = torch.where(cut[:, None, None, None] > 0, (~of_partner).float(), kept)
        weight = kept.mean(dim=(1, 2, 3))  # the border cuts rectangles off, and with them the share
    images = images.float()
    targets = F.one_hot(labels, classes).float()
    return (
        torch.lerp(images[partners], images, kept),
        torch.lerp(targets[partners], targets, weight[:, None]),
    )


def partners_of(count: int, device: torch.device) -> Tensor:
    """Whose image each takes in: 1, 0, 3, 2, ...; the last of an odd number its own."""
    return (torch.arange(count, device=device) ^ 1).clamp(max=count - 1)


def cut_out(weight: Tensor, row: Tensor, column: Tensor, height: int, width: int) -> Tensor:
    """The rectangles that come from partners, `1 - weight` of the image unless cut off: bool
    (B, 1, H, W). `row` and `column` place their middles, from 0 to 1."""
    side = (1 - weight).sqrt()
    middle_row, middle_column = row * height, column * width
    half_height, half_width = side * height / 2, side * width / 2
    return inside(
        (middle_row - half_height).round(),
        (middle_row + half_height).round(),
        (middle_column - half_width).round(),
        (middle_column + half_width).round(),
        height,
        width,
    )
