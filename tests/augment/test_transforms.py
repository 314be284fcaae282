"""Transforms of batches: what they do to pixels."""

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from scipy import ndimage
from torch import Tensor

from noonbit.augment import TransformParameters, augment, mix, sample_parameters
from noonbit.augment.shift_flip import SOURCE, mirror, select_pixels, select_pixels_by_operators
from noonbit.config.augmentation import Augmentation
from noonbit.system import cpp_extension

CPU = torch.device("cpu")
EVERYTHING = Augmentation.parse(
    "shift=0.1,rotation=20,shear=5,zoom=0.2,zoom_range=0.1,flip,vertical_flip,brightness=0.3,"
    "channel_shift=10,erase=0.5"
)
MOVING = Augmentation(shift=64, flip=True, vertical_flip=True)
TURNING = Augmentation(rotation=180)


def draws_of(
    count: int,
    *,
    rows: float = 0,
    columns: float = 0,
    flipped: bool = False,
    upside_down: bool = False,
    linear: list[list[float]] | None = None,
    channel_shift: float | None = None,
    brightness: float | None = None,
) -> TransformParameters:
    """Give every item the same transforms."""

    def every(value: object) -> Tensor:
        return torch.stack([torch.tensor(value)] * count)

    return TransformParameters(
        every([rows, columns]),
        every(flipped),
        every(upside_down),
        None if linear is None else every(linear),
        None if channel_shift is None else every(channel_shift),
        None if brightness is None else every(brightness),
    )


def noise(*shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)


small_batches = arrays.arrays(
    np.uint8,
    st.tuples(st.integers(1, 3), st.sampled_from([1, 3]), st.integers(1, 7), st.integers(1, 7)),
)


@given(small_batches, st.integers(-9, 9), st.integers(-9, 9))
def test_a_shift_is_a_window_on_the_mirrored_picture(
    images: NDArray[np.uint8], rows: int, columns: int
) -> None:
    height, width = images.shape[2:]
    wide = np.pad(images, ((0, 0), (0, 0), (9, 9), (9, 9)), mode="symmetric")
    expected = wide[:, :, 9 + rows : 9 + rows + height, 9 + columns : 9 + columns + width]
    draws = draws_of(len(images), rows=rows, columns=columns)
    moved = augment(MOVING, torch.from_numpy(images), draws)
    assert moved.dtype == torch.uint8
    assert np.array_equal(moved, expected)


def test_the_inside_of_a_shift_is_a_roll() -> None:
    images = noise(2, 3, 8, 9)
    moved = augment(MOVING, images, draws_of(2, rows=1, columns=-2))
    rolled = np.roll(images.numpy(), (-1, 2), axis=(2, 3))
    assert np.array_equal(moved[:, :, :-1, 2:], rolled[:, :, :-1, 2:])


def test_a_shift_by_a_share_alone_is_by_whole_pixels() -> None:
    images = noise(2, 3, 10, 20)
    by_share = augment(MOVING, images, draws_of(2, rows=0.12, columns=-0.12))
    assert torch.equal(by_share, augment(MOVING, images, draws_of(2, rows=1, columns=-2)))


@given(small_batches, st.booleans(), st.booleans())
def test_flips_are_numpys(images: NDArray[np.uint8], flipped: bool, upside_down: bool) -> None:
    draws = draws_of(len(images), flipped=flipped, upside_down=upside_down)
    axes = (2,) * upside_down + (3,) * flipped
    assert np.array_equal(augment(MOVING, torch.from_numpy(images), draws), np.flip(images, axes))


def test_each_item_moves_by_its_own_draws() -> None:
    images = noise(2, 1, 5, 5)
    draws = TransformParameters(
        torch.tensor([[1, 0], [0, 2]]), torch.tensor([True, False]), torch.tensor([False, True])
    )
    for item in range(2):
        alone = augment(MOVING, images[item : item + 1], draws.take(torch.tensor([item])))
        assert torch.equal(augment(MOVING, images, draws)[item], alone[0])


def test_mirroring_reflects_along_the_border_however_far() -> None:
    assert mirror(torch.arange(-5, 8), 3).tolist() == [1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]
    assert mirror(torch.arange(-5, 8), 1).tolist() == [0] * 13


def test_no_transform_gives_the_images_themselves() -> None:
    images = noise(2, 1, 5, 5)
    draws = sample_parameters(Augmentation(), seed=0, epoch=0, count=2, device=CPU)
    assert augment(Augmentation(), images, draws) is images


