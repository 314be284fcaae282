"""The report's charts as handwritten inline SVG.

They contain only numbers and fixed words. Colours are classes of style.css, so a chart follows the
page's dark mode and print styles; matplotlib would take a second to import and support neither.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from noonbit.evaluation.intervals import wilson_interval
from noonbit.evaluation.learning_curve import LearningCurve
from noonbit.report.shapes import Box, Curve, Dot, Line, Shape, Text
from noonbit.report.translation import ENGLISH, Translator
from noonbit.training.state import EpochMetrics

HISTORY_SIZE = 720, 396
"""Of the chart of the history, in pixels."""
FRAME: Box = (60, 34, 660, 336)
"""Where its curves may be: the axes and the width of a line."""
MARKED_EPOCHS = 20
"""Up to this many epochs, each epoch is marked with a dot."""
WARMUP_SHARE = 0.1
"""The first epochs, as a share, do not set the scales, since the later curves would be flat."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` along the pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the pixel position of a value."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, count: int) -> list[float]:
        """Return about `count` round values on the axis."""
        step = round_step((self.high - self.low) / count)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [index * step for index in range(first, last + 1)]


def round_step(least: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9))


def scale_start(lowest: float) -> float:
    """Return the start of a scale of shares that ends at 1 and contains `lowest`."""
    return max(0.0, 1 - round_step(max(1 - lowest, 1e-3)))


def format_tick(share: float, step: float = 0.01) -> str:
    """Format a share with the digits that axis ticks `step` apart need."""
    digits = max(0, -math.floor(math.log10(step * 100) + 1e-9))
    return f"{100 * share:.{digits}f} %"


def accuracy_axis(lowest: float, start: float, end: float) -> tuple[Axis, float]:
    """Return an axis of shares that ends at 1 and holds `lowest`, and the step of its ticks."""
    step = round_step(max(1 - lowest, 0.005) / 5)
    low = math.floor(lowest / step + 1e-9) * step
    return Axis(low if low < 1 else 1 - step, 1.0, start, end), step


def interval_chart(
    accuracy: float, low: float, high: float, translate: Translator = ENGLISH
) -> Markup:
    """Draw the headline's accuracy with its 95 % interval, on a scale that ends at 100 %."""
    step = round_step(max(1 - low, 0.01) / 3)
    axis = Axis(max(0.0, math.floor(low / step) * step), 1.0, 24, 456)
    parts: list[Shape | str] = [Line(axis.start, 46, axis.end, 46, "axis")]
    for value in axis.ticks(5):
        parts.append(Line(axis.at(value), 46, axis.at(value), 52, "axis"))
        parts.append(Text(axis.at(value), 70, format_tick(value, step), "tick middle"))
    parts.append(Line(axis.at(low), 24, axis.at(high), 24, "interval"))
    parts += [Line(axis.at(value), 16, axis.at(value), 32, "interval") for value in (low, high)]
    parts.append(Dot(axis.at(accuracy), 24, 7, "accuracy"))
    label = translate(
        "Accuracy %(accuracy)s, 95 %% interval from %(low)s to %(high)s",
        accuracy=f"{accuracy:.2%}",
        low=f"{low:.2%}",
        high=f"{high:.2%}",
    )
    return svg(480, 80, label, parts)


def history_chart(
    rows: Sequence[EpochMetrics], best_epoch: int, translate: Translator = ENGLISH
) -> Markup:
    """Draw loss (left axis) and accuracy (right axis), of training and validation, by epochs."""
    last = rows[-1]
    label = translate(
        "Loss and accuracy over %(epochs)s epochs. The last epoch: training loss %(loss)s, "
        "training accuracy %(accuracy)s",
        epochs=len(rows),
        loss=f"{last.loss:.3f}",
        accuracy=f"{last.accuracy:.2%}",
    )
    if math.isfinite(last.val_loss):
        label += translate(
            ", validation loss %(loss)s, accuracy %(accuracy)s",
            loss=f"{last.val_loss:.3f}",
            accuracy=f"{last.val_accuracy:.2%}",
        )
    return svg(*HISTORY_SIZE, f"{label}.", history_shapes(rows, best_epoch, translate))


