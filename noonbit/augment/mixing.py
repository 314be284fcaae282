"""mixup and CutMix: mix each image and its label with those of another item of the batch.

    images, targets = mix(settings, images, labels, draws, classes=10)
    loss = F.cross_entropy(model(images), targets)

Neighbours in the epoch's shuffled order are partners: the first and the second, the third and the
fourth. So the pairs do not depend on the batch size, as long as batches (and the parts of a batch
that threads work on) have an even number of items.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from noonbit.augment.draws import TransformParameters
from noonbit.augment.erasing import rectangle_mask
from noonbit.config.augmentation import Augmentation


def mix(
    settings: Augmentation,
    images: Tensor,
    labels: Tensor,
    draws: TransformParameters,
    *,
    classes: int,
) -> tuple[Tensor, Tensor]:
    """Mix images (B, C, H, W) and labels, int64 (B,), with their partners in the batch.

    Returns float32 images and class probabilities, float32 (B, classes), which `cross_entropy`
    accepts as targets. Without mixup and CutMix, both arguments are returned unchanged.

    Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: beyond empirical risk minimization", 2017. Yun,
    Han, Oh, Chun, Choe and Yoo, "CutMix: regularization strategy to train strong classifiers with
    localizable features", 2019.
    """
    if draws.mixing is None:
        return images, labels
    partners = find_partners(len(images), images.device)
    weight, cut, row, column = draws.mixing.unbind(dim=1)
    pixel_weight = weight[:, None, None, None]
    if settings.cutmix:
        from_partner = cut_rectangles(weight, row, column, *images.shape[2:])
        pixel_weight = torch.where(
            cut[:, None, None, None] > 0, (~from_partner).float(), pixel_weight
        )
        weight = pixel_weight.mean(dim=(1, 2, 3))  # a rectangle clipped by the border is smaller
    images = images.float()
    targets = F.one_hot(labels, classes).float()
    return (
        torch.lerp(images[partners], images, pixel_weight),
        torch.lerp(targets[partners], targets, weight[:, None]),
    )


def find_partners(count: int, device: torch.device) -> Tensor:
    """Return each item's partner: 1, 0, 3, 2, ...; itself for the last of an odd number."""
    return (torch.arange(count, device=device) ^ 1).clamp(max=count - 1)


def cut_rectangles(weight: Tensor, row: Tensor, column: Tensor, height: int, width: int) -> Tensor:
    """Mark the pixels that come from the partner: bool (B, 1, H, W).

    The rectangle covers `1 - weight` of the image, less if the border clips it; `row` and `column`
    give its centre, from 0 to 1.
    """
    side = (1 - weight).sqrt()
    middle_row, middle_column = row * height, column * width
    half_height, half_width = side * height / 2, side * width / 2
    return rectangle_mask(
        (middle_row - half_height).round(),
        (middle_row + half_height).round(),
        (middle_column - half_width).round(),
        (middle_column + half_width).round(),
        height,
        width,
    )
