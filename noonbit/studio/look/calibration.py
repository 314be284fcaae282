"""The chart of a run's calibration: what it stated, and how often that was right."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from noonbit.studio.charts import GREY, GRID_LINES, TRAINING_COLOUR, VALIDATION_COLOUR
from noonbit.studio.language import Speech

BINS = 10
Bins: TypeAlias = Sequence[Sequence[float]]
"""For each bin: mean stated probability, accuracy, items, and the 95 % interval of the accuracy."""
AXIS = {"type": "value", "axisLabel": {"color": GREY}, "nameTextStyle": {"color": GREY}}
SHARE_AXIS = AXIS | {
    "min": 0,
    "max": 1,
    "axisLabel": {"color": GREY, ":formatter": "value => `${Math.round(value * 100)} %`"},
}


def reliability_chart(bins: Bins, speech: Speech) -> dict[str, Any]:
    """Return the options of ECharts: points with intervals, above bars with the numbers of items.

    What is calibrated has its points on the dashed line, where accuracy is what was stated.
    """
    x_name = {"name": speech("look.stated"), "nameLocation": "middle", "nameGap": 28}
    return {
        "animation": False,
        "aria": {"enabled": False},
        "grid": {"left": 56, "right": 56, "top": 40, "bottom": 46},
        "legend": {"top": 0, "textStyle": {"color": GREY}, "itemHeight": 8},
        "tooltip": {"trigger": "item"},
        "xAxis": SHARE_AXIS | x_name | {"splitLine": {"show": False}},
        "yAxis": [
            SHARE_AXIS | {"splitLine": GRID_LINES},
            AXIS | {"position": "right", "splitLine": {"show": False}},
        ],
        "series": [
            item_bars(bins, speech("look.count")),
            ideal_line(speech("look.ideal")),
            accuracy_points(bins, speech("look.was_right")),
        ],
    }


def item_bars(bins: Bins, name: str) -> dict[str, Any]:
    """Return the numbers of items, on the axis at the right; each bar is amid its bin."""
    return {
        "name": name,
        "type": "bar",
        "yAxisIndex": 1,
        "data": [[(int(min(each[0], 0.999) * BINS) + 0.5) / BINS, each[2]] for each in bins],
        "barWidth": 16,
        "itemStyle": {"color": GREY, "opacity": 0.35},
    }


def ideal_line(name: str) -> dict[str, Any]:
    """Return the line on which what was stated is what was right."""
    return {
        "name": name,
        "type": "line",
        "data": [[0, 0], [1, 1]],
        "showSymbol": False,
        "lineStyle": {"type": "dashed", "color": GREY, "width": 1.5},
        "itemStyle": {"color": GREY},
        "silent": True,
    }


def accuracy_points(bins: Bins, name: str) -> dict[str, Any]:
    """Return the accuracy of each bin over what it stated, with its interval as an upright line."""
    intervals = [
        [{"coord": [stated, low]}, {"coord": [stated, high]}] for stated, _, _, low, high in bins
    ]
    return {
        "name": name,
        "type": "line",
        "data": [[stated, right] for stated, right, *_ in bins],
        "symbol": "circle",
        "symbolSize": 9,
        "lineStyle": {"width": 2},
        "itemStyle": {"color": VALIDATION_COLOUR},
        "markLine": {
            "silent": True,
            "symbol": ["none", "none"],
            "label": {"show": False},
            "lineStyle": {"type": "solid", "color": TRAINING_COLOUR, "width": 2},
            "data": intervals,
        },
    }
