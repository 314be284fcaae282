"""What the charts of curves share: their colours, their axes, and the points of a curve.

A chart is a dictionary of options of ECharts (https://echarts.apache.org/en/option.html).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

TRAINING_COLOUR, VALIDATION_COLOUR = "#3f87c9", "#d9731a"
"""Both are seen on a light and a dark ground, and told apart by who does not see red or green."""
COLOURS = (TRAINING_COLOUR, VALIDATION_COLOUR, "#2f9e77", "#b45fa6", "#a48a00", "#80858e")
"""The same of more curves (after Okabe and Ito, "Color universal design", 2008)."""
MEASURES = ("loss", "accuracy")
GREY = "#80858e"
"""Of axes, their lines and legends."""
MOST_MARKS = 40
"""From so many points on, a curve has no marks: they would hide the line."""
GRID_LINES = {"lineStyle": {"color": GREY, "opacity": 0.25}}


def curve_chart(
    series: Sequence[dict[str, Any]],
    x_name: str,
    y_axis: Mapping[str, Any],
    *,
    x_end: float | None = None,
    legend: Mapping[str, Any] | None = None,
    top: int = 12,
) -> dict[str, Any]:
    """Return the options of a chart of curves over epochs or steps.

    `y_axis` says where the upright axis begins and ends, `x_end` where the other does. `top` is
    the space above the curves in pixels, in which the legend stands.
    """
    grey = {"color": GREY}
    x_axis = {
        "type": "value",
        "name": x_name,
        "nameLocation": "middle",
        "nameGap": 26,
        "min": 0,
        "minInterval": 1,
        "axisLabel": grey | {"hideOverlap": True},
        "nameTextStyle": grey,
        "splitLine": {"show": False},
    }
    options = {
        "animation": False,
        "aria": {"enabled": False},
        "grid": {"left": 52, "right": 16, "top": top, "bottom": 42},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": x_axis if x_end is None else x_axis | {"max": x_end},
        "yAxis": {"type": "value", "axisLabel": grey, "splitLine": GRID_LINES, **y_axis},
        "series": list(series),
    }
    return (
        options if legend is None else options | {"legend": {"top": 0, "textStyle": grey, **legend}}
    )


def curve(
    name: str,
    data: Sequence[tuple[float, float]],
    colour: str,
    *,
    is_thin: bool = False,
    is_dashed: bool = False,
    has_marks: bool = False,
) -> dict[str, Any]:
    """Return one curve of (x, y).

    `has_marks`: a mark at each point, unless there are `MOST_MARKS` or more.
    """
    return {
        "name": name,
        "type": "line",
        "data": data,
        "showSymbol": has_marks and len(data) < MOST_MARKS,
        "symbol": "circle",
        "symbolSize": 7,
        "lineStyle": {"width": 1.5 if is_thin else 2.5, "type": "dashed" if is_dashed else "solid"},
        "itemStyle": {"color": colour},
    }


def points(pairs: Iterable[tuple[float, float | None]]) -> list[tuple[float, float]]:
    """Return the pairs of finite numbers, which JSON has."""
    return [
        (x, round(y, 5))
        for x, y in pairs
        if y is not None and math.isfinite(x) and math.isfinite(y)
    ]
