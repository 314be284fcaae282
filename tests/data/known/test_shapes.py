"""The generated shapes: identical bytes on every machine, two styles, and a hard test part."""

import hashlib
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from paths import PROJECT

from noonbit.data import open_data
from noonbit.data.dataset import RawDataset
from noonbit.data.known.shapes import (
    CHALLENGE,
    CLEAN,
    MARGIN,
    POINTS,
    SIDE,
    Range,
    ShapeRandom,
    Style,
    circle_path,
    open_shapes,
    place_on_page,
    rasterize,
    rectangle_path,
    triangle_path,
    unit_circle_points,
)
from noonbit.data.preprocess.pixels import border_level

SHA256 = "20ceb7d0de3cc045411f4f90ec3a61e58a376e2b3a6d2c78bd493eba4580d63b"


@pytest.fixture(scope="module")
def shapes() -> RawDataset:
    return open_shapes()


def digest(data: RawDataset) -> str:
    pixels = b"".join(np.asarray(part.raw).tobytes() for part in data.parts.values())
    return hashlib.sha256(pixels).hexdigest()


def pixels_of(data: RawDataset, part: str) -> np.ndarray:
    return np.asarray(data.parts[part].raw)  # type: ignore[index]


def labels_of(data: RawDataset, part: str) -> np.ndarray:
    labels = data.parts[part].labels  # type: ignore[index]
    assert labels is not None
    return labels


# What there is


def test_few_clean_drawings_to_learn_from_and_many_others_to_be_tested_on(
    shapes: RawDataset,
) -> None:
    assert shapes.class_names == ("circle", "rectangle", "triangle")
    counts = {name: np.bincount(labels_of(shapes, name)).tolist() for name in shapes.parts}
    assert counts == {"train": [15] * 3, "validation": [5] * 3, "test": [300] * 3}
    for part in shapes.parts.values():
        assert np.asarray(part.raw).shape == (len(part), 1, SIDE, SIDE)


def test_names_are_those_of_files_in_a_folder_a_class(shapes: RawDataset) -> None:
    assert shapes.train.names[0] == "train/circle/circle001.png"
    assert shapes.train.names[-1] == "train/triangle/triangle015.png"
    assert shapes.test is not None
    assert shapes.test.names[300] == "test/rectangle/rectangle001.png"
    for part in shapes.parts.values():
        folders = [name.split("/")[1] for name in part.names]
        assert part.labels is not None
        assert folders == [shapes.class_names[label] for label in part.labels]


def test_the_notes_say_that_it_is_made_and_which_style_is_which(shapes: RawDataset) -> None:
    assert shapes.notes == (
        "The shapes are made by a seeded generator, not collected from people.",
        "Training and validation are in one clean style; test is in another, the challenge.",
    )


def test_they_open_by_their_name(shapes: RawDataset) -> None:
    assert digest(open_data("shapes")) == digest(shapes)


# The same everywhere


def test_the_bytes_are_those_of_every_other_machine(shapes: RawDataset) -> None:
    assert digest(shapes) == SHA256


