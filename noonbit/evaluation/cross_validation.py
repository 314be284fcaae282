"""Cross-validation: every item is named by the one network that did not learn from it.

    folds_together(splits, items) -> the split of all networks together
    evaluate_test(model, contract, items, runtime) -> what is stated of each test item, and figures
    fold_scores(right, folds) -> one score a fold

What the figures mean. The headline is the share of all items that were named rightly, with
Wilson's interval: how far luck in which items there are can move it, as if one network had named
them all. The standard deviation over the folds says how much the share varies from one training set
and test fold to another. It makes no interval of their mean: the networks share most of their
training items, so the folds are not independent, and no unbiased estimate of that variance exists
(Bengio and Grandvalet, "No unbiased estimator of the variance of k-fold cross-validation", Journal
of Machine Learning Research 5, 2004). As a statement about other training sets, Wilson's interval
too is rather narrow (Bates, Hastie and Tibshirani, "Cross-validation: what does it estimate and how
well does it do it?", Journal of the American Statistical Association 119, 2024).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import nn

from noonbit.data.dataset import Indices
from noonbit.data.loader import values_at
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.split import Split
from noonbit.errors import ArtefactError
from noonbit.evaluation.inference import Probabilities, predict_probabilities
from noonbit.evaluation.intervals import share_interval
from noonbit.evaluation.metrics import Evaluation, evaluate
from noonbit.models.ensemble import Ensemble, Member
from noonbit.system.runtime import Runtime


def folds_together(splits: Sequence[Split], items: PreparedDataset) -> Split:
    """The split of the networks of a cross-validation, given in the order of their folds.

    Every item is tested once, and has trained or validated all networks but one. Raises
    `ArtefactError` where the folds do not make up the same items.
    """
    tested = np.concatenate([split.test for split in splits])
    number = np.repeat(np.arange(1, len(splits) + 1), [len(split.test) for split in splits])
    order = np.argsort(tested)
    everything = tested[order]
    for split in splits:
        each = np.sort(np.concatenate([split.train, split.validation, split.test]))
        if not np.array_equal(each, everything):
            raise ArtefactError(
                "The folds were not all drawn by the same version of noonbit, so some items would "
                "be tested twice or not at all. Train all of them again."
            )
    own = " outside the source's own test part" if items.data.test is not None else ""
    groups = items.data.groups()
    how = "every class in proportion" if groups is None else f"every {groups.noun} whole"
    reasons = {
        "validation": f"by each network its own; in fold 1, {splits[0].reasons['validation']}",
        "test": f"each of {len(everything):,} items{own} in one of {len(splits)} folds, {how}",
    }
    return Split(everything, np.zeros(0, np.int64), everything, reasons, number[order])


def evaluate_test(
    model: nn.Module, contract: Contract, items: PreparedDataset, runtime: Runtime
) -> tuple[Probabilities, Evaluation]:
    """What is stated of each item of the test split, (N, classes), and how good that is.

    Of a cross-validation, each member of the ensemble `model` is asked about its own fold, at its
    own temperature, and none about an item that it learned from.
    """
    split = items.split
    labels, groups = items.labels[split.test], items.groups(split.test)
    if split.folds is None:
        pixels = values_at(items.values, split.test, runtime.device)
        probabilities = predict_probabilities(model, contract, pixels, runtime)
        return probabilities, evaluate(
            probabilities, labels, contract.class_names, split="test", groups=groups
        )
    probabilities = np.zeros((len(labels), len(contract.class_names)), np.float32)
    for number, member in enumerate(cast(Ensemble, model).members, start=1):
        rows = np.flatnonzero(split.folds == number)
        pixels = values_at(items.values, split.test[rows], runtime.device)
        temperature = cast(Member, member).temperature.item()
        own = contract.model_copy(update={"temperature": temperature})
        probabilities[rows] = predict_probabilities(member, own, pixels, runtime)
    return probabilities, evaluate(
        probabilities, labels, contract.class_names, split="folds", groups=groups
    )


@dataclass(frozen=True, slots=True)
class FoldScore:
    """How good one network of a cross-validation is on the fold that tests it."""

    fold: int
    """From 1."""
    items: int
    correct: int
    accuracy: float
    accuracy_low: float
    """Wilson's 95 % interval, or one over groups."""
    accuracy_high: float


def fold_scores(
    right: NDArray[np.bool_], folds: Indices, groups: Indices | None = None
) -> list[FoldScore]:
    """One score a fold, from whether each item was named rightly and which fold it is in; (N,).

    `groups` (N,) are as `evaluate` takes them.
    """
    scores = []
    for fold in range(1, int(folds.max()) + 1):
        inside = folds == fold
        items, correct = int(inside.sum()), int(right[inside].sum())
        low, high = share_interval(right[inside], None if groups is None else groups[inside])
        scores.append(FoldScore(fold, items, correct, correct / items, low, high))
    return scores
