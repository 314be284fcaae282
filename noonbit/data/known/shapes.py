"""Generate a data set of hand-drawn circles, rectangles and triangles in two styles.

    clean      upright, centred, one size, one pen: 15 per class to train on, 5 to validate
    challenge  any rotation, position, size, line width and darkness, rounded corners or separate
               sides, with gaps and overshoots: 300 per class to test on

Every pixel is a function of `SEED`, and the bytes are the same on every machine. To ensure that,
only arithmetic that IEEE 754 defines to the last bit is used (+, -, x, /, square root, rounding),
and the raw numbers of PCG64, which NumPy guarantees to keep. Sines, matrix products and sums over
an axis are avoided: their last bits depend on the processor.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import Part, PartName, RawDataset

Floats: TypeAlias = NDArray[np.float64]

SEED = 2018
SIDE = 24
"""Height and width of an image in pixels."""
POINTS = 144
"""Number of points in the pen's path around a figure; within a stroke at most 0.8 pixels apart."""
MARGIN = 1.5
"""Minimum distance in pixels between the centre line of a stroke and the edge of the image."""


class Range(NamedTuple):
    """The range of a uniform distribution."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Style:
    """A drawing style: the distribution of every property that varies between drawings."""

    size: Range
    """Longer side of the figure's bounding box, in pixels."""
    position: Range
    """Where the bounding box lies in the free space, in both directions, from 0 to 1."""
    rotation: Range
    """Rotation of the whole figure; 1 is a full turn."""
    aspect: Range
    """Width over height, before rotation."""
    lean: Range
    """Where a triangle's apex is above its base (-1 to 1); shears a rectangle by a fifth of it."""
    corner_jitter: Range
    """Offset of each corner; figures are 2 high."""
    rounding: Range
    """How much corners are rounded: 0 is sharp, 1 leaves hardly a corner."""
    separate_sides: float
    """Share of polygons whose sides are drawn as separate strokes."""
    overlap: Range
    """How far the stroke continues past its start, below 0: stops short; 1 is once around."""
    overshoot: Range
    """The same for both ends of a side drawn as a separate stroke; 1 is the side's length."""
    bow: Range
    """Distance of the middle of such a side from the straight line; 1 is the side's length."""
    wobble: Range
    """Amplitude of the smooth noise added to the path; figures are 2 high."""
    pen_radius: Range
    """Half the width of the stroke, in pixels."""
    darkness: Range
    """Darkness of the stroke; 1 is black."""
    variation: Range
    """By which share width and darkness vary along the stroke."""


CLEAN = Style(
    size=Range(15, 18),
    position=Range(0.3, 0.7),
    rotation=Range(-0.01, 0.01),
    aspect=Range(0.95, 1.25),
    lean=Range(-0.1, 0.1),
    corner_jitter=Range(-0.08, 0.08),
    rounding=Range(0.0, 0.15),
    separate_sides=0.0,
    overlap=Range(0.0, 0.05),
    overshoot=Range(0.0, 0.0),
    bow=Range(0.0, 0.0),
    wobble=Range(0.02, 0.05),
    pen_radius=Range(0.7, 0.9),
    darkness=Range(0.85, 0.95),
    variation=Range(0.05, 0.15),
)
CHALLENGE = Style(
    size=Range(13, 20),
    position=Range(0.1, 0.9),
    rotation=Range(0, 1),
    aspect=Range(0.65, 1.3),
    lean=Range(-0.9, 0.9),
    corner_jitter=Range(-0.15, 0.15),
    rounding=Range(0.0, 0.5),
    separate_sides=0.5,
    overlap=Range(-0.06, 0.4),
    overshoot=Range(-0.1, 0.2),
    bow=Range(-0.08, 0.08),
    wobble=Range(0.03, 0.1),
    pen_radius=Range(0.5, 1.2),
    darkness=Range(0.6, 1.0),
    variation=Range(0.1, 0.4),
)
PARTS: dict[PartName, tuple[Style, int]] = {
    "train": (CLEAN, 15),
    "validation": (CLEAN, 5),
    "test": (CHALLENGE, 300),
}
"""The style of each part and its number of drawings per class."""


