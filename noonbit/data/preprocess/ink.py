"""Find the ink in a photograph of a few strokes on paper, or of chalk on a board.

    find_ink(picture) -> how much ink covers each pixel, whether it is dark, whether it is clear

The paper's own brightness is estimated at every pixel, so neither its grey, nor a shadow across it,
nor light that falls off to one side is taken for ink. The picture is read at `WORKING_SIDE` pixels,
which takes about 10 ms on one core, whatever its size was.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.data.preprocess.morphology import (
    blur,
    connect,
    grow,
    shrink,
    window_maximum,
    window_minimum,
)

Map = NDArray[np.float32]
"""(height, width), a number for each pixel."""

WORKING_SIDE = 192
"""The longer side, in pixels, at which ink is looked for: of a digit over 30 % of the width, 40."""
LEAST_SIDE = 8
"""Of a picture, in pixels, below which strokes and paper cannot be told apart."""
SMOOTHING = 0.6
"""Standard deviation of the blur after a reduction, in pixels."""
WINDOW = 0.4
"""Side of the window in which some paper is expected, as a part of the picture's shorter side.
Wider than any stroke of a digit that fills the picture; narrower than most shadows."""
LEAST_CONTRAST = 0.06
"""How much less light than the paper ink reflects, at least; the unevenness of paper is below."""
EDGE_OF_INK, CORE_OF_INK = 0.6, 1.2
"""Times Otsu's threshold: where a stroke ends, and what every stroke reaches somewhere."""
LEAST_PART, LARGEST_GAP = 0.04, 0.25
"""Ink beside the main part belongs to it from this share of its mass on, and to within this part of
its length: the bar of a 5, and no other character of the same page."""

LEAST_SIGNAL = 14.0
"""Contrast of the ink in times the unevenness of the paper. 99 % of photographs of digits have more
than 20, half of the photographs of cats and dogs less than 9."""
LEAST_SHARE = 0.5
"""Of the ink in the picture, what the figure has of it at least: a page of text has less."""
MOST_CONTACT = 0.5
"""Of the figure with the picture's edge, in times its length: what is cut off is not whole."""
MOST_UNEVEN = 0.5
"""The range of the ink's depth within its strokes, in parts of its usual depth. Of 99 % of
photographs of digits below 0.3; of half of the photographs of hands and clothes above 0.4."""
INNER_PIXELS = 10
"""Pixels inside of strokes below which their unevenness is not measured: strokes are thin then."""


@dataclass(frozen=True, slots=True)
class Ink:
    """The strokes in a picture."""

    cover: Map
    """The part of each pixel that ink covers, 0 to 1; 0 outside the strokes."""
    is_dark: bool
    """Whether the ink is darker than what is around it."""
    is_clear: bool
    """Whether it stands out from even paper, alone and whole; a photograph of a dog rarely has such
    strokes."""


def find_ink(picture: Image.Image) -> Ink | None:
    """The strokes of a grey picture (mode L); None where nothing differs from the background."""
    grey = reduce(picture)
    if min(grey.shape) < LEAST_SIDE:
        return None
    dark, light = depth_below_paper(grey), depth_below_paper(255 - grey)
    # Where strokes are taken for paper, the paper between them is taken for ink, and the background
    # that remains is rougher.
    is_dark = roughness(dark.paper) <= roughness(light.paper)
    return trace(dark.depth if is_dark else light.depth, is_dark=is_dark)


def reduce(picture: Image.Image) -> Map:
    """The picture with its longer side at most `WORKING_SIDE`, as float32 levels."""
    times = max(picture.size) / WORKING_SIDE
    if times <= 1:
        return np.asarray(picture, np.float32)
    size = (max(1, round(picture.width / times)), max(1, round(picture.height / times)))
    grey = np.asarray(picture.resize(size, Image.Resampling.BOX), np.float32)
    return blur(grey, SMOOTHING)


@dataclass(frozen=True, slots=True)
class Depth:
    """A picture divided into paper and what is darker."""

    paper: Map
    """The level that the paper has, or would have under the ink."""
    depth: Map
    """The part of the paper's light that is missing, 0 to 1."""


