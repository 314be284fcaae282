"""Sheets of pictures with titles."""

import numpy as np
import pytest
from PIL import Image

from noonbit.data.contact_sheet import (
    MARGIN,
    choose_scale,
    draw_grid,
    enlarge,
    truncate_to_width,
)
from noonbit.system.fonts import choose_font


def grey(count: int, height: int, width: int) -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (count, 1, height, width), np.uint8)


def test_every_pixel_is_enlarged_to_a_square_of_its_own_value():
    pixels = grey(1, 5, 7)
    sheet = np.asarray(draw_grid(pixels, ["a title"], scale=4).convert("L"))
    left = next(x for x in range(200) if np.array_equal(sheet[12:16, x], [pixels[0, 0, 0, 0]] * 4))
    shown = sheet[MARGIN : MARGIN + 20, left : left + 28]
    assert np.array_equal(shown[::4, ::4], pixels[0, 0])
    assert np.array_equal(shown, np.repeat(np.repeat(pixels[0, 0], 4, axis=0), 4, axis=1))


def test_colours_keep_their_channels():
    red = np.zeros((3, 2, 2), np.uint8)
    red[0] = 200
    assert enlarge(red, 3).getcolors() == [(36, (200, 0, 0))]


def test_pictures_stand_row_by_row():
    one_row = draw_grid(grey(4, 8, 8), list("abcd"), columns=4)
    two_rows = draw_grid(grey(4, 8, 8), list("abcd"), columns=2)
    assert two_rows.height > 1.7 * one_row.height
    assert two_rows.width < 0.6 * one_row.width


def test_fewer_pictures_than_columns_leave_no_empty_columns():
    assert (
        draw_grid(grey(2, 8, 8), ["a", "b"]).size
        == draw_grid(grey(2, 8, 8), ["a", "b"], columns=2).size
    )


@pytest.mark.parametrize(("side", "scale"), [(8, 12), (28, 3), (64, 2), (96, 1), (500, 1), (1, 96)])
def test_small_images_come_near_the_same_size_by_whole_factors(side: int, scale: int):
    assert choose_scale(side, side) == scale


def test_a_title_is_drawn():
    without = draw_grid(grey(1, 8, 8), [" "])
    titled = draw_grid(grey(1, 8, 8), ["7"])
    assert without.size == titled.size
    assert without.tobytes() != titled.tobytes()


def test_a_long_title_ends_in_an_ellipsis_within_its_place():
    font = choose_font("a", 12)
    short = truncate_to_width("a" * 500, font, 100)
    assert short.endswith("…") and 0 < len(short) < 50
    assert font.getlength(short) <= 100


@pytest.mark.parametrize("title", ["강아지", "\x00\x1b[31m", "\udcff", "", "a\nb\nc", "עברית"])
def test_no_title_breaks_the_sheet(title: str):
    assert isinstance(draw_grid(grey(1, 8, 8), [title]), Image.Image)


def test_a_sheet_of_nothing_is_an_empty_sheet():
    assert draw_grid(grey(0, 8, 8), []).size[1] == MARGIN


@pytest.mark.parametrize("title", ["x" * 10**6, "a\n" * 10**5])
def test_a_title_of_any_length_takes_the_room_of_a_title(title: str) -> None:
    sheet = draw_grid(np.zeros((40, 1, 8, 8), np.uint8), [title] * 40)
    assert sheet.height < 1_000 and sheet.width < 2_000
