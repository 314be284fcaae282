"""history.png: the chart of the history, drawn with Pillow."""

import math

import numpy as np
import pytest
from PIL import Image, ImageColor

from noonbit.report.charts import FRAME
from noonbit.report.history_picture import (
    BLUE,
    MARGIN,
    ORANGE,
    OVERSAMPLING,
    PAPER,
    UNIT,
    cut_into_dashes,
    draw_history,
)
from noonbit.report.page import write_report
from noonbit.runs.run import Run
from noonbit.training.state import EpochMetrics


def epochs(count: int, *, validates: bool = True) -> list[EpochMetrics]:
    """A history whose loss falls and whose accuracy rises."""
    nothing = math.nan
    return [
        EpochMetrics(
            epoch=number,
            loss=2 / number,
            accuracy=1 - 0.5 / number,
            val_loss=1 / number if validates else nothing,
            val_accuracy=1 - 0.3 / number if validates else nothing,
            lr=0.1,
            seconds=1.0,
            items_per_second=1.0,
        )
        for number in range(1, count + 1)
    ]


def count_pixels(picture: Image.Image, colour: str) -> int:
    return int((np.asarray(picture) == ImageColor.getrgb(colour)).all(axis=2).sum())


def test_a_finished_run_has_the_picture_and_a_new_report_draws_it_again(digits_run: Run) -> None:
    path = digits_run.path / "history.png"
    before = path.read_bytes()
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("PNG", (1104, 618))
        assert count_pixels(picture.convert("RGB"), BLUE) > 500
    path.unlink()
    write_report(digits_run, digits_run.items())
    assert path.read_bytes() == before


@pytest.mark.parametrize("validates", [True, False])
@pytest.mark.parametrize("count", [1, 2, 100])
def test_loss_is_orange_and_accuracy_blue_with_and_without_validation(count, validates) -> None:
    picture = draw_history(epochs(count, validates=validates), 1)
    assert count_pixels(picture, ORANGE) > 100 and count_pixels(picture, BLUE) > 100
    assert picture.getpixel((2, 2)) == ImageColor.getrgb(PAPER)


def test_the_curves_stay_in_their_frame() -> None:
    picture = np.asarray(draw_history(epochs(100), 100))
    below = round(FRAME[3] * UNIT / OVERSAMPLING) + MARGIN + 2
    middle = slice(below, below + 8), slice(200, 900)
    assert (picture[middle] == ImageColor.getrgb(PAPER)).all()


def test_dashes_go_on_around_corners() -> None:
    corner = [(0.0, 0.0), (3.0, 0.0), (3.0, 9.0)]
    assert list(cut_into_dashes(corner, 5, 2)) == [
        [(0.0, 0.0), (3.0, 0.0), (3.0, 2.0)],
        [(3.0, 4.0), (3.0, 9.0)],
    ]
