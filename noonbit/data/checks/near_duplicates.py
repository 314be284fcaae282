"""Find pictures that are nearly one of another part: re-encoded, slightly cropped, made brighter.

    found = find_near_duplicates(values, test, train)

Equal pixels are found elsewhere (`PreparedDataset.copies`). Two pictures are compared as perceptual
hashes compare them (Zauner, "Implementation and benchmarking of perceptual image hash functions",
2010), but without cutting numbers to bits: the correlation of small grey versions, in which neither
brightness nor contrast plays a part. The likeliest pairs are compared again at twice the size, with
windows of one picture laid over the other, which finds crops.

How alike two different pictures can be depends on the set: of photographs hardly any two correlate
by 0.9, and of handwritten digits most do. So the limit is Tukey's outer fence ("Exploratory data
analysis", 1977) over the best correlation of each picture, after Fisher's transformation: a pair
counts where it is far more alike than such pairs usually are. In a set of which more than a fifth
are near-duplicates, the fence is too high to find them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from noonbit.data.dataset import Indices
from noonbit.data.preprocess.base import Values
from noonbit.system.hardware import usable_cpus
from noonbit.system.runtime import map_on_threads, set_operator_threads

SMALL_SIDE, LARGE_SIDE = 16, 32
"""Pixels of a side in the first comparison and in the second."""
CANDIDATES = 2
"""For each picture, that are compared again."""
MOST_COMPARED_AGAIN = 2_000
"""Pairs, those of the highest correlation; which bounds the time."""
LEAST_CORRELATION = 0.9
"""Below it, no pair counts, however unusual it is."""
FENCE = 3.0
"""Interquartile ranges above the upper quartile."""
CROPS = (1.0, 0.96, 0.92, 0.88, 0.84)
"""Sides of the windows, as shares of the whole, each at nine places."""
LEAST_CONTRAST = 2.0
"""Levels of standard deviation: a picture of less is nearly blank, and like any other such."""
LARGEST_CORRELATION = 1 - 1e-6
"""Fisher's transformation of 1 is infinite."""
BLOCK = 256
"""Pictures whose correlations with all others are computed at once."""
STRETCH = 64
"""Correlations whose highest is found first."""


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Pairs of a picture and the other that it nearly is; (P,) each, the most alike first."""

    items: Indices
    others: Indices
    correlations: NDArray[np.float32]
    """Of grey levels, after the best crop."""
    limit: float
    """The correlation from which a pair counts in this set."""

    def __len__(self) -> int:
        return len(self.items)


def find_near_duplicates(values: Values, items: Indices, others: Indices) -> NearDuplicates:
    """Return which of the pictures `items` are nearly one of `others`, with its number.

    `values` is uint8 (N, C, H, W). Each item is named once, with the other that is most like it.
    """
    items, small = grey(values, items, SMALL_SIDE)
    others, small_others = grey(values, others, SMALL_SIDE)
    if len(items) < 2 or len(others) < CANDIDATES:
        none = np.zeros(0, np.int64)
        return NearDuplicates(none, none, np.zeros(0, np.float32), 1.0)
    others_by_rows = unit(small_others).T.contiguous()
    best = map_on_threads(
        lambda rows: highest_of(rows @ others_by_rows), unit(small).split(BLOCK), usable_cpus()
    )
    coarse = torch.cat([values for values, _ in best])
    places = torch.cat([columns for _, columns in best])
    low, high = fisher(coarse[:, 0]).quantile(torch.tensor([0.25, 0.75])).tolist()
    limit = max(LEAST_CORRELATION, float(np.tanh(high + FENCE * (high - low))))

    chosen = torch.nonzero(coarse[:, 0] >= np.tanh(high)).flatten()
    most = MOST_COMPARED_AGAIN // CANDIDATES
    chosen = chosen[coarse[chosen, 0].argsort(descending=True, stable=True)[:most]]
    rows = items[np.repeat(chosen.numpy(), CANDIDATES)]
    matches = others[places[chosen].flatten().numpy()]
    with set_operator_threads(1):  # for small operators, whose threads would wait for each other
        correlations = correlate_crops(values, rows, matches).view(-1, CANDIDATES)
    correlations = torch.maximum(correlations, coarse[chosen])
    highest, which = correlations.max(dim=1)
    kept = torch.nonzero(highest >= limit).flatten()
    kept = kept[highest[kept].argsort(descending=True, stable=True)]
    return NearDuplicates(
        rows[::CANDIDATES][kept.numpy()],
        matches.reshape(-1, CANDIDATES)[kept.numpy(), which[kept].numpy()],
        highest[kept].numpy(),
        limit,
    )


def highest_of(correlations: Tensor) -> tuple[Tensor, Tensor]:
    """Return the highest of each row (n, others) and their columns, (n, CANDIDATES) each.

    They lie in the stretches of columns whose highest are highest, so few numbers are sorted: that
    takes a fifth of the time of sorting all.
    """
    count = correlations.shape[1]
    if count < CANDIDATES * STRETCH:
        highest = correlations.topk(CANDIDATES)
        return highest.values, highest.indices
    stretches = F.pad(correlations, (0, -count % STRETCH), value=-torch.inf).unflatten(
        1, (-1, STRETCH)
    )
    chosen = stretches.amax(dim=2).topk(CANDIDATES).indices
    within = stretches.gather(1, chosen[:, :, None].expand(-1, -1, STRETCH)).flatten(1)
    values, places = within.topk(CANDIDATES)
    return values, chosen.gather(1, places // STRETCH) * STRETCH + places % STRETCH


def grey(values: Values, numbers: Indices, side: int) -> tuple[Indices, Tensor]:
    """Return those of the pictures that have contrast, and them as float32 (n, 1, side, side)."""

    def shrink(first: int) -> Tensor:
        pixels = torch.from_numpy(np.asarray(values[numbers[first : first + BLOCK]])).float()
        return resize(pixels.mean(dim=1, keepdim=True), side)

    pieces = map_on_threads(shrink, range(0, len(numbers), BLOCK), usable_cpus())
    images = torch.cat([torch.empty(0, 1, side, side), *pieces])
    has_contrast = images.flatten(1).std(dim=1) >= LEAST_CONTRAST
    return numbers[has_contrast.numpy()], images[has_contrast]


def resize(images: Tensor, side: int) -> Tensor:
    """Return images (N, 1, H, W) at `side` pixels a side, each pixel a mean of those it covers."""
    return F.interpolate(images, size=(side, side), mode="bilinear", antialias=True)


def unit(images: Tensor) -> Tensor:
    """Return images as rows (N, pixels) whose products are correlations."""
    rows = images.flatten(1)
    return F.normalize(rows - rows.mean(dim=1, keepdim=True), dim=1)


def fisher(correlations: Tensor) -> Tensor:
    """Return Fisher's transformation, by which correlations are about normal."""
    return correlations.clamp(-LARGEST_CORRELATION, LARGEST_CORRELATION).atanh()


