"""The curves of a training, as a chart's options.

Ticks have the loss and accuracy of some steps of the training, epochs those of the validation too.
Both are placed by the training's step; without ticks, of a training that nobody could watch, by the
epoch.
"""

import math
from collections.abc import Iterable
from typing import Any

from noonbit.studio.language import Speech
from noonbit.studio.watch.course import Course, Ticks

MEASURES = ("loss", "accuracy")
TRAINING_COLOUR, VALIDATION_COLOUR = "#3f87c9", "#d9731a"
"""Both are seen on a light and a dark ground, and told apart by who does not see red or green."""
GREY = "#80858e"


def chart(measure: str, course: Course, speech: Speech) -> dict[str, Any]:
    """Return the options of ECharts for the curves of `loss` or `accuracy`."""
    ticks, history = course.ticks, course.history
    has_ticks = bool(ticks.rows)
    validation = points(
        (place(row, ticks) if has_ticks else row["epoch"], row.get(f"val_{measure}", math.nan))
        for row in history
    )
    if has_ticks:
        training = points((row["step"], row[measure]) for row in ticks.rows)
    else:
        training = points((row["epoch"], row[measure]) for row in history)
    name = speech("curves.step" if has_ticks else "curves.epoch")
    return {
        "animation": False,
        "aria": {"enabled": False},
        "grid": {"left": 52, "right": 16, "top": 34, "bottom": 42},
        "legend": {"top": 0, "left": 44, "textStyle": {"color": GREY}, "itemHeight": 8},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "value",
            "name": name,
            "nameLocation": "middle",
            "nameGap": 26,
            "min": 0,
            "minInterval": 1,
            "axisLabel": {"color": GREY},
            "nameTextStyle": {"color": GREY},
            "splitLine": {"show": False},
        },
        "yAxis": {
            "type": "value",
            "min": 0,
            **({"max": 1} if measure == "accuracy" else {}),
            "axisLabel": {"color": GREY},
            "splitLine": {"lineStyle": {"color": GREY, "opacity": 0.25}},
        },
        "series": [
            series(speech("curves.training"), training, TRAINING_COLOUR, of_epochs=not has_ticks),
            series(speech("curves.validation"), validation, VALIDATION_COLOUR, of_epochs=True),
        ],
    }


def series(
    name: str, data: list[tuple[float, float]], colour: str, *, of_epochs: bool
) -> dict[str, Any]:
    """Return one curve: with a mark at each epoch, or of many ticks."""
    return {
        "name": name,
        "type": "line",
        "data": data,
        "showSymbol": of_epochs,
        "symbol": "circle",
        "symbolSize": 7,
        "lineStyle": {"width": 2.5 if of_epochs else 1.5},
        "itemStyle": {"color": colour},
    }


def place(row: dict[str, float], ticks: Ticks) -> float:
    """Return the step at which an epoch ended, from the ticks around its end."""
    epoch = int(row["epoch"])
    if epoch in ticks.epoch_steps:
        return ticks.epoch_steps[epoch]
    known = max((each for each in ticks.epoch_steps if each > epoch), default=None)
    return epoch if known is None else ticks.epoch_steps[known] * epoch / known


def points(pairs: Iterable[tuple[float, float | None]]) -> list[tuple[float, float]]:
    """Return the pairs of finite numbers, which JSON has."""
    return [
        (x, round(y, 5))
        for x, y in pairs
        if y is not None and math.isfinite(x) and math.isfinite(y)
    ]