def depth_below_paper(grey: Map) -> Depth:
    """Estimate the paper by a grey closing, which fills what is darker and narrower than `WINDOW`.

    A closing leaves the edge of a shadow where it is, as a blur would not, and gradients too.
    Light is divided out rather than subtracted, since ink in a shadow loses as much of it as paper.
    """
    window = max(3, int(WINDOW * min(grey.shape)) | 1)
    # Continued over its edge, else the darkest corner of a gradient or a shadow would be filled.
    margin = max(1, window // 4)
    around = np.pad(grey, margin, "edge")
    for axis in (0, 1):
        around = window_maximum(around, window, axis, beyond=-np.inf)
    for axis in (0, 1):
        around = window_minimum(around, window, axis, beyond=np.inf)
    paper = np.maximum(around[margin:-margin, margin:-margin], grey)
    return Depth(paper, np.asarray((paper - grey) / np.maximum(paper, 1), np.float32))


def roughness(levels: Map) -> float:
    """The total variation: the sum of the differences between neighbours.

    In double precision, in which the order of the terms does not matter: the page's JavaScript adds
    them in another one, and has to decide alike.
    """
    return float(sum(np.abs(np.diff(levels, axis=axis)).sum(dtype=np.float64) for axis in (0, 1)))


def trace(depth: Map, *, is_dark: bool) -> Ink | None:
    """Separate the strokes of the main figure from the paper and from other ink."""
    threshold = otsu_threshold(depth)
    pieces = connect(depth[None] > EDGE_OF_INK * threshold, diagonal=True)
    parts, count = pieces.numbers[0], pieces.count
    if not count or depth.max() < LEAST_CONTRAST:
        return None
    mass = np.bincount(parts.ravel(), depth.ravel(), count + 1)[1:]
    deepest = np.zeros(count + 1, depth.dtype)
    np.maximum.at(deepest, parts, depth)
    is_ink = deepest[1:] > CORE_OF_INK * threshold
    boxes = boxes_around(parts, count)
    length = (boxes[:, :, 1] - boxes[:, :, 0]).max(axis=1)
    edge = np.concatenate([parts[0], parts[-1], parts[1:-1, 0], parts[1:-1, -1]])
    contact = np.bincount(edge, minlength=count + 1)[1:] / length
    # The rim of a sheet on a dark desk lies along the picture's edge, a digit seldom.
    whole = mass * np.clip(1 - contact, 0, 1)
    main = int(np.where(is_ink, whole, -1).argmax())
    if not is_ink[main]:
        return None
    gaps = np.maximum(boxes[:, :, 0] - boxes[main, :, 1], boxes[main, :, 0] - boxes[:, :, 1])
    belongs = is_ink & (whole > LEAST_PART * mass[main])
    belongs &= gaps.max(axis=1) < LARGEST_GAP * length[main]
    belongs[main] = True
    figure = np.concatenate([[False], belongs])[parts]
    full = float(np.median(depth[figure & (depth > threshold)]))
    # Half of the threshold and less is paper; from there to the usual depth of a stroke, a pixel at
    # its edge is covered in part.
    none, all_of_it = 0.5 * threshold, 0.95 * full
    cover = np.clip((depth - none) / max(all_of_it - none, 1e-6), 0, 1)
    cover *= grow(figure)

    paper = depth[~figure]
    unevenness = float(np.median(np.abs(paper - np.median(paper)))) if paper.size else 1.0
    inside = is_ink & ((contact == 0) | belongs)
    is_clear = (
        full > LEAST_SIGNAL * (unevenness + 1 / 255)
        and mass[belongs].sum() >= LEAST_SHARE * mass[inside].sum()
        and contact[main] <= MOST_CONTACT
        and unevenness_within(depth, cover >= 0.5) <= MOST_UNEVEN
    )
    return Ink(np.asarray(cover, np.float32), is_dark=is_dark, is_clear=bool(is_clear))


def boxes_around(parts: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Start and stop of each of the numbered parts (H, W) along rows and columns: (count, 2, 2)."""
    places = np.nonzero(parts)
    numbers = parts[places] - 1
    boxes = np.empty((count, 2, 2), np.int64)
    boxes[:, :, 0], boxes[:, :, 1] = max(parts.shape), 0
    for axis, positions in enumerate(places):
        np.minimum.at(boxes[:, axis, 0], numbers, positions)
        np.maximum.at(boxes[:, axis, 1], numbers, positions + 1)
    return boxes


def unevenness_within(depth: Map, strokes: NDArray[np.bool_]) -> float:
    """The range of 80 % of the depths inside of strokes, in parts of the median."""
    inside = depth[shrink(strokes)]
    if len(inside) < INNER_PIXELS:
        return 0.0
    low, usual, high = np.quantile(inside, (0.1, 0.5, 0.9))
    return float((high - low) / usual)


def otsu_threshold(depth: Map) -> float:
    """The level, 0 to 1, that divides pixels into two classes of the least variance.

    N. Otsu, "A threshold selection method from gray-level histograms", 1979.
    """
    counts, edges = np.histogram(depth, 256, (0, 1))
    levels = (edges[1:] + edges[:-1]) / 2
    below, sums = counts.cumsum(), (counts * levels).cumsum()
    above = below[-1] - below
    divides = (below > 0) & (above > 0)
    if not divides.any():
        return float(levels[counts.argmax()])
    below, above, lower = below[divides], above[divides], sums[divides]
    between = below * above * (lower / below - (sums[-1] - lower) / above) ** 2
    return float(levels[divides][between.argmax()])
