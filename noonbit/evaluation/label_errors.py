"""Find labels that are probably wrong, from probabilities of networks that did not learn them.

    found = find_label_errors(probabilities, labels)      the most probable errors first

Confident learning (Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in
dataset labels", Journal of Artificial Intelligence Research 70, 2021), pruning by noise rate. A
class counts as confident for an item where its probability is at least the mean that items labelled
so get for it, so classes that a network is less sure of are held to less. The most probable of the
confident classes, counted by label, estimate how many items of each class are labelled as another;
so many are named, those by which the other class is more probable than the label.

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
    is_confident = confident.max(axis=1, initial=-1.0) >= 0
    joint = np.zeros((classes, classes))
    np.add.at(joint, (labels[is_confident], confident[is_confident].argmax(axis=1)), 1)
    joint *= (sizes / np.maximum(1, joint.sum(axis=1)))[:, None]

    margins, likely = np.full(count, -np.inf), labels.copy()
    for label, other in np.argwhere(joint >= 0.5):
        if label == other:
            continue
        rows = np.flatnonzero(labels == label)
        more = probabilities[rows, other] - given[rows]
        named = np.argsort(-more, kind="stable")[: round(float(joint[label, other]))]
        named = named[more[named] > margins[rows[named]]]
        margins[rows[named]], likely[rows[named]] = more[named], other
    # Where the label itself is the most probable class, the count has asked for too many.
    found = np.flatnonzero((likely != labels) & (probabilities.argmax(axis=1) != labels))
    found = found[np.argsort(-margins[found], kind="stable")]
    return LabelErrors(found, likely[found], thresholds)
