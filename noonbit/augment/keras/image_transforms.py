"""What a generator does to images, wherever they come from: transform and standardize them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import PrivateAttr

from noonbit.augment.keras.draws import KerasParameters, Parameters, sample_as_keras
from noonbit.augment.keras.fit import prepare_for_fit, sample_passes
from noonbit.augment.keras.sampler import sample_epoch_parameters
from noonbit.augment.keras.settings import Floats, Settings
from noonbit.augment.keras.source import (
    check_images,
    check_length,
    check_whole_number,
    sample_validation,
)
from noonbit.augment.keras.statistics import Statistics, measure_statistics, standardize
from noonbit.augment.keras.transform import find_white_level, transform, transform_in_threads
from noonbit.augment.keras.whitening import refuse_too_large
from noonbit.data.dataset import Indices
from noonbit.errors import UsageError
from noonbit.system.hardware import usable_cpus


class ImageTransforms(Settings):
    """The half of an `ImageDataGenerator` that knows no batches: its statistics and transforms."""

    _statistics: Statistics | None = PrivateAttr(default=None)
    _validation_items: Indices | None = PrivateAttr(default=None)
    """The validation images that `fit` left out of the `_fitted_count` it was given."""
    _fitted_count: int = PrivateAttr(default=0)
    _transform_calls: int = PrivateAttr(default=0)
    """Calls of `get_random_transform` without a seed."""
    _random_state: np.random.RandomState = PrivateAttr()
    _threads: int = PrivateAttr(default_factory=usable_cpus)

    def model_post_init(self, context: Any, /) -> None:
        """Create the random stream of `compat="keras"`, for which Keras uses `numpy.random`."""
        del context
        self._random_state = np.random.RandomState(self.seed)

    @property
    def mean(self) -> Floats | None:
        """The fitted mean of each channel, (1, 1, C) or (C, 1, 1); None if not needed."""
        return None if self._statistics is None else self._statistics.mean

    @property
    def std(self) -> Floats | None:
        """The fitted standard deviation of each channel, in the same shape; None if not needed."""
        return None if self._statistics is None else self._statistics.std

    @property
    def zca_whitening_matrix(self) -> Floats | None:
        """The whitening matrix of flattened images: (d, d) with d = height x width x channels."""
        if self._statistics is None or self._statistics.whitening is None:
            return None
        return self._statistics.whitening.matrix()

    def fit(
        self,
        x: ArrayLike,
        augment: bool = False,
        rounds: int = 1,
        seed: int | None = None,
        *,
        y: ArrayLike | None = None,
    ) -> None:
        """Measure the statistics that featurewise settings and ZCA need, on images (n, ...).

        With `validation_split`, the images of `flow(x, y, subset="validation")` are left out; pass
        the same `y` then. `augment` measures `rounds` transformed copies of each image. Raises
        `UsageError` for a wrong shape, and if ZCA would not fit into memory.
        """
        images = check_images(x, name="x")
        rounds = check_whole_number(rounds, "rounds", least=1)
        items = self._items_to_fit(len(images), check_length(len(images), y, "y"))
        if self.zca_whitening:
            refuse_too_large(
                len(items) * (rounds if augment else 1),
                images.shape[1:],
                itemsize=np.dtype(self.dtype).itemsize,
                as_keras=self.compat is not None,
            )
        passes: Sequence[KerasParameters | None] = [None]
        if augment:
            passes = sample_passes(self, images, rounds, seed, state=self._random_state)
        prepared = prepare_for_fit(self, images, items, passes, threads=self._threads)
        self._statistics = measure_statistics(self, prepared)

    def _items_to_fit(self, count: int, labels: NDArray[Any] | None) -> Indices:
        """Return the items outside the validation split; all items with `compat`, as in Keras."""
        everything = np.arange(count)
        if self.compat is not None or not self.validation_split:
            return everything
        self._validation_items = sample_validation(labels, count, self.validation_split)
        self._fitted_count = count
        return np.setdiff1d(everything, self._validation_items)

    def _transform_and_standardize(
        self, images: NDArray[Any], draws: KerasParameters | None, white: float | None
    ) -> Floats:
        """Transform and standardize images; returns a new array in `dtype`."""
        if draws is None:
            batch = images.astype(self.dtype)
        else:
            batch = transform_in_threads(self, images, draws, white=white, threads=self._threads)
        return standardize(self, batch, self._statistics)

    def get_random_transform(
        self, img_shape: tuple[int, int, int], seed: int | None = None
    ) -> Parameters:
        """Sample the transform of one image of that shape; without `seed`, each call differs.

        A dictionary with `theta`, `tx` (by height_shift_range), `ty` (by width_shift_range),
        `shear`, `zx`, `zy`, `flip_horizontal`, `flip_vertical`, `channel_shift_intensity` and
        `brightness`.
        """
        if self.compat is not None:
            if seed is not None:
                self._random_state.seed(seed)
            height, width = self.size(img_shape)
            return sample_as_keras(self, height=height, width=width, state=self._random_state)
        if seed is None:
            self._transform_calls += 1
        base, epoch = (self.seed, self._transform_calls) if seed is None else (seed, 0)
        return sample_epoch_parameters(self, 1, img_shape, seed=base, epoch=epoch).to_dictionary(0)

    def apply_transform(self, x: ArrayLike, transform_parameters: Mapping[str, Any]) -> Floats:
        """Transform one image (rank 3) by such a dictionary; keys left out do nothing."""
        image = check_single_image(x)
        draws = KerasParameters.from_dictionaries([transform_parameters])
        white = find_white_level(image) if self.compat is None else None
        batch = transform(self, image.astype(self.dtype)[None], draws, white=white)
        return batch.reshape(image.shape)

    def random_transform(self, x: ArrayLike, seed: int | None = None) -> Floats:
        """Transform one image (rank 3) at random."""
        image = check_single_image(x)
        height, width, channels = image.shape
        return self.apply_transform(
            image, self.get_random_transform((height, width, channels), seed)
        )

    def standardize(self, x: ArrayLike) -> Floats:
        """Standardize an image (rank 3) or a batch (rank 4) as `flow` does; returns a new array.

        With `compat="keras"`, samplewise settings take a batch for one sample, as Keras does.
        """
        given = np.asarray(x)
        images = check_images(given[None] if given.ndim == 3 else given, name="x")
        batch = images.astype(self.dtype)
        whole_batch = self.compat is not None
        return standardize(self, batch, self._statistics, whole_batch=whole_batch).reshape(
            given.shape
        )


def check_single_image(x: ArrayLike) -> NDArray[Any]:
    """Return an image as an array; raises `UsageError` unless it has three axes."""
    image = np.asarray(x)
    if image.ndim != 3:
        raise UsageError(f"An image has three axes, but x has the shape {image.shape}.")
    return image
