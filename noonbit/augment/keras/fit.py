"""The images that `ImageDataGenerator.fit` measures, transformed if asked for."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.augment.keras.draws import KerasParameters, sample_as_keras
from noonbit.augment.keras.sampler import sample_epoch_parameters
from noonbit.augment.keras.settings import Floats, Settings
from noonbit.augment.keras.statistics import standardize_without_fit
from noonbit.augment.keras.transform import find_white_level, transform_in_threads
from noonbit.data.dataset import Indices

CHUNK = 512
"""Images that are processed at a time."""


def sample_passes(
    settings: Settings,
    images: NDArray[Any],
    rounds: int,
    seed: int | None,
    *,
    state: np.random.RandomState,
) -> Sequence[KerasParameters]:
    """Sample the transforms of each round: of all images at once; with `compat`, from `state`."""
    if settings.compat is None:
        base = settings.seed if seed is None else seed
        return [
            sample_epoch_parameters(
                settings, len(images), images.shape[1:], seed=base, epoch=number
            )
            for number in range(rounds)
        ]
    if seed is not None:
        state.seed(seed)
    height, width = settings.size(images.shape)
    draw_one = partial(sample_as_keras, settings, height=height, width=width, state=state)
    return [KerasParameters.from_dictionaries([draw_one() for _ in images]) for _ in range(rounds)]


def prepare_for_fit(
    settings: Settings,
    images: NDArray[Any],
    items: Indices,
    passes: Sequence[KerasParameters | None],
    *,
    threads: int,
) -> Floats:
    """Return `items` of the images once for each pass, (passes x items, ...).

    They are transformed and then go through what precedes the statistics; with `compat`, they are
    only rescaled, before the transforms.
    """
    as_keras = settings.compat is not None
    white = (
        find_white_level(images) if settings.brightness_range is not None and not as_keras else None
    )
    prepared = np.empty((len(passes) * len(items), *images.shape[1:]), settings.dtype)
    for number, draws in enumerate(passes):
        for start in range(0, len(items), CHUNK):
            chosen = items[start : start + CHUNK]
            batch = images[chosen].astype(settings.dtype)
            if as_keras and settings.rescale:
                batch *= settings.rescale  # before the transforms, but after them in `flow`
            if draws is not None:
                batch = transform_in_threads(
                    settings, batch, draws.take(chosen), white=white, threads=threads
                )
            first = number * len(items) + start
            prepared[first : first + len(chosen)] = (
                batch if as_keras else standardize_without_fit(settings, batch)
            )
    return prepared
