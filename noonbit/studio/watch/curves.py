"""The curves of a training, as a chart's options.

Ticks have the loss and accuracy of some steps of the training, epochs those of the validation too.
Both are placed by the training's step; without ticks, of a training that nobody could watch, by the
epoch.
"""

import math
from typing import Any

from noonbit.studio.charts import (
    TRAINING_COLOUR,
    VALIDATION_COLOUR,
    curve,
    curve_chart,
    points,
)
from noonbit.studio.language import Speech
from noonbit.studio.watch.course import Course, Ticks


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
    return curve_chart(
        [
            curve(
                speech("curves.training"),
                training,
                TRAINING_COLOUR,
                is_thin=has_ticks,
                has_marks=not has_ticks,
            ),
            curve(speech("curves.validation"), validation, VALIDATION_COLOUR, has_marks=True),
        ],
        speech("curves.step" if has_ticks else "curves.epoch"),
        {"min": 0, "max": 1} if measure == "accuracy" else {"min": 0},
        legend={"left": 44, "itemHeight": 8},
        top=34,
    )


def place(row: dict[str, float], ticks: Ticks) -> float:
    """Return the step at which an epoch ended, from the ticks around its end."""
    epoch = int(row["epoch"])
    if epoch in ticks.epoch_steps:
        return ticks.epoch_steps[epoch]
    known = max((each for each in ticks.epoch_steps if each > epoch), default=None)
    return epoch if known is None else ticks.epoch_steps[known] * epoch / known