@pytest.mark.parametrize("shape", [(2, 1, 6, 6), (2, 3, 5, 9), (2, 1, 1, 1)])
def test_an_interpolation_of_nothing_changes_nothing(shape: tuple[int, ...]) -> None:
    images = noise(*shape)
    turned = augment(TURNING, images, draws_of(2, linear=[[1.0, 0.0], [0.0, 1.0]]))
    assert turned.dtype == torch.float32
    assert torch.allclose(turned, images.float(), atol=0.02)


def test_quarter_turns_are_numpys_rot90() -> None:
    images = noise(2, 3, 7, 7)
    turned = augment(TURNING, images, draws_of(2, linear=[[0.0, 1.0], [-1.0, 0.0]]))
    expected = np.rot90(images.numpy(), 1, axes=(2, 3)).astype(np.float32)
    assert np.abs(turned.numpy() - expected).max() < 0.02


def test_a_half_turn_of_an_oblong_picture_keeps_its_shape() -> None:
    images = noise(2, 1, 4, 9)
    turned = augment(TURNING, images, draws_of(2, linear=[[-1.0, 0.0], [0.0, -1.0]]))
    assert torch.allclose(turned, images.flip(2, 3).float(), atol=0.02)


def test_a_shift_goes_as_far_as_it_says_however_the_picture_is_turned() -> None:
    images = noise(1, 1, 9, 9)
    draws = draws_of(1, rows=0.25 / 9, columns=-2.0, linear=[[0.0, 1.0], [-1.0, 0.0]])
    turned = augment(TURNING, images, draws)[0, 0].numpy()
    wide = np.pad(np.rot90(images[0, 0].float().numpy()), 3, mode="edge")
    above, below = wide[3:12, 1:10], wide[4:13, 1:10]
    assert np.abs(turned - (0.75 * above + 0.25 * below)).max() < 0.02


@pytest.mark.parametrize("fill", ["nearest", "constant", "reflect", "wrap"])
@pytest.mark.parametrize("order", [0, 1])
def test_drawn_transforms_are_scipys_about_the_centre(fill: str, order: int) -> None:
    settings = Augmentation.parse(
        "shift=0.2,rotation=60,shear=20,zoom=0.3,zoom_range=0.2,flip,vertical_flip,cval=9,"
        f"fill={fill},interpolation_order={order}"
    )
    images = noise(12, 1, 11, 16)
    draws = sample_parameters(settings, seed=1, epoch=2, count=12, device=CPU)
    augmented = augment(settings, images, draws).numpy()
    assert draws.linear is not None
    centre = np.array([5.0, 7.5])
    sides = np.array([11, 16])
    for image, linear, offset, ours in zip(
        images.double().numpy(),
        draws.linear.double().numpy(),
        draws.offset.double().numpy(),
        augmented,
        strict=True,
    ):
        place = centre + linear @ (offset * sides - centre)
        expected = ndimage.affine_transform(image[0], linear, place, order=order, mode=fill, cval=9)
        assert (np.abs(ours[0] - expected) > 0.1).mean() < 0.01


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("upside_down", [False, True])
def test_interpolating_moves_and_mirrors_as_indexing_does(flipped: bool, upside_down: bool) -> None:
    images = noise(2, 1, 9, 7)
    linear = [[1.0 - 2 * upside_down, 0.0], [0.0, 1.0 - 2 * flipped]]
    sides = {"rows": 2, "columns": -1, "flipped": flipped, "upside_down": upside_down}
    indexed = augment(MOVING, images, draws_of(2, **sides))
    interpolated = augment(TURNING, images, draws_of(2, **sides, linear=linear))
    inside = (slice(None), slice(None), slice(0, 7), slice(1, 7))
    assert torch.allclose(interpolated[inside], indexed[inside].float(), atol=0.02)


def test_turned_and_mirrored_is_turned_then_mirrored() -> None:
    settings = Augmentation(rotation=50, flip=True, vertical_flip=True)
    images = noise(20, 1, 8, 13)
    draws = sample_parameters(settings, seed=0, epoch=0, count=20, device=CPU)
    upright = sample_parameters(Augmentation(rotation=50), seed=0, epoch=0, count=20, device=CPU)
    turned = augment(Augmentation(rotation=50), images, upright)
    turned = torch.where(draws.flipped[:, None, None, None], turned.flip(3), turned)
    turned = torch.where(draws.upside_down[:, None, None, None], turned.flip(2), turned)
    assert torch.allclose(augment(settings, images, draws), turned, atol=0.05)


def hill(height: int, width: int) -> Tensor:
    """Create an image of a smooth round hill in the middle."""
    rows = torch.arange(height)[:, None] - (height - 1) / 2
    columns = torch.arange(width) - (width - 1) / 2
    return 255 * torch.exp(-(rows**2 + columns**2) / 18)[None, None]


