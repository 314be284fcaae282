"""What `fit` learns from the images, and how a batch is standardized by it.

    preprocessing_function -> rescale -> samplewise -> featurewise -> ZCA

The first three need no `fit`; without `compat`, `fit` measures what they give, since that is what
the rest will be subtracted from. Keras measures images that were rescaled and nothing else.
"""

from dataclasses import dataclass

import numpy as np

from noonbit.augment.keras.settings import Floats, Settings
from noonbit.augment.keras.whitening import Whitening, whitening, whitening_as_keras
from noonbit.errors import UsageError

EPSILON = 1e-6
"""Added to standard deviations, so that a constant image or channel stays 0."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the fitted images; what the settings do not ask for is None."""

    mean: Floats | None
    """Of each channel, in the shape (1, 1, C) or (C, 1, 1)."""
    std: Floats | None
    """Likewise."""
    whitening: Whitening | None


def measured(settings: Settings, images: Floats) -> Statistics:
    """The statistics of `images` (n, ...), which are centred and scaled in place.

    Sums are float64; Keras's are in the images' dtype.
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
        else:  # the images are centred, so that one pass over them is exact enough
            std = np.sqrt(np.square(images).mean(axes, dtype=np.float64)).astype(images.dtype)
        std = std.reshape(shape)
        images /= std + EPSILON
    if settings.zca_whitening:
        flat = images.reshape(len(images), -1)
        decompose = whitening_as_keras if as_keras else whitening
        white = decompose(flat, epsilon=settings.zca_epsilon)
    return Statistics(mean, std, white)


def prepared(settings: Settings, images: Floats, *, together: bool = False) -> Floats:
    """The part of standardizing that needs no `fit`, of a batch (B, ...); may change it in place.

    `together` takes the whole batch for one sample, as Keras does when it is handed one.
    """
    if settings.preprocessing_function is not None:
        images = preprocessed(settings, images)
    if settings.rescale:
        images *= settings.rescale
    axes = None if together else (1, 2, 3)
    if settings.samplewise_center:
        images -= images.mean(axes, keepdims=True)
    if settings.samplewise_std_normalization:
        images /= images.std(axes, keepdims=True) + EPSILON
    return images


def preprocessed(settings: Settings, images: Floats) -> Floats:
    """The caller's function on each image."""
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


def standardized(
    settings: Settings, images: Floats, statistics: Statistics | None, *, together: bool = False
) -> Floats:
    """A batch (B, ...) as the network is fed; may change it in place.

    Raises `UsageError` where the settings need statistics and there are none.
    """
    missing = settings.needs_fit
    if missing and statistics is None:
        raise UsageError(
            f"{' and '.join(missing)} {'needs' if len(missing) == 1 else 'need'} the statistics of "
            "the training images: call generator.fit(x_train) first."
        )
    images = prepared(settings, images, together=together)
    if statistics is not None:
        if statistics.mean is not None:
            images -= statistics.mean
        if statistics.std is not None:
            images /= statistics.std + EPSILON
        if statistics.whitening is not None:
            flat = images.reshape(len(images), -1)
            images = statistics.whitening.apply(flat).reshape(images.shape)
    return images.astype(settings.dtype, copy=False)