def test_the_bytes_do_not_depend_on_the_instructions_of_the_processor() -> None:
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])  # type: ignore[call-overload]
    code = (
        "import hashlib; from noonbit.data.known.shapes import open_shapes; "
        "parts = open_shapes().parts.values(); "
        "print(hashlib.sha256(b''.join(part.raw.tobytes() for part in parts)).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(found)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == SHA256


def test_chance_is_uniform_and_a_function_of_its_key() -> None:
    drawn = ShapeRandom(1, 2).between(Range(-1, 3), 100, 100)
    assert np.array_equal(drawn, ShapeRandom(1, 2).between(Range(-1, 3), 100, 100))
    assert not np.array_equal(drawn, ShapeRandom(1, 3).between(Range(-1, 3), 100, 100))
    assert drawn.min() >= -1 and drawn.max() < 3
    assert abs(drawn.mean() - 1) < 0.05 and abs(drawn.std() - 4 / math.sqrt(12)) < 0.05


def test_a_point_of_the_circle_is_where_the_sine_says() -> None:
    turns = np.linspace(-1.5, 1.5, 301)
    angle = 2 * np.pi * turns
    assert (
        np.abs(unit_circle_points(turns) - np.stack([np.cos(angle), np.sin(angle)], -1)).max()
        < 1e-3
    )


# Drawings


def test_every_drawing_is_dark_on_white(shapes: RawDataset) -> None:
    for name in shapes.parts:
        pixels = pixels_of(shapes, name)
        assert np.median(pixels, axis=(1, 2, 3)).min() == 255, name
        assert pixels.min(axis=(1, 2, 3)).max() < 160, name
        assert border_level(pixels).min() > 191, name


def test_no_two_drawings_are_equal(shapes: RawDataset) -> None:
    rows = {row.tobytes() for name in shapes.parts for row in pixels_of(shapes, name)}
    assert len(rows) == sum(map(len, shapes.parts.values()))


def test_a_pen_darkens_what_it_touches_and_fades_over_one_pixel() -> None:
    path = np.full((1, POINTS, 2), 12.5)  # stays in the middle of pixel (12, 12)
    width, darkness = np.full((1, POINTS), 1.0), np.full((1, POINTS), 0.8)
    ink = rasterize(path, width, darkness)[0]
    assert ink.shape == (SIDE, SIDE)
    assert ink[12, 12] == 0.8
    assert ink[12, 13] == ink[11, 12] == pytest.approx(0.8 * 0.5)
    assert ink[11, 11] == pytest.approx(0.8 * (1.5 - math.sqrt(2)))
    assert np.count_nonzero(ink) == 9


def test_x_goes_right_and_y_goes_down() -> None:
    path = np.tile([20.5, 3.5], (1, POINTS, 1))
    ink = rasterize(path, np.full((1, POINTS), 0.5), np.ones((1, POINTS)))[0]
    assert np.argwhere(ink).tolist() == [[3, 20]]


@pytest.mark.parametrize("style", [CLEAN, CHALLENGE], ids=["clean", "challenge"])
def test_every_stroke_stays_on_the_paper_in_the_size_of_its_style(style) -> None:
    path = place_on_page(
        np.random.default_rng(0).normal(size=(50, POINTS, 2)), style, ShapeRandom(0)
    )
    assert path.min() >= MARGIN - 1e-9 and path.max() <= SIDE - MARGIN + 1e-9
    size = np.ptp(path, axis=1).max(axis=1)
    assert size.min() >= style.size.low - 1e-9 and size.max() <= style.size.high + 1e-9


NONE = Range(0, 0)
RULER = replace(
    CLEAN,
    aspect=Range(1, 1),
    lean=NONE,
    corner_jitter=NONE,
    rounding=NONE,
    overlap=NONE,
    wobble=NONE,
)
"""The square from -1 to 1, as far as it is not overruled."""


def away_from_the_middle(style: Style) -> np.ndarray:
    """The larger of |x| and |y| at every point of one square: 1 on its sides."""
    return np.abs(rectangle_path(style, 1, ShapeRandom(0))).max(axis=2)[0]


def test_without_haste_the_pen_follows_the_sides_into_the_corners() -> None:
    away = away_from_the_middle(RULER)
    assert away == pytest.approx(np.ones(POINTS))
    path = rectangle_path(RULER, 1, ShapeRandom(0))[0]
    assert path[0] == pytest.approx([-1, -1]) and path[-1] == pytest.approx([-1, -1])


def test_haste_cuts_the_corners() -> None:
    path = rectangle_path(replace(RULER, rounding=Range(1, 1)), 1, ShapeRandom(0))[0]
    assert path[0] == pytest.approx([-0.75, -0.75])
    assert np.abs(path).max() == pytest.approx(1, abs=1e-3)


def test_a_lifted_pen_goes_beyond_the_corners_or_stops_short() -> None:
    lifted = replace(RULER, separate_sides=1.0)
    assert away_from_the_middle(lifted) == pytest.approx(np.ones(POINTS))
    beyond = away_from_the_middle(replace(lifted, overshoot=Range(0.1, 0.1)))
    assert beyond.max() == pytest.approx(1.2)  # a tenth of a side, which is 2 long
    short = rectangle_path(replace(lifted, overshoot=Range(-0.1, -0.1)), 1, ShapeRandom(0))[0]
    assert short[0] == pytest.approx([-0.8, -1])


def test_the_pen_goes_on_where_it_began() -> None:
    once = circle_path(RULER, 1, ShapeRandom(0))[0]
    assert once[0] == pytest.approx(once[-1], abs=1e-3)
    half_more = circle_path(replace(RULER, overlap=Range(0.5, 0.5)), 1, ShapeRandom(0))[0]
    assert half_more[0] == pytest.approx(-half_more[-1], abs=1e-3)


def test_a_triangle_has_an_apex_over_its_base() -> None:
    path = triangle_path(RULER, 1, ShapeRandom(0))[0]
    assert path[0] == pytest.approx([0, -1])
    assert path[:, 1].max() == pytest.approx(1)
    assert np.ptp(path[:, 0]) == pytest.approx(2.3, abs=0.05)


# A challenge


def ink_of(pixels: np.ndarray) -> np.ndarray:
    return (255.0 - pixels).sum(axis=(1, 2, 3))


def test_the_challenge_is_drawn_by_another_hand(shapes: RawDataset) -> None:
    clean, challenge = pixels_of(shapes, "train"), pixels_of(shapes, "test")
    assert ink_of(challenge).std() > 1.5 * ink_of(clean).std()
    darkest = challenge.min(axis=(1, 2, 3))
    assert clean.min(axis=(1, 2, 3)).max() < np.quantile(darkest, 0.8), "some are faint"


def test_the_clean_style_is_easy_and_the_challenge_is_not(shapes: RawDataset) -> None:
    def share_right(part: str) -> float:
        asked = pixels_of(shapes, part).reshape(-1, SIDE * SIDE).astype(float)
        known = pixels_of(shapes, "train").reshape(-1, SIDE * SIDE).astype(float)
        distance = ((asked[:, None] - known[None]) ** 2).sum(axis=2)
        answers = labels_of(shapes, "train")[distance.argmin(axis=1)]
        return float(np.mean(answers == labels_of(shapes, part)))

    assert share_right("validation") == 1
    assert 1 / 3 < share_right("test") < 0.6


@pytest.mark.slow
def test_augmentation_wins_on_the_challenge_beyond_chance(tmp_path: Path) -> None:
    from noonbit.config.recipe import Recipe
    from noonbit.jobs.train import train

    results = {}
    for augment in ("none", "rotation=180,zoom=0.3,shift=4,flip"):
        recipe = Recipe(model="cnn", augment=augment, epochs=100, batch_size=15, threads=1)
        run = train("shapes", recipe, out=tmp_path / augment)
        results[augment] = run.metadata["result"]
    without, augmented = results.values()
    assert without["accuracy_high"] < augmented["accuracy_low"]
