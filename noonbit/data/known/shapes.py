"""Circles, rectangles and triangles drawn as by hand: a few to learn from, many to be tested on.

    clean      upright, in the middle, one size, one pen: 15 a class to train on, 5 to validate
    challenge  another hand: turned anyhow, anywhere, small or large, thin or thick, faint or dark,
               hasty or side by side, with gaps and overshoots: 300 a class to be tested on

Made, not collected: every pixel is a function of `SEED`. It takes nothing but arithmetic that
IEEE 754 defines to the last bit (+, -, x, /, square root, rounding) and the raw numbers of PCG64,
which NumPy promises to keep, so the bytes are the same on every machine. A sine, a matrix product
or a sum over an axis would not be: their last bits depend on the processor.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Data, Part, PartName

Floats: TypeAlias = NDArray[np.float64]

SEED = 2018
SIDE = 24
"""Pixels of a picture, both ways."""
POINTS = 144
"""Of the pen's way round one figure; at most 0.8 pixels apart within a stroke."""
MARGIN = 1.5
"""Pixels that at least lie between the middle of any stroke and the edge of the paper."""


class Range(NamedTuple):
    """Where a property of drawings lies; every value is as likely."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Style:
    """How a hand draws: the range of everything that differs from drawing to drawing."""

    size: Range
    """Pixels of the longer side of the box around the figure."""
    place: Range
    """Where that box lies in the room it has, both ways: from 0 to 1."""
    turn: Range
    """Of the whole figure; 1 is once around."""
    stretch: Range
    """Width over height, before the turn."""
    lean: Range
    """Where a triangle's apex stands over its base (-1 to 1), and a fifth of it for rectangles."""
    slip: Range
    """How far each corner lies off its place; figures are 2 high."""
    haste: Range
    """How much the corners are rounded: not at all at 0, hardly a corner at 1."""
    lifted: float
    """The share of figures with corners whose sides are drawn one by one, lifting the pen."""
    closing: Range
    """How far the pen goes on where it began; below 0 it stops short. 1 is once around."""
    crossing: Range
    """The same at both ends of the sides that are drawn one by one; 1 is a whole side."""
    bow: Range
    """How far the middle of such a side lies off the straight line; 1 is the side's length."""
    wobble: Range
    """Of the hand; figures are 2 high."""
    pen: Range
    """Pixels of half the width of the stroke."""
    pressure: Range
    """How dark the stroke is; 1 is black."""
    unsteadiness: Range
    """By which share width and pressure change along the stroke."""


CLEAN = Style(
    size=Range(15, 18),
    place=Range(0.3, 0.7),
    turn=Range(-0.01, 0.01),
    stretch=Range(0.95, 1.25),
    lean=Range(-0.1, 0.1),
    slip=Range(-0.08, 0.08),
    haste=Range(0.0, 0.15),
    lifted=0.0,
    closing=Range(0.0, 0.05),
    crossing=Range(0.0, 0.0),
    bow=Range(0.0, 0.0),
    wobble=Range(0.02, 0.05),
    pen=Range(0.7, 0.9),
    pressure=Range(0.85, 0.95),
    unsteadiness=Range(0.05, 0.15),
)
CHALLENGE = Style(
    size=Range(13, 20),
    place=Range(0.1, 0.9),
    turn=Range(0, 1),
    stretch=Range(0.65, 1.3),
    lean=Range(-0.9, 0.9),
    slip=Range(-0.15, 0.15),
    haste=Range(0.0, 0.5),
    lifted=0.5,
    closing=Range(-0.06, 0.4),
    crossing=Range(-0.1, 0.2),
    bow=Range(-0.08, 0.08),
    wobble=Range(0.03, 0.1),
    pen=Range(0.5, 1.2),
    pressure=Range(0.6, 1.0),
    unsteadiness=Range(0.1, 0.4),
)
PARTS: dict[PartName, tuple[Style, int]] = {
    "train": (CLEAN, 15),
    "validation": (CLEAN, 5),
    "test": (CHALLENGE, 300),
}
"""The style of each part, and its drawings of each class."""


def open_shapes() -> Data:
    """All three parts; drawn anew each time, in 0.3 s."""
    parts: dict[PartName, Part] = {}
    for number, (name, (style, count)) in enumerate(PARTS.items()):
        drawn = [
            draw(style, ways, count, Chance(SEED, number, label))
            for label, ways in enumerate(FIGURES.values())
        ]
        parts[name] = Part(
            np.concatenate(drawn)[:, None],
            np.repeat(np.arange(len(FIGURES)), count),
            [
                f"{name}/{figure}/{figure}{index:03d}.png"
                for figure in FIGURES
                for index in range(1, count + 1)
            ],
        )
    return Data(
        source="shapes",
        format="drawings made by noonbit",
        parts=parts,
        class_names=tuple(FIGURES),
        notes=(
            "The shapes are made by a seeded generator, not collected from people.",
            "Training and validation are in one clean style; test is in another, the challenge.",
        ),
    )


