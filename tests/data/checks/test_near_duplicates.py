"""Pictures that are nearly one of another part."""

import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from scipy import ndimage

from noonbit.data.checks.near_duplicates import (
    CANDIDATES,
    CROPS,
    LARGE_SIDE,
    find_near_duplicates,
    highest_of,
    windows,
)

SIDE, TRAIN, TEST = 48, 80, 40


@pytest.fixture(scope="module")
def scenes() -> NDArray[np.uint8]:
    """Smooth random colour pictures (120, 3, 48, 48), no two alike."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(TRAIN + TEST, 3, SIDE, SIDE))
    smooth = ndimage.gaussian_filter(noise, (0, 0, 5, 5))
    smooth -= smooth.min(axis=(1, 2, 3), keepdims=True)
    return (255 * smooth / smooth.max(axis=(1, 2, 3), keepdims=True)).astype(np.uint8)


def reencoded(picture: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=30)
    return Image.open(buffer)


def cropped(picture: Image.Image) -> Image.Image:
    box = (0.0, 0.05 * SIDE, 0.93 * SIDE, 0.98 * SIDE)
    return picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box)


def brightened(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(1.2)


def changed(pixels: NDArray[np.uint8], change: object) -> NDArray[np.uint8]:
    picture = Image.fromarray(pixels.transpose(1, 2, 0))
    return np.asarray(change(picture)).transpose(2, 0, 1)  # type: ignore[operator]


@pytest.mark.parametrize("change", [reencoded, cropped, brightened])
def test_changed_copies_are_found_with_what_they_copy(
    scenes: NDArray[np.uint8], change: object
) -> None:
    values = scenes.copy()
    test, train = np.arange(TRAIN, TRAIN + TEST), np.arange(TRAIN)
    for place in range(4):
        values[test[place]] = changed(scenes[10 + place], change)
    found = find_near_duplicates(values, test, train)
    pairs = dict(zip(found.items.tolist(), found.others.tolist(), strict=True))
    assert pairs == {TRAIN + place: 10 + place for place in range(4)}
    assert (np.diff(found.correlations) <= 0).all()


def test_different_pictures_are_no_near_duplicates(scenes: NDArray[np.uint8]) -> None:
    found = find_near_duplicates(scenes, np.arange(TRAIN, TRAIN + TEST), np.arange(TRAIN))
    assert len(found) == 0
    assert found.limit >= 0.9


def test_pictures_that_are_all_alike_raise_the_limit() -> None:
    rng = np.random.default_rng(0)
    rows = np.linspace(-1, 1, 28)
    strokes = [
        255
        * np.exp(-((rows - shift) ** 2)[None] * 40)
        * np.exp(-(rows**2)[:, None] * rng.uniform(1, 3))
        for shift in rng.uniform(-0.05, 0.05, 120)
    ]
    values = np.array(strokes).astype(np.uint8)[:, None]
    found = find_near_duplicates(values, np.arange(80, 120), np.arange(80))
    assert found.limit > 0.999
    assert len(found) <= 1


def test_blank_pictures_are_like_no_other(scenes: NDArray[np.uint8]) -> None:
    values = scenes.copy()
    values[[0, TRAIN]] = 128
    found = find_near_duplicates(values, np.arange(TRAIN, TRAIN + TEST), np.arange(TRAIN))
    assert TRAIN not in found.items


def test_one_picture_has_nothing_to_compare_with(scenes: NDArray[np.uint8]) -> None:
    assert len(find_near_duplicates(scenes, np.arange(1), np.arange(1))) == 0


@pytest.mark.parametrize("others", [127, 128, 129, 1000, 1003])
def test_the_highest_are_those_of_sorting_all(others: int) -> None:
    """From 128 on they are looked for in stretches of 64, of which the last may be short."""
    correlations = torch.from_numpy(
        np.random.default_rng(0).permutation(300 * others).astype(np.float32)
    )
    rows = correlations.view(300, others)
    values, columns = highest_of(rows)
    expected = rows.topk(CANDIDATES)
    torch.testing.assert_close(values, expected.values)
    torch.testing.assert_close(columns, expected.indices)


def test_every_window_is_what_pytorch_samples_there() -> None:
    image = torch.rand(1, 1, LARGE_SIDE, LARGE_SIDE, generator=torch.Generator().manual_seed(0))
    expected = []
    for side in CROPS:
        places = (-1, 0, 1) if side < 1 else (0,)
        for vertical in places:
            for horizontal in places:
                shift = [(1 - side) * horizontal, (1 - side) * vertical]
                window = torch.tensor([[[side, 0, shift[0]], [0, side, shift[1]]]])
                grid = F.affine_grid(window, list(image.shape), align_corners=False)
                expected.append(
                    F.grid_sample(image, grid, padding_mode="border", align_corners=False)
                )
    found = [down @ image @ across.T for down, across in windows()]
    assert len(found) == 1 + 9 * (len(CROPS) - 1)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=0)
