"""noonbit.data.difficulty: how hard a data set is, before any training."""

import numpy as np
import pytest
from numpy.typing import NDArray

from noonbit.data import open_data
from noonbit.data.difficulty import nearest_neighbour_error
from noonbit.data.preprocess.images import ImagePreprocessor


def error_of(pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """Of all of these pictures (N, C, H, W)."""
    preprocessor = ImagePreprocessor(height=8, width=8, channels=1)
    return nearest_neighbour_error(
        lambda rows: preprocessor.vectors(pixels[rows]), labels, np.arange(len(labels))
    )


def test_digits_are_easy_and_shuffled_labels_are_not() -> None:
    data = open_data("digits")
    pixels, labels = np.asarray(data.train.raw), data.train.labels
    assert labels is not None
    assert error_of(pixels, labels) < 0.02
    shuffled = np.random.default_rng(0).permutation(labels)
    assert error_of(pixels, shuffled) == pytest.approx(0.9, abs=0.08)


def test_it_is_scikit_learns_nearest_neighbour() -> None:
    from sklearn.neighbors import KNeighborsClassifier

    generator = np.random.default_rng(1)
    pixels = generator.integers(0, 256, (120, 1, 4, 4)).astype(np.uint8)
    labels = generator.integers(0, 3, 120)
    asked = np.arange(120) % 6 == 0
    flat = pixels.reshape(120, -1).astype(float)
    classifier = KNeighborsClassifier(1).fit(flat[~asked], labels[~asked])
    error = 1 - classifier.score(flat[asked], labels[asked])
    assert error_of(pixels, labels) == pytest.approx(error)


def test_too_few_images_to_ask_count_as_hard() -> None:
    assert error_of(np.zeros((5, 1, 2, 2), np.uint8), np.arange(5)) == 1


def test_large_images_are_thinned_and_still_tell() -> None:
    generator = np.random.default_rng(2)
    labels = np.arange(200) % 2
    pixels = generator.integers(0, 100, (200, 3, 96, 96)).astype(np.uint8)
    pixels[labels == 1] += 50
    assert error_of(pixels, labels) == 0
