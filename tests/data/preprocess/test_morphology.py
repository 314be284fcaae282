"""The morphology of pictures is scipy.ndimage's, to the bit, without its import."""

import numpy as np
import pytest
from scipy import ndimage

from noonbit.data.preprocess.morphology import (
    blur,
    connect,
    disc_maximum,
    distance_to_outside,
    grow,
    shrink,
    window_maximum,
    window_minimum,
)

SHAPES = [(1, 1), (1, 7), (9, 1), (8, 8), (31, 44)]


def levels_of(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32) * 255


def masks_of(share: float, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(round(share * 100)).random(shape) < share


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("window", [1, 3, 5, 11, 77])
def test_extremes_in_a_window_are_those_of_scipy(shape: tuple[int, int], window: int) -> None:
    levels = levels_of(shape, window)
    for beyond in (-np.inf, np.inf, 100.0):
        highest = window_maximum(
            window_maximum(levels, window, 0, beyond=beyond), window, 1, beyond=beyond
        )
        expected = ndimage.maximum_filter(levels, window, mode="constant", cval=beyond)
        np.testing.assert_array_equal(highest, expected)
        lowest = window_minimum(
            window_minimum(levels, window, 0, beyond=beyond), window, 1, beyond=beyond
        )
        expected = ndimage.minimum_filter(levels, window, mode="constant", cval=beyond)
        np.testing.assert_array_equal(lowest, expected)
        assert highest.dtype == lowest.dtype == np.float32


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("radius", [0.5, 1.0, 1.42, 2.5, 5.0, 9.3])
def test_extremes_in_a_disc_are_those_of_scipy(shape: tuple[int, int], radius: float) -> None:
    levels = levels_of(shape, 0)
    side = np.arange(-int(radius), int(radius) + 1)
    disc = side[:, None] ** 2 + side**2 <= radius**2
    expected = ndimage.maximum_filter(levels, footprint=disc, mode="constant")
    np.testing.assert_array_equal(disc_maximum(levels, radius), expected)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("deviation", [0.6, 1.0, 2.3])
def test_a_blur_has_the_bits_of_scipy(shape: tuple[int, int], deviation: float) -> None:
    levels = levels_of(shape, 1)
    expected = ndimage.gaussian_filter(levels, deviation)
    np.testing.assert_array_equal(blur(levels, deviation), expected)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_masks_grow_and_shrink_as_those_of_scipy(shape: tuple[int, int], share: float) -> None:
    mask = masks_of(share, shape)
    np.testing.assert_array_equal(grow(mask), ndimage.binary_dilation(mask))
    expected = ndimage.binary_erosion(mask, np.ones((3, 3)), border_value=1)
    np.testing.assert_array_equal(shrink(mask), expected)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9, 1.0])
@pytest.mark.parametrize("diagonal", [False, True])
def test_pieces_are_numbered_as_those_of_scipy(
    shape: tuple[int, int], share: float, diagonal: bool
) -> None:
    masks = masks_of(share, (5, *shape))
    joined = np.zeros((3, 3, 3))
    joined[1] = ndimage.generate_binary_structure(2, 2 if diagonal else 1)
    numbers, count = ndimage.label(masks, joined)
    pieces = connect(masks, diagonal=diagonal)
    np.testing.assert_array_equal(pieces.numbers, numbers)
    assert pieces.count == count


def test_a_spiral_and_a_comb_are_one_piece() -> None:
    """Shapes whose runs meet late."""
    comb = np.zeros((1, 40, 41), np.bool_)
    comb[0, :, ::2] = comb[0, -1] = True
    spiral = np.zeros((1, 41, 41), np.bool_)
    row, column, step, length = 20, 20, (0, 1), 2
    while 0 <= row < 41 and 0 <= column < 41:
        for _ in range(length):
            if 0 <= row < 41 and 0 <= column < 41:
                spiral[0, row, column] = True
            row, column = row + step[0], column + step[1]
        step, length = (step[1], -step[0]), length + 1
    for masks in (comb, spiral, spiral.swapaxes(1, 2), spiral[:, ::-1]):
        assert connect(masks, diagonal=False).count == ndimage.label(masks)[1] == 1


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 0.98, 1.0])
def test_distances_are_those_of_scipy(share: float) -> None:
    masks = np.pad(masks_of(share, (6, 28, 21)), ((0, 0), (1, 1), (1, 1)))
    expected = [ndimage.distance_transform_edt(mask) for mask in masks]
    np.testing.assert_array_equal(distance_to_outside(masks), np.stack(expected))
