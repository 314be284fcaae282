"""The curves of several runs in one chart, and figures as text."""

import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from noonbit.runs.listing import ListedRun
from noonbit.studio.language import Speech
from noonbit.studio.runs.figures import Scale, interval_text, seconds_text
from noonbit.studio.runs.run_curves import compare_chart

ROWS = [
    {"epoch": 1.0, "loss": 2.0, "val_loss": 1.5},
    {"epoch": 2.0, "loss": 1.0, "val_loss": math.nan},
]


def listed(low: float | None = None, high: float | None = None) -> ListedRun:
    accuracy = None if low is None or high is None else (low + high) / 2
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return ListedRun(
        "run", Path("run"), "digits", "mlp", "finished", now, "0.1.0", 1, 1, "test",
        accuracy, low, high,
    )  # fmt: skip


def test_each_run_has_a_solid_and_a_dashed_curve_of_its_colour() -> None:
    chart = compare_chart("loss", {"a": ROWS, "b": ROWS, "c": []}, ["a", "b", "c"], Speech("en"))
    series = [(s["name"], s["lineStyle"]["type"], s["data"]) for s in chart["series"]]
    assert series == [
        ("a, validation", "solid", [(1.0, 1.5)]),
        ("a, training", "dashed", [(1.0, 2.0), (2.0, 1.0)]),
        ("b, validation", "solid", [(1.0, 1.5)]),
        ("b, training", "dashed", [(1.0, 2.0), (2.0, 1.0)]),
    ]
    colours = [s["itemStyle"]["color"] for s in chart["series"]]
    assert colours[0] == colours[1] != colours[2] == colours[3]


def test_all_intervals_lie_on_the_bar() -> None:
    runs = [listed(0.9, 0.95), listed(0.97, 0.99), listed()]
    scale = Scale.around(runs)
    assert 0 < scale.place(0.9) < scale.place(0.99) < 100
    assert Scale.around([listed()]).place(0.5) == pytest.approx(50)


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0.123, "0.1 s"), (600, "10 min"), (7200, "2.0 h")]
)
def test_a_time_is_told_in_its_unit(seconds: float | None, text: str) -> None:
    assert seconds_text(seconds, Speech("en")) == text


def test_a_run_without_figures_has_no_interval() -> None:
    assert interval_text(listed()) == ""
    assert interval_text(listed(0.9, 0.95)) == "90.00% – 95.00%"
