"""Sampled parameters: within the settings, and a function of seed, epoch and item."""

from dataclasses import fields
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from noonbit.augment import TransformParameters, sample_parameters
from noonbit.config.augmentation import Augmentation

CPU = torch.device("cpu")
EVERYTHING = Augmentation.parse(
    "shift=3,rotation=20,shear=5,zoom=0.2,zoom_range=0.1,flip,vertical_flip,brightness=0.3,"
    "channel_shift=10,erase=0.5,mixup=0.2,cutmix=1,symmetries"
)


def drawn(
    settings: Augmentation, *, seed: int = 0, epoch: int = 0, count: int = 400
) -> TransformParameters:
    return sample_parameters(settings, seed=seed, epoch=epoch, count=count, device=CPU)


def table(draws: TransformParameters) -> Tensor:
    """Join all parameters of an epoch to one row per item."""
    every = [getattr(draws, field.name) for field in fields(draws)]
    return torch.cat([each.flatten(1) if each.ndim > 1 else each[:, None] for each in every], dim=1)


def text(settings: str) -> TransformParameters:
    return drawn(Augmentation.parse(settings))


def test_draws_are_a_function_of_seed_epoch_and_item() -> None:
    base = table(drawn(EVERYTHING))
    assert torch.equal(base, table(drawn(EVERYTHING)))
    for other in (table(drawn(EVERYTHING, seed=1)), table(drawn(EVERYTHING, epoch=3))):
        assert ((base != other).float().mean(dim=0) > 0.3).all(), "every column changes"
    assert len(base.unique(dim=0)) == len(base)


def test_a_batch_takes_the_draws_of_its_items() -> None:
    draws = drawn(EVERYTHING)
    items = torch.tensor([7, 0, 399])
    assert torch.equal(table(draws.take(items)), table(draws)[items])


def test_another_transform_beside_it_changes_no_draw() -> None:
    alone, both = text("brightness=0.2"), text("brightness=0.2,shift=3,erase=0.5,mixup=1")
    assert alone.brightness is not None and both.brightness is not None
    assert torch.equal(alone.brightness, both.brightness)


def test_drawing_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    drawn(EVERYTHING)
    assert torch.equal(torch.rand(1), expected)


def test_what_is_not_in_use_is_not_drawn() -> None:
    draws = text("shift=2")
    unused = (draws.linear, draws.channel_shift, draws.brightness, draws.erasing, draws.mixing)
    assert unused == (None,) * 5
    assert not draws.flipped.any() and not draws.upside_down.any()


def test_shifts_reach_both_ends_in_pixels_or_shares() -> None:
    offset = text("shift=3").offset
    assert offset.dtype == torch.int64 and offset.unique().tolist() == [-3, -2, -1, 0, 1, 2, 3]
    offset = text("shift=0.25").offset
    assert offset.abs().max() < 0.25 < offset.abs().max() + 0.01
    rows, columns = text("height_shift=2,width_shift=0.1").offset.unbind(dim=1)
    assert rows.unique().tolist() == [-2, -1, 0, 1, 2]
    assert 0.09 < columns.abs().max() < 0.1
    assert not text("width_shift=4").offset[:, 0].any()


def test_a_rotation_turns_up_to_its_degrees_and_no_further() -> None:
    linear = text("rotation=20").linear
    assert linear is not None
    assert torch.allclose(linear @ linear.mT, torch.eye(2).expand(400, 2, 2), atol=1e-6)
    degrees = torch.atan2(linear[:, 0, 1], linear[:, 0, 0]).rad2deg()
    assert degrees.min() < -19 and 19 < degrees.max() <= 20.001


def test_a_zoom_keeps_proportions_and_a_zoom_range_does_not() -> None:
    linear = text("zoom=0.2").linear
    assert linear is not None
    rows, columns = 1 / linear[:, 0, 0], 1 / linear[:, 1, 1]
    assert torch.equal(rows, columns) and not linear[:, 0, 1].any()
    assert 0.8 <= rows.min() < 0.81 and 1.19 < rows.max() <= 1.2
    linear = text("zoom_range=0.5:1").linear
    assert linear is not None
    rows, columns = linear[:, 0, 0], linear[:, 1, 1]
    assert not torch.equal(rows, columns)
    assert min(rows.min(), columns.min()) >= 0.5 and max(rows.max(), columns.max()) <= 1


def test_flips_alternate_so_that_two_epochs_show_every_item_both_ways() -> None:
    epochs = [drawn(EVERYTHING, epoch=epoch) for epoch in range(5)]
    for one, following in pairwise(epochs):
        assert (one.flipped != following.flipped).all()
    sides = [draws.flipped + 2 * draws.upside_down for draws in epochs[:4]]
    assert (torch.stack(sides).sort(dim=0).values == torch.arange(4)[:, None]).all()
    assert 140 < epochs[0].flipped.sum() < 260 and 140 < epochs[0].upside_down.sum() < 260


def test_the_draws_of_shifts_and_flips_are_those_of_earlier_versions() -> None:
    """Fixed values, so that runs of the default recipe stay reproducible."""
    draws = sample_parameters(
        Augmentation(shift=2, flip=True), seed=7, epoch=3, count=6, device=CPU
    )
    assert draws.offset.flatten().tolist() == [-1, -2, -1, 1, 0, 0, 1, 2, -2, -1, 1, -2]
    assert draws.flipped.int().tolist() == [0, 1, 1, 1, 0, 1]


def test_brightness_and_channel_shift_stay_within_their_bounds() -> None:
    draws = text("brightness=0.5:1.25,channel_shift=30")
    assert draws.brightness is not None and draws.channel_shift is not None
    assert 0.5 <= draws.brightness.min() < 0.51 and 1.24 < draws.brightness.max() <= 1.25
    assert 29 < draws.channel_shift.abs().max() <= 30


@pytest.mark.parametrize(("settings", "share"), [("mixup=1", 0.0), ("cutmix=1", 1.0)])
def test_mixing_is_all_blended_or_all_cut(settings: str, share: float) -> None:
    mixing = text(settings).mixing
    assert mixing is not None
    assert (mixing[:, 1] == share).all()
    assert mixing.min() >= 0 and mixing.max() <= 1


def test_a_coin_decides_between_mixup_and_cutmix() -> None:
    mixing = text("mixup=0.1,cutmix=50").mixing
    assert mixing is not None
    weight, cut = mixing[:, 0], mixing[:, 1] == 1
    assert 140 < cut.sum() < 260
    assert ((weight[cut] - 0.5).abs() < 0.2).all(), "Beta(50, 50) is near a half"
    assert ((weight[~cut] - 0.5).abs() > 0.4).float().mean() > 0.6, "Beta(0.1, 0.1) is not"
