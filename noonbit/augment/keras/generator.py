"""Keras's `ImageDataGenerator`, on whole batches, with its traps repaired or exactly repeated.

    generator = ImageDataGenerator(rotation_range=15, zoom_range=0.1, validation_split=0.2)
    for x, y in generator.flow(x_train, y_train, batch_size=128, subset="training"): ...

Arguments, methods and shapes are Keras's. What `compat=None` does otherwise:

- the validation images are drawn from every class in proportion, instead of the first rows, and
  come as they are, without transforms;
- `fit` leaves them out, and measures what is really fed, `preprocessing_function` included;
- an image is a function of seed, epoch and its number, whatever the batch size;
- width and height shifts, the centre of oblong images, and brightness do what their names say;
- what cannot be done is refused with one sentence, before anything is computed.

`compat="keras"` gives Keras's own numbers for the same seed (checked against Keras 3.15.1).
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import PrivateAttr

from noonbit.augment.keras.decode import ColorMode, Interpolation, Look
from noonbit.augment.keras.draws import Draws, Parameters, draw_as_keras
from noonbit.augment.keras.files import directory_source, frame_source
from noonbit.augment.keras.iterator import Flow
from noonbit.augment.keras.sampler import KerasOrder, Order, SeededOrder, draws_of_epoch
from noonbit.augment.keras.settings import Floats, Settings
from noonbit.augment.keras.source import (
    ClassMode,
    Source,
    Subset,
    array_source,
    chosen_items,
    drawn_validation,
    image_array,
    of_length,
)
from noonbit.augment.keras.statistics import Statistics, measured, prepared, standardized
from noonbit.augment.keras.transform import transformed, transformed_in_shares, white_of
from noonbit.augment.keras.whitening import refuse_too_large
from noonbit.data.dataset import Indices
from noonbit.errors import UsageError
from noonbit.system.hardware import usable_cpus

TOGETHER = 512
"""Images that `fit` prepares at a time."""


class ImageDataGenerator(Settings):
    """Batches of augmented and standardized images, by Keras's arguments (see `Settings`).

    Without `compat` the methods never change what they are given. Settings out of range raise
    `UsageError`, and so does featurewise standardizing before `fit`.
    """

    _statistics: Statistics | None = PrivateAttr(default=None)
    _left_out: Indices | None = PrivateAttr(default=None)
    """The images that `fit` held to be for validation, of as many as it was given."""
    _fitted_count: int = PrivateAttr(default=0)
    _calls: int = PrivateAttr(default=0)
    """How many transforms were drawn one by one, without a seed of their own."""
    _state: np.random.RandomState = PrivateAttr()
    _threads: int = PrivateAttr(default_factory=usable_cpus)

    def model_post_init(self, context: Any, /) -> None:
        """Start the one stream of `compat="keras"`, which Keras has in `numpy.random`."""
        del context
        self._state = np.random.RandomState(self.seed)

    @property
    def mean(self) -> Floats | None:
        """Of each channel, as fitted, (1, 1, C) or (C, 1, 1); None where it is not needed."""
        return None if self._statistics is None else self._statistics.mean

    @property
    def std(self) -> Floats | None:
        """Of each channel, likewise."""
        return None if self._statistics is None else self._statistics.std

    @property
    def zca_whitening_matrix(self) -> Floats | None:
        """What flattened images are multiplied by, (d, d) with d = height x width x channels."""
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
        """Learn the statistics that featurewise settings and ZCA need, from images (n, ...).

        With `validation_split`, the images that `flow(x, y, subset="validation")` gives are left
        out, for which `y` is needed too. `augment` learns from `rounds` transformed copies of each
        image. Raises `UsageError` for a wrong shape, and where ZCA would not fit into memory.
        """
        images = image_array(x, name="x")
        if rounds < 1:
            raise UsageError(f"rounds is {rounds}; it counts from 1.")
        items = self._items_to_fit(len(images), of_length(len(images), y, "y"))
        if self.zca_whitening:
            refuse_too_large(
                len(items) * (rounds if augment else 1),
                images.shape[1:],
                itemsize=np.dtype(self.dtype).itemsize,
                as_keras=self.compat is not None,
            )
        passes = self._passes(images, rounds, seed) if augment else [None]
        self._statistics = measured(self, self._to_measure(images, items, passes))

    def _items_to_fit(self, count: int, labels: NDArray[Any] | None) -> Indices:
        """The images that are not set aside for validation; Keras measures those too."""
        everything = np.arange(count)
        if self.compat is not None or not self.validation_split:
            return everything
        self._left_out = drawn_validation(labels, count, self.validation_split)
        self._fitted_count = count
        return np.setdiff1d(everything, self._left_out)

    def _to_measure(
        self, images: NDArray[Any], items: Indices, passes: Sequence[Draws | None]
    ) -> Floats:
        """The images as they are fed but for the statistics, or as Keras takes them: rescaled."""
        as_keras = self.compat is not None
        white = white_of(images) if self.brightness_range is not None and not as_keras else None
        found = np.empty((len(passes) * len(items), *images.shape[1:]), self.dtype)
        for number, draws in enumerate(passes):
            for start in range(0, len(items), TOGETHER):
                chosen = items[start : start + TOGETHER]
                batch = images[chosen].astype(self.dtype)
                if as_keras and self.rescale:
                    batch *= self.rescale  # before the transforms here, and after them in a flow
                if draws is not None:
                    batch = transformed_in_shares(
                        self, batch, draws.take(chosen), white=white, threads=self._threads
                    )
                first = number * len(items) + start
                found[first : first + len(chosen)] = batch if as_keras else prepared(self, batch)
        return found

    def _passes(
        self, images: NDArray[Any], rounds: int, seed: int | None
    ) -> Sequence[Draws | None]:
        """The transforms of each round of `fit`."""
        if self.compat is None:
            base = self.seed if seed is None else seed
            return [
                draws_of_epoch(self, len(images), images.shape[1:], seed=base, epoch=number)
                for number in range(rounds)
            ]
        if seed is not None:
            self._state.seed(seed)
        height, width = self.size(images.shape)
        draw_one = partial(draw_as_keras, self, height=height, width=width, state=self._state)
        return [Draws.of([draw_one() for _ in images]) for _ in range(rounds)]

    def flow(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: ArrayLike | None = None,
        seed: int | None = None,
        subset: Subset | None = None,
    ) -> Flow:
        """Batches of images in memory, (n, ...) of any number type, with their answers (n, ...)."""
        source = array_source(self, x, y, sample_weight)
        return self._flow(source, batch_size, shuffle=shuffle, seed=seed, subset=subset)

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
    ) -> Flow:
        """Batches of the pictures of a folder that holds a folder a class.

        `target_size` is (height, width). `class_mode` is categorical (one-hot), binary or sparse
        (class numbers), input (the images themselves) or None. Raises `DataError` for what cannot
        be read.
        """
        look = Look.checked(self, target_size, color_mode, interpolation)
        source = directory_source(self, directory, look, classes=classes, class_mode=class_mode)
        return self._flow(source, batch_size, shuffle=shuffle, seed=seed, subset=subset)

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
    ) -> Flow:
        """Batches of the pictures that a table names: a pandas frame, or a dict of columns.

        `class_mode` can also be raw (the numbers of `y_col`) and multi_output (a list of the
        columns `y_col`), and a label can be a list of classes. `validate_filenames=False` looks at
        files only when they are needed.
        """
        look = Look.checked(self, target_size, color_mode, interpolation)
        source = frame_source(
            self,
            dataframe,
            look,
            directory=directory,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            classes=classes,
            class_mode=class_mode,
            validate_filenames=validate_filenames,
        )
        return self._flow(source, batch_size, shuffle=shuffle, seed=seed, subset=subset)

    def _flow(
        self,
        source: Source,
        batch_size: int,
        *,
        shuffle: bool,
        seed: int | None,
        subset: Subset | None,
    ) -> Flow:
        if batch_size < 1:
            raise UsageError(f"batch_size is {batch_size}; a batch has at least one image.")
        items = chosen_items(self, source, subset)
        order: Order
        if self.compat is not None:
            order = KerasOrder(
                self,
                items,
                shape=source.shape,
                batch_size=batch_size,
                shuffle=shuffle,
                seed=seed,
                state=self._state,
            )
        else:
            if subset is not None:
                self._refuse_other_split(source.count, items, subset)
            order = SeededOrder(
                self,
                items,
                count=source.count,
                shape=source.shape,
                batch_size=batch_size,
                shuffle=shuffle,
                seed=self.seed if seed is None else seed,
                transforms=subset != "validation",
            )
        return Flow(source, items, order, self._fed, batch_size=batch_size)

    def _refuse_other_split(self, count: int, items: Indices, subset: Subset) -> None:
        """The statistics must not come from the images that are set aside here."""
        if not self.needs_fit or self._left_out is None or count != self._fitted_count:
            return
        fitted_from_validation = np.isin(items, self._left_out) != (subset == "validation")
        if fitted_from_validation.any():
            raise UsageError(
                "fit and flow set other images aside for validation, because fit had no labels or "
                "other ones. Call fit(x, y=y) with the y of flow, so that the statistics come from "
                "the training images alone."
            )

    def _fed(self, images: NDArray[Any], draws: Draws | None, white: float | None) -> Floats:
        """Images as they are read, transformed and standardized; a new array in `dtype`."""
        if draws is None:
            batch = images.astype(self.dtype)
        else:
            batch = transformed_in_shares(self, images, draws, white=white, threads=self._threads)
        return standardized(self, batch, self._statistics)

    def get_random_transform(
        self, img_shape: tuple[int, int, int], seed: int | None = None
    ) -> Parameters:
        """The transform of one image of that shape, drawn anew at each call or by `seed`.

        A dictionary with `theta`, `tx` (by height_shift_range), `ty` (by width_shift_range),
        `shear`, `zx`, `zy`, `flip_horizontal`, `flip_vertical`, `channel_shift_intensity` and
        `brightness`.
        """
        if self.compat is not None:
            if seed is not None:
                self._state.seed(seed)
            height, width = self.size(img_shape)
            return draw_as_keras(self, height=height, width=width, state=self._state)
        if seed is None:
            self._calls += 1
        base, epoch = (self.seed, self._calls) if seed is None else (seed, 0)
        return draws_of_epoch(self, 1, img_shape, seed=base, epoch=epoch).parameters(0)

    def apply_transform(self, x: ArrayLike, transform_parameters: Mapping[str, Any]) -> Floats:
        """One image (rank 3), transformed by such a dictionary; keys left out do nothing."""
        image = single(x)
        draws = Draws.of([transform_parameters])
        white = white_of(image) if self.compat is None else None
        batch = transformed(self, image.astype(self.dtype)[None], draws, white=white)
        return batch.reshape(image.shape)

    def random_transform(self, x: ArrayLike, seed: int | None = None) -> Floats:
        """One image (rank 3), transformed at random."""
        image = single(x)
        height, width, channels = image.shape
        return self.apply_transform(
            image, self.get_random_transform((height, width, channels), seed)
        )

    def standardize(self, x: ArrayLike) -> Floats:
        """An image (rank 3) or a batch (rank 4) as `flow` would standardize it; a new array.

        With `compat="keras"`, samplewise settings take a batch for one sample, as Keras does.
        """
        given = np.asarray(x)
        images = image_array(given[None] if given.ndim == 3 else given, name="x")
        batch = images.astype(self.dtype)
        together = self.compat is not None
        return standardized(self, batch, self._statistics, together=together).reshape(given.shape)


def single(x: ArrayLike) -> NDArray[Any]:
    """One image; raises `UsageError` for another rank."""
    image = np.asarray(x)
    if image.ndim != 3:
        raise UsageError(f"An image has three axes, but x has the shape {image.shape}.")
    return image
