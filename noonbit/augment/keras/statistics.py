"""Statistics that `fit` measures, and standardizing batches with them.

    preprocessing_function -> rescale -> samplewise -> featurewise -> ZCA

The first three need no `fit`; without `compat`, `fit` measures their output, which is what the
featurewise statistics are applied to. Keras measures images that are only rescaled.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from noonbit.augment.keras.settings import Floats, Settings
from noonbit.augment.keras.whitening import Whitening, compute_whitening, compute_whitening_as_keras
from noonbit.errors import UsageError

EPSILON = 1e-6
"""Added to standard deviations, so that a constant image or channel stays 0."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of the fitted images; None for those that the settings do not need."""

    mean: Floats | None
    """Mean of each channel, (1, 1, C) or (C, 1, 1)."""
    std: Floats | None
    """Standard deviation of each channel, in the same shape."""
    whitening: Whitening | None


def measure_statistics(settings: Settings, images: Floats) -> Statistics:
    """Measure the statistics of `images` (n, ...), which are centred and scaled in place.

    Sums are float64; with `compat`, they are in the images' dtype, as Keras's are.
    """
    as_keras = settings.compat is not None
    accumulator = None if as_keras else np.float64
    axes = tuple({0, 1, 2, 3} - {4 + settings.channel_axis})
    shape = np.ones(3, np.int64)
    shape[settings.channel_axis] = images.shape[settings.channel_axis]
    mean = std = white = None
    if settings.featurewise_center:
        mean = images.mean(axes, dtype=accumulator).astype(images.dtype).reshape(shape)
        images -= mean
    if settings.featurewise_std_normalization:
        if as_keras:
            std = images.std(axes)
        else:  # the images are centred, so one pass is exact enough
            std = np.sqrt(np.square(images).mean(axes, dtype=np.float64)).astype(images.dtype)
        std = std.reshape(shape)
        images /= std + EPSILON
    if settings.zca_whitening:
        flat = images.reshape(len(images), -1)
        decompose = compute_whitening_as_keras if as_keras else compute_whitening
        white = decompose(flat, epsilon=settings.zca_epsilon)
    return Statistics(mean, std, white)


def standardize_without_fit(
    settings: Settings, images: Floats, *, whole_batch: bool = False
) -> Floats:
    """Do the part of standardizing that needs no `fit`, on a batch (B, ...), maybe in place.

    `whole_batch` takes the whole batch for one sample, as Keras's `standardize` does.
    """
    if settings.preprocessing_function is not None:
        images = apply_preprocessing_function(settings, images)
    if settings.rescale:
        images *= settings.rescale
    axes = None if whole_batch else (1, 2, 3)
    if settings.samplewise_center:
        images -= images.mean(axes, keepdims=True)
    if settings.samplewise_std_normalization:
        images /= images.std(axes, keepdims=True) + EPSILON
    return images


def apply_preprocessing_function(settings: Settings, images: Floats) -> Floats:
    """Call `preprocessing_function` on each image; raises `UsageError` if it changes the shape."""
    assert settings.preprocessing_function is not None  # noqa: S101 - asked by the caller
    results = [np.asarray(settings.preprocessing_function(image)) for image in images]
    for result in results:
        if result.shape != images.shape[1:] or result.dtype.kind not in "fiub":
            raise UsageError(
                f"preprocessing_function gave {result.dtype} {result.shape} for an image of "
                f"{images.shape[1:]}. It should give numbers in the shape that it gets; change the "
                "size before, for example with target_size."
            )
    stacked = np.stack(results)
    return stacked if stacked.dtype.kind == "f" else stacked.astype(settings.dtype)


def standardize(
    settings: Settings, images: Floats, statistics: Statistics | None, *, whole_batch: bool = False
) -> Floats:
    """Standardize a batch (B, ...), maybe in place.

    If the settings need statistics and `fit` was not called, it raises `UsageError`; with `compat`
    it warns and leaves them out, as Keras does.
    """
    missing = settings.needs_fit
    if missing and statistics is None:
        sentence = (
            f"{' and '.join(missing)} {'needs' if len(missing) == 1 else 'need'} the statistics of "
            "the training images: call generator.fit(x_train) first."
        )
        if settings.compat is None:
            raise UsageError(sentence)
        warnings.warn(f"{sentence} Until then it is left out.", UserWarning, stacklevel=2)
    images = standardize_without_fit(settings, images, whole_batch=whole_batch)
    if statistics is not None:
        if statistics.mean is not None:
            images -= statistics.mean
        if statistics.std is not None:
            images /= statistics.std + EPSILON
        if statistics.whitening is not None:
            flat = images.reshape(len(images), -1)
            images = statistics.whitening.apply(flat).reshape(images.shape)
    return images.astype(settings.dtype, copy=False)
