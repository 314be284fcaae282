"""Pictures of strokes that are all framed alike, as MNIST's digits are, and how to frame others so.

Y. LeCun and others scaled each digit into a box of 20x20 pixels and put its centre of mass into the
middle of 28x28. A network that learned from such pictures knows nothing else, so a photograph of a
digit has to be framed in the same way.

    StrokeForm.fit      whether training pictures are framed alike, and how
    StrokeForm.matches  which pictures are framed so already
    StrokeForm.read     the strokes of a photograph, framed so
"""

from dataclasses import dataclass
from typing import Annotated, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from noonbit.data.preprocess.ink import Map, find_ink, roughness
from noonbit.data.preprocess.morphology import (
    connect,
    disc_maximum,
    distance_to_outside,
    window_maximum,
)

Pixels = NDArray[np.uint8]
"""(N, H, W), light on dark: 0 is paper, 255 ink."""
Values: TypeAlias = NDArray[np.float64]
"""(N,), one number for each picture."""
Limits: TypeAlias = tuple[float, float]
Side = Annotated[float, Field(gt=0, le=1_024)]
"""Pixels; no picture is larger."""

LEAST_PICTURES = 20
"""Of fewer, nothing is learned about what they have in common."""
PAPER, INK = 24, 64
"""Levels up to which a pixel is clean paper, and above which it is ink, faint edges included."""
STROKE = 96
"""The level above which a pixel belongs to the body of a stroke."""
MOST_SPREAD = 0.06
"""Standard deviation, in parts of the side, up to which sizes and centres are alike."""
LEAST_PAPER, MOST_THICKNESS = 0.35, 0.3
"""Pictures of strokes have so much clean paper, and strokes are so narrow beside their length; in
the median."""
OUTLIERS = 0.005
"""The share of training pictures on either side that limits leave out, before they are widened."""
WIDENED = 1.25
"""Limits are that much wider than what was seen."""
TOLERANCE, RESIZED_TOLERANCE = 1.25, 1.1
"""Times the limits of sizes, within which a picture is framed as the training pictures are."""
BLOCK = 1024
"""Pictures measured together, which stay in a core's cache."""
SHIFT = 0.08
"""Of the side: how far a picture may be moved and still be framed, as augmentation moves it."""


@dataclass(frozen=True, slots=True)
class Framing:
    """Where the ink of pictures lies, in pixels."""

    box: NDArray[np.float64]
    """(N, 2): height and width of the box around the ink; zeros without ink."""
    middle: NDArray[np.float64]
    """(N, 2): row and column of the middle of that box."""
    mass: NDArray[np.float64]
    """(N, 2): row and column of the centre of mass."""
    paper: NDArray[np.float64]
    """(N,): the share of clean pixels."""
    brightest: NDArray[np.uint8]
    """(N,): the highest level."""


