"""Endless iteration over the batches of an `ImageDataGenerator`."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noonbit.augment.keras.draws import KerasParameters
from noonbit.augment.keras.py_dataset import PyDatasetLike
from noonbit.augment.keras.sampler import Sampler
from noonbit.augment.keras.saved_pictures import SavedPictures
from noonbit.augment.keras.settings import Floats
from noonbit.augment.keras.source import Answers, ImageSource
from noonbit.data.dataset import Indices
from noonbit.errors import UsageError, plural

X: TypeAlias = Floats | Sequence[NDArray[Any]]
"""The images, or the images and the other inputs: a list, with answers a tuple."""
Batch: TypeAlias = X | tuple[X, Answers] | tuple[X, Answers, NDArray[Any]]
"""x, or (x, y), or (x, y, sample weights)."""
Transform: TypeAlias = Callable[[NDArray[Any], KerasParameters | None, float | None], Floats]
"""Transforms and standardizes images, by their parameters and the largest possible pixel value."""

PREFETCHED_VALUES = 2**21
"""Values that are transformed at once if the sampler allows it: 8 MB of float32.

The overhead of a small batch is larger than its transforms: batches of 128 28x28 images are twice
as fast this way, on two threads (docs/performance.md).
"""


class BatchIterator(PyDatasetLike):
    """An endless iterator over batches: one epoch follows the other.

    `len(flow)` is the number of batches in an epoch, `flow[i]` the i-th of the current one. A batch
    is x, (x, y) or (x, y, sample weights), x in the generator's dtype and data format. With other
    inputs beside the images, x is a list without answers, as in Keras, and a tuple with them, since
    TensorFlow takes no list. Keras 3 takes a flow as it takes a `keras.utils.PyDataset`.
    """

    def __init__(
        self,
        source: ImageSource,
        items: Indices,
        sampler: Sampler,
        transform: Transform,
        *,
        batch_size: int,
        saved_pictures: SavedPictures | None = None,
    ) -> None:
        self._source, self._items = source, items
        self._sampler, self._transform = sampler, transform
        self._saved_pictures = saved_pictures
        self.batch_size = batch_size
        self.n = self.samples = len(items)
        self.image_shape = source.shape
        self.class_mode = source.class_mode
        self.class_indices = dict(source.class_indices)
        """The number of each class name."""
        self.num_classes = len(source.class_indices)
        self._prefetched: deque[tuple[Indices, Floats]] = deque()
        """Batches of this epoch that were transformed together with the last one."""

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        if not self.n:  # with `compat`, a table may name no file that is there
            raise StopIteration
        if not self._prefetched:
            items, draws = self._sampler.next_batches(PREFETCHED_VALUES)
            images = self._read(items, draws)
            for first in range(0, len(items), self.batch_size):
                batch = slice(first, first + self.batch_size)
                self._prefetched.append((items[batch], images[batch]))
        self._sampler.step()
        return self._complete(*self._prefetched.popleft())

    def next(self) -> Any:
        """Return the next batch, by Keras 2's name."""
        return next(self)

    def __getitem__(self, index: int) -> Any:
        if not 0 <= index < len(self):
            raise UsageError(
                f"There is no batch {index}: an epoch has {plural(len(self), 'batch', 'batches')}, "
                "counted from 0."
            )
        items, draws = self._sampler.batch(index)
        return self._complete(items, self._read(items, draws))

    def __repr__(self) -> str:
        classes = f" of {plural(self.num_classes, 'class', 'classes')}" if self.num_classes else ""
        batches = plural(len(self), "batch", "batches")
        return f"<Flow: {plural(self.n, 'image')}{classes}, {batches} of {self.batch_size}>"

    def _read(self, items: Indices, draws: KerasParameters | None) -> Floats:
        return self._transform(self._source.read(items), draws, self._source.white)

    def _complete(self, items: Indices, images: Floats) -> Batch:
        """Add the other inputs, the answers and the weights; save the images if asked for."""
        source = self._source
        if self._saved_pictures is not None:
            self._saved_pictures.write(np.searchsorted(self._items, items), images)
        others = [values[items] for values in source.other_inputs]
        x: X = (images, *others) if others else images
        if source.class_mode is None:
            return list(x) if others else x
        y = source.answers(items, images)
        return (x, y) if source.weights is None else (x, y, source.weights[items])

    @property
    def batch_index(self) -> int:
        """The index of the next batch in its epoch."""
        return self._sampler.batch_index

    def reset(self) -> None:
        """Go to the first batch of this epoch, or of the next one if this one has begun."""
        self._prefetched.clear()
        self._sampler.reset()

    def on_epoch_end(self) -> None:
        """Go to the next epoch."""
        self._prefetched.clear()
        self._sampler.on_epoch_end()

    @property
    def labels(self) -> Any:
        """The class numbers, or the answers, in the unshuffled order of the images."""
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
        """The file name of each image, as its folder or table has it; empty for arrays."""
        return [self._source.names[item] for item in self._items] if self._source.names else []

    @property
    def filepaths(self) -> Sequence[str]:
        """The full path of each file; empty for arrays."""
        return [self._source.paths[item] for item in self._items] if self._source.paths else []
