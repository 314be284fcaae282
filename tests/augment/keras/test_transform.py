"""Transforms against scipy.ndimage and Pillow, one image at a time."""

from typing import Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance
from scipy import ndimage

from noonbit import ImageDataGenerator
from noonbit.augment.keras.draws import KerasParameters
from noonbit.augment.keras.transform import transform, transform_in_threads
from noonbit.errors import UsageError

FILL_MODES = ["nearest", "constant", "reflect", "wrap"]
FillMode = Literal["nearest", "constant", "reflect", "wrap"]


def noise(height: int, width: int, channels: int = 1) -> np.ndarray:
    shape = (height, width, channels)
    return np.random.default_rng(height).integers(0, 256, shape).astype(np.float32)


def by_scipy(image: np.ndarray, drawn: dict[str, Any], *, as_keras: bool, **how: Any) -> np.ndarray:
    """rotation · shift · shear · zoom about the centre, in float64; `tx` and `zy` act on rows."""
    theta, shear = np.deg2rad(drawn["theta"]), np.deg2rad(drawn["shear"])
    height, width = image.shape[:2]
    # Columns, then rows; Keras swaps the shifts, and the coordinates of the centre.
    moved = (drawn["tx"], drawn["ty"]) if as_keras else (drawn["ty"], drawn["tx"])
    size = (height, width) if as_keras else (width, height)
    turn = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])
    slant = np.array([[1, -np.sin(shear)], [0, np.cos(shear)]])
    linear = turn @ slant @ np.diag([drawn["zx"], drawn["zy"]])
    centre = np.array(size) / 2 - 0.5
    offset = turn @ np.array(moved) + centre - linear @ centre
    channels = [
        ndimage.affine_transform(channel, linear[::-1, ::-1], offset[::-1], **how)
        for channel in np.moveaxis(image, -1, 0)
    ]
    return np.stack(channels, axis=-1)


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("shape", [(9, 9, 1), (8, 13, 3), (11, 6, 1)])
def test_the_keras_way_equals_scipy(fill_mode: FillMode, order: Any, shape: Any) -> None:
    generator = ImageDataGenerator(
        compat="keras",
        rotation_range=60,
        width_shift_range=0.3,
        height_shift_range=0.3,
        shear_range=30,
        zoom_range=0.4,
        fill_mode=fill_mode,
        cval=-3.0,
        interpolation_order=order,
    )
    image = noise(*shape)
    how = {"order": order, "mode": fill_mode, "cval": -3.0}
    for seed in range(20):
        drawn = generator.get_random_transform(shape, seed)
        expected = by_scipy(image, drawn, as_keras=True, **how)
        assert np.abs(generator.apply_transform(image, drawn) - expected).max() <= 2e-5


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("shape", [(9, 9, 1), (8, 13, 3)])
def test_the_default_is_scipys_too_about_the_images_own_centre(
    fill_mode: FillMode, shape: Any
) -> None:
    generator = ImageDataGenerator(
        rotation_range=60,
        width_shift_range=0.3,
        height_shift_range=0.3,
        shear_range=30,
        zoom_range=0.4,
        fill_mode=fill_mode,
        dtype="float64",
    )
    single = generator.model_copy(update={"dtype": "float32"})
    image = noise(*shape).astype(np.float64)
    for seed in range(20):
        drawn = generator.get_random_transform(shape, seed)
        expected = by_scipy(image, drawn, as_keras=False, order=1, mode=fill_mode, cval=0.0)
        assert np.abs(generator.apply_transform(image, drawn) - expected).max() < 1e-9
        if fill_mode == "nearest":  # other modes jump at the border, so rounding decides
            assert np.abs(single.apply_transform(image, drawn) - expected).max() < 0.01


def dot(row: int, column: int, *, height: int = 7, width: int = 9) -> np.ndarray:
    image = np.zeros((height, width, 1), np.float32)
    image[row, column] = 100
    return image


def place(image: np.ndarray) -> tuple[int, ...]:
    (found,) = np.argwhere(image[..., 0] > 50)
    return tuple(found.tolist())


def test_height_shifts_move_rows_and_width_shifts_columns_unlike_in_keras() -> None:
    down = {"height_shift_range": [2], "fill_mode": "constant"}
    across = {"width_shift_range": [2], "fill_mode": "constant"}
    for seed in range(4):
        row, column = place(ImageDataGenerator(**down).random_transform(dot(3, 4), seed))
        assert (abs(row - 3), column) == (2, 4)
        row, column = place(ImageDataGenerator(**across).random_transform(dot(3, 4), seed))
        assert (row, abs(column - 4)) == (3, 2)
        keras = ImageDataGenerator(**down, compat="keras")
        row, column = place(keras.random_transform(dot(3, 4), seed))
        assert (row, abs(column - 4)) == (3, 2)


def test_a_half_turn_of_an_oblong_image_keeps_it_whole_unlike_in_keras() -> None:
    image, turned = noise(6, 9), {"theta": 180}
    generator = ImageDataGenerator(dtype="float64")
    assert np.allclose(generator.apply_transform(image, turned), image[::-1, ::-1])
    keras = ImageDataGenerator(dtype="float64", compat="keras")
    assert not np.allclose(keras.apply_transform(image, turned), image[::-1, ::-1])


@pytest.mark.parametrize("compat", [None, "keras"])
def test_flips_are_numpys_and_come_after_the_shift(compat: Any) -> None:
    generator = ImageDataGenerator(compat=compat)
    image = noise(6, 9, 3)
    assert np.array_equal(
        generator.apply_transform(image, {"flip_horizontal": True}), image[:, ::-1]
    )
    assert np.array_equal(generator.apply_transform(image, {"flip_vertical": True}), image[::-1])
    both = {"tx": 1, "ty": 2, "flip_horizontal": True, "flip_vertical": 1}
    moved = generator.apply_transform(image, {"tx": 1, "ty": 2})
    assert np.array_equal(generator.apply_transform(image, both), moved[::-1, ::-1])


