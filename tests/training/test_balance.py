"""Classes that are drawn equally often."""

import numpy as np
import torch
from sklearn.datasets import load_digits

from noonbit.api.estimator import ImageClassifier
from noonbit.training.loop import draw_balanced

UNEVEN = torch.tensor([0] * 90 + [1] * 9 + [2] * 3)


def test_every_class_comes_equally_often_in_an_epoch_of_the_same_length() -> None:
    items = draw_balanced(UNEVEN, seed=0, epoch=0)
    assert UNEVEN[items].bincount().tolist() == [34, 34, 34]


def test_items_of_a_class_come_equally_often_within_one() -> None:
    items = draw_balanced(UNEVEN, seed=0, epoch=0)
    times = items.bincount(minlength=len(UNEVEN))
    assert times[:90].max() == 1
    assert set(times[90:99].tolist()) == {3, 4}
    assert set(times[99:].tolist()) == {11, 12}


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    first = draw_balanced(UNEVEN, seed=0, epoch=0)
    assert torch.equal(first, draw_balanced(UNEVEN, seed=0, epoch=0))
    assert not torch.equal(first, draw_balanced(UNEVEN, seed=0, epoch=1))
    assert not torch.equal(first, draw_balanced(UNEVEN, seed=1, epoch=0))


def test_uneven_classes_gain_balanced_accuracy_and_probabilities_stay_true() -> None:
    digits = load_digits()
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(digits.target))
    half = rows[:900]
    few = np.flatnonzero(digits.target[half] >= 5)
    train = np.setdiff1d(half, half[few[len(few) // 8 :]])
    rest = rows[900:]
    few = np.flatnonzero(digits.target[rest] >= 5)
    test = np.setdiff1d(rest, rest[few[len(few) // 8 :]])
    scores, stated = {}, {}
    for balance in (False, True):
        recalls, shares = [], []
        for seed in (0, 1, 2):
            classifier = ImageClassifier(
                "glimpse", epochs=3, threads=1, validation=0.25, balance=balance, random_state=seed
            ).fit(digits.images[train], digits.target[train])
            # Recalls are measured on all that is left: the few would be too few.
            predicted = classifier.predict(digits.images[rest])
            true = digits.target[rest]
            recalls.append(np.mean([(predicted[true == k] == k).mean() for k in range(10)]))
            shares.append(classifier.predict_proba(digits.images[test])[:, 5:].sum(axis=1).mean())
        scores[balance], stated[balance] = np.mean(recalls), np.mean(shares)
    assert scores[True] > scores[False] + 0.005
    assert abs(stated[True] - (digits.target[test] >= 5).mean()) < 0.05
