"""Digits drawn by hand, as the strokes of a pointer on a canvas of 280 x 280 pixels.

    drawn_digits() -> twenty, each digit twice, in different styles
    render(drawn)  -> the drawing, grey, dark ink on white paper

tests/page/drawn_digits.json holds the points of each stroke, and its pen's width, in pixels.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

SIDE = 280
"""Of the canvas, in pixels."""
SMOOTH = 4
"""Drawn so many times as large and reduced, since Pillow's lines have hard edges."""
FILE = Path(__file__).parent.parent / "page" / "drawn_digits.json"


@dataclass(frozen=True, slots=True)
class Stroke:
    """What was drawn without lifting the pen."""

    pen: float
    """Width, in pixels."""
    points: list[tuple[float, float]]
    """(x, y), in pixels from the canvas's upper left corner."""


@dataclass(frozen=True, slots=True)
class DrawnDigit:
    """A digit, and how it was drawn."""

    digit: int
    style: str
    strokes: list[Stroke]


def drawn_digits() -> list[DrawnDigit]:
    """All of the file."""
    return [
        DrawnDigit(
            each["digit"],
            each["style"],
            [
                Stroke(stroke["pen"], [(x, y) for x, y in stroke["points"]])
                for stroke in each["strokes"]
            ],
        )
        for each in json.loads(FILE.read_text(encoding="utf-8"))
    ]


def render(drawn: DrawnDigit) -> Image.Image:
    """The drawing with round pens, mode L, `SIDE` x `SIDE`."""
    large = Image.new("L", (SIDE * SMOOTH, SIDE * SMOOTH), 255)
    draw = ImageDraw.Draw(large)
    for stroke in drawn.strokes:
        points = [(SMOOTH * x, SMOOTH * y) for x, y in stroke.points]
        draw.line(points, fill=0, width=round(SMOOTH * stroke.pen))
        radius = SMOOTH * stroke.pen / 2
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return large.resize((SIDE, SIDE), Image.Resampling.BOX)
