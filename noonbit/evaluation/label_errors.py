"""Find labels that are probably wrong, from probabilities of networks that did not learn them.

    found = find_label_errors(probabilities, labels)      the most probable errors first

Confident learning (Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in
dataset labels", Journal of Artificial Intelligence Research 70, 2021). A class counts as confident
for an item where its probability is at least the mean that items labelled so get for it. So classes
that a network is less sure of are held to less, and items that are simply difficult, whose classes
are all below their thresholds, are left alone. An item is a probable error if the most probable of
its confident classes is not its label.

The probabilities must come from networks that did not train on the items (`--folds`, or a test
split): a network that did has learned the wrong labels too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noonbit.evaluation.inference import Probabilities

LEAST_OF_CLASS = 5
"""Items of a class: of fewer, their mean is no threshold, and the class is named for no other."""


@dataclass(frozen=True, slots=True)
class LabelErrors:
    """Items whose labels are probably wrong, the most probable errors first."""

    rows: NDArray[np.int64]
    """(E,), into the probabilities."""
    likely: NDArray[np.int64]
    """(E,): the class that each probably belongs to."""
    thresholds: NDArray[np.float64]
    """(classes,): from which probability a class is confident; infinite for a class of few."""

    def __len__(self) -> int:
        return len(self.rows)


def find_label_errors(probabilities: Probabilities, labels: NDArray[np.int64]) -> LabelErrors:
    """Return the probable label errors among items with probabilities (N, classes), labels (N,).

    They are sorted by how much more probable the other class is than the label.
    """
    count, classes = probabilities.shape
    given = probabilities[np.arange(count), labels]
    sizes = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, weights=given, minlength=classes)
    thresholds = np.where(sizes >= LEAST_OF_CLASS, sums / np.maximum(1, sizes), np.inf)
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    likely = confident.argmax(axis=1)
    chosen = confident[np.arange(count), likely]
    rows = np.flatnonzero((chosen >= 0) & (likely != labels) & (chosen > given))
    rows = rows[np.argsort(given[rows] - chosen[rows], kind="stable")]
    return LabelErrors(rows, likely[rows], thresholds)
