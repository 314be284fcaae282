"""Random erasing: rectangles of the paper's sizes, anywhere in the image."""

import torch
from torch import Tensor

from noonbit.augment import augment, sample_parameters
from noonbit.augment.erasing import rectangle_mask
from noonbit.config.augmentation import Augmentation


def erased(share: float, *, channels: int = 1, height: int = 40, width: int = 60) -> Tensor:
    """Erase rectangles in 400 images of -1; erased pixels are at least 0."""
    settings = Augmentation(erase=share)
    draws = sample_parameters(settings, seed=0, epoch=0, count=400, device=torch.device("cpu"))
    return augment(settings, torch.full((400, channels, height, width), -1.0), draws)


def test_the_stated_share_of_the_images_is_erased() -> None:
    assert (erased(1) >= 0).flatten(1).any(dim=1).all()
    assert 80 < (erased(0.25) >= 0).flatten(1).any(dim=1).sum() < 120


def test_what_is_erased_is_one_rectangle_of_one_colour() -> None:
    for image in erased(1, channels=3)[:50]:
        painted = image[0] >= 0
        rows, columns = painted.any(dim=1), painted.any(dim=0)
        assert torch.equal(painted, rows[:, None] & columns)
        for ends in (rows, columns):
            assert (ends.int().diff() != 0).sum() <= 2
        assert len(image[:, painted].unique(dim=1).T) == 1


def test_areas_and_proportions_are_the_papers() -> None:
    painted = erased(1)[:, 0] >= 0
    areas = painted.float().mean(dim=(1, 2))
    assert 0.01 < areas.min() < 0.04 and 0.3 < areas.max() <= 0.42
    aspects = painted.any(dim=2).sum(dim=1) / painted.any(dim=1).sum(dim=1)
    assert 0.25 < aspects.min() < 0.4 and 2.4 < aspects.max() < 4


def test_every_part_of_the_image_is_erased_now_and_then() -> None:
    often = (erased(1)[:, 0] >= 0).float().mean(dim=0)
    assert often.mean(dim=0).min() > 0.005 and often.mean(dim=1).min() > 0.005
    assert often.max() < 0.5


def test_bytes_stay_bytes() -> None:
    settings = Augmentation(erase=1)
    draws = sample_parameters(settings, seed=0, epoch=0, count=5, device=torch.device("cpu"))
    images = torch.zeros(5, 3, 8, 8, dtype=torch.uint8)
    assert augment(settings, images, draws).dtype == torch.uint8


def test_a_rectangle_holds_its_first_and_not_its_last_row_and_column() -> None:
    ends = [torch.tensor([value]) for value in (1, 3, 0, 2)]
    assert rectangle_mask(*ends, 4, 3).int().tolist() == [
        [[[0, 0, 0], [1, 1, 0], [1, 1, 0], [0, 0, 0]]]
    ]
