"""Image sources: numbered images with their answers, and the training and validation subsets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noonbit.augment.keras.settings import Floats, Settings
from noonbit.augment.keras.transform import find_white_level
from noonbit.data.dataset import Indices
from noonbit.data.stratify import SPLIT_SEED, draw_stratified
from noonbit.errors import UsageError, UsageTypeError, did_you_mean, plural

Subset: TypeAlias = Literal["training", "validation"]
ClassMode: TypeAlias = Literal["categorical", "binary", "sparse", "input", "raw", "multi_output"]
Answers: TypeAlias = NDArray[Any] | list[NDArray[Any]] | None


@dataclass(frozen=True, slots=True)
class ImageSource:
    """Images that can be read by number."""

    count: int
    shape: tuple[int, ...]
    """The shape of one image, in the generator's data format."""
    read: Callable[[Indices], NDArray[Any]]
    """Returns a new array of the images of these numbers, in any dtype."""
    white: float | None
    """The largest possible pixel value (see `transform.find_white_level`)."""
    class_mode: ClassMode | None = None
    """The form of the answers; None for no answers."""
    labels: Any = None
    """Class numbers (count,), or a list of them for each image, or the answers themselves."""
    class_indices: dict[Any, int] = field(default_factory=dict)
    """The number of each class name."""
    weights: NDArray[Any] | None = None
    """The sample weight of each image."""
    names: Sequence[str] = ()
    """The file name of each image, as its folder or table has it."""
    paths: Sequence[str] = ()
    """The full path of each file."""
    blocks: Sequence[Indices] = ()
    """Groups of images; Keras's validation split is the first share of each. Empty: one group."""
    other_inputs: Sequence[NDArray[Any]] = ()
    """More inputs of the network, each (count, ...), which come as they are."""

    def answers(self, items: Indices, images: Floats) -> Answers:
        """Return the answers for `items`; `images` are those items as the network gets them."""
        dtype = images.dtype
        if self.class_mode == "input":
            return images.copy()
        if self.class_mode == "multi_output":
            return [column[items] for column in self.labels]
        if self.class_mode == "raw":
            chosen: NDArray[Any] = self.labels[items]
            return chosen
        if self.class_mode == "categorical":
            answers = np.zeros((len(items), len(self.class_indices)), dtype)
            for row, item in enumerate(items):
                answers[row, self.labels[item]] = 1
            return answers
        if self.class_mode is not None:
            numbers: NDArray[Any] = self.labels[items].astype(dtype)
            return numbers
        return None


def source_from_arrays(
    settings: Settings, x: ArrayLike, y: ArrayLike | None, sample_weight: ArrayLike | None
) -> ImageSource:
    """Wrap images in memory, (n, ...) in the settings' data format, without copying them.

    `x` can be a pair: the images, and another input (n, ...) or a list of others.
    """
    x, others = separate_other_inputs(x)
    images = check_images(x, name="x")
    other_inputs = [check_other_input(len(images), other) for other in others]
    answers = check_length(len(images), y, "y")
    weights = check_length(len(images), sample_weight, "sample_weight")
    return ImageSource(
        len(images),
        images.shape[1:],
        images.__getitem__,
        find_white_level(images) if settings.brightness_range and settings.compat is None else None,
        None if answers is None else "raw",
        answers,
        weights=weights,
        other_inputs=other_inputs,
    )


def separate_other_inputs(x: Any) -> tuple[Any, Sequence[Any]]:
    """Return the images and the other inputs of `(images, other)` or `(images, [other, ...])`."""
    if not isinstance(x, tuple | list) or len(x) != 2 or np.ndim(x[0]) != 4:
        return x, ()
    return x[0], x[1] if isinstance(x[1], list) else [x[1]]


def check_whole_number(value: Any, name: str, *, least: int) -> int:
    """Return a whole number of at least `least`; raises `UsageError`."""
    if not isinstance(value, int | np.integer):
        raise UsageTypeError(f"{name} is {value!r}; it should be a whole number.")
    if value < least:
        raise UsageError(f"{name} is {value}; it should be at least {least}.")
    return int(value)


def check_other_input(count: int, values: ArrayLike) -> NDArray[Any]:
    """Return another input as an array; raises `UsageError` unless its length is `count`."""
    array = np.asarray(values)
    if array.ndim == 0 or len(array) != count:
        raise UsageError(
            f"All of the arrays in x should have the same length: there are "
            f"{plural(count, 'image')}, and another input has the shape {array.shape}."
        )
    return array