def history_shapes(
    rows: Sequence[EpochMetrics], best_epoch: int, translate: Translator = ENGLISH
) -> list[Shape]:
    """Return what the chart of the history consists of.

    In long trainings the first values may lie outside the frame, which clips the curves.
    """
    scaled_rows = rows[int(WARMUP_SHARE * len(rows)) :]
    losses = keep_finite(value for row in scaled_rows for value in (row.loss, row.val_loss))
    shares = keep_finite(value for row in scaled_rows for value in (row.accuracy, row.val_accuracy))
    across = Axis(1, len(rows), 70, 650) if len(rows) > 1 else Axis(0, 2, 70, 650)
    highest = max(*losses, 1e-6)
    loss_step = round_step(highest / 5)
    loss = Axis(0, math.ceil(highest / loss_step) * loss_step, 330, 40)
    share, share_step = accuracy_axis(min(shares), 330, 40)
    parts: list[Shape] = [
        Text(70, 22, translate("loss"), "loss label end"),
        Text(650, 22, translate("accuracy"), "accuracy label"),
        Line(70, 330, 650, 330, "axis"),
        Text(360, 388, translate("epoch"), "label middle"),
    ]
    for value in loss.ticks(5):
        parts.append(Line(70, loss.at(value), 650, loss.at(value), "rule"))
        parts.append(Text(60, loss.at(value) + 5, f"{value:.3g}", "loss tick end"))
    parts += [
        Text(660, share.at(value) + 5, format_tick(value, share_step), "accuracy tick")
        for value in share.ticks(5)
    ]
    for value in across.ticks(8):
        if value == int(value) and 1 <= value <= len(rows):
            parts.append(Text(across.at(value), 354, f"{value:.0f}", "tick middle"))
    if best_epoch:
        parts.append(Line(across.at(best_epoch), 40, across.at(best_epoch), 330, "best"))
    curves: tuple[tuple[str, Axis, Callable[[EpochMetrics], float]], ...] = (
        ("loss training", loss, lambda row: row.loss),
        ("accuracy training", share, lambda row: row.accuracy),
        ("loss", loss, lambda row: row.val_loss),
        ("accuracy", share, lambda row: row.val_accuracy),
    )
    for style, axis, value_of in curves:
        points = [
            (across.at(row.epoch), axis.at(value_of(row)))
            for row in rows
            if math.isfinite(value_of(row))
        ]
        parts.append(Curve(points, style, FRAME))
        if len(rows) <= MARKED_EPOCHS:
            parts += [Dot(x, y, 4, style) for x, y in points if FRAME[1] <= y <= FRAME[3]]
    return parts


def reliability_chart(
    bins: Sequence[tuple[float, float, int]], translate: Translator = ENGLISH
) -> Markup:
    """Draw the accuracy (with its 95 % interval) against the mean confidence of each bin.

    `bins` holds mean confidence, accuracy and items, as `Evaluation.reliability`. The bars below
    show the number of items of each bin.
    """
    across, up = Axis(0, 1, 70, 430), Axis(0, 1, 380, 20)
    parts: list[Shape | str] = [Line(across.at(0), up.at(0), across.at(1), up.at(1), "ideal")]
    for value in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(Line(70, up.at(value), 430, up.at(value), "rule"))
        parts.append(Text(60, up.at(value) + 5, format_tick(value), "tick end"))
        parts.append(Text(across.at(value), 476, format_tick(value), "tick middle"))
    rows = []
    for confidence, accuracy, count in bins:
        low, high = wilson_interval(round(accuracy * count), count)
        rows.append((across.at(confidence), up.at(low), up.at(accuracy), up.at(high)))
    parts += accuracy_curve(rows)
    total = sum(count for _, _, count in bins)
    for confidence, _, count in bins:
        height = max(1.0, round(52 * count / total, 1))
        place = math.floor(min(confidence, 0.999) * 10) / 10
        parts.append(
            f'<rect class="count" x="{across.at(place) + 2}" y="{454 - height}" '
            f'width="32" height="{height}"/>'
        )
    parts += [
        Line(70, 454, 430, 454, "axis"),
        Text(250, 506, translate("probability that the network stated"), "label middle"),
        '<text class="label middle" transform="translate(18 200) rotate(-90)">'
        f"{translate('share that was right')}</text>",
    ]
    label = "; ".join(
        translate(
            "stated %(confidence)s, right %(accuracy)s",
            confidence=f"{confidence:.0%}",
            accuracy=f"{accuracy:.0%}",
        )
        for confidence, accuracy, _ in bins
    )
    return svg(450, 520, translate("Reliability: %(bins)s.", bins=label), parts)


