"""What an explanation is drawn of."""

import numpy as np
import pytest
from PIL import ImageColor

from noonbit.data.contact_sheet import BORDER
from noonbit.explain.drawing import BAR_WIDTH, draw_bars, draw_layers, overlay, write_lines
from noonbit.explain.layer_maps import LayerMaps


def test_what_speaks_for_a_class_is_red_what_speaks_against_it_blue_and_the_rest_grey() -> None:
    pixels = np.full((1, 1, 3), 100, np.uint8)
    red, grey, blue = overlay(pixels, np.array([[0.5, 0.0, -0.25]], np.float32))[:, 0].T.astype(int)
    assert red[0] > 200 and red[2] < 40
    assert grey.tolist() == [55, 55, 55]
    assert blue[2] > blue[0] + 50 and blue[2] < 235, "half as strong"


def test_a_map_of_zeros_leaves_the_picture() -> None:
    pixels = np.full((3, 2, 2), 200, np.uint8)
    assert (overlay(pixels, np.zeros((2, 2), np.float32)) == 110).all()


def test_a_bar_is_as_long_as_its_class_is_probable() -> None:
    bars = np.asarray(draw_bars([("고양이", 0.75), ("개", 0.25)], "고양이")).astype(int)
    # Inside the first bar, above any letter beside it; what is explained is red.
    reds = (bars[2, :, 0] > 200) & (bars[2, :, 2] < 40)
    greys = (bars[22] == ImageColor.getrgb(BORDER)).all(axis=1)
    assert reds.sum() == pytest.approx(0.75 * BAR_WIDTH, abs=2)
    assert greys.sum() == pytest.approx(0.25 * BAR_WIDTH, abs=2)


def test_a_long_sentence_is_wrapped_and_an_endless_name_cut() -> None:
    short, long = write_lines(["a note"]), write_lines(["a note of many words " * 20])
    assert long.height > 3 * short.height and long.width < 1000
    assert write_lines(["x" * 100_000]).height < 200


def test_units_of_a_dense_layer_stand_in_one_row() -> None:
    maps = LayerMaps("conv", "Conv2d", "3x3", 40, np.random.rand(40, 8, 8).astype(np.float32))
    units = LayerMaps("dense", "Linear", "", 10, np.arange(10, dtype=np.float32)[:, None, None])
    assert draw_layers([units]).width < draw_layers([maps]).width
    assert draw_layers([maps, units]).height == (
        draw_layers([maps]).height + draw_layers([units]).height
    )
