"""The chart of a learning curve, read off by its own scales as a person does."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from noonbit.evaluation.intervals import wilson_interval
from noonbit.evaluation.learning_curve import CurvePoint, LearningCurve
from noonbit.report.charts import learning_curve_chart
from noonbit.report.translation import Translator

RIGHT = {180: 301, 359: 330, 718: 347, 1437: 353}
"""Of 359 test items, by the number of training items."""


def curve_of(right: dict[int, int], tested: int) -> LearningCurve:
    points = [
        CurvePoint(
            run="",
            train_items=items,
            test_items=tested,
            correct=correct,
            accuracy=correct / tested,
            low=wilson_interval(correct, tested)[0],
            high=wilson_interval(correct, tested)[1],
        )
        for items, correct in right.items()
    ]
    return LearningCurve(
        points=tuple(points), last_gain=0, last_gain_low=0, last_gain_high=0, gain_of_twice=0
    )


def number(element: ElementTree.Element, attribute: str) -> float:
    return float(element.attrib[attribute])


def read_shares(chart: ElementTree.Element, heights: list[float]) -> list[float]:
    """The shares at these heights, by the labels of the upright axis."""
    ticks = [one for one in chart.iter("text") if one.attrib["class"] == "tick end"]
    shares = [float(str(one.text).removesuffix(" %")) / 100 for one in ticks]
    slope, start = np.polyfit([number(one, "y") - 5 for one in ticks], shares, 1)
    return [slope * height + start for height in heights]


def test_accuracies_and_intervals_of_a_learning_curve_are_read_off_as_they_were_measured() -> None:
    curve = curve_of(RIGHT, 359)
    chart = ElementTree.fromstring(learning_curve_chart(curve, "images"))
    dots = list(chart.iter("circle"))
    spreads = [one for one in chart.iter("line") if one.attrib["class"] == "spread"]
    expected = [point.accuracy for point in curve.points]
    assert read_shares(chart, [number(one, "cy") for one in dots]) == pytest.approx(
        expected, abs=1e-3
    )
    for end, expected in (
        ("y1", [point.low for point in curve.points]),
        ("y2", [point.high for point in curve.points]),
    ):
        found = read_shares(chart, [number(one, end) for one in spreads])
        assert found == pytest.approx(expected, abs=1e-3)
    for dot, spread in zip(dots, spreads, strict=True):
        assert number(spread, "x1") == number(spread, "x2") == number(dot, "cx")


def test_twice_the_training_items_are_one_equal_step_to_the_right() -> None:
    curve = curve_of({100: 70, 200: 80, 800: 90}, 100)
    chart = ElementTree.fromstring(learning_curve_chart(curve, "images"))
    xs = [number(one, "cx") for one in chart.iter("circle")]
    assert xs[2] - xs[1] == pytest.approx(2 * (xs[1] - xs[0]), abs=0.3)
    labels = [one for one in chart.iter("text") if one.attrib["class"] == "tick middle"]
    assert [(one.text, number(one, "x")) for one in labels] == list(
        zip(("100", "200", "800"), xs, strict=True)
    )


def test_the_description_of_a_learning_curve_has_every_point_in_either_language() -> None:
    curve = curve_of(RIGHT, 359)
    for language, words in (("en", "95 % interval"), ("ko", "95 % 신뢰 구간")):
        translate = Translator(language)
        label = ElementTree.fromstring(
            learning_curve_chart(curve, translate.plural("image"), translate)
        ).attrib["aria-label"]
        assert label.count(words) == 4 and "1,437" in label and "98.33%" in label
        assert not re.search(r"%\(|None", label)


def test_a_learning_curve_of_perfect_networks_on_equally_many_items_can_be_drawn() -> None:
    curve = curve_of({10: 5, 20: 5}, 5)
    point = curve.points[0].model_copy(update={"low": 1.0})
    source = learning_curve_chart(curve.model_copy(update={"points": (point, point)}), "images")
    assert "nan" not in source and "inf" not in source
