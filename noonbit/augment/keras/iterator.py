"""Batches without end, as a training takes them from an `ImageDataGenerator`."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeAlias

from numpy.typing import NDArray

from noonbit.augment.keras.draws import Draws
from noonbit.augment.keras.sampler import Order
from noonbit.augment.keras.settings import Floats
from noonbit.augment.keras.source import Answers, Source
from noonbit.data.dataset import Indices
from noonbit.errors import UsageError, plural

Batch: TypeAlias = Floats | tuple[Floats, Answers] | tuple[Floats, Answers, NDArray[Any]]
"""x, or (x, y), or (x, y, sample weights)."""
Feed: TypeAlias = Callable[[NDArray[Any], Draws | None, float | None], Floats]

VALUES_TOGETHER = 2**21
"""Numbers that are prepared together where the order allows it, 8 MB of float32.

Small batches cost more to start than to transform: of 28x28 images, 128 at a time come at 190,000
an s, and in such stretches, on two threads, at twice that (docs/performance.md).
"""


class Flow:
    """An iterator over batches, which goes on with the next epoch when one ends.

    `len(flow)` is the number of batches in an epoch, `flow[i]` the i-th of the current one. A batch
    is x, (x, y) or (x, y, sample weights), x in the generator's dtype and data format.
    """

    def __init__(
        self, source: Source, items: Indices, order: Order, feed: Feed, *, batch_size: int
    ) -> None:
        self._source, self._items, self._order, self._feed = source, items, order, feed
        self.batch_size = batch_size
        self.n = self.samples = len(items)
        self.image_shape = source.shape
        self.class_mode = source.class_mode
        self.class_indices = dict(source.class_indices)
        """The number of each class name."""
        self.num_classes = len(source.class_indices)
        self._ahead: deque[tuple[Indices, Floats]] = deque()
        """The batches that were prepared together with the last one, of the same epoch."""

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        if not self._ahead:
            items, draws = self._order.following(VALUES_TOGETHER)
            images = self._prepared(items, draws)
            for first in range(0, len(items), self.batch_size):
                batch = slice(first, first + self.batch_size)
                self._ahead.append((items[batch], images[batch]))
        self._order.step()
        return self._answered(*self._ahead.popleft())

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise UsageError(
                f"There is no batch {index}: an epoch has {plural(len(self), 'batch', 'batches')}, "
                "counted from 0."
            )
        items, draws = self._order.batch(index)
        return self._answered(items, self._prepared(items, draws))

    def __repr__(self) -> str:
        classes = f" of {plural(self.num_classes, 'class', 'classes')}" if self.num_classes else ""
        batches = plural(len(self), "batch", "batches")
        return f"<Flow: {plural(self.n, 'image')}{classes}, {batches} of {self.batch_size}>"

    def _prepared(self, items: Indices, draws: Draws | None) -> Floats:
        return self._feed(self._source.read(items), draws, self._source.white)

    def _answered(self, items: Indices, x: Floats) -> Batch:
        source = self._source
        if source.class_mode is None:
            return x
        y = source.answers(items, x)
        return (x, y) if source.weights is None else (x, y, source.weights[items])

    @property
    def batch_index(self) -> int:
        """Of the batch that comes next, in its epoch."""
        return self._order.batch_index

    def reset(self) -> None:
        """Begin with the first batch of an epoch: of the next one, where this one was begun."""
        self._ahead.clear()
        self._order.reset()

    def on_epoch_end(self) -> None:
        """Go to the next epoch."""
        self._ahead.clear()
        self._order.on_epoch_end()

    @property
    def labels(self) -> Any:
        """The class numbers, or the answers, in the order of the images (not as shuffled)."""
        labels = self._source.labels
        if self.class_mode == "multi_output":
            return [column[self._items] for column in labels]
        if isinstance(labels, list):
            return [labels[item] for item in self._items]
        return None if labels is None else labels[self._items]

    @property
    def classes(self) -> Any:
        """Another name of `labels`."""
        return self.labels

    @property
    def filenames(self) -> Sequence[str]:
        """The file of each image, as its folder or table names it; empty for arrays."""
        return [self._source.names[item] for item in self._items] if self._source.names else []

    @property
    def filepaths(self) -> Sequence[str]:
        """Where each file lies."""
        return [self._source.paths[item] for item in self._items] if self._source.paths else []
