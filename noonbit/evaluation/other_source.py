"""Evaluate a classifier on labelled data from elsewhere; its classes are matched by name.

    items = prepare_whole(open_data("photos"), classifier.contract.preprocessor, on_bad="fail")
    evaluate_source(classifier, items, name="model.onnx")

Needs no PyTorch; see `Classifier`.
"""

import numpy as np

from noonbit.data.dataset import PART_NAMES, Indices, RawDataset
from noonbit.data.prepared import PreparedDataset, prepare
from noonbit.data.preprocess.base import Preprocessor
from noonbit.data.source import OnBad
from noonbit.data.split import Holdout
from noonbit.errors import DataError, join_first
from noonbit.evaluation.inference import Classifier
from noonbit.evaluation.metrics import Evaluation, evaluate


def prepare_whole(
    data: RawDataset, preprocessor: Preprocessor, *, on_bad: OnBad
) -> PreparedDataset:
    """Preprocess every item of a source and draw nothing: all of it, or its test part, is measured.

    Raises as `prepare`.
    """
    return prepare(data, preprocessor, holdout=Holdout(size=0), test=0.0, on_bad=on_bad)


def evaluate_source(classifier: Classifier, items: PreparedDataset, *, name: str) -> Evaluation:
    """Evaluate on the test part of items that `prepare_whole` made, or on all if there is none.

    `name` is the classifier's, for messages. Raises `DataError` for a class that it does not know.
    """
    data, class_names = items.data, classifier.contract.class_names
    unknown = [each for each in data.class_names if each not in class_names]
    if unknown:
        raise DataError(
            f"{data.source} has the class '{unknown[0]}', which {name} was not trained on. "
            f"Its {len(class_names):,} classes are {join_first(class_names, 3)}."
        )
    numbers = np.array([class_names.index(each) for each in data.class_names], np.int64)
    if data.test is not None:
        return evaluate_at(classifier, items, items.split.test, numbers[items.labels], "test")
    everything = np.sort(np.concatenate([items.indices(part) for part in PART_NAMES]))
    return evaluate_at(classifier, items, everything, numbers[items.labels], "all")


def evaluate_at(
    classifier: Classifier, items: PreparedDataset, rows: Indices, labels: Indices, split: str
) -> Evaluation:
    """Evaluate the items at `rows`; `labels` (N,) of all items index the classifier's classes."""
    return evaluate(
        classifier.probabilities(items.values, rows),
        labels[rows],
        classifier.contract.class_names,
        split=split,
        groups=items.groups(rows),
        adjusted=items.count_adjusted(rows),
    )
