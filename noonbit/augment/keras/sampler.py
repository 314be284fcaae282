"""Choose the images of each batch and their transforms, in two ways.

SeededSampler   from seed, epoch and image alone, for any batch size
KerasSampler    from one random stream, in the order in which Keras consumes it
"""

import math
from typing import Protocol

import numpy as np

from noonbit.augment.keras.draws import KerasParameters, sample_as_keras, sample_keras_parameters
from noonbit.augment.keras.settings import Settings
from noonbit.data.dataset import Indices
from noonbit.system.seeding import make_numpy_generator


class Sampler(Protocol):
    """What a `BatchIterator` needs of a sampler."""

    batch_index: int
    """The index of the next batch in its epoch."""

    def batch(self, index: int) -> tuple[Indices, KerasParameters | None]:
        """Return a batch of the current epoch: its items, and their transforms if there are any."""

    def next_batches(self, values: int) -> tuple[Indices, KerasParameters | None]:
        """Return the next batches of this epoch, joined: at least one, else up to `values` values.

        `step` must be called once for each of them.
        """

    def step(self) -> None:
        """Advance by one batch; after the last, go to the next epoch."""

    def reset(self) -> None:
        """Go to the first batch of an epoch."""

    def on_epoch_end(self) -> None:
        """Go to the next epoch."""


class SeededSampler:
    """Shuffle by seed and epoch, and transform each image by seed, epoch and its number.

    So an image is transformed in the same way in batches of any size and order.
    """

    def __init__(
        self,
        settings: Settings,
        items: Indices,
        *,
        count: int,
        shape: tuple[int, ...],
        batch_size: int,
        shuffle: bool,
        seed: int,
        transforms: bool,
    ) -> None:
        self._settings, self._items, self._count, self._shape = settings, items, count, shape
        self._batch_size, self._shuffle, self._seed = batch_size, shuffle, seed
        self._transforms = transforms
        self._start_epoch(0)

    def _start_epoch(self, epoch: int) -> None:
        self._epoch, self.batch_index = epoch, 0
        self._order = self._items
        if self._shuffle:
            self._order = make_numpy_generator(self._seed, "generator order", epoch).permutation(
                self._items
            )
        self._draws = None
        if self._transforms:
            draws = sample_epoch_parameters(
                self._settings, self._count, self._shape, seed=self._seed, epoch=epoch
            )
            # In the epoch's order, so a batch is a slice: gathering each batch took a fifth of the
            # time of small images.
            self._draws = draws.take(self._order)

    def batch(self, index: int) -> tuple[Indices, KerasParameters | None]:
        """Return a batch; earlier calls do not matter."""
        return self._batches(index, 1)

    def next_batches(self, values: int) -> tuple[Indices, KerasParameters | None]:
        """Return all batches of the epoch that fit: they are known when it begins."""
        count = max(1, values // (self._batch_size * math.prod(self._shape)))
        return self._batches(self.batch_index, count)

    def _batches(self, first: int, count: int) -> tuple[Indices, KerasParameters | None]:
        chosen = slice(first * self._batch_size, (first + count) * self._batch_size)
        return self._order[chosen], None if self._draws is None else self._draws.take(chosen)

    def step(self) -> None:
        """Advance by one batch; after the last, shuffle and sample the next epoch."""
        self.batch_index += 1
        if self.batch_index * self._batch_size >= len(self._items):
            self._start_epoch(self._epoch + 1)

    def reset(self) -> None:
        """Go to the next epoch if this one has begun, so that no transforms are repeated."""
        if self.batch_index:
            self._start_epoch(self._epoch + 1)

    def on_epoch_end(self) -> None:
        """Go to the next epoch."""
        self._start_epoch(self._epoch + 1)


class KerasSampler:
    """Shuffle and transform from one stream, as Keras does; a seed resets it before each batch."""

    def __init__(
        self,
        settings: Settings,
        items: Indices,
        *,
        shape: tuple[int, ...],
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        state: np.random.RandomState,
    ) -> None:
        self._settings, self._items, self._size = settings, items, settings.size(shape)
        self._batch_size, self._shuffle, self._seed = batch_size, shuffle, seed
        self._state = state
        self._batches_seen = self.batch_index = 0
        self._order: Indices | None = None

    def batch(self, index: int) -> tuple[Indices, KerasParameters]:
        """Return a batch, sampled from the current state of the stream."""
        self._set_seed()
        if self._order is None:
            self.on_epoch_end()
        return self._sample_batch(index)

    def next_batches(self, values: int) -> tuple[Indices, KerasParameters]:
        """Return one batch: calls in between may change the stream for those after it."""
        del values
        self._set_seed()
        if self.batch_index == 0 or self._order is None:
            self.on_epoch_end()
        return self._sample_batch(self.batch_index)

    def step(self) -> None:
        """Advance by one batch; the next epoch is shuffled when its first batch is requested."""
        self.batch_index += 1
        if self.batch_index * self._batch_size >= len(self._items):
            self.batch_index = 0

    def _set_seed(self) -> None:
        if self._seed is not None:
            self._state.seed(self._seed + self._batches_seen)
        self._batches_seen += 1

    def _sample_batch(self, index: int) -> tuple[Indices, KerasParameters]:
        assert self._order is not None  # noqa: S101 - set by both callers
        items = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        height, width = self._size
        return items, KerasParameters.from_dictionaries(
            [
                sample_as_keras(self._settings, height=height, width=width, state=self._state)
                for _ in items
            ]
        )

    def reset(self) -> None:
        """Go to the first batch of an epoch."""
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        """Shuffle the next epoch."""
        order = np.arange(len(self._items))
        if self._shuffle:
            order = self._state.permutation(len(self._items))
        self._order = self._items[order]


def sample_epoch_parameters(
    settings: Settings, count: int, shape: tuple[int, ...], *, seed: int, epoch: int
) -> KerasParameters:
    """Sample the transforms of all `count` images in an epoch."""
    height, width = settings.size(shape)
    generator = make_numpy_generator(seed, "generator transforms", epoch)
    draws = sample_keras_parameters(
        settings, count=count, height=height, width=width, generator=generator
    )
    return draws.with_matrices(settings, height=height, width=width)
