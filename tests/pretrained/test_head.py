"""The head is the one minimum of its loss, chosen on the training items alone."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression

from noonbit.pretrained.head import Problem, fit_head, solve
from noonbit.system.runtime import Runtime


@pytest.fixture
def runtime():
    return Runtime.start(device="cpu", threads=1)


def blobs(count, features=6, classes=3, seed=0):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(classes, features))
    labels = np.arange(count) % classes
    values = centres[labels] + random.normal(size=(count, features))
    return (5 + 3 * values).astype(np.float32), labels


def test_it_answers_as_scikit_learn_does_at_the_same_penalty(runtime):
    features, labels = blobs(300)
    head = fit_head(features, labels, 3, runtime)
    centred = features - features.mean(axis=0)
    scaled = centred / np.sqrt((centred**2).mean())

    peer = LogisticRegression(C=1 / (head.penalty * len(labels)), tol=1e-8, max_iter=1000)
    peer.fit(scaled, labels)

    ours = head.apply(features).softmax(dim=1).numpy()
    np.testing.assert_allclose(ours, peer.predict_proba(scaled), atol=5e-3)


def test_the_documented_loss_is_flat_at_the_solution():
    random = np.random.default_rng(0)
    features = torch.from_numpy(random.normal(size=(60, 5)).astype(np.float32))
    labels = torch.arange(60) % 3
    weights = torch.from_numpy(random.uniform(0.5, 1.5, 60).astype(np.float32))

    found = solve(Problem(features, labels, weights), 0.1, torch.zeros(3, 6)).requires_grad_()

    losses = F.cross_entropy(features @ found[:, :-1].T + found[:, -1], labels, reduction="none")
    loss = (losses * weights).mean() + 0.05 * found[:, :-1].square().sum()
    loss.backward()
    assert found.grad.abs().max() < 1e-3
    assert found[:, :-1].abs().max() > 0.1


@pytest.mark.parametrize("count", [12, 60])
def test_few_items_in_many_dimensions_have_the_same_minimum(runtime, count):
    features, labels = blobs(count, features=200)
    head = fit_head(features, labels, 3, runtime)
    centred = features - features.mean(axis=0)
    scaled = centred / np.sqrt((centred**2).mean())
    peer = LogisticRegression(C=1 / (head.penalty * count), tol=1e-8, max_iter=2000)

    probabilities = peer.fit(scaled, labels).predict_proba(scaled)

    np.testing.assert_allclose(head.apply(features).softmax(1).numpy(), probabilities, atol=2e-2)


def test_items_are_answered_by_folds_that_did_not_learn_from_them(runtime):
    random = np.random.default_rng(1)
    features = random.normal(size=(80, 300)).astype(np.float32)
    labels = random.integers(0, 2, 80)  # noise, which a head of 300 features learns by heart

    head = fit_head(features, labels, 2, runtime)

    learned = (head.apply(features).argmax(1).numpy() == labels).mean()
    assert learned > 0.9
    assert head.cross_validated[1] < 0.7
    assert tuple(head.logits.shape) == (80, 2)


def test_items_of_one_group_are_in_one_fold(runtime):
    random = np.random.default_rng(2)
    once = random.normal(size=(40, 100)).astype(np.float32)
    labels = np.tile(random.integers(0, 2, 40), 2)
    twice = np.concatenate([once, once])

    alone = fit_head(twice, labels, 2, runtime)
    grouped = fit_head(twice, labels, 2, runtime, groups=np.tile(np.arange(40), 2))

    assert alone.cross_validated[1] >= 0.89  # the copy tells the answer
    assert grouped.cross_validated[1] < 0.75


def test_items_of_more_weight_count_as_more_items(runtime):
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], [190, 10])
    features = (random.normal(size=(200, 3)) + labels[:, None]).astype(np.float32)

    plain = fit_head(features, labels, 2, runtime)
    weighted = fit_head(features, labels, 2, runtime, weights=np.where(labels, 19, 1))

    rare = features[labels == 1]
    found = [(head.apply(rare).argmax(1) == 1).float().mean() for head in (plain, weighted)]
    assert found[0] < 0.5 < found[1]


@pytest.mark.parametrize("count", [200, 2000])
def test_a_head_of_weighted_items_can_state_the_true_frequencies(runtime, count):
    labels = (np.arange(count) % 10 == 0).astype(np.int64)  # a tenth is rare
    random = np.random.default_rng(0)
    features = random.normal(size=(2 * count, 40)).astype(np.float32)
    features[:, 0] += np.tile(labels, 2)
    trained, others = features[:count], features[count:]

    head = fit_head(trained, labels, 2, runtime, weights=np.where(labels, 9, 1))
    moved = head.with_frequencies_of(labels)

    stated = [each.apply(others).softmax(dim=1)[:, 1].mean() for each in (head, moved)]
    assert stated[0] > 0.25 and stated[1] == pytest.approx(0.1, abs=0.03)
    assert moved.logits.softmax(dim=1)[:, 1].mean() == pytest.approx(0.1, abs=1e-3)
    assert torch.equal(moved.weight, head.weight)
    assert moved.cross_validated[0] < F.cross_entropy(head.logits, torch.from_numpy(labels))


def test_without_folds_the_biases_stay(runtime):
    features, labels = blobs(5)  # a class with one item
    head = fit_head(features, labels, 3, runtime)

    assert head.with_frequencies_of(labels) is head


def test_a_class_with_one_item_is_no_obstacle(runtime):
    features, labels = blobs(7)  # classes of 3, 2 and 2 items
    head = fit_head(features[:5], labels[:5], 3, runtime)  # of 2, 2 and 1

    assert head.cross_validated is None
    assert (head.apply(features[:5]).argmax(1).numpy() == labels[:5]).all()
    assert torch.isfinite(head.weight).all()
