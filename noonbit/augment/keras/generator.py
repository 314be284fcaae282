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

from collections.abc import Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from noonbit.augment.keras.decode import ColorMode, DecodeSettings, Interpolation
from noonbit.augment.keras.directory import source_from_directory
from noonbit.augment.keras.image_transforms import ImageTransforms
from noonbit.augment.keras.iterator import BatchIterator
from noonbit.augment.keras.sampler import (
    KerasSampler,
    Sampler,
    SeededSampler,
)
from noonbit.augment.keras.saved_pictures import SavedPictures, SaveFormat, content_digest
from noonbit.augment.keras.source import (
    ClassMode,
    ImageSource,
    Subset,
    check_whole_number,
    choose_items,
    source_from_arrays,
)
from noonbit.augment.keras.table import refuse_or_warn, source_from_table
from noonbit.data.dataset import Indices
from noonbit.errors import UsageError


class ImageDataGenerator(ImageTransforms):
    """Batches of augmented and standardized images, by Keras's arguments.

    Without `compat`, the methods never change their arguments. Settings out of range raise
    `UsageError`, a `ValueError`, or `UsageTypeError`, a `TypeError`; and so does featurewise
    standardizing before `fit`.

    Args:
        featurewise_center: Subtract each channel's mean over the images of `fit`.
        samplewise_center: Subtract each image's own mean over all its pixels and channels.
        featurewise_std_normalization: Divide by each channel's standard deviation over the images
            of `fit`; implies centring.
        samplewise_std_normalization: Divide by each image's own standard deviation; implies
            centring.
        zca_whitening: Decorrelate the pixels over the images of `fit`; implies featurewise
            centring.
        zca_epsilon: Added to the singular values before dividing by them.
        rotation_range: Degrees, both ways.
        width_shift_range: Sideways, both ways: a share of the width if below 1, else pixels. An int
            n shifts by at most n - 1 whole pixels; a list holds the shifts to choose from.
        height_shift_range: Up and down, in the same way.
        brightness_range: The lowest and the highest factor of the pixel values, as (0.5, 1.5).
        shear_range: Degrees, both ways.
        zoom_range: A share z for factors from 1 - z to 1 + z, or the smallest and largest factor;
            below 1 enlarges. Each axis has its own factor.
        channel_shift_range: The largest amount to add to all channels, clipped to the image's own
            range.
        fill_mode: What lies outside the image: constant, nearest, reflect or wrap.
        cval: The value outside for `fill_mode="constant"`.
        horizontal_flip: Mirror half of the images left to right. Changes what digits, letters and
            signs mean.
        vertical_flip: Mirror half of the images top to bottom.
        rescale: Multiply all values, after the transforms; 1/255 is usual.
        preprocessing_function: Called with each transformed image (rank 3), before `rescale`; must
            keep the shape.
        data_format: channels_last, the default, is (height, width, channels); channels_first is
            (channels, height, width).
        validation_split: The share of the images in `subset="validation"`.
        interpolation_order: 0 for the nearest pixel, 1 for bilinear interpolation.
        dtype: The dtype of the batches: float32, the default, or float64.
        compat: "keras" repeats Keras 3's generator exactly, with the traps that None avoids.
        seed: The seed of all random numbers; for `compat="keras"`, what `numpy.random.seed` would
            get.
    """

    def flow(
        self,
        x: Any,
        y: ArrayLike | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: ArrayLike | None = None,
        seed: int | None = None,
        save_to_dir: str | Path | None = None,
        save_prefix: str = "",
        save_format: SaveFormat = "png",
        ignore_class_split: bool = False,
        subset: Subset | None = None,
    ) -> BatchIterator:
        """Iterate over batches of images in memory.

        Args:
            x: Images (n, ...) of any number type; or a pair of them and other inputs of the
                network, which come as they are: an array (n, ...) or a list of arrays.
            y: Answers (n, ...).
            batch_size: Images of a batch; the last batch of an epoch may be smaller.
            shuffle: Take the images in another order in each epoch.
            sample_weight: The weight of each image in the loss, (n,).
            seed: The seed of order and transforms; by default the generator's.
            save_to_dir: A folder into which every image that comes is written as a picture, its
                darkest value black and its brightest white.
            save_prefix: What the names of these files begin with.
            save_format: png, jpeg, jpg, bmp, pdf, ppm, gif or tif.
            ignore_class_split: The answers are no classes, so the split need not heed them.
            subset: training or validation, by the generator's `validation_split`.
        """
        source = source_from_arrays(self, x, y, sample_weight)
        return self._make_iterator(
            source,
            batch_size,
            shuffle=shuffle,
            seed=seed,
            subset=subset,
            ignore_class_split=ignore_class_split,
            saving=(save_to_dir, save_prefix, save_format),
        )

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
        save_to_dir: str | Path | None = None,
        save_prefix: str = "",
        save_format: SaveFormat = "png",
        follow_links: bool = False,
        subset: Subset | None = None,
        interpolation: Interpolation = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> BatchIterator:
        """Iterate over batches of the pictures in a folder of class folders.

        The other arguments are those of `flow`. Raises `SourceNotFound`, and `DataError` for files
        that cannot be read.

        Args:
            directory: The folder.
            target_size: (height, width) in pixels.
            color_mode: rgb, grayscale or, with `compat`, rgba.
            classes: The class folders to take, in the order of their numbers; by default all.
            class_mode: categorical (one-hot), binary or sparse (class numbers), input (the images
                themselves) or None (no answers).
            follow_links: Follow links to folders, which is always done without `compat`.
            interpolation: How sizes are changed: nearest, bilinear, bicubic, lanczos, box, hamming.
            keep_aspect_ratio: Crop the centre to the shape of `target_size` instead of distorting.
        """
        decoding = DecodeSettings.from_settings(
            self, target_size, color_mode, interpolation, keep_aspect_ratio=keep_aspect_ratio
        )
        source = source_from_directory(
            self,
            directory,
            decoding,
            classes=classes,
            class_mode=class_mode,
            follow_links=follow_links,
        )
        return self._make_iterator(
            source,
            batch_size,
            shuffle=shuffle,
            seed=seed,
            subset=subset,
            saving=(save_to_dir, save_prefix, save_format),
        )

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: str | Path | None = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] | None = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[Any] | None = None,
        class_mode: ClassMode | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | Path | None = None,
        save_prefix: str = "",
        save_format: SaveFormat = "png",
        subset: Subset | None = None,
        interpolation: Interpolation = "nearest",
        validate_filenames: bool = True,
        **withdrawn: Any,
    ) -> BatchIterator:
        """Iterate over batches of the pictures in a table.

        The other arguments are those of `flow` and `flow_from_directory`. Raises `UsageError` for
        columns that are not there, and `DataError` for files that are not or cannot be read.

        Args:
            dataframe: A pandas frame, or a dict of columns.
            directory: The folder that the file names start from.
            x_col: The column of file names.
            y_col: The column of labels, each a class or a list of classes; of raw, one or more
                columns of numbers; of multi_output, a list of columns.
            weight_col: The column of sample weights.
            class_mode: Also raw (the values of `y_col`) and multi_output (a list of its columns).
            validate_filenames: Check all files in advance.
            withdrawn: `has_ext`, `sort` and `drop_duplicates` of early Keras do nothing but warn.
        """
        refuse_or_warn(withdrawn, known=signature(type(self).flow_from_dataframe).parameters)
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
        return self._make_iterator(
            source,
            batch_size,
            shuffle=shuffle,
            seed=seed,
            subset=subset,
            saving=(save_to_dir, save_prefix, save_format),
        )

    def _make_iterator(
        self,
        source: ImageSource,
        batch_size: int,
        *,
        shuffle: bool,
        seed: int | None,
        subset: Subset | None,
        saving: tuple[str | Path | None, str, SaveFormat],
        ignore_class_split: bool = False,
    ) -> BatchIterator:
        batch_size = check_whole_number(batch_size, "batch_size", least=1)
        if seed is not None:
            seed = check_whole_number(seed, "seed", least=0)
        items = choose_items(self, source, subset, ignore_class_split=ignore_class_split)
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
            source,
            items,
            sampler,
            self._transform_and_standardize,
            batch_size=batch_size,
            saved_pictures=self._open_saved_pictures(source, *saving),
        )

    def _open_saved_pictures(
        self,
        source: ImageSource,
        save_to_dir: str | Path | None,
        save_prefix: str,
        save_format: SaveFormat,
    ) -> SavedPictures | None:
        if save_to_dir is None:
            return None
        # Keras ends each name by a random number, from the stream of the transforms.
        largest = 10**7 if source.names else 10**4
        return SavedPictures.from_arguments(
            self,
            save_to_dir,
            save_prefix,
            save_format,
            image_shape=source.shape,
            name_ending=content_digest
            if self.compat is None
            else lambda _: str(self._random_state.randint(largest)),
        )

    def _refuse_other_split(self, count: int, items: Indices, subset: Subset) -> None:
        """Raise `UsageError` if `fit` measured images of this validation split."""
        if not self.needs_fit or self._validation_items is None or count != self._fitted_count:
            return
        fitted_from_validation = np.isin(items, self._validation_items) != (subset == "validation")
        if fitted_from_validation.any():
            raise UsageError(
                "fit and flow set other images aside for validation, because fit had no labels or "
                "other ones. Call fit(x, y=y) with the y of flow, or fit(x) for a flow with "
                "ignore_class_split, so that the statistics come from the training images alone."
            )
