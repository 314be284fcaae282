"""The history of a run as a picture: history.png, the chart of its report for slides and chats.

Drawn with Pillow, from the shapes of the report's chart: importing matplotlib and drawing with it
takes 0.8 s, as long as some trainings. Loss is orange on the left axis, accuracy blue on the right.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from noonbit.data.contact_sheet import write_png
from noonbit.report.charts import HISTORY_SIZE, history_shapes
from noonbit.report.shapes import Curve, Dot, Line, Shape, Text
from noonbit.report.translation import ENGLISH, Translator
from noonbit.runs.run import Run
from noonbit.system.fonts import choose_font
from noonbit.training.state import EpochMetrics

UNIT = 3
"""Pixels that are drawn for each of the chart's."""
OVERSAMPLING = 2
"""Pixels that are drawn for each of the picture's, since Pillow draws without smoothing."""
MARGIN = 12
"""Pixels around the chart."""
PAPER, SOFT, RULE, ORANGE, BLUE = "#fdfcfa", "#5d6168", "#dedcd6", "#b4530f", "#215f9a"
"""The colours of style.css by day."""


def write_history_picture(run: Run, translate: Translator = ENGLISH) -> Path | None:
    """Write history.png into a run folder and return its path; None for a run without a history."""
    rows = run.history
    if not rows:
        return None
    path = run.path / "history.png"
    write_png(path, draw_history(rows, run.metadata["result"]["best_epoch"], translate))
    return path


def draw_history(
    rows: Sequence[EpochMetrics], best_epoch: int, translate: Translator = ENGLISH
) -> Image.Image:
    """Draw loss and accuracy over the epochs, 1104 x 618 pixels; with writing it takes 0.05 s."""
    width, height = HISTORY_SIZE
    picture = Image.new("RGB", (width * UNIT, height * UNIT), PAPER)
    for shape in history_shapes(rows, best_epoch, translate):
        draw_shape(picture, shape)
    if any(math.isfinite(row.val_loss) for row in rows):
        legend = translate("dashed: training, solid: validation")
        draw_shape(picture, Text(width / 2, 22, legend, "middle"))
    return ImageOps.expand(picture.reduce(OVERSAMPLING), MARGIN, PAPER)


def draw_shape(picture: Image.Image, shape: Shape) -> None:
    """Draw one shape as style.css has its class."""
    draw, styles = ImageDraw.Draw(picture), set(shape.style.split())
    colour = ORANGE if "loss" in styles else BLUE if "accuracy" in styles else SOFT
    match shape:
        case Line(x1, y1, x2, y2):
            colour, width, dashes = (RULE if "rule" in styles else SOFT), 1.0, None
            if "best" in styles:
                width, dashes = 1.5, (2, 4)
            draw_curve(draw, [(x1, y1), (x2, y2)], colour, width, dashes)
        case Text(x, y, words):
            anchor = "rs" if "end" in styles else "ms" if "middle" in styles else "ls"
            font = choose_font(words, (15 if "label" in styles else 14) * UNIT)
            draw.text((x * UNIT, y * UNIT), words, colour, font, anchor)
        case Dot(x, y, radius):
            inside = PAPER if "training" in styles else colour
            draw.circle((x * UNIT, y * UNIT), radius * UNIT, inside, colour, UNIT)
        case Curve(points, _, clip):
            width, dashes = (1.6, (5, 5)) if "training" in styles else (2.4, None)
            if clip is None:
                draw_curve(draw, points, colour, width, dashes)
                return
            left, top, right, bottom = (edge * UNIT for edge in clip)
            frame = picture.crop((left, top, right, bottom))
            moved = [(x - clip[0], y - clip[1]) for x, y in points]
            draw_curve(ImageDraw.Draw(frame), moved, colour, width, dashes)
            picture.paste(frame, (left, top))


def draw_curve(
    draw: ImageDraw.ImageDraw,
    points: Sequence[tuple[float, float]],
    colour: str,
    width: float,
    dashes: tuple[int, int] | None,
) -> None:
    """Draw a line through points, in the chart's pixels; `dashes` are the lengths drawn and not."""
    if len(points) < 2:
        return
    pieces = [list(points)] if dashes is None else cut_into_dashes(points, *dashes)
    for piece in pieces:
        scaled = [(x * UNIT, y * UNIT) for x, y in piece]
        draw.line(scaled, colour, round(width * UNIT), joint="curve")


def cut_into_dashes(
    points: Sequence[tuple[float, float]], drawn: float, left_out: float
) -> Iterator[list[tuple[float, float]]]:
    """Yield the points of each dash along a line through points."""
    dash, is_drawn, remaining = list(points[:1]), True, drawn
    for (x, y), (end_x, end_y) in zip(points, points[1:], strict=False):
        length = math.hypot(end_x - x, end_y - y)
        walked = 0.0
        while length - walked > remaining:
            walked += remaining
            at = (x + (end_x - x) * walked / length, y + (end_y - y) * walked / length)
            if is_drawn:
                yield [*dash, at]
            dash, is_drawn = [at], not is_drawn
            remaining = drawn if is_drawn else left_out
        remaining -= length - walked
        dash.append((end_x, end_y))
    if is_drawn:
        yield dash