class Chance:
    """Random numbers that are the same everywhere, from a key of whole numbers."""

    def __init__(self, *key: int) -> None:
        self._bits = np.random.PCG64(key)

    def between(self, limits: Range, *shape: int) -> Floats:
        """Uniform numbers of a shape."""
        unit = (self._bits.random_raw(math.prod(shape)) >> np.uint64(11)) * 2.0**-53
        return np.asarray(limits.low + (limits.high - limits.low) * unit).reshape(shape)


# Where the pen goes: (drawings, POINTS, 2), x and y, the figure about 2 high around (0, 0)


def circle_way(style: Style, count: int, chance: Chance) -> Floats:
    """Once around, from anywhere."""
    rounds = once_around(style, count, chance) + chance.between(Range(0, 1), count, 1)
    way = on_circle(rounds)
    way[..., 0] *= chance.between(style.stretch, count, 1)
    return way


def rectangle_way(style: Style, count: int, chance: Chance) -> Floats:
    """Four corners, from the upper left one."""
    stretch = chance.between(style.stretch, count, 1)
    lean = chance.between(style.lean, count, 1) / 5
    x, y = np.array([-1.0, 1.0, 1.0, -1.0]), np.array([-1.0, -1.0, 1.0, 1.0])
    return polygon_way(np.stack([x * stretch - y * lean, y + 0 * lean], axis=-1), style, chance)


def triangle_way(style: Style, count: int, chance: Chance) -> Floats:
    """Three corners, from the apex."""
    half_base = 1.15 * chance.between(style.stretch, count, 1)  # 1.15: equilateral
    apex = chance.between(style.lean, count, 1) * half_base
    corners = np.stack([apex, half_base, -half_base], axis=1)
    y = np.array([-1.0, 1.0, 1.0])
    return polygon_way(np.concatenate([corners, y[:, None] + 0 * corners], axis=2), style, chance)


FIGURES: dict[str, Callable[[Style, int, Chance], Floats]] = {
    "circle": circle_way,
    "rectangle": rectangle_way,
    "triangle": triangle_way,
}


def polygon_way(corners: Floats, style: Style, chance: Chance) -> Floats:
    """Around the corners (drawings, corners, 2): in one stroke, or side by side."""
    count = len(corners)
    corners = corners + chance.between(style.slip, *corners.shape)
    in_one, by_sides = in_one_stroke(corners, style, chance), side_by_side(corners, style, chance)
    lifted = chance.between(Range(0, 1), count, 1, 1) < style.lifted
    return np.where(lifted, by_sides, in_one)


def in_one_stroke(corners: Floats, style: Style, chance: Chance) -> Floats:
    """The pen stays on the paper and takes the corners the rounder, the hastier it is.

    From the middle of one side to the middle of the next, a point is the corner between them plus
    shares of the ways to its two neighbours: linear shares give the polygon, squares a parabola.
    """
    count, sides, _ = corners.shape
    position = once_around(style, count, chance) * sides
    nearest = np.rint(position)
    passed = position - nearest + 0.5  # of the way from middle to middle
    haste = chance.between(style.haste, count, 1)

    def share(passed: Floats) -> Floats:
        straight = np.maximum(passed - 0.5, 0)
        shares: Floats = (1 - haste) * straight + haste * (passed * passed / 2)
        return shares[..., None]

    here = nearest.astype(np.int64)
    drawing = np.arange(count)[:, None]
    corner, before, after = (corners[drawing, (here + step) % sides] for step in (0, -1, 1))
    way: Floats = corner + share(1 - passed) * (before - corner) + share(passed) * (after - corner)
    return way


def side_by_side(corners: Floats, style: Style, chance: Chance) -> Floats:
    """Each side is a stroke of its own, which may stop short of its corners or go beyond them."""
    count, sides, _ = corners.shape
    points = POINTS // sides
    along = np.arange(points) / (points - 1)
    beyond = chance.between(style.crossing, count, sides, 2, 1)
    along = along * (1 + beyond[:, :, 0] + beyond[:, :, 1]) - beyond[:, :, 0]
    bow = chance.between(style.bow, count, sides, 1) * 4 * along * (1 - along)
    side = (np.roll(corners, -1, axis=1) - corners)[:, :, None]
    across = np.stack([-side[..., 1], side[..., 0]], axis=-1)
    way: Floats = corners[:, :, None] + along[..., None] * side + bow[..., None] * across
    return way.reshape(count, POINTS, 2)