class StrokeForm(BaseModel):
    """What pictures of strokes have in common: their framing, and the look of their strokes."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", allow_inf_nan=False)

    height: int
    width: int
    box: tuple[Side, Side]
    """Height and width, in pixels, of the box that the ink is scaled into."""
    centred: Literal["mass", "middle"]
    """What lies at `centre`: the centre of mass, or the middle of the box."""
    centre: tuple[float, float]
    """Row and column, in pixels."""
    filled: Limits
    """The part of the box's height or width, whichever is more, that ink takes."""
    farthest: float
    """From `centre`, in pixels."""
    paper: float
    """The least share of clean pixels."""
    brightest: float
    """The least level, 0 to 255, that the ink reaches somewhere."""
    stroke_width: tuple[float, float]
    """Thinnest and usual mean width of strokes, in parts of the longer side of their box."""
    thickness: Limits
    """Of the thickest place, in the same unit."""
    variation: Limits
    """Of the width along the strokes: standard deviation over mean."""
    ink: Limits
    """Mean level over 255."""
    parts: Limits
    """Pieces of ink that do not touch."""
    holes: Limits
    """Pieces of paper that ink encloses."""

    def describe(self) -> str:
        """`strokes in a box of 20 × 20, centred by their mass`."""
        height, width = (round(side) for side in self.box)
        return f"strokes in a box of {width} × {height}, centred by their {self.centred}"

    @classmethod
    def fit(cls, pixels: Pixels) -> Self | None:
        """Measure training pictures (N, H, W); None: they are no strokes, or not framed alike."""
        pixels = pixels[(pixels > INK).any(axis=(1, 2))]
        if len(pixels) < LEAST_PICTURES:
            return None
        framing, look = measure_framing(pixels), measure_look(pixels)
        box = np.quantile(framing.box, 0.99, axis=0)
        filled = (framing.box / box).max(axis=1)
        side = np.array(pixels.shape[1:])
        middle, mass = ((each / side).std(axis=0).max() for each in (framing.middle, framing.mass))
        if (
            filled.std() > MOST_SPREAD
            or min(middle, mass) > MOST_SPREAD
            or np.median(framing.paper) < LEAST_PAPER
            or np.median(look["thickness"]) > MOST_THICKNESS
        ):
            return None
        centres = framing.mass if mass < middle else framing.middle
        centre = np.median(centres, axis=0)
        return cls(
            height=pixels.shape[1],
            width=pixels.shape[2],
            box=(float(box[0]), float(box[1])),
            centred="mass" if mass < middle else "middle",
            centre=(float(centre[0]), float(centre[1])),
            filled=(quantile(filled, OUTLIERS), quantile(filled, 1 - OUTLIERS)),
            farthest=float(np.abs(centres - centre).max() + SHIFT * side.max()),
            paper=float(framing.paper.min() / WIDENED),
            brightest=float(framing.brightest.min() / WIDENED),
            stroke_width=(
                quantile(look["stroke_width"], OUTLIERS),
                quantile(look["stroke_width"], 0.5),
            ),
            **{name: limits_of(look[name]) for name in LOOKS},
        )

    def matches(self, pixels: Pixels, *, were_resized: bool) -> NDArray[np.bool_]:
        """Which pictures (N, H, W), light on dark, have clean paper and are framed so: (N,).

        Of those that had the size of the training pictures, more is allowed, since some training
        pictures are unusual too.
        """
        tolerance = RESIZED_TOLERANCE if were_resized else TOLERANCE
        blocks = range(0, len(pixels), BLOCK)
        each = [self._matches(pixels[first : first + BLOCK], tolerance) for first in blocks]
        return np.concatenate([np.zeros(0, np.bool_), *each])

    def _matches(self, pixels: Pixels, tolerance: float) -> NDArray[np.bool_]:
        framing = measure_framing(pixels)
        filled = (framing.box / self.box).max(axis=1)
        centres = framing.mass if self.centred == "mass" else framing.middle
        return np.asarray(
            (framing.paper >= self.paper)
            & (framing.brightest >= self.brightest)
            & (filled >= self.filled[0] / tolerance**2)  # a few are much smaller, none much larger
            & (filled <= self.filled[1] * tolerance)
            & (np.abs(centres - self.centre).max(axis=1) <= self.farthest)
        )

    def read(self, picture: Image.Image) -> "Reading | None":
        """Find the strokes of a grey picture (mode L) and frame them; None where there are none."""
        ink = find_ink(picture)
        if ink is None:
            return None
        pixels = self.frame(ink.cover)
        if pixels is None:
            return None
        return Reading(pixels, ink.is_dark, ink.is_clear and self.resembles(pixels))

    def frame(self, cover: Map) -> NDArray[np.uint8] | None:
        """Scale ink (0 to 1 a pixel) into the box, and centre it: uint8 (H, W), light on dark.

        None where no pixel is covered by half. Strokes that would become thinner than those of any
        training picture, as a ballpoint's on a large sheet, are widened to the usual width first.
        """
        cut = crop(cover)
        if cut is None:
            return None
        cut = crop(self.widen(cut))
        assert cut is not None  # noqa: S101 - widening adds ink
        times = min(self.box[0] / cut.shape[0], self.box[1] / cut.shape[1])
        height, width = (max(1, round(times * side)) for side in cut.shape)
        resampling = Image.Resampling.BOX if times < 1 else Image.Resampling.BICUBIC
        scaled = np.asarray(Image.fromarray(cut).resize((width, height), resampling)).clip(0, 1)
        levels = np.rint(255 * scaled).astype(np.uint8)
        if not (levels > INK).any():
            return None
        framing = measure_framing(levels[None])
        at = framing.mass[0] if self.centred == "mass" else framing.middle[0]
        top, left = (round(float(each)) for each in self.centre - at)
        # A figure may reach over the edge where its mass lies to one side; it is moved in again.
        top = min(max(top, 0), self.height - height)
        left = min(max(left, 0), self.width - width)
        pixels = np.zeros((self.height, self.width), np.uint8)
        pixels[top : top + height, left : left + width] = levels
        return pixels

    def widen(self, cover: Map) -> Map:
        """Give strokes that are too thin the usual width."""
        thinnest, usual = self.stroke_width
        length = max(cover.shape)
        width = float(mean_width(cover.sum(dtype=np.float64), roughness(np.pad(cover, 1))))
        if width >= thinnest * length:
            return cover
        radius = (usual * length - width) / 2
        reach = int(np.ceil(radius))
        return disc_maximum(np.pad(cover, reach), radius + 0.5)

    def resembles(self, pixels: NDArray[np.uint8]) -> bool:
        """Whether the strokes of a framed picture (H, W) look as those of training pictures."""
        look = measure_look(pixels[None])
        limits: dict[str, Limits] = {name: getattr(self, name) for name in LOOKS}
        return all(low <= look[name][0] <= high for name, (low, high) in limits.items())


