"""Digits drawn by hand, however large and wherever, are framed as MNIST's authors framed theirs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_digits import SIDE, DrawnDigit, Stroke, drawn_digits, render
from page_faces import answer_of, draw, opened, wait_until
from playwright.sync_api import Browser

from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.strokes import measure_framing
from noonbit.jobs.train import train
from noonbit.page.page import write_page
from noonbit.runs.run import Run

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


def wrongly_named(run: Run) -> list[str]:
    answers = run.predict([render(drawn) for drawn in DRAWN])
    named = [run.class_names[number] for number in answers.probabilities.argmax(axis=1)]
    return [
        f"{drawn.digit} {drawn.style}: {name}"
        for drawn, name in zip(DRAWN, named, strict=True)
        if name != str(drawn.digit)
    ]


def test_each_digit_is_drawn_twice_in_styles_of_its_own() -> None:
    assert sorted(drawn.digit for drawn in DRAWN) == sorted([*range(10), *range(10)])
    assert len({drawn.style for drawn in DRAWN}) == len(DRAWN)
    points = np.array([point for drawn in DRAWN for s in drawn.strokes for point in s.points])
    assert points.min() > 0 and points.max() < SIDE


def test_drawings_of_any_size_and_place_are_scaled_into_the_box_and_centred_by_mass(
    shared_data: Callable[[str], Path],
) -> None:
    preprocessor, _ = ImagePreprocessor.fit(open_data(str(shared_data("mnist"))), Recipe())
    form = preprocessor.strokes
    assert form is not None and form.box == (20, 20) and form.centred == "mass"
    for drawn in DRAWN:
        for scale, right, down in ((0.3, -70, 50), (0.45, 60, -60), (0.6, 30, 20)):
            small = render(moved(drawn, scale, right, down))
            pixels, done = preprocessor.transform_one(small)
            assert "reframed" in done and "unlike" not in done
            framing = measure_framing(pixels)
            assert framing.box.max() == pytest.approx(20, abs=1)
            assert np.abs(framing.mass[0] - form.centre).max() <= form.farthest
            assert framing.brightest[0] > 200


@pytest.mark.slow
def test_a_network_of_mnist_names_nearly_all(
    shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    source = str(shared_data("mnist"))
    run = train(source, Recipe(model="glance", epochs=1), out=tmp_path / "run")
    assert len(wrongly_named(run)) <= 2


@pytest.mark.slow
def test_a_page_of_mnist_names_nearly_all_that_the_mouse_draws(
    shared_data: Callable[[str], Path], tmp_path: Path, chromium: Browser
) -> None:
    source = str(shared_data("mnist"))
    run = train(source, Recipe(model="glimpse", epochs=2), out=tmp_path / "run")
    write_page(run, tmp_path / "page.html", run.items())
    named = []
    with opened(chromium, tmp_path / "page.html") as page:
        for drawn in DRAWN:
            page.click("#clear")
            wait_until(page, "byId('spoken').textContent === ''")
            for stroke in drawn.strokes:
                page.fill("#pen-width", str(round(100 * stroke.pen / SIDE)))
                draw(page, [[(x / SIDE, y / SIDE) for x, y in stroke.points]], steps=1)
            named.append(answer_of(page))
    assert sum(name == str(drawn.digit) for name, drawn in zip(named, DRAWN, strict=True)) >= 18


@pytest.mark.slow
def test_a_network_of_the_small_digits_names_most(tmp_path: Path) -> None:
    run = train("digits", Recipe(model="glance"), out=tmp_path / "run")
    assert len(wrongly_named(run)) <= 3