def once_around(style: Style, count: int, chance: Chance) -> Floats:
    """Where the pen is, in rounds from where it began; (drawings, POINTS)."""
    return np.arange(POINTS) / (POINTS - 1) * (1 + chance.between(style.closing, count, 1))


# The hand and the pen


def draw(
    style: Style, way_of: Callable[[Style, int, Chance], Floats], count: int, chance: Chance
) -> NDArray[np.uint8]:
    """`count` drawings of one figure; uint8 (drawings, SIDE, SIDE), dark on white."""
    way = way_of(style, count, chance)
    way = way + chance.between(style.wobble, count, 1, 1) * unrest(2, count, chance)
    way = on_paper(turned(way, style, chance), style, chance)
    unsteadiness = chance.between(style.unsteadiness, count, 1, 1)
    change = 1 + unsteadiness * unrest(2, count, chance)
    half_width = chance.between(style.pen, count, 1) * change[..., 0]
    darkness = np.minimum(chance.between(style.pressure, count, 1) * change[..., 1], 1)
    return np.rint(255 - 255 * inked(way, half_width, darkness)).astype(np.uint8)


def unrest(values: int, count: int, chance: Chance) -> Floats:
    """Smooth changes along the pen's way, mostly within -1 and 1; (drawings, POINTS, values).

    Waves of no whole number of rounds, so that a figure does not end quite where it began.
    """
    rounds = np.arange(POINTS)[:, None] / POINTS
    total = np.zeros((count, POINTS, values))
    for waves, height in ((Range(0.4, 1.4), 0.6), (Range(1.5, 4), 0.4), (Range(5, 9), 0.15)):
        frequency = chance.between(waves, count, 1, values)
        phase = chance.between(Range(0, 1), count, 1, values)
        total += height * on_circle(frequency * rounds + phase)[..., 0]
    return total


def turned(way: Floats, style: Style, chance: Chance) -> Floats:
    """Each drawing turned as a whole."""
    turn = on_circle(chance.between(style.turn, len(way), 1))
    cosine, sine = turn[..., 0], turn[..., 1]
    x, y = way[..., 0], way[..., 1]
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1)


def on_paper(way: Floats, style: Style, chance: Chance) -> Floats:
    """Each drawing in its size and at its place, in pixels; no stroke leaves the paper."""
    low, high = way.min(axis=1, keepdims=True), way.max(axis=1, keepdims=True)
    size = chance.between(style.size, len(way), 1, 1)
    scale = size / (high - low).max(axis=2, keepdims=True)
    room = SIDE - 2 * MARGIN - scale * (high - low)
    placed: Floats = chance.between(style.place, len(way), 1, 2) * room + scale * (way - low)
    return MARGIN + placed


def inked(way: Floats, half_width: Floats, darkness: Floats) -> Floats:
    """How dark each pixel is, 0 to 1; (drawings, SIDE, SIDE).

    A round pen at every point of its way: a pixel is as dark as the darkest of them makes it, and
    its edge fades over one pixel, as in a scan. Each point reaches the pixels of a small window.
    """
    reach = int(half_width.max() + 0.5) + 1
    window = np.arange(-reach, reach + 1)
    wider = np.zeros((len(way), SIDE + 2 * reach, SIDE + 2 * reach))  # no window leaves it
    drawing = np.arange(len(way))[:, None, None]
    for point in range(POINTS):
        x, y = way[:, point, :1], way[:, point, 1:]
        column, row = np.floor(x) + window, np.floor(y) + window
        across, down = column + 0.5 - x, row + 0.5 - y
        distance = np.sqrt((across * across)[:, None, :] + (down * down)[:, :, None])
        ink = np.clip(half_width[:, point, None, None] + 0.5 - distance, 0, 1)
        pixels = (
            drawing,
            row.astype(np.int64)[:, :, None] + reach,
            column.astype(np.int64)[:, None, :] + reach,
        )
        wider[pixels] = np.maximum(wider[pixels], darkness[:, point, None, None] * ink)
    return wider[:, reach:-reach, reach:-reach]


def on_circle(turns: Floats) -> Floats:
    """Points (..., 2) of the unit circle; 1 is once around.

    The tangent of a quarter of the angle (a Padé approximant, off by 0.0002 at most) gives a
    rational point of the circle, which is squared; see above why it is no sine.
    """
    quarter = math.pi / 2 * (turns - np.rint(turns))
    square = quarter * quarter
    tangent = quarter * (15 - square) / (15 - 6 * square)
    square = tangent * tangent
    cosine, sine = (1 - square) / (1 + square), 2 * tangent / (1 + square)
    return np.stack([cosine * cosine - sine * sine, 2 * sine * cosine], axis=-1)
