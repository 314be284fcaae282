"""Keras's `ImageDataGenerator`, on whole batches, without its traps or exactly with them.

    generator = ImageDataGenerator(rotation_range=15, zoom_range=0.1, validation_split=0.2)
    for x, y in generator.flow(x_train, y_train, batch_size=128, subset="training"): ...

Arguments, methods and shapes are Keras's. What differs with `compat=None`:

- the validation split is stratified, instead of the first rows, and is not transformed;
- `fit` leaves it out, and measures what the network gets, including `preprocessing_function`;
- an image's transform depends on seed, epoch and its number, not on the batch size;
- width and height shifts, the centre of oblong images, and brightness do what their names say;
- what cannot be done raises an error of one sentence, before anything is computed.

`compat="keras"` gives Keras's own numbers for the same seed (checked against Keras 3.15.1).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import PrivateAttr

from noonbit.augment.keras.decode import ColorMode, DecodeSettings, Interpolation
from noonbit.augment.keras.draws import KerasParameters, Parameters, sample_as_keras
from noonbit.augment.keras.files import source_from_directory, source_from_table
from noonbit.augment.keras.iterator import BatchIterator
from noonbit.augment.keras.sampler import (
    KerasSampler,
    Sampler,
    SeededSampler,
    sample_epoch_parameters,
)
from noonbit.augment.keras.settings import Floats, Settings
from noonbit.augment.keras.source import (
    ClassMode,
    ImageSource,
    Subset,
    check_images,
    check_length,
    choose_items,
    sample_validation,
    source_from_arrays,
)
from noonbit.augment.keras.statistics import (
    Statistics,
    measure_statistics,
    standardize,
    standardize_without_fit,
)
from noonbit.augment.keras.transform import find_white_level, transform, transform_in_threads
from noonbit.augment.keras.whitening import refuse_too_large
from noonbit.data.dataset import Indices
from noonbit.errors import UsageError
from noonbit.system.hardware import usable_cpus

FIT_CHUNK = 512
"""Images that `fit` processes at a time."""


class ImageDataGenerator(Settings):
    """Batches of augmented and standardized images, by Keras's arguments (see `Settings`).

    Without `compat`, the methods never change their arguments. Settings out of range raise
    `UsageError`, and so does featurewise standardizing before `fit`.
    """

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
        if rounds < 1:
            raise UsageError(f"rounds is {rounds}; it counts from 1.")
        items = self._items_to_fit(len(images), check_length(len(images), y, "y"))
        if self.zca_whitening:
            refuse_too_large(
                len(items) * (rounds if augment else 1),
                images.shape[1:],
                itemsize=np.dtype(self.dtype).itemsize,
                as_keras=self.compat is not None,
            )
        passes = self._sample_passes(images, rounds, seed) if augment else [None]
        self._statistics = measure_statistics(self, self._prepare_for_fit(images, items, passes))

    def _items_to_fit(self, count: int, labels: NDArray[Any] | None) -> Indices:
        """Return the items outside the validation split; all items with `compat`, as in Keras."""
        everything = np.arange(count)
        if self.compat is not None or not self.validation_split:
            return everything
        self._validation_items = sample_validation(labels, count, self.validation_split)
        self._fitted_count = count
        return np.setdiff1d(everything, self._validation_items)

    def _prepare_for_fit(
        self, images: NDArray[Any], items: Indices, passes: Sequence[KerasParameters | None]
    ) -> Floats:
        """Transform images and do what precedes the statistics; with `compat`, rescale only."""
        as_keras = self.compat is not None
        white = (
            find_white_level(images) if self.brightness_range is not None and not as_keras else None
        )
        prepared = np.empty((len(passes) * len(items), *images.shape[1:]), self.dtype)
        for number, draws in enumerate(passes):
            for start in range(0, len(items), FIT_CHUNK):
                chosen = items[start : start + FIT_CHUNK]
                batch = images[chosen].astype(self.dtype)
                if as_keras and self.rescale:
                    batch *= self.rescale  # before the transforms, but after them in `flow`
                if draws is not None:
                    batch = transform_in_threads(
                        self, batch, draws.take(chosen), white=white, threads=self._threads
                    )
                first = number * len(items) + start
                prepared[first : first + len(chosen)] = (
                    batch if as_keras else standardize_without_fit(self, batch)
                )
        return prepared

    def _sample_passes(
        self, images: NDArray[Any], rounds: int, seed: int | None
    ) -> Sequence[KerasParameters | None]:
        """Sample the transforms of each round of `fit`."""
        if self.compat is None:
            base = self.seed if seed is None else seed
            return [
                sample_epoch_parameters(
                    self, len(images), images.shape[1:], seed=base, epoch=number
                )
                for number in range(rounds)
            ]
        if seed is not None:
            self._random_state.seed(seed)
        height, width = self.size(images.shape)
        draw_one = partial(
            sample_as_keras, self, height=height, width=width, state=self._random_state
        )
        return [
            KerasParameters.from_dictionaries([draw_one() for _ in images]) for _ in range(rounds)
        ]

    def flow(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: ArrayLike | None = None,
        seed: int | None = None,
        subset: Subset | None = None,
    ) -> BatchIterator:
        """Iterate over batches of images in memory, (n, ...) of any dtype, and answers (n, ...)."""
        source = source_from_arrays(self, x, y, sample_weight)
        return self._make_iterator(source, batch_size, shuffle=shuffle, seed=seed, subset=subset)

    def flow_from_directory(
        self,
        directory: str | Path,
        target_size: tuple[int, int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: ClassMode | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        subset: Subset | None = None,
        interpolation: Interpolation = "nearest",
    ) -> BatchIterator:
        """Iterate over batches of the pictures in a folder of class folders.

        `target_size` is (height, width). `class_mode` is categorical (one-hot), binary or sparse
        (class numbers), input (the images themselves) or None. Raises `DataError` for files that
        cannot be read.
        """
        decoding = DecodeSettings.from_settings(self, target_size, color_mode, interpolation)
        source = source_from_directory(
            self, directory, decoding, classes=classes, class_mode=class_mode
        )
        return self._make_iterator(source, batch_size, shuffle=shuffle, seed=seed, subset=subset)

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: str | Path | None = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[Any] | None = None,
        class_mode: ClassMode | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        subset: Subset | None = None,
        interpolation: Interpolation = "nearest",
        validate_filenames: bool = True,
    ) -> BatchIterator:
        """Iterate over batches of the pictures in a table: a pandas frame, or a dict of columns.

        `class_mode` can also be raw (the numbers of `y_col`) and multi_output (a list of the
        columns `y_col`), and a label can be a list of classes. `validate_filenames=False` does not
        check the files in advance.
        """
        decoding = DecodeSettings.from_settings(self, target_size, color_mode, interpolation)
        source = source_from_table(
            self,
            dataframe,
            decoding,
            directory=directory,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            classes=classes,
            class_mode=class_mode,
            validate_filenames=validate_filenames,
        )
        return self._make_iterator(source, batch_size, shuffle=shuffle, seed=seed, subset=subset)

    def _make_iterator(
        self,
        source: ImageSource,
        batch_size: int,
        *,
        shuffle: bool,
        seed: int | None,
        subset: Subset | None,
    ) -> BatchIterator:
        if batch_size < 1:
            raise UsageError(f"batch_size is {batch_size}; a batch has at least one image.")
        items = choose_items(self, source, subset)
        sampler: Sampler
        if self.compat is not None:
            sampler = KerasSampler(
                self,
                items,
                shape=source.shape,
                batch_size=batch_size,
                shuffle=shuffle,
                seed=seed,
                state=self._random_state,
            )
        else:
            if subset is not None:
                self._refuse_other_split(source.count, items, subset)
            sampler = SeededSampler(
                self,
                items,
                count=source.count,
                shape=source.shape,
                batch_size=batch_size,
                shuffle=shuffle,
                seed=self.seed if seed is None else seed,
                transforms=subset != "validation",
            )
        return BatchIterator(
            source, items, sampler, self._transform_and_standardize, batch_size=batch_size
        )

    def _refuse_other_split(self, count: int, items: Indices, subset: Subset) -> None:
        """Raise `UsageError` if `fit` measured images of this validation split."""
        if not self.needs_fit or self._validation_items is None or count != self._fitted_count:
            return
        fitted_from_validation = np.isin(items, self._validation_items) != (subset == "validation")
        if fitted_from_validation.any():
            raise UsageError(
                "fit and flow set other images aside for validation, because fit had no labels or "
                "other ones. Call fit(x, y=y) with the y of flow, so that the statistics come from "
                "the training images alone."
            )

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
