"""Transforms of batches: what they do to pixels, and what they depend on."""

import math
import re
from itertools import pairwise

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from noonbit.augment import Augmentation, Draws, augment, draw, mirror, move, warp
from noonbit.errors import UsageError

CPU = torch.device("cpu")
EVERYTHING = Augmentation(shift=3, rotation=20, zoom=0.2, flip=True)

augmentations = st.builds(
    Augmentation,
    shift=st.integers(0, 64),
    rotation=st.floats(0, 180),
    zoom=st.floats(0, 1, exclude_max=True),
    flip=st.booleans(),
)


def draws_of(
    count: int,
    *,
    rows: int = 0,
    columns: int = 0,
    flipped: bool = False,
    degrees: float = 0.0,
    scale: float = 1.0,
) -> Draws:
    """The same transform for every item."""
    return Draws(
        torch.tensor([[rows, columns]]).expand(count, 2),
        torch.full((count,), flipped),
        torch.full((count,), math.radians(degrees)),
        torch.full((count,), scale),
    )


def noise(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)


def all_draws(settings: Augmentation, *, seed: int = 0, epoch: int = 0, count: int = 50) -> Tensor:
    """Every draw of an epoch as one row an item."""
    draws = draw(settings, seed=seed, epoch=epoch, count=count, device=CPU)
    return torch.cat(
        [draws.offset, draws.flipped[:, None], draws.angle[:, None], draws.scale[:, None]], dim=1
    )


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as error:
        Augmentation.parse(text)
    return str(error.value)


@given(augmentations)
def test_what_is_printed_is_read_back(settings: Augmentation) -> None:
    assert Augmentation.parse(str(settings)) == settings


def test_settings_are_read_in_any_order_and_spacing() -> None:
    expected = Augmentation(shift=2, rotation=10, flip=True)
    assert Augmentation.parse("shift=2,rotation=10,flip") == expected
    assert Augmentation.parse(" flip, rotation=10.0  shift=2 ") == expected
    assert str(expected) == "shift=2,rotation=10.0,flip"


@pytest.mark.parametrize("text", ["none", "", "shift=0"])
def test_none_is_no_augmentation(text: str) -> None:
    settings = Augmentation.parse(text)
    assert settings == Augmentation() and str(settings) == "none"
    images = noise(2, 1, 5, 5)
    draws = draw(settings, seed=0, epoch=0, count=2, device=CPU)
    assert augment(settings, images, draws) is images