def test_half_of_the_images_are_mirrored_each_by_itself() -> None:
    images = np.stack([noise(5, 5)] * 400)
    x = next(ImageDataGenerator(horizontal_flip=True).flow(images, batch_size=400))
    kept = (x == images).all((1, 2, 3))
    assert (x[~kept] == images[~kept][:, :, ::-1]).all()
    assert 150 < kept.sum() < 250


@pytest.mark.parametrize("compat", [None, "keras"])
def test_a_channel_shift_stays_within_the_images_own_values(compat: Any) -> None:
    image = noise(6, 9, 3)
    shifted = ImageDataGenerator(compat=compat).apply_transform(
        image, {"channel_shift_intensity": 40.5}
    )
    assert np.array_equal(shifted, np.clip(image + np.float32(40.5), image.min(), image.max()))


def test_brightness_multiplies_up_to_white_whether_that_is_1_or_255() -> None:
    generator = ImageDataGenerator()
    image = noise(6, 9, 3)
    bright = generator.apply_transform(image, {"brightness": 1.5})
    assert np.allclose(bright, np.minimum(image * 1.5, 255))
    assert np.allclose(
        generator.apply_transform(image / 255, {"brightness": 1.5}), bright / 255, atol=1e-6
    )
    centred = image - 128
    assert np.allclose(generator.apply_transform(centred, {"brightness": 1.5}), centred * 1.5)
    deep = image.astype(np.int64) * 200
    assert np.allclose(generator.apply_transform(deep, {"brightness": 1.5}), deep * 1.5)


def test_brightness_leaves_transparency_alone() -> None:
    image = noise(6, 9, 4)
    for compat in (None, "keras"):
        generator = ImageDataGenerator(compat=compat)  # type: ignore[arg-type]
        dark = generator.apply_transform(image, {"brightness": 0.5})
        assert np.array_equal(dark[..., 3], image[..., 3])
        assert dark[..., :3].max() < 128


@given(
    st.floats(0, 3),
    st.sampled_from([1, 3, 4]),
    st.sampled_from([(0, 255), (0.0, 1.0), (-3, 4), (100, 400), (7, 7), (-7, -7)]),
)
@settings(max_examples=60, deadline=None)
def test_the_keras_way_of_brightness_is_pillows(
    factor: float, channels: int, values: tuple[float, float]
) -> None:
    low, high = values
    image = (noise(6, 9, channels) / 255 * (high - low) + low).astype(np.float32)
    levels, outside = image, image.min() < 0 or image.max() > 255
    if outside:
        levels = image - image.min()
        levels = levels / (levels.max() or 1) * 255
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[channels]
    picture = Image.fromarray(levels.astype(np.uint8).squeeze())
    assert picture.mode == mode
    enhanced = np.asarray(ImageEnhance.Brightness(picture).enhance(factor), np.float32)
    expected = enhanced.reshape(image.shape)
    if outside:
        expected = expected / 255 * (image.max() - image.min()) + image.min()
    bright = ImageDataGenerator(compat="keras").apply_transform(image, {"brightness": factor})
    # A level that was scaled from another range may be rounded to either side.
    step = (image.max() - image.min()) / 255 * max(factor, 1) if outside else 0
    assert np.abs(bright - expected).max() <= step * 1.01 + 1e-5


@pytest.mark.parametrize("compat", [None, "keras"])
def test_a_batch_is_its_images_one_by_one(compat: Any) -> None:
    generator = ImageDataGenerator(
        compat=compat,
        rotation_range=30,
        zoom_range=0.2,
        width_shift_range=2,
        channel_shift_range=20,
        brightness_range=(0.5, 1.5),
        horizontal_flip=True,
        fill_mode="reflect",
    )
    images = np.stack([noise(7, 9, 3)] * 6).astype(np.uint8)
    together = [next(generator.flow(images, batch_size=6, shuffle=False, seed=3))]
    if compat is None:
        one_by_one = generator.flow(images, batch_size=1, shuffle=False, seed=3)
        alone = np.concatenate([next(one_by_one) for _ in images])
    else:
        generator.get_random_transform((7, 9, 3), seed=3)
        generator = generator.model_copy()
        parameters = [generator.get_random_transform((7, 9, 3), 3)]
        parameters += [generator.get_random_transform((7, 9, 3)) for _ in images[1:]]
        alone = np.stack(
            [generator.apply_transform(*pair) for pair in zip(images, parameters, strict=True)]
        )
    assert np.array_equal(together[0], alone)


@pytest.mark.parametrize("compat", [None, "keras"])
def test_the_number_of_threads_does_not_change_the_result(compat: Any) -> None:
    images = np.stack([noise(7, 9, 3)] * 11)
    before = torch.get_num_threads()
    generator = ImageDataGenerator(compat=compat, rotation_range=30, horizontal_flip=True)
    draws = KerasParameters.from_dictionaries(
        [generator.get_random_transform((7, 9, 3), seed) for seed in range(11)]
    )
    alone = transform(generator, images, draws, white=None)
    for values_per_thread in (100, images.size // 2):
        transformed = transform_in_threads(
            generator, images, draws, white=None, threads=3, values_per_thread=values_per_thread
        )
        assert np.array_equal(transformed, alone)
    assert torch.get_num_threads() == before


def test_an_image_of_another_rank_is_refused() -> None:
    generator = ImageDataGenerator(rotation_range=10)
    with pytest.raises(UsageError, match=r"An image has three axes, but x has the shape \(9, 9\)"):
        generator.random_transform(np.zeros((9, 9)))
