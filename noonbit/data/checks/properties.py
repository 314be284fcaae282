"""Plain properties of pictures: which stand out by one, and which property gives classes away.

    measured = measure(items, numbers)
    outliers(measured)                       dark, bright, flat and blurry pictures
    giveaways(measured, labels)              properties that tell the class without what is shown

A picture stands out beyond Tukey's outer fence, three interquartile ranges beyond the quartiles
("Exploratory data analysis", 1977). How much a property gives away is the accuracy of a small
decision tree that sees nothing else, on items that it did not learn from (five folds). A network
can learn such a property in place of what the pictures show, and the test split, which has it too,
does not tell. But it may as well be what sets the classes apart: a person has to say.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import PART_NAMES, Indices, Pictures
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.common_traits import images_of
from noonbit.data.stratify import assign_stratified_folds

FENCE = 3.0
"""Interquartile ranges beyond a quartile."""
FOLDS = 5
MOST_ITEMS = 10_000
"""Items that a tree is grown on and tested with, evenly taken."""
LEAST_SHARE = 0.25
"""Of what always naming the largest class gets wrong: a property that gets so much of it right
gives classes away."""
CHANCE = 1.5
"""Times the root of the number of items: three standard deviations of a count, at most, which no
luck makes."""
BLOCK = 1024
"""Pictures measured at once."""

Property = Literal[
    "brightness", "contrast", "sharpness", "width", "height", "aspect ratio", "format", "colour"
]
OddReason = Literal["dark", "bright", "flat", "blurry"]


@dataclass(frozen=True, slots=True)
class Properties:
    """Properties of items, (N,) each."""

    items: Indices
    columns: dict[Property, NDArray[np.float64]]
    """`format` is the number of one; `colour` is 1 for grey and 3 for colour."""

    def among(self, numbers: Indices) -> "Properties":
        """Return those of the items that are among `numbers`."""
        kept = np.isin(self.items, numbers)
        columns = {name: column[kept] for name, column in self.columns.items()}
        return Properties(self.items[kept], columns)


@dataclass(frozen=True, slots=True)
class Giveaway:
    """A property by which classes can be told."""

    property: Property
    correct: int
    """Items that a tree named rightly that sees this property alone."""
    items: int
    most_frequent: int
    """Items of the largest class, which always naming it gets right."""


def measure(items: PreparedDataset, numbers: Indices) -> Properties:
    """Measure the pictures at `numbers`: light as the network sees it, size and format as found."""
    light = [
        measure_light(np.asarray(items.values[numbers[first : first + BLOCK]]))
        for first in range(0, len(numbers), BLOCK)
    ]
    brightness, contrast, sharpness = np.concatenate([np.zeros((3, 0)), *light], axis=1)
    columns: dict[Property, NDArray[np.float64]] = {
        "brightness": brightness,
        "contrast": contrast,
        "sharpness": sharpness,
    }
    width, height, kind, colour = measure_files(items)[:, numbers]
    columns |= {
        "width": width,
        "height": height,
        "aspect ratio": width / height,
        "format": kind,
        "colour": colour,
    }
    return Properties(numbers, columns)


def measure_light(values: NDArray[np.uint8]) -> NDArray[np.float64]:
    """uint8 (N, C, H, W) -> mean, deviation and sharpness of the grey levels, (3, N).

    Sharpness is the mean absolute Laplacian over the deviation, so that contrast plays no part.
    """
    grey = values.mean(axis=1, dtype=np.float32) / 255
    deviation = grey.std(axis=(1, 2))
    padded = np.pad(grey, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = padded[:, :-2, 1:-1] + padded[:, 2:, 1:-1] + padded[:, 1:-1, :-2] + padded[:, 1:-1, 2:]
    laplacian = np.abs(around - 4 * grey).mean(axis=(1, 2))
    sharpness = laplacian / np.maximum(deviation, 1 / 255)
    return np.stack([grey.mean(axis=(1, 2)), deviation, sharpness]).astype(np.float64)


def measure_files(items: PreparedDataset) -> NDArray[np.float64]:
    """Return width, height, format and channels of all items as they were found, (4, N)."""
    rows: list[NDArray[np.float64]] = []
    formats: dict[str, int] = {}
    for name in PART_NAMES:
        if name not in items.data.parts:
            continue
        part = items.data.parts[name]
        images = images_of(part.raw)
        if isinstance(images, Pictures):
            each = [
                (one.width, one.height, formats.setdefault(one.format, len(formats)), one.channels)
                for one in images
            ]
            rows.append(np.array(each, np.float64).reshape(-1, 4).T)
        else:
            _, channels, height, width = images.shape
            rows.append(np.tile([[width], [height], [-1.0], [channels]], len(part)))
    return np.concatenate(rows, axis=1)


def outliers(measured: Properties) -> Iterator[tuple[OddReason, Indices]]:
    """Yield each reason with the numbers of the items that stand out by it, the farthest first."""
    sides: tuple[tuple[OddReason, Property, int], ...] = (
        ("dark", "brightness", -1),
        ("bright", "brightness", 1),
        ("flat", "contrast", -1),
        ("blurry", "sharpness", -1),
    )
    for reason, name, side in sides:
        column = side * measured.columns[name]
        if not len(column):
            continue
        low, high = np.quantile(column, [0.25, 0.75])
        rows = np.flatnonzero(column > high + FENCE * (high - low))
        if len(rows):
            yield reason, measured.items[rows[np.argsort(-column[rows], kind="stable")]]


def giveaways(measured: Properties, labels: NDArray[np.int64]) -> list[Giveaway]:
    """Return the properties that give classes away, the most telling first; labels (N,)."""
    from sklearn.tree import DecisionTreeClassifier  # a second, which a training does without

    count = len(labels)
    rows = np.unique(np.linspace(0, count - 1, min(count, MOST_ITEMS)).astype(np.int64))
    labels = labels[rows]
    sizes = np.bincount(labels)
    if np.count_nonzero(sizes) < 2 or sizes[sizes > 0].min() < FOLDS:
        return []
    folds = assign_stratified_folds(labels, FOLDS, np.random.default_rng(0))
    most_frequent = int(sizes.max())
    found = []
    for name, column in measured.columns.items():
        values = column[rows, None]
        if np.ptp(values) == 0:
            continue
        correct = 0
        for fold in range(FOLDS):
            inside = folds == fold
            tree = DecisionTreeClassifier(
                max_leaf_nodes=4 * len(sizes), min_samples_leaf=5, random_state=0
            )
            tree.fit(values[~inside], labels[~inside])
            correct += int((tree.predict(values[inside]) == labels[inside]).sum())
        gain = correct - most_frequent
        if gain >= max(LEAST_SHARE * (len(rows) - most_frequent), CHANCE * math.sqrt(len(rows))):
            found.append(Giveaway(name, correct, len(rows), most_frequent))
    return sorted(found, key=lambda one: -one.correct)