def test_a_misspelt_transform_is_proposed() -> None:
    assert refusal("shift=2,rotate=10") == (
        "No augmentation is called 'rotate'. Did you mean 'rotation'? There are: shift, rotation, "
        "zoom, flip; for example --augment shift=2,rotation=10,flip."
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("shift=-1", "shift should be greater than or equal to 0 (got '-1')"),
        ("zoom=1", "zoom should be less than 1 (got '1')"),
        ("rotation=200", "rotation should be less than or equal to 180 (got '200')"),
        ("shift=two", "shift should be a valid integer"),
        ("shift", "shift should be a valid integer"),
        ("flip=maybe", "flip should be a valid boolean"),
        ("rotation=nan", "rotation should be less than or equal to 180 (got 'nan')"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_their_bounds(text: str, reason: str) -> None:
    sentence = refusal(text)
    assert sentence.startswith(f"--augment {text} does not fit: {reason}")
    example = re.search(r"For example --augment (.*)\.$", sentence)
    assert example and Augmentation.parse(example[1]).flip


small_batches = arrays.arrays(
    np.uint8,
    st.tuples(st.integers(1, 3), st.sampled_from([1, 3]), st.integers(1, 7), st.integers(1, 7)),
)


@given(small_batches, st.integers(-9, 9), st.integers(-9, 9))
def test_a_shift_is_a_window_on_the_mirrored_picture(
    images: np.ndarray, rows: int, columns: int
) -> None:
    height, width = images.shape[2:]
    wide = np.pad(images, ((0, 0), (0, 0), (9, 9), (9, 9)), mode="symmetric")
    expected = wide[:, :, 9 + rows : 9 + rows + height, 9 + columns : 9 + columns + width]
    moved = move(torch.from_numpy(images), draws_of(len(images), rows=rows, columns=columns))
    assert moved.dtype == torch.uint8
    assert np.array_equal(moved, expected)


def test_the_inside_of_a_shift_is_a_roll() -> None:
    images = noise(2, 3, 8, 9)
    moved = move(images, draws_of(2, rows=1, columns=-2))
    rolled = np.roll(images.numpy(), (-1, 2), axis=(2, 3))
    assert np.array_equal(moved[:, :, :-1, 2:], rolled[:, :, :-1, 2:])


@given(small_batches)
def test_a_flip_is_numpys(images: np.ndarray) -> None:
    moved = move(torch.from_numpy(images), draws_of(len(images), flipped=True))
    assert np.array_equal(moved, np.flip(images, axis=3))


def test_each_item_moves_by_its_own_draws() -> None:
    images = noise(2, 1, 5, 5)
    draws = Draws(
        torch.tensor([[1, 0], [0, 2]]), torch.tensor([True, False]), torch.zeros(2), torch.ones(2)
    )
    for item in range(2):
        alone = move(images[item : item + 1], draws.take(torch.tensor([item])))
        assert torch.equal(move(images, draws)[item], alone[0])


def test_mirroring_reflects_along_the_border_however_far() -> None:
    assert mirror(torch.arange(-5, 8), 3).tolist() == [1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]
    assert mirror(torch.arange(-5, 8), 1).tolist() == [0] * 13


@pytest.mark.parametrize("shape", [(2, 1, 6, 6), (2, 3, 5, 9), (2, 1, 1, 1)])
def test_a_warp_by_nothing_changes_nothing(shape: tuple[int, ...]) -> None:
    images = noise(*shape)
    assert torch.allclose(warp(images, draws_of(2)), images.float(), atol=0.02)


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_warp_by_quarter_turns_is_numpys_rot90(quarter_turns: int) -> None:
    images = noise(2, 3, 7, 7)
    turned = warp(images, draws_of(2, degrees=90 * quarter_turns))
    expected = np.rot90(images.numpy(), quarter_turns, axes=(2, 3)).astype(np.float32)
    assert np.abs(turned.numpy() - expected).max() < 0.05


def test_a_half_turn_of_an_oblong_picture_keeps_its_shape() -> None:
    images = noise(2, 1, 4, 9)
    turned = warp(images, draws_of(2, degrees=180))
    assert torch.allclose(turned, images.flip(2, 3).float(), atol=0.05)


def hill(height: int, width: int) -> Tensor:
    """A round, smooth hill in the middle."""
    rows = torch.arange(height)[:, None] - (height - 1) / 2
    columns = torch.arange(width) - (width - 1) / 2
    return 255 * torch.exp(-(rows**2 + columns**2) / 18)[None, None]


def test_a_turn_does_not_stretch_an_oblong_picture() -> None:
    picture = hill(21, 41)
    assert (warp(picture, draws_of(1, degrees=37)) - picture).abs().max() < 8
    assert (warp(picture, draws_of(1, scale=1.5)) - picture).abs().max() > 30


def test_a_warp_by_a_flip_is_numpys() -> None:
    images = noise(2, 3, 5, 8)
    assert torch.allclose(
        warp(images, draws_of(2, flipped=True)), images.flip(3).float(), atol=0.05
    )


def test_a_warp_by_whole_pixels_is_a_shift() -> None:
    images = noise(2, 1, 9, 7)
    draws = draws_of(2, rows=2, columns=-1)
    inside = (slice(None), slice(None), slice(0, 7), slice(1, 7))
    assert torch.allclose(
        warp(images, draws)[inside], move(images, draws)[inside].float(), atol=0.1
    )


def test_a_zoom_above_1_enlarges() -> None:
    picture = hill(41, 41)
    areas = [float(warp(picture, draws_of(1, scale=s)).sum() / picture.sum()) for s in (0.5, 1, 2)]
    assert areas == pytest.approx([0.25, 1, 4], rel=0.02)


@pytest.mark.parametrize("settings", [EVERYTHING, Augmentation(shift=3, flip=True)])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 2)])
def test_the_smallest_images_survive(settings: Augmentation, shape: tuple[int, int]) -> None:
    images = noise(4, 3, *shape)
    draws = draw(settings, seed=0, epoch=0, count=4, device=CPU)
    augmented = augment(settings, images, draws).float()
    assert augmented.shape == images.shape
    assert augmented.isfinite().all()
    assert augmented.min() >= images.min() and augmented.max() <= images.max() + 0.01


@given(augmentations, st.integers(0, 2**31 - 1), st.integers(0, 100))
def test_draws_stay_within_their_settings(settings: Augmentation, seed: int, epoch: int) -> None:
    draws = draw(settings, seed=seed, epoch=epoch, count=40, device=CPU)
    assert draws.offset.abs().max() <= settings.shift
    assert draws.angle.abs().max() <= math.radians(settings.rotation) + 1e-6
    assert (draws.scale - 1).abs().max() <= settings.zoom + 1e-6
    assert settings.flip or not draws.flipped.any()


def test_draws_are_a_function_of_seed_epoch_and_item() -> None:
    settings = EVERYTHING.model_copy(update={"flip": False})
    base = all_draws(settings)
    assert torch.equal(base, all_draws(settings))
    assert not torch.equal(base, all_draws(settings, seed=1))
    assert not torch.equal(base, all_draws(settings, epoch=1))
    assert len(base.unique(dim=0)) == len(base)


def test_draws_do_not_depend_on_the_batch_an_item_falls_into() -> None:
    images = noise(50, 1, 6, 6)
    draws = draw(EVERYTHING, seed=0, epoch=0, count=50, device=CPU)
    whole = augment(EVERYTHING, images, draws)
    order = torch.randperm(50, generator=torch.Generator().manual_seed(3))
    for batch in order.split(7):
        augmented = augment(EVERYTHING, images[batch], draws.take(batch))
        assert torch.allclose(augmented, whole[batch], atol=1e-3)


def test_drawing_leaves_the_global_generator_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    all_draws(EVERYTHING)
    assert torch.equal(torch.rand(1), expected)


def test_flips_alternate_so_that_two_epochs_show_every_item_both_ways() -> None:
    sides = [all_draws(EVERYTHING, epoch=epoch, count=400)[:, 2] for epoch in range(5)]
    for one, next_one in pairwise(sides):
        assert (one != next_one).all()
    assert 140 < sides[0].sum() < 260
