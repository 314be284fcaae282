"""noonbit.data.difficulty: how hard a data set is, before any training."""

import numpy as np
import pytest

from noonbit.data import open_data
from noonbit.data.difficulty import nearest_neighbour_error


def test_digits_are_easy_and_shuffled_labels_are_not() -> None:
    data = open_data("digits")
    pixels, labels = np.asarray(data.train.images), data.train.labels
    assert labels is not None
    assert nearest_neighbour_error(pixels, labels) < 0.02
    shuffled = np.random.default_rng(0).permutation(labels)
    assert nearest_neighbour_error(pixels, shuffled) == pytest.approx(0.9, abs=0.08)


def test_it_is_scikit_learns_nearest_neighbour() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    generator = np.random.default_rng(1)
    pixels = generator.integers(0, 256, (120, 1, 4, 4)).astype(np.uint8)
    labels = generator.integers(0, 3, 120)
    asked = np.arange(120) % 6 == 0
    flat = pixels.reshape(120, -1).astype(float)
    classifier = KNeighborsClassifier(1).fit(flat[~asked], labels[~asked])
    error = 1 - classifier.score(flat[asked], labels[asked])
    assert nearest_neighbour_error(pixels, labels) == pytest.approx(error)


def test_too_few_images_to_ask_count_as_hard() -> None:
    assert nearest_neighbour_error(np.zeros((5, 1, 2, 2), np.uint8), np.arange(5)) == 1


def test_large_images_are_thinned_and_still_tell() -> None:
    generator = np.random.default_rng(2)
    labels = np.arange(200) % 2
    pixels = generator.integers(0, 100, (200, 3, 96, 96)).astype(np.uint8)
    pixels[labels == 1] += 50
    assert nearest_neighbour_error(pixels, labels) == 0