def open_shapes() -> RawDataset:
    """Draw all three parts; takes 0.3 s."""
    parts: dict[PartName, Part] = {}
    for number, (name, (style, count)) in enumerate(PARTS.items()):
        drawn = [
            draw_figures(style, make_path, count, ShapeRandom(SEED, number, label))
            for label, make_path in enumerate(FIGURES.values())
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
    return RawDataset(
        source="shapes",
        format="drawings made by noonbit",
        parts=parts,
        class_names=tuple(FIGURES),
        notes=(
            "The shapes are made by a seeded generator, not collected from people.",
            "Training and validation are in one clean style; test is in another, the challenge.",
        ),
    )


class ShapeRandom:
    """Random numbers that are the same on every machine, seeded by a key of integers."""

    def __init__(self, *key: int) -> None:
        self._bits = np.random.PCG64(key)

    def between(self, limits: Range, *shape: int) -> Floats:
        """Draw uniform numbers of a shape."""
        unit = (self._bits.random_raw(math.prod(shape)) >> np.uint64(11)) * 2.0**-53
        return np.asarray(limits.low + (limits.high - limits.low) * unit).reshape(shape)


# Pen paths: (drawings, POINTS, 2), x and y; figures are about 2 high, centred at (0, 0)


def circle_path(style: Style, count: int, random: ShapeRandom) -> Floats:
    """Draw circles, starting at a random angle."""
    rounds = pen_positions(style, count, random) + random.between(Range(0, 1), count, 1)
    path = unit_circle_points(rounds)
    path[..., 0] *= random.between(style.aspect, count, 1)
    return path


def rectangle_path(style: Style, count: int, random: ShapeRandom) -> Floats:
    """Draw rectangles, starting at the upper left corner."""
    aspect = random.between(style.aspect, count, 1)
    lean = random.between(style.lean, count, 1) / 5
    x, y = np.array([-1.0, 1.0, 1.0, -1.0]), np.array([-1.0, -1.0, 1.0, 1.0])
    return polygon_path(np.stack([x * aspect - y * lean, y + 0 * lean], axis=-1), style, random)


def triangle_path(style: Style, count: int, random: ShapeRandom) -> Floats:
    """Draw triangles, starting at the apex."""
    half_base = 1.15 * random.between(style.aspect, count, 1)  # 1.15: equilateral
    apex = random.between(style.lean, count, 1) * half_base
    corners = np.stack([apex, half_base, -half_base], axis=1)
    y = np.array([-1.0, 1.0, 1.0])
    return polygon_path(np.concatenate([corners, y[:, None] + 0 * corners], axis=2), style, random)


FIGURES: dict[str, Callable[[Style, int, ShapeRandom], Floats]] = {
    "circle": circle_path,
    "rectangle": rectangle_path,
    "triangle": triangle_path,
}


def polygon_path(corners: Floats, style: Style, random: ShapeRandom) -> Floats:
    """Connect corners (drawings, corners, 2), in one stroke or by separate sides."""
    count = len(corners)
    corners = corners + random.between(style.corner_jitter, *corners.shape)
    in_one = trace_in_one_stroke(corners, style, random)
    by_sides = trace_side_by_side(corners, style, random)
    is_separate = random.between(Range(0, 1), count, 1, 1) < style.separate_sides
    return np.where(is_separate, by_sides, in_one)


def trace_in_one_stroke(corners: Floats, style: Style, random: ShapeRandom) -> Floats:
    """Trace polygons in one stroke, with rounded corners.

    From the middle of one side to the middle of the next, a point is the corner between them plus
    shares of the vectors to its two neighbours: linear shares give the polygon, squared shares a
    parabola.
    """
    count, sides, _ = corners.shape
    position = pen_positions(style, count, random) * sides
    nearest = np.rint(position)
    progress = position - nearest + 0.5  # from one middle to the next
    rounding = random.between(style.rounding, count, 1)

    def share(progress: Floats) -> Floats:
        straight = np.maximum(progress - 0.5, 0)
        shares: Floats = (1 - rounding) * straight + rounding * (progress * progress / 2)
        return shares[..., None]

    here = nearest.astype(np.int64)
    drawing = np.arange(count)[:, None]
    corner, before, after = (corners[drawing, (here + step) % sides] for step in (0, -1, 1))
    to_before, to_after = share(1 - progress), share(progress)
    path: Floats = corner + to_before * (before - corner) + to_after * (after - corner)
    return path


def trace_side_by_side(corners: Floats, style: Style, random: ShapeRandom) -> Floats:
    """Trace polygons with each side as a separate stroke, shorter or longer than the side."""
    count, sides, _ = corners.shape
    points = POINTS // sides
    along = np.arange(points) / (points - 1)
    beyond = random.between(style.overshoot, count, sides, 2, 1)
    along = along * (1 + beyond[:, :, 0] + beyond[:, :, 1]) - beyond[:, :, 0]
    bow = random.between(style.bow, count, sides, 1) * 4 * along * (1 - along)
    side = (np.roll(corners, -1, axis=1) - corners)[:, :, None]
    across = np.stack([-side[..., 1], side[..., 0]], axis=-1)
    path: Floats = corners[:, :, None] + along[..., None] * side + bow[..., None] * across
    return path.reshape(count, POINTS, 2)


def pen_positions(style: Style, count: int, random: ShapeRandom) -> Floats:
    """Return the position along the path, in rounds from its start; (drawings, POINTS)."""
    return np.arange(POINTS) / (POINTS - 1) * (1 + random.between(style.overlap, count, 1))


# From path to pixels


def draw_figures(
    style: Style,
    make_path: Callable[[Style, int, ShapeRandom], Floats],
    count: int,
    random: ShapeRandom,
) -> NDArray[np.uint8]:
    """Draw `count` figures of one class: uint8 (drawings, SIDE, SIDE), dark on white."""
    path = make_path(style, count, random)
    path = path + random.between(style.wobble, count, 1, 1) * smooth_noise(2, count, random)
    path = place_on_page(rotate(path, style, random), style, random)
    variation = random.between(style.variation, count, 1, 1)
    change = 1 + variation * smooth_noise(2, count, random)
    half_width = random.between(style.pen_radius, count, 1) * change[..., 0]
    darkness = np.minimum(random.between(style.darkness, count, 1) * change[..., 1], 1)
    return np.rint(255 - 255 * rasterize(path, half_width, darkness)).astype(np.uint8)


def smooth_noise(values: int, count: int, random: ShapeRandom) -> Floats:
    """Return smooth noise along the path, mostly within -1 and 1; (drawings, POINTS, values).

    The number of waves per round is not an integer, so a figure does not end exactly at its start.
    """
    rounds = np.arange(POINTS)[:, None] / POINTS
    total = np.zeros((count, POINTS, values))
    for waves, height in ((Range(0.4, 1.4), 0.6), (Range(1.5, 4), 0.4), (Range(5, 9), 0.15)):
        frequency = random.between(waves, count, 1, values)
        phase = random.between(Range(0, 1), count, 1, values)
        total += height * unit_circle_points(frequency * rounds + phase)[..., 0]
    return total


def rotate(path: Floats, style: Style, random: ShapeRandom) -> Floats:
    """Rotate each path as a whole."""
    turn = unit_circle_points(random.between(style.rotation, len(path), 1))
    cosine, sine = turn[..., 0], turn[..., 1]
    x, y = path[..., 0], path[..., 1]
    return np.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1)