def test_a_turn_does_not_stretch_an_oblong_picture() -> None:
    picture = hill(21, 41).expand(30, 1, 21, 41)
    draws = sample_parameters(TURNING, seed=0, epoch=0, count=30, device=CPU)
    assert (augment(TURNING, picture, draws) - picture).abs().max() < 8


def test_a_zoom_above_1_enlarges() -> None:
    picture, settings = hill(41, 41).expand(50, 1, 41, 41), Augmentation(zoom=0.5)
    draws = sample_parameters(settings, seed=0, epoch=0, count=50, device=CPU)
    assert draws.linear is not None
    areas = augment(settings, picture, draws).sum(dim=(1, 2, 3)) / picture[0].sum()
    assert torch.allclose(areas, draws.linear[:, 0, 0] ** -2, rtol=0.02)
    assert areas.min() < 0.4 and areas.max() > 2


def test_a_channel_shift_stays_within_the_darkest_and_lightest_of_each_image() -> None:
    images = torch.tensor([[10, 100], [50, 200]], dtype=torch.uint8).view(2, 1, 1, 2)
    shifted = augment(Augmentation(channel_shift=99), images, draws_of(2, channel_shift=40.0))
    assert shifted.flatten().tolist() == [50, 100, 90, 200]
    shifted = augment(Augmentation(channel_shift=99), images, draws_of(2, channel_shift=-60.0))
    assert shifted.flatten().tolist() == [10, 40, 50, 140]


@pytest.mark.parametrize("factor", [0.3, 1.0, 1.7])
def test_brightness_is_pillows(factor: float) -> None:
    images = noise(1, 3, 9, 9)
    brightened = augment(Augmentation(brightness=(0.1, 2)), images, draws_of(1, brightness=factor))
    picture = Image.fromarray(images[0].permute(1, 2, 0).numpy())
    expected = np.asarray(ImageEnhance.Brightness(picture).enhance(factor)).transpose(2, 0, 1)
    assert np.abs(brightened[0].numpy() - expected).max() < 1, "Pillow cuts to whole numbers"


@pytest.mark.parametrize("settings", [EVERYTHING, Augmentation(shift=3, flip=True)])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 2)])
def test_the_smallest_images_survive(settings: Augmentation, shape: tuple[int, int]) -> None:
    images = noise(4, 3, *shape)
    draws = sample_parameters(settings, seed=0, epoch=0, count=4, device=CPU)
    augmented = augment(settings, images, draws).float()
    assert augmented.shape == images.shape
    assert augmented.isfinite().all()
    assert augmented.min() >= 0 and augmented.max() <= 255


def test_draws_do_not_depend_on_the_batch_an_item_falls_into() -> None:
    images = noise(50, 1, 6, 6)
    draws = sample_parameters(EVERYTHING, seed=0, epoch=0, count=50, device=CPU)
    whole = augment(EVERYTHING, images, draws)
    order = torch.randperm(50, generator=torch.Generator().manual_seed(3))
    for batch in order.split(7):
        augmented = augment(EVERYTHING, images[batch], draws.take(batch))
        assert torch.allclose(augmented, whole[batch], atol=1e-3)


@pytest.mark.parametrize("fill", ["nearest", "constant", "reflect", "wrap"])
@pytest.mark.parametrize("text", [str(EVERYTHING), "shift=0.1,flip", "shift=2,mixup=1,cutmix=1"])
def test_everything_happens_on_the_device_of_the_images(text: str, fill: str) -> None:
    """PyTorch's `meta` device computes shapes only and refuses tensors of another device."""
    settings, meta = Augmentation.parse(f"{text},fill={fill}"), torch.device("meta")
    draws = sample_parameters(settings, seed=0, epoch=0, count=6, device=meta)
    items = torch.arange(4, device=meta)
    images = torch.empty(6, 3, 8, 9, dtype=torch.uint8, device=meta)
    augmented = augment(settings, images[items], draws.take(items))
    mixed, _ = mix(settings, augmented, items, draws.take(items), classes=10)
    assert mixed.device == meta and mixed.shape == (4, 3, 8, 9)


@given(st.integers(1, 4), st.sampled_from([1, 3]), st.integers(1, 9), st.integers(1, 40))
def test_the_compiled_selection_is_the_operators(
    count: int, channels: int, height: int, width: int
) -> None:
    if cpp_extension.load(SOURCE) is None:
        pytest.skip("no C++ compiler is here")
    generator = torch.Generator().manual_seed(count)
    images = noise(count, channels, height, width)
    rows = torch.randint(height, (count, height), generator=generator)
    columns = torch.randint(width, (count, width), generator=generator)
    assert torch.equal(
        select_pixels(images, rows, columns), select_pixels_by_operators(images, rows, columns)
    )