def learning_curve_chart(
    curve: LearningCurve, nouns: str, translate: Translator = ENGLISH
) -> Markup:
    """Draw the accuracy, with its 95 % interval, against the number of training items.

    `nouns` are the items: `images`. The scale of their number is logarithmic (base 2).
    """
    powers = [math.log2(point.train_items) for point in curve.points]
    middle, half = (powers[0] + powers[-1]) / 2, max((powers[-1] - powers[0]) / 2, 0.5)
    across = Axis(middle - half, middle + half, 90, 440)
    up, step = accuracy_axis(min(point.low for point in curve.points), 230, 40)
    parts: list[Shape | str] = [
        Text(0, 20, translate("accuracy"), "accuracy label"),
        Line(70, 230, 460, 230, "axis"),
        Text(
            265,
            290,
            translate("training %(nouns)s, on a logarithmic scale", nouns=nouns),
            "label middle",
        ),
    ]
    for value in up.ticks(5):
        parts.append(Line(70, up.at(value), 460, up.at(value), "rule"))
        parts.append(Text(60, up.at(value) + 5, format_tick(value, step), "tick end"))
    rows = []
    for power, point in zip(powers, curve.points, strict=True):
        x = across.at(power)
        parts.append(Line(x, 230, x, 236, "axis"))
        parts.append(Text(x, 256, f"{point.train_items:,}", "tick middle"))
        rows.append((x, up.at(point.low), up.at(point.accuracy), up.at(point.high)))
    parts += accuracy_curve(rows)
    measured = "; ".join(
        translate(
            "%(items)s: %(accuracy)s, 95 %% interval %(low)s to %(high)s",
            items=f"{point.train_items:,}",
            accuracy=f"{point.accuracy:.2%}",
            low=f"{point.low:.2%}",
            high=f"{point.high:.2%}",
        )
        for point in curve.points
    )
    label = translate(
        "Accuracy by the number of training %(nouns)s: %(points)s.", nouns=nouns, points=measured
    )
    return svg(480, 300, label, parts)


def accuracy_curve(rows: Sequence[tuple[float, float, float, float]]) -> list[Shape]:
    """Return a line through accuracies, with a dot and an upright interval at each.

    `rows` hold x and the y of the interval's low end, the accuracy and the high end, in pixels.
    """
    points = [(x, accuracy) for x, _, accuracy, _ in rows]
    spreads = [Line(x, low, x, high, "spread") for x, low, _, high in rows]
    return [*spreads, Curve(points, "accuracy"), *(Dot(x, y, 5, "accuracy") for x, y in points)]


def gain_chart(
    gains: Sequence[tuple[str, Mapping[str, float]]], translate: Translator = ENGLISH
) -> Markup:
    """Draw differences of accuracies with their 95 % intervals around the line of no difference.

    Each has a fixed label, and `gain`, `low` and `high` as shares; drawn in percentage points.
    """
    ends = [0.0, *(100 * gain[key] for _, gain in gains for key in ("low", "high"))]
    step = round_step(max(max(ends) - min(ends), 0.02) / 6)
    first, last = math.floor(min(ends) / step), max(1, math.ceil(max(ends) / step))
    axis = Axis(first * step, last * step, 30, 690)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    bottom = 20 + 66 * len(gains)
    parts: list[Shape | str] = [Line(axis.start, bottom, axis.end, bottom, "axis")]
    for tick in range(first, last + 1):
        x, sign = axis.at(tick * step), "+" if tick > 0 else "−" if tick < 0 else ""
        parts.append(Line(x, 10, x, bottom, "rule" if tick else "ideal"))
        parts.append(Text(x, bottom + 24, f"{sign}{abs(tick * step):.{digits}f}", "tick middle"))
    labels = []
    for row, (words, gain) in enumerate(gains):
        middle, low, high = (axis.at(100 * gain[key]) for key in ("gain", "low", "high"))
        y = 60 + 66 * row
        parts.append(Text(axis.start + 8, y - 24, words, "label"))
        parts.append(Line(low, y, high, y, "interval"))
        parts += [Line(x, y - 7, x, y + 7, "interval") for x in (low, high)]
        parts.append(Dot(middle, y, 6, "accuracy"))
        figures = {key: f"{100 * gain[key]:+.2f}" for key in ("gain", "low", "high")}
        labels.append(
            translate(
                "%(comparison)s: %(gain)s, 95 %% interval %(low)s to %(high)s",
                comparison=words,
                **figures,
            )
        )
    parts.append(Text(360, bottom + 52, translate("points of accuracy gained"), "label middle"))
    return svg(720, bottom + 60, translate("Gain %(gains)s.", gains="; ".join(labels)), parts)


def keep_finite(values: Iterable[float]) -> list[float]:
    """Return the finite values, or [0.0] if there are none."""
    return [value for value in values if math.isfinite(value)] or [0.0]


def svg(width: int, height: int, label: str, parts: Iterable[Shape | str]) -> Markup:
    """Return a whole chart with its description for screen readers."""
    frame = f'class="drawn-{width}" viewBox="0 0 {width} {height}"'
    drawn = "".join(part if isinstance(part, str) else part.svg() for part in parts)
    # Safe as Markup, since every part is made in this module, of numbers and fixed words.
    return Markup(f'<svg {frame} role="img" aria-label="{label}">{drawn}</svg>')
