"""What the axes and the numbers of an array of images mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from noonbit.data.preprocess.pixels import (
    highest_levels,
    images_from_array,
    pixels_from_array,
    pixels_to_answer,
    shape_of_row,
    value_range_of,
)
from noonbit.errors import DataError


def sentence(call, *arguments, **options) -> str:
    with pytest.raises(DataError) as error:
        call(*arguments, **options)
    return str(error.value)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((2, 5, 6), (2, 1, 5, 6)),
        ((2, 5, 6, 1), (2, 1, 5, 6)),
        ((2, 5, 6, 3), (2, 3, 5, 6)),
        ((2, 3, 5, 6), (2, 3, 5, 6)),
        ((2, 1, 5, 6), (2, 1, 5, 6)),
        ((2, 64), (2, 1, 8, 8)),
        ((2, 48), (2, 3, 4, 4)),
    ],
)
def test_the_channel_axis_is_found_where_1_or_3_is(shape, expected) -> None:
    assert images_from_array(np.zeros(shape), name="x").shape == expected


def test_other_shapes_are_refused_with_the_shape() -> None:
    assert sentence(images_from_array, np.zeros((2, 5, 6, 4)), name="x").startswith(
        "x has the shape (2, 5, 6, 4); images have the shape (N, H, W), (N, H, W, C) or"
    )
    assert shape_of_row(784) == (1, 28, 28) and shape_of_row(3072) == (3, 32, 32)
    assert shape_of_row(785) is None and shape_of_row(4) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 1.0], (0, 1)),
        ([0, 1], (0, 1)),
        ([0.0, 16.0], (0, 16)),
        ([0, 255], (0, 255)),
        ([0.5, 254.5], (0, 255)),
        ([0, 65535], (0, 65535)),
        ([-1.0, 1.0], (-1, 1)),
    ],
)
def test_the_value_range_is_the_first_ceiling_that_holds(values, expected) -> None:
    array = np.array(values).reshape(1, 1, 2)
    pixels, value_range = pixels_from_array(array, name="x")
    assert value_range == expected
    if values[-1] == expected[1] and values[0] == expected[0]:
        assert pixels.ravel().tolist() == [0, 255]


def test_a_given_range_holds_for_dark_pictures_too() -> None:
    dark = np.full((1, 4, 4), 0.5)
    assert pixels_from_array(dark, name="x", value_range=(0, 255))[0].max() == 0
    assert pixels_from_array(dark, name="x", value_range=(0, 1))[0].max() == 128
    assert pixels_from_array(dark.astype(np.uint8) + 200, name="x")[1] == (0, 255)


def test_values_that_are_no_pixels_are_refused() -> None:
    standardised = np.array([-2.5, 3.0])
    assert sentence(value_range_of, standardised, name="x").startswith(
        "x holds values from -2.5 to 3; pixels lie in 0..1"
    )
    assert "holds NaN or infinite values" in sentence(value_range_of, np.array([np.nan]), name="x")
    assert "values up to 70000" in sentence(value_range_of, np.array([70000]), name="x")


@given(hnp.arrays(np.uint8, (3, 4, 4)))
def test_unit_floats_and_bytes_give_the_same_pixels(array: np.ndarray) -> None:
    for dtype in (np.float32, np.float64):
        pixels, _ = pixels_from_array(array.astype(dtype) / 255, name="x", value_range=(0, 1))
        np.testing.assert_array_equal(pixels[:, 0], array)


def test_inputs_in_another_usual_form_are_read_as_such_and_others_are_refused() -> None:
    bytes_range = (0.0, 255.0)
    unit = np.full((2, 3, 3), 0.5)
    pixels, used = pixels_to_answer(unit, name="unit.npy", value_range=bytes_range)
    assert used == (0.0, 1.0) and set(pixels.ravel()) == {128}
    with pytest.raises(DataError) as error:
        pixels_to_answer(np.full((1, 2, 2), 200, np.uint8), name="u8.npy", value_range=(0.0, 1.0))
    assert str(error.value) == (
        "u8.npy holds values from 200 to 200; this network was trained on 0 to 1. "
        "Bring them to that range."
    )


@pytest.mark.parametrize(
    ("dtype", "least", "most", "value_range", "expected"),
    [
        ("f4", 0, 1, (0.0, 255.0), 1),
        ("f4", 0, 1.5, (0.0, 255.0), 255),
        ("u1", 0, 1, (0.0, 255.0), 255),
        ("f4", 0, 1, (0.0, 16.0), 16),
        ("f4", -0.1, 1, (0.0, 1.0), np.nan),
        ("f4", 0, 300, (0.0, 255.0), np.nan),
        ("f4", np.nan, np.nan, (0.0, 1.0), np.nan),
    ],
)
def test_what_is_white_depends_on_the_type_and_the_range(
    dtype: str, least: float, most: float, value_range: tuple[float, float], expected: float
) -> None:
    found = highest_levels(np.dtype(dtype), np.array([least]), np.array([most]), value_range)
    np.testing.assert_equal(found, [expected])
