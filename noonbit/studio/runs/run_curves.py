"""The curves of several runs in one chart: validation solid, training dashed, a colour a run."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from noonbit.studio.language import Speech
from noonbit.studio.watch.curves import GREY, points

COLOURS = ("#3f87c9", "#d9731a", "#2f9e77", "#b45fa6", "#a48a00", "#80858e")
"""Told apart on a light and a dark ground, and by who does not see red or green (after Okabe and
Ito, "Color universal design", 2008)."""


def compare_chart(
    measure: str,
    histories: Mapping[str, list[dict[str, float]]],
    names: Sequence[str],
    speech: Speech,
) -> dict[str, Any]:
    """Return the options of ECharts for `loss` or `accuracy` of the runs called `names`."""
    series = []
    for name, colour in zip(names, COLOURS, strict=False):
        for key, of, kind in (
            (f"val_{measure}", "validation", "solid"),
            (measure, "training", "dashed"),
        ):
            rows = histories[name]
            curve = points((row["epoch"], row.get(key, math.nan)) for row in rows)
            if curve:
                series.append(
                    {
                        "name": speech(f"compare.{of}", name=name),
                        "type": "line",
                        "data": curve,
                        "symbol": "circle",
                        "symbolSize": 6,
                        "showSymbol": len(curve) < 40,
                        "lineStyle": {"width": 2.5 if kind == "solid" else 1.5, "type": kind},
                        "itemStyle": {"color": colour},
                    }
                )
    return {
        "animation": False,
        "aria": {"enabled": False},
        "grid": {"left": 52, "right": 16, "top": 12, "bottom": 42},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {
            "type": "value",
            "name": speech("curves.epoch"),
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
            "scale": True,
            "axisLabel": {"color": GREY},
            "splitLine": {"lineStyle": {"color": GREY, "opacity": 0.25}},
        },
        "series": series,
    }