@dataclass(frozen=True, slots=True)
class Reading:
    """A picture's strokes, framed as the training pictures are."""

    pixels: NDArray[np.uint8]
    """(H, W), light on dark."""
    is_dark: bool
    """Whether they were dark on light."""
    resembles: bool
    """Whether they look as the training pictures do; if not, it may be of something else."""


LOOKS = ("thickness", "variation", "ink", "parts", "holes")
"""What `measure_look` gives of strokes and `StrokeForm` has limits for."""


def measure_framing(pixels: Pixels) -> Framing:
    """Box and centres of the ink of pictures (N, H, W)."""
    # With the pictures last, all steps go over long rows: ten times as fast, the copy included.
    pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, 2))
    sides = [span(pixels.max(axis=axis) > INK) for axis in (1, 0)]
    starts, stops = (np.stack(each, axis=1) for each in zip(*sides, strict=True))
    mass = [centre_of(pixels.sum(axis=axis, dtype=np.uint32)) for axis in (1, 0)]
    clean = (pixels <= PAPER).sum(axis=(0, 1), dtype=np.uint32)
    return Framing(
        box=np.asarray(stops - starts, np.float64),
        middle=(starts + stops) / 2,
        mass=np.stack(mass, axis=1),
        paper=clean / np.prod(pixels.shape[:2]),
        brightest=pixels.max(axis=(0, 1)),
    )


def span(inked: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first and one past the last True of each column (K, N); both 0 where there is none."""
    start = inked.argmax(axis=0)
    return start, np.where(inked.any(axis=0), len(inked) - inked[::-1].argmax(axis=0), 0)


def centre_of(weights: NDArray[np.uint32]) -> Values:
    """The mean position of each column of weights (K, N); the first pixel reaches from 0 to 1."""
    positions = np.arange(len(weights)) + 0.5
    return np.asarray(positions @ weights / np.maximum(weights.sum(axis=0), 1))


def measure_look(pixels: Pixels) -> dict[str, Values]:
    """What strokes look like, each (N,): the names of `LOOKS`, and `stroke_width`.

    Widths are twice the distance to the nearest paper, taken where it is greatest, and in parts of
    the longer side of the ink's box. 1,000 pictures of 28x28 take 0.2 s.
    """
    around = np.pad(pixels, ((0, 0), (1, 1), (1, 1)))
    strokes = around > STROKE
    length = np.maximum(measure_framing(pixels).box.max(axis=1), 1)
    distance = distance_to_outside(strokes)
    beside = window_maximum(distance, 3, 1, beyond=0)
    ridge = strokes & (distance >= window_maximum(beside, 3, 2, beyond=0))
    on_ridge = np.maximum(ridge.sum(axis=(1, 2)), 1)
    mean = (distance * ridge).sum(axis=(1, 2)) / on_ridge
    square = (distance**2 * ridge).sum(axis=(1, 2)) / on_ridge
    levels = around / 255
    differences = sum(np.abs(np.diff(levels, axis=axis)).sum(axis=(1, 2)) for axis in (1, 2))
    return {
        "stroke_width": mean_width(levels.sum(axis=(1, 2)), differences) / length,
        "thickness": np.maximum(2 * distance.max(axis=(1, 2)) - 1, 0) / length,
        "variation": np.sqrt(np.maximum(square - mean**2, 0)) / np.maximum(mean, 1),
        "ink": pixels.mean(axis=(1, 2)) / 255,
        "parts": count_pieces(strokes, diagonal=True),
        "holes": np.maximum(count_pieces(~strokes, diagonal=False) - 1, 0),
    }


def mean_width(area: ArrayLike, variation: ArrayLike) -> Values:
    """Mean width of strokes from their area and their total variation along rows and columns.

    A stroke has two edges, and an edge of any direction adds 4/pi times its length, in the mean.
    """
    return 8 / np.pi * np.asarray(area, np.float64) / np.maximum(variation, 1e-9)


def count_pieces(mask: NDArray[np.bool_], *, diagonal: bool) -> Values:
    """The connected pieces of each mask (N, H, W): (N,)."""
    numbers = connect(mask, diagonal=diagonal).numbers
    # Pieces are numbered in order, picture by picture.
    highest = np.maximum.accumulate(numbers.reshape(len(mask), -1).max(axis=1))
    return np.diff(highest, prepend=0).astype(np.float64)


def crop(cover: Map) -> Map | None:
    """The box around what is covered by half at least; None without any."""
    covered = cover >= 0.5
    if not covered.any():
        return None
    rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
    return cover[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def limits_of(values: Values) -> Limits:
    """The range of nearly all values, widened."""
    return quantile(values, OUTLIERS) / WIDENED, quantile(values, 1 - OUTLIERS) * WIDENED


def quantile(values: Values, share: float) -> float:
    """The value that this share of all is below."""
    return float(np.quantile(values, share))
