"""Digits drawn by hand, however large and wherever, are framed as MNIST's authors framed theirs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_digits import SIDE, DrawnDigit, Stroke, drawn_digits, render

from noonbit.config.recipe import Recipe
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.strokes import measure_framing
from noonbit.data import open_data
from noonbit.jobs.train import train

DRAWN = drawn_digits()


def moved(drawn: DrawnDigit, scale: float, right: float, down: float) -> DrawnDigit:
    """The drawing scaled about its canvas's middle, pens as well, and shifted by pixels."""
    middle = SIDE / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return (middle + scale * (x - middle) + right, middle + scale * (y - middle) + down)

    return replace(
        drawn,
        strokes=[
            Stroke(scale * stroke.pen, [at(x, y) for x, y in stroke.points])
            for stroke in drawn.strokes
        ],
    )


@pytest.fixture
def preprocessor(shared_data: Callable[[str], Path]) -> ImagePreprocessor:
    data = open_data(str(shared_data("mnist")))
    return ImagePreprocessor.fit(data, Recipe())[0]


def test_each_digit_is_drawn_twice_in_styles_of_its_own() -> None:
    assert sorted(drawn.digit for drawn in DRAWN) == sorted([*range(10), *range(10)])
    assert len({drawn.style for drawn in DRAWN}) == len(DRAWN)
    points = np.array([point for drawn in DRAWN for s in drawn.strokes for point in s.points])
    assert points.min() > 0 and points.max() < SIDE


def test_drawings_of_any_size_and_place_are_scaled_into_the_box_and_centred_by_mass(
    preprocessor: ImagePreprocessor,
) -> None:
    form = preprocessor.strokes
    assert form is not None and form.box == (20, 20) and form.centred == "mass"
    for drawn in DRAWN:
        for scale, right, down in ((0.3, -70, 50), (0.45, 60, -60), (0.6, 30, 20)):
            small = render(moved(drawn, scale, right, down))
            pixels, done = preprocessor.transform_one(small)
            assert "reframed" in done
            framing = measure_framing(pixels)
            assert framing.box.max() == pytest.approx(20, abs=1)
            assert np.abs(framing.mass[0] - form.centre).max() <= form.farthest
            assert framing.brightest[0] > 200
