"""Predictions as a notebook shows them."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noonbit.data.dataset import BadItem
from noonbit.evaluation.inference import Predictions
from noonbit.evaluation.prediction_cards import MOST_SHOWN
from noonbit.runs.run import Run


def test_each_input_has_its_picture_and_its_likeliest_classes(digits_run: Run) -> None:
    pixels = np.random.default_rng(0).integers(0, 17, (2, 8, 8), np.uint8)
    predictions = digits_run.predict(pixels)
    page = predictions._repr_html_()
    assert page.count("<figure") == page.count('src="data:image/png;base64,') == 2
    for label, share in (pair for row in predictions.top(3) for pair in row):
        assert f"<div>{label} {share:.1%}</div>" in page
    assert "prediction" not in re.sub("<[^>]+>", "", page)


def test_of_many_the_first_are_shown_and_the_others_counted(digits_run: Run) -> None:
    page = digits_run.predict(np.zeros((30, 8, 8), np.uint8))._repr_html_()
    assert page.count("<figure") == MOST_SHOWN
    assert f"The first {MOST_SHOWN} of 30 predictions." in page


def test_pictures_of_several_paths_stay_with_their_names(digits_run: Run, tmp_path: Path) -> None:
    paths = []
    for number in range(3):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(np.full((8, 8), 80 * number, np.uint8)).save(paths[-1])
    (tmp_path / "1.png").write_bytes(b"no picture")
    predictions = digits_run.predict(paths)
    assert predictions.pictures is not None and len(predictions.pictures) == len(predictions) == 2
    alone = digits_run.predict(paths[2])
    assert alone.pictures is not None
    assert np.array_equal(predictions.pictures[1], alone.pictures[0])
    assert "1 input could not be read: 1.png" in predictions._repr_html_()


def test_names_are_text_and_what_is_no_picture_has_none() -> None:
    predictions = Predictions(
        ("<script>alert(1)</script>",),
        np.array([[0.25, 0.75]], np.float32),
        ("<b>강아지", "x" * 500),
        {},
        (BadItem("<i>", "is none"),),
    )
    page = predictions._repr_html_()
    assert "<script>" not in page and "<b>강" not in page and "<i>" not in page
    assert "&lt;b&gt;강아지 25.0%" in page and "<img" not in page
    assert "x" * 100 not in page


@pytest.mark.parametrize("name", ["digits_ensemble"])
def test_a_run_links_to_its_report(name: str, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(name)
    assert f'href="{(run.path / "report.html").as_uri()}"' in run._repr_html_()
