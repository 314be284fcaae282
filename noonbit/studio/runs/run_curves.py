"""The curves of several runs in one chart: validation solid, training dashed, a colour a run."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from noonbit.studio.charts import COLOURS, curve, curve_chart, points
from noonbit.studio.language import Speech


def compare_chart(
    measure: str,
    histories: Mapping[str, list[dict[str, float]]],
    names: Sequence[str],
    speech: Speech,
) -> dict[str, Any]:
    """Return the options of ECharts for `loss` or `accuracy` of the runs called `names`."""
    curves = []
    for name, colour in zip(names, COLOURS, strict=False):
        for key, of in ((f"val_{measure}", "validation"), (measure, "training")):
            rows = histories[name]
            data = points((row["epoch"], row.get(key, math.nan)) for row in rows)
            if data:
                curves.append(
                    curve(
                        speech(f"compare.{of}", name=name),
                        data,
                        colour,
                        is_thin=of == "training",
                        is_dashed=of == "training",
                        has_marks=True,
                    )
                )
    return curve_chart(curves, speech("curves.epoch"), {"scale": True})