def correlate_crops(values: Values, one: Indices, other: Indices) -> Tensor:
    """Return the highest correlation of each pair, float32 (P,), with a window of either one."""
    highest = torch.full((len(one),), -1.0)
    for first in range(0, len(one), BLOCK):
        where = slice(first, first + BLOCK)
        left, right = (
            resize(
                torch.from_numpy(np.asarray(values[rows[where]])).float().mean(1, keepdim=True),
                LARGE_SIDE,
            )
            for rows in (one, other)
        )
        for cropped, whole in ((left, right), (right, left)):
            against = unit(whole)
            for down, across in windows():
                view = down @ cropped @ across.T
                highest[where] = torch.maximum(highest[where], (unit(view) * against).sum(dim=1))
    return highest


def windows() -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the windows: two matrices (LARGE_SIDE, LARGE_SIDE) each, of rows and of columns.

    A window of a picture, enlarged to its size, is rows @ picture @ columns.T.
    """
    for side in CROPS:
        places = (0.0,) if side == 1 else (-1.0, 0.0, 1.0)
        enlarging = [enlarge(side, place) for place in places]
        for down in enlarging:
            for across in enlarging:
                yield down, across


def enlarge(side: float, place: float) -> Tensor:
    """Return the linear interpolation that enlarges a share of a line to the whole, a matrix.

    The share lies at its beginning (-1), in its middle (0) or at its end (1).
    """
    centres = (2 * torch.arange(LARGE_SIDE) + 1) / LARGE_SIDE - 1  # of pixels, from -1 to 1
    positions = ((side * centres + (1 - side) * place + 1) * LARGE_SIDE - 1) / 2
    positions = positions.clamp(0, LARGE_SIDE - 1)
    first = positions.floor().long().clamp(max=LARGE_SIDE - 2)
    matrix, rows = torch.zeros(LARGE_SIDE, LARGE_SIDE), torch.arange(LARGE_SIDE)
    matrix[rows, first] = 1 - (positions - first)
    matrix[rows, first + 1] = positions - first
    return matrix
