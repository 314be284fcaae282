"""What more training items would bring."""

from pathlib import Path

import numpy as np
import pytest

from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.data.prepared import load
from noonbit.errors import UsageError
from noonbit.evaluation.learning_curve import gain_of_twice
from noonbit.jobs.train import train
from noonbit.report.charts import learning_curve_chart
from noonbit.runs.learning_curve import read_learning_curve

FAST = Recipe(model="glimpse", epochs=2, threads=1)


def test_an_error_that_halves_with_twice_the_items_halves_once_more() -> None:
    gain = gain_of_twice([100, 200, 400, 800], [0.2, 0.6, 0.8, 0.9], 10_000)
    assert gain == pytest.approx(0.05, abs=1e-6)


def test_accuracies_that_fall_promise_nothing() -> None:
    assert gain_of_twice([100, 200], [0.9, 0.8], 1000) == 0


def test_the_curve_has_four_trainings_on_the_same_test_items(tmp_path: Path) -> None:
    run = train("digits", FAST, learning_curve=True, out=tmp_path / "run")
    curve = read_learning_curve(run)
    assert curve is not None
    whole = curve.points[-1].train_items
    assert [point.train_items / whole for point in curve.points] == pytest.approx(
        [1 / 8, 1 / 4, 1 / 2, 1], abs=0.01
    )
    assert {point.test_items for point in curve.points} == {curve.points[-1].test_items}
    assert curve.points[0].accuracy < curve.points[-1].accuracy
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert curve.sentence("image") in page
    assert learning_curve_chart(curve, "images") in page


def test_a_smaller_share_is_part_of_a_larger_one_and_has_every_class() -> None:
    parts = [
        load("digits", Recipe(training_share=share), data_dir=None) for share in (0.05, 0.5, 1.0)
    ]
    small, half, whole = (part.split.train for part in parts)
    assert set(small) < set(half) < set(whole)
    assert len(np.unique(parts[0].labels[small])) == 10
    for part in parts[:2]:
        np.testing.assert_array_equal(part.split.test, parts[2].split.test)


def test_a_curve_of_several_networks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="leave out members"):
        train(
            "digits", FAST, EnsembleSettings(members=2), learning_curve=True, out=tmp_path / "run"
        )
