"""Which items train, which choose, and which measure.

Items are numbered through all parts of the data, in the order train, validation, test. An official
test part is the test split, whole, and nothing is ever drawn from it. What is missing is drawn from
the training part: stratified, so each class keeps its share, and seeded, so that runs with
different training seeds are measured on the same images.
"""

import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import PART_NAMES, Data
from noonbit.errors import ArtefactError, DataError

SPLIT_SEED = 20_000
"""One fixed seed: every run on the same data is measured on the same held-out images."""
VALIDATION_SHARE, LARGEST_VALIDATION = 0.1, 5_000
TEST_SHARE, LARGEST_TEST = 0.2, 10_000

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Three disjoint sets of item numbers, each ascending."""

    train: Indices
    validation: Indices
    test: Indices
    reasons: dict[str, str]
    """Where validation and test came from."""

    def save(self, path: Path) -> None:
        """Store the indices, so that the same split can be used again."""
        arrays: dict[str, Any] = {
            field.name: getattr(self, field.name) for field in fields(self)[:3]
        }
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: Path, reasons: dict[str, str]) -> "Split":
        """What `save` stored; raises `ArtefactError` where it is missing or damaged."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                train, validation, test = (
                    np.asarray(stored[name], np.int64) for name in PART_NAMES
                )
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise ArtefactError(
                f"{path} cannot be read: {error}. Restore it, or train again."
            ) from None
        return cls(train, validation, test, reasons)

    def without(self, bad: set[int]) -> "Split":
        """The same split less the items that could not be read."""
        if not bad:
            return self
        unusable = np.array(sorted(bad), np.int64)
        return Split(
            np.setdiff1d(self.train, unusable),
            np.setdiff1d(self.validation, unusable),
            np.setdiff1d(self.test, unusable),
            self.reasons,
        )


def draw_split(
    data: Data,
    *,
    copies: Sequence[Indices] = (),
    validation_share: float | None = None,
    test_share: float | None = None,
) -> Split:
    """The split of `data`, drawing the parts that the source does not have.

    `copies` are groups of training items with identical pixels (see `identical`): each group stays
    on one side, or the network would be asked about pictures that it learned. The shares are of
    the training part: by default a fifth for the test, at most 10,000 items, then a tenth for
    validation, at most 5,000; 0 sets nothing aside. Raises `DataError` where nothing would be left
    to train on.
    """
    numbers: dict[str, Indices] = {}
    reasons: dict[str, str] = {}
    first = 0
    for name in PART_NAMES:
        part = data.parts.get(name)
        if part is not None:
            numbers[name] = np.arange(first, first + len(part), dtype=np.int64)
            first += len(part)
            reasons[name] = "the source's own"
    labels = data.train.labels
    assert labels is not None  # noqa: S101 - open_data gives labelled parts
    first_of_copies = np.arange(len(labels), dtype=np.int64)
    for group in copies:
        # Under two labels, the copies all stay in training: one class could lose all it has.
        first_of_copies[group] = group[0] if len(np.unique(labels[group])) == 1 else -1
    generator = np.random.default_rng(SPLIT_SEED)
    for name, stated, usual, largest in (
        ("test", test_share, TEST_SHARE, LARGEST_TEST),
        ("validation", validation_share, VALIDATION_SHARE, LARGEST_VALIDATION),
    ):
        if name in numbers:
            continue
        if stated == 0:
            numbers[name] = np.zeros(0, np.int64)
            reasons[name] = "none, as was asked for"
            continue
        share, most = (usual, largest) if stated is None else (stated, len(labels) // 2)
        remaining = numbers["train"]
        originals = remaining[first_of_copies[remaining] == remaining]
        # Each original brings its copies along, so that the items come to the share as well.
        count = round(min(share * len(remaining), most) * len(originals) / len(remaining))
        drawn = originals[draw_stratified(labels[originals], count, generator)]
        is_drawn = np.isin(first_of_copies[remaining], drawn)
        numbers[name], numbers["train"] = remaining[is_drawn], remaining[~is_drawn]
        reasons[name] = f"{len(numbers[name]):,} of the training items, every class in proportion"
    if not len(numbers["train"]):
        raise DataError(
            f"{data.source} has {len(labels):,} labelled items, too few to train on after setting "
            "some aside for validation and test. Add items."
        )
    return Split(numbers["train"], numbers["validation"], numbers["test"], reasons)


def draw_stratified(labels: Indices, count: int, generator: np.random.Generator) -> Indices:
    """Positions of about `count` items, each class in proportion to its size; ascending.

    A class of two or more items gives at least one and keeps at least one.
    """
    chosen = [np.zeros(0, np.int64)]
    for label in np.unique(labels):
        positions = np.flatnonzero(labels == label)
        wanted = max(1, round(count * len(positions) / len(labels)))
        taken = min(wanted, len(positions) - 1)
        chosen.append(generator.permutation(positions)[:taken])
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def identical(rows: NDArray[np.uint8], numbers: Indices) -> list[Indices]:
    """Groups of two or more items with the same bytes; each ascending.

    Python's own hash of bytes finds the candidates, in half the time of a digest; the bytes decide.
    """
    keys = np.array([hash(rows[number].tobytes()) for number in numbers], np.int64)
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    by_content: dict[bytes, list[int]] = defaultdict(list)
    for number in numbers[counts[inverse] > 1]:
        by_content[rows[number].tobytes()].append(number)
    return [np.array(group, np.int64) for group in by_content.values() if len(group) > 1]
