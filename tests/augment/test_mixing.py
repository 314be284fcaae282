"""mixup and CutMix: images and targets are mixed by the same share, with a partner in the batch."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from noonbit.augment import TransformParameters, augment, mix, sample_parameters
from noonbit.config.augmentation import Augmentation

COUNT = 60
LABELS = torch.arange(COUNT) % 4
SETTINGS = ["mixup=0.8", "cutmix=1", "mixup=0.8,cutmix=1"]


def draws_for(settings: Augmentation) -> TransformParameters:
    return sample_parameters(settings, seed=0, epoch=0, count=COUNT, device=torch.device("cpu"))


def flat() -> Tensor:
    """Create images whose pixel values are the item's number."""
    return torch.arange(float(COUNT)).view(-1, 1, 1, 1).expand(COUNT, 3, 20, 24)


def mixed(text: str, images: Tensor) -> tuple[Tensor, Tensor]:
    settings = Augmentation.parse(text)
    return mix(settings, images, LABELS, draws_for(settings), classes=4)


def test_without_mixing_images_and_labels_are_themselves() -> None:
    images, targets = mixed("shift=2", pixels := flat())
    assert images is pixels and targets is LABELS


@pytest.mark.parametrize("text", SETTINGS)
def test_targets_are_the_shares_of_the_pixels(text: str) -> None:
    images, targets = mixed(text, flat())
    assert images.dtype == targets.dtype == torch.float32
    numbers = torch.arange(float(COUNT))
    partners = (torch.arange(COUNT) ^ 1).float()
    own = (images.mean(dim=(1, 2, 3)) - partners) / (numbers - partners)
    expected = own[:, None] * F.one_hot(LABELS, 4)
    expected += (1 - own)[:, None] * F.one_hot(LABELS[torch.arange(COUNT) ^ 1], 4)
    assert torch.allclose(targets, expected, atol=1e-4)
    assert torch.allclose(targets.sum(dim=1), torch.ones(COUNT))
    assert own.min() < 0.2 and own.max() > 0.8


def test_mixup_blends_every_pixel_and_cutmix_cuts_a_rectangle() -> None:
    blended, _ = mixed("mixup=0.8", flat())
    assert torch.allclose(blended.amin(dim=(1, 2, 3)), blended.amax(dim=(1, 2, 3)), atol=1e-4)
    cut, _ = mixed("cutmix=1", flat())
    for number, image in enumerate(cut):
        assert set(image.unique().tolist()) <= {float(number), float(number ^ 1)}
        foreign = image[0] != number
        assert torch.equal(foreign, foreign.any(dim=1)[:, None] & foreign.any(dim=0))
        assert torch.equal(image[0], image[2])


def test_a_cut_is_as_large_as_its_weight_says_unless_the_border_cuts_it_off() -> None:
    settings = Augmentation(cutmix=1)
    draws = draws_for(settings)
    assert draws.mixing is not None
    _, targets = mix(settings, flat(), torch.arange(COUNT), draws, classes=COUNT)
    kept, weight = targets.diagonal(), draws.mixing[:, 0]
    assert (kept > weight - 0.06).all(), "half a pixel on each side"
    assert (kept < weight + 0.06).float().mean() > 0.2


@pytest.mark.parametrize("text", SETTINGS)
def test_an_even_batch_size_changes_nothing(text: str) -> None:
    settings = Augmentation.parse(text)
    draws, images = draws_for(settings), flat()
    whole = mix(settings, images, LABELS, draws, classes=4)
    order = torch.arange(COUNT)
    for batch in order.split(14):
        part = mix(settings, images[batch], LABELS[batch], draws.take(batch), classes=4)
        for ours, expected in zip(part, whole, strict=True):
            assert torch.equal(ours, expected[batch])


def test_the_last_of_an_odd_batch_stays_itself() -> None:
    settings, one = Augmentation(mixup=1), torch.tensor([7])
    images, targets = mix(
        settings, flat()[one], LABELS[one], draws_for(settings).take(one), classes=4
    )
    assert torch.allclose(images, torch.tensor(7.0))
    assert torch.allclose(targets, F.one_hot(LABELS[one], 4).float())


def test_mixing_comes_after_the_transforms_and_takes_bytes() -> None:
    settings = Augmentation.parse("shift=2,cutmix=1,mixup=1")
    pixels = torch.randint(0, 256, (COUNT, 1, 8, 8), dtype=torch.uint8)
    draws = draws_for(settings)
    images, targets = mix(settings, augment(settings, pixels, draws), LABELS, draws, classes=4)
    assert images.shape == pixels.shape and images.min() >= 0 and images.max() <= 255
    logits = torch.randn(COUNT, 4)
    loss = F.cross_entropy(logits, targets, label_smoothing=0.1, reduction="sum")
    assert loss.isfinite() and loss > 0
