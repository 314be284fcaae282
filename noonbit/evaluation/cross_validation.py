"""Cross-validation: each item is predicted by the one network that did not train on it.

    combine_fold_splits(splits, items) -> the joint split of all networks
    evaluate_test(model, contract, items, runtime) -> test probabilities and their metrics
    fold_scores(right, folds) -> one score per fold

The headline is the accuracy over all items with Wilson's interval: the sampling error of the items,
as if one network had predicted them all. The standard deviation over the folds says how much the
accuracy varies with the training set and the test fold. It gives no interval for their mean: the
networks share most of their training items, so the folds are not independent, and no unbiased
estimate of that variance exists (Bengio and Grandvalet, "No unbiased estimator of the variance of
k-fold cross-validation", Journal of Machine Learning Research 5, 2004). As a statement about other
training sets, Wilson's interval is too narrow as well (Bates, Hastie and Tibshirani,
"Cross-validation: what does it estimate and how well does it do it?", Journal of the American
Statistical Association 119, 2024).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.data.dataset import Indices
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.split import Split
from noonbit.errors import ArtefactError
from noonbit.evaluation.inference import Probabilities
from noonbit.evaluation.intervals import share_interval
from noonbit.evaluation.metrics import Evaluation, evaluate
from noonbit.evaluation.torch_inference import NetworkClassifier
from noonbit.models.ensemble import Ensemble, Member
from noonbit.system.runtime import Runtime


def combine_fold_splits(splits: Sequence[Split], items: PreparedDataset) -> Split:
    """Return the joint split of a cross-validation's networks, given in the order of their folds.

    Each item is a test item of one network, and trains or validates all others. Raises
    `ArtefactError` if the folds do not cover the same items.
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
    model: nn.Module,
    contract: Contract,
    items: PreparedDataset,
    runtime: Runtime,
    *,
    logits: Tensor | None = None,
) -> tuple[Probabilities, Evaluation]:
    """Predict the test split: probabilities (N, classes), and their metrics.

    `logits` (N, classes) are those of the test items, if they are known already.

    In a cross-validation, each member of the ensemble `model` predicts its own test fold at its own
    temperature, so no member predicts an item that it trained on.
    """
    split = items.split
    labels, groups = items.labels[split.test], items.groups(split.test)
    adjusted = items.count_adjusted(split.test)
    if split.folds is None:
        if logits is None:
            classifier = NetworkClassifier(model, contract, runtime)
            probabilities = classifier.probabilities(items.values, split.test)
        else:
            probabilities = (logits / contract.temperature).softmax(dim=1).numpy()
        return probabilities, evaluate(
            probabilities,
            labels,
            contract.class_names,
            split="test",
            groups=groups,
            adjusted=adjusted,
        )
    probabilities = np.zeros((len(labels), len(contract.class_names)), np.float32)
    for number, member in enumerate(cast(Ensemble, model).members, start=1):
        rows = np.flatnonzero(split.folds == number)
        temperature = cast(Member, member).temperature.item()
        member_contract = contract.model_copy(update={"temperature": temperature})
        classifier = NetworkClassifier(member, member_contract, runtime)
        probabilities[rows] = classifier.probabilities(items.values, split.test[rows])
    return probabilities, evaluate(
        probabilities,
        labels,
        contract.class_names,
        split="folds",
        groups=groups,
        adjusted=adjusted,
    )


@dataclass(frozen=True, slots=True)
class FoldScore:
    """The accuracy of one network of a cross-validation on its test fold."""

    fold: int
    """From 1."""
    items: int
    correct: int
    accuracy: float
    accuracy_low: float
    """95 % interval: Wilson's, or over groups."""
    accuracy_high: float


def fold_scores(
    right: NDArray[np.bool_], folds: Indices, groups: Indices | None = None
) -> list[FoldScore]:
    """Return one score per fold, from which items are right (N,) and each item's fold (N,).

    `groups` (N,) are as in `evaluate`.
    """
    scores = []
    for fold in range(1, int(folds.max()) + 1):
        inside = folds == fold
        items, correct = int(inside.sum()), int(right[inside].sum())
        low, high = share_interval(right[inside], None if groups is None else groups[inside])
        scores.append(FoldScore(fold, items, correct, correct / items, low, high))
    return scores
