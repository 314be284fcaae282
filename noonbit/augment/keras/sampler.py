"""Which images make a batch, and how each is transformed: two answers with one face.

SeededOrder   a function of seed, epoch and image; the same for every batch size
KerasOrder    one stream of numbers, in the order in which Keras takes them
"""

import math
from typing import Protocol

import numpy as np

from noonbit.augment.keras.draws import Draws, draw, draw_as_keras
from noonbit.augment.keras.settings import Settings
from noonbit.data.dataset import Indices
from noonbit.system.seeding import mixed


class Order(Protocol):
    """What a flow asks for."""

    batch_index: int
    """Of the batch that comes next."""

    def batch(self, index: int) -> tuple[Indices, Draws | None]:
        """A batch of the current epoch: its images, and their transforms where there are any."""

    def following(self, values: int) -> tuple[Indices, Draws | None]:
        """The next batch and those after it, as far as they can be told and make `values` numbers.

        Never beyond the epoch; one batch at least. `step` passes them one by one.
        """

    def step(self) -> None:
        """Pass a batch, and the end of the epoch with its last."""

    def reset(self) -> None:
        """Begin with the first batch of an epoch."""

    def on_epoch_end(self) -> None:
        """Go to the next epoch."""


class SeededOrder:
    """Images shuffled by seed and epoch, each transformed by seed, epoch and its own number.

    So an image of an epoch is the same whoever asks for it, in a batch of any size.
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
        self._begin(0)

    def _begin(self, epoch: int) -> None:
        self._epoch, self.batch_index = epoch, 0
        self._order = self._items
        if self._shuffle:
            self._order = chance(self._seed, "order", epoch).permutation(self._items)
        self._draws = None
        if self._transforms:
            draws = draws_of_epoch(
                self._settings, self._count, self._shape, seed=self._seed, epoch=epoch
            )
            # In the order of the epoch, so that a batch is a slice: gathering it from all over the
            # columns each time took a fifth of the time of small images.
            self._draws = draws.take(self._order)

    def batch(self, index: int) -> tuple[Indices, Draws | None]:
        """Whatever was asked for before."""
        return self._batches(index, 1)

    def following(self, values: int) -> tuple[Indices, Draws | None]:
        """All that fit: what a batch will be is known as soon as its epoch begins."""
        count = max(1, values // (self._batch_size * math.prod(self._shape)))
        return self._batches(self.batch_index, count)

    def _batches(self, first: int, count: int) -> tuple[Indices, Draws | None]:
        chosen = slice(first * self._batch_size, (first + count) * self._batch_size)
        return self._order[chosen], None if self._draws is None else self._draws.take(chosen)

    def step(self) -> None:
        """Shuffle and draw anew after the last."""
        self.batch_index += 1
        if self.batch_index * self._batch_size >= len(self._items):
            self._begin(self._epoch + 1)

    def reset(self) -> None:
        """Leave an epoch that was begun; so no two epochs are augmented alike."""
        if self.batch_index:
            self._begin(self._epoch + 1)

    def on_epoch_end(self) -> None:
        """Go to the next epoch."""
        self._begin(self._epoch + 1)


class KerasOrder:
    """Keras's iterator: one stream shuffles and transforms; a seed sets it anew for each batch."""

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

    def batch(self, index: int) -> tuple[Indices, Draws]:
        """As the stream stands, which goes on by it."""
        self._set_seed()
        if self._order is None:
            self.on_epoch_end()
        return self._drawn(index)

    def following(self, values: int) -> tuple[Indices, Draws]:
        """One batch: anything drawn in between would change those after it."""
        del values
        self._set_seed()
        if self.batch_index == 0 or self._order is None:
            self.on_epoch_end()
        return self._drawn(self.batch_index)

    def step(self) -> None:
        """Begin again after the last; the shuffle waits until the first batch is asked for."""
        self.batch_index += 1
        if self.batch_index * self._batch_size >= len(self._items):
            self.batch_index = 0

    def _set_seed(self) -> None:
        if self._seed is not None:
            self._state.seed(self._seed + self._batches_seen)
        self._batches_seen += 1

    def _drawn(self, index: int) -> tuple[Indices, Draws]:
        assert self._order is not None  # noqa: S101 - both callers saw to it
        items = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        height, width = self._size
        return items, Draws.of(
            [
                draw_as_keras(self._settings, height=height, width=width, state=self._state)
                for _ in items
            ]
        )

    def reset(self) -> None:
        """Begin with the first batch of an epoch."""
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        """Shuffle."""
        order = np.arange(len(self._items))
        if self._shuffle:
            order = self._state.permutation(len(self._items))
        self._order = self._items[order]


def draws_of_epoch(
    settings: Settings, count: int, shape: tuple[int, ...], *, seed: int, epoch: int
) -> Draws:
    """The transforms of all images in an epoch."""
    height, width = settings.size(shape)
    stream = chance(seed, "transforms", epoch)
    draws = draw(settings, count=count, height=height, width=width, chance=stream)
    return draws.placed(settings, height=height, width=width)


def chance(seed: int, purpose: str, number: int) -> np.random.Generator:
    """A stream that is a function of the seed, what it is for, and a number."""
    return np.random.default_rng(mixed(seed, f"generator {purpose}", number))
