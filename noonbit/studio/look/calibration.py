"""The chart of a run's calibration: what it stated, and how often that was right."""

from typing import Any

from noonbit.studio.charts import GREY, GRID_LINES, TRAINING_COLOUR, VALIDATION_COLOUR
from noonbit.studio.language import Speech

BINS = 10


def reliability_chart(bins: list[list[float]], speech: Speech) -> dict[str, Any]:
    """Return the options of ECharts for bins of mean probability, accuracy, items, low and high.

    The points have the 95 % interval of their accuracy; bars below them are the numbers of items.
    """
    axis = {"axisLabel": {"color": GREY}, "nameTextStyle": {"color": GREY}}
    percent = {"color": GREY, ":formatter": "value => `${Math.round(value * 100)} %`"}
    bars = [[(int(min(stated, 0.999) * BINS) + 0.5) / BINS, count] for stated, _, count, *_ in bins]
    intervals = [
        [{"coord": [stated, low]}, {"coord": [stated, high]}] for stated, _, _, low, high in bins
    ]
    return {
        "animation": False,
        "aria": {"enabled": False},
        "grid": {"left": 56, "right": 56, "top": 40, "bottom": 46},
        "legend": {"top": 0, "textStyle": {"color": GREY}, "itemHeight": 8},
        "tooltip": {"trigger": "item"},
        "xAxis": {
            **axis,
            "type": "value",
            "min": 0,
            "max": 1,
            "name": speech("look.stated"),
            "nameLocation": "middle",
            "nameGap": 28,
            "axisLabel": percent,
            "splitLine": {"show": False},
        },
        "yAxis": [
            {
                **axis,
                "type": "value",
                "min": 0,
                "max": 1,
                "axisLabel": percent,
                "splitLine": GRID_LINES,
            },
            {**axis, "type": "value", "position": "right", "splitLine": {"show": False}},
        ],
        "series": [
            {
                "name": speech("look.count"),
                "type": "bar",
                "yAxisIndex": 1,
                "data": bars,
                "barWidth": 16,
                "itemStyle": {"color": GREY, "opacity": 0.35},
            },
            {
                "name": speech("look.ideal"),
                "type": "line",
                "data": [[0, 0], [1, 1]],
                "showSymbol": False,
                "lineStyle": {"type": "dashed", "color": GREY, "width": 1.5},
                "itemStyle": {"color": GREY},
                "silent": True,
            },
            {
                "name": speech("look.was_right"),
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
            },
        ],
    }