def check_images(x: ArrayLike, *, name: str) -> NDArray[Any]:
    """Return images as an array; raises `UsageError` unless it is numeric with four axes."""
    try:
        images = np.asarray(x)
    except ValueError:
        images = np.empty(0, object)
    if images.ndim != 4 or not images.size or images.dtype.kind not in "fiub":
        hint = ""
        if images.ndim == 3 and images.dtype.kind in "fiub":
            hint = f" Grey images need a channel: {name}[..., None]."
        refusal = UsageError if images.dtype.kind in "fiub" else UsageTypeError
        raise refusal(
            f"{name} should hold numbers with four axes, such as (images, height, width, "
            f"channels), but is {images.dtype} of the shape {images.shape}.{hint}"
        )
    return images


def check_length(count: int, column: ArrayLike | None, name: str) -> NDArray[Any] | None:
    """Return `column` as an array; raises `UsageError` unless its length is `count`."""
    if column is None:
        return None
    values = np.asarray(column)
    if values.ndim == 0 or len(values) != count:
        length = "one number" if values.ndim == 0 else f"{len(values):,}"
        what = "labels" if name == "y" else "weights"
        raise UsageError(
            f"`x` (images tensor) and `{name}` ({what}) should have the same length: "
            f"x has {plural(count, 'image')}, but {name} has {length}."
        )
    return values


def choose_items(
    settings: Settings,
    source: ImageSource,
    subset: Subset | None,
    *,
    ignore_class_split: bool = False,
) -> Indices:
    """Return the images of a subset in ascending order; all of them for None.

    The split is stratified and, like every split of noonbit, the same for every seed, so generators
    with different transforms use the same validation images. With `compat`, it is the first images,
    of each class if they come from folders. `ignore_class_split` takes the labels for no classes.
    """
    everything = np.arange(source.count)
    if subset is None:
        return everything
    if subset not in ("training", "validation"):
        raise UsageError(
            f"subset is {subset!r}.{did_you_mean(str(subset), ('training', 'validation'))} "
            "It can be 'training', 'validation' or None."
        )
    if not settings.validation_split:
        raise UsageError(
            f"subset='{subset}' needs ImageDataGenerator(validation_split=...), such as 0.2."
        )
    if settings.compat is None:
        are_classes = source.class_mode != "multi_output" and not ignore_class_split
        labels = source.labels if are_classes else None
        validation = sample_validation(labels, source.count, settings.validation_split)
    else:
        blocks = source.blocks or (everything,)
        share = settings.validation_split
        validation = np.concatenate([block[: int(share * len(block))] for block in blocks])
        if source.class_mode == "raw" and not source.names and not ignore_class_split:
            refuse_missing_classes(source.labels, validation)
    items = validation if subset == "validation" else np.setdiff1d(everything, validation)
    if not len(items):
        raise UsageError(
            f"validation_split={settings.validation_split:g} of {plural(source.count, 'image')} "
            f"leaves none for {subset}."
        )
    return items


def sample_validation(labels: Any, count: int, share: float) -> Indices:
    """Sample the validation images, stratified by class if the labels are classes."""
    classes = number_classes(labels, count)
    return draw_stratified(classes, round(share * count), np.random.default_rng(SPLIT_SEED))


def number_classes(labels: Any, count: int) -> Indices:
    """Number the distinct labels; all 0 if there are no labels, or if they are no classes.

    A label can be a number, a name, a row (one-hot) or a list of classes.
    """
    one_class = np.zeros(count, np.int64)
    if labels is None:
        return one_class
    if isinstance(labels, list):
        labels = np.array([str(label) for label in labels])
    rows = labels.reshape(count, -1)
    found, numbers = np.unique(
        rows[:, 0] if rows.shape[1] == 1 else rows, axis=0, return_inverse=True
    )
    # With fewer than two images per label, the labels are taken for values of a regression.
    return one_class if 2 * len(found) > count else numbers.reshape(-1).astype(np.int64)


def refuse_missing_classes(labels: NDArray[Any], validation: Indices) -> None:
    """Raise `UsageError` if a class is on one side of the split only, as Keras does for arrays."""
    held_out = np.zeros(len(labels), bool)
    held_out[validation] = True
    if not np.array_equal(np.unique(labels[held_out]), np.unique(labels[~held_out])):
        raise UsageError(
            "Training and validation subsets have different number of classes, in Keras's words: "
            "its validation split is the first images, and y is sorted. Shuffle x and y together, "
            "leave compat out, or set ignore_class_split if y holds no classes."
        )