def place_on_page(path: Floats, style: Style, random: ShapeRandom) -> Floats:
    """Scale and place each path, in pixels; no stroke leaves the image."""
    low, high = path.min(axis=1, keepdims=True), path.max(axis=1, keepdims=True)
    size = random.between(style.size, len(path), 1, 1)
    scale = size / (high - low).max(axis=2, keepdims=True)
    free_space = SIDE - 2 * MARGIN - scale * (high - low)
    placed: Floats = random.between(style.position, len(path), 1, 2) * free_space + scale * (
        path - low
    )
    return MARGIN + placed


def rasterize(path: Floats, half_width: Floats, darkness: Floats) -> Floats:
    """Return the darkness of each pixel, 0 to 1; (drawings, SIDE, SIDE).

    Draws a disc at every point of the path: a pixel gets the maximum darkness of all discs, and a
    disc's edge fades over one pixel, as in a scan. Each disc only touches a small window of pixels.
    """
    reach = int(half_width.max() + 0.5) + 1
    window = np.arange(-reach, reach + 1)
    padded = np.zeros((len(path), SIDE + 2 * reach, SIDE + 2 * reach))  # holds every window
    drawing = np.arange(len(path))[:, None, None]
    for point in range(POINTS):
        x, y = path[:, point, :1], path[:, point, 1:]
        column, row = np.floor(x) + window, np.floor(y) + window
        across, down = column + 0.5 - x, row + 0.5 - y
        distance = np.sqrt((across * across)[:, None, :] + (down * down)[:, :, None])
        ink = np.clip(half_width[:, point, None, None] + 0.5 - distance, 0, 1)
        pixels = (
            drawing,
            row.astype(np.int64)[:, :, None] + reach,
            column.astype(np.int64)[:, None, :] + reach,
        )
        padded[pixels] = np.maximum(padded[pixels], darkness[:, point, None, None] * ink)
    return padded[:, reach:-reach, reach:-reach]


def unit_circle_points(turns: Floats) -> Floats:
    """Return points (..., 2) of the unit circle, without a sine (see the module's docstring).

    `turns` is the angle; 1 is a full turn. The tangent of a quarter of the angle (a Padé
    approximant with an error of at most 0.0002) gives a rational point of the circle at half the
    angle, which is squared as a complex number.
    """
    quarter = math.pi / 2 * (turns - np.rint(turns))
    square = quarter * quarter
    tangent = quarter * (15 - square) / (15 - 6 * square)
    square = tangent * tangent
    cosine, sine = (1 - square) / (1 + square), 2 * tangent / (1 + square)
    return np.stack([cosine * cosine - sine * sine, 2 * sine * cosine], axis=-1)
