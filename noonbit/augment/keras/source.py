"""Numbered images with their answers, as a flow takes its batches from them, and their subsets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noonbit.augment.keras.settings import Floats, Settings
from noonbit.augment.keras.transform import white_of
from noonbit.data.dataset import Indices
from noonbit.data.stratify import SPLIT_SEED, draw_stratified
from noonbit.errors import UsageError, did_you_mean, plural

Subset: TypeAlias = Literal["training", "validation"]
ClassMode: TypeAlias = Literal["categorical", "binary", "sparse", "input", "raw", "multi_output"]
Answers: TypeAlias = NDArray[Any] | list[NDArray[Any]] | None


@dataclass(frozen=True, slots=True)
class Source:
    """Images that can be asked for by number."""

    count: int
    shape: tuple[int, ...]
    """Of one image, in the generator's data format."""
    read: Callable[[Indices], NDArray[Any]]
    """The images of these numbers, in any dtype; a new array."""
    white: float | None
    """The brightest value that they can have (see `transform.white_of`)."""
    class_mode: ClassMode | None = None
    """How an answer is given; None for none."""
    labels: Any = None
    """What `class_mode` makes answers from: class numbers (count,), a list of them for each image,
    or the answers themselves."""
    class_indices: dict[Any, int] = field(default_factory=dict)
    """The number of each class name."""
    weights: NDArray[Any] | None = None
    """Of each image."""
    names: Sequence[str] = ()
    """The file of each image, as it was named."""
    paths: Sequence[str] = ()
    """Where each file lies."""
    blocks: Sequence[Indices] = ()
    """What Keras takes the first share of for validation, each by itself; without, all images."""

    def answers(self, items: Indices, images: Floats) -> Answers:
        """What goes with the images of `items`, which are already as they are fed."""
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


def array_source(
    settings: Settings, x: ArrayLike, y: ArrayLike | None, sample_weight: ArrayLike | None
) -> Source:
    """Images in memory, (n, ...) in the settings' data format, as they are: never copied whole."""
    images = image_array(x, name="x")
    answers, weights = (
        of_length(len(images), column, name)
        for column, name in ((y, "y"), (sample_weight, "sample_weight"))
    )
    return Source(
        len(images),
        images.shape[1:],
        images.__getitem__,
        white_of(images) if settings.brightness_range and settings.compat is None else None,
        None if answers is None else "raw",
        answers,
        weights=weights,
    )


def image_array(x: ArrayLike, *, name: str) -> NDArray[Any]:
    """Images of rank 4; raises `UsageError`."""
    try:
        images = np.asarray(x)
    except ValueError:
        images = np.empty(0, object)
    if images.ndim != 4 or not images.size or images.dtype.kind not in "fiub":
        hint = ""
        if images.ndim == 3 and images.dtype.kind in "fiub":
            hint = f" Grey images need a channel: {name}[..., None]."
        raise UsageError(
            f"{name} should hold numbers with four axes, such as (images, height, width, "
            f"channels), but is {images.dtype} of the shape {images.shape}.{hint}"
        )
    return images


def of_length(count: int, column: ArrayLike | None, name: str) -> NDArray[Any] | None:
    """An array beside x; raises `UsageError` where it is shorter or longer."""
    if column is None:
        return None
    values = np.asarray(column)
    if values.ndim == 0 or len(values) != count:
        length = "one number" if values.ndim == 0 else f"{len(values):,}"
        raise UsageError(f"x has {plural(count, 'image')}, but {name} has {length}.")
    return values


def chosen_items(settings: Settings, source: Source, subset: Subset | None) -> Indices:
    """The images of a subset, ascending; all of them for None.

    The split is stratified and, like every split of noonbit, the same for every seed; so two
    generators that augment differently set the same images aside. Keras takes the first images as
    they come, of each class where it reads folders.
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
        labels = None if source.class_mode == "multi_output" else source.labels
        validation = drawn_validation(labels, source.count, settings.validation_split)
    else:
        blocks = source.blocks or (everything,)
        share = settings.validation_split
        validation = np.concatenate([block[: int(share * len(block))] for block in blocks])
        if source.class_mode == "raw" and not source.names:
            refuse_missing_classes(source.labels, validation)
    items = validation if subset == "validation" else np.setdiff1d(everything, validation)
    if not len(items):
        raise UsageError(
            f"validation_split={settings.validation_split:g} of {plural(source.count, 'image')} "
            f"leaves none for {subset}."
        )
    return items


def drawn_validation(labels: Any, count: int, share: float) -> Indices:
    """The validation images, every class in proportion where the labels are classes."""
    classes = class_numbers(labels, count)
    return draw_stratified(classes, round(share * count), np.random.default_rng(SPLIT_SEED))


def class_numbers(labels: Any, count: int) -> Indices:
    """A number for each distinct label; one for all where there are none, or nearly all differ.

    A label can be a number, a name, a row (one-hot) or a list of classes.
    """
    together = np.zeros(count, np.int64)
    if labels is None:
        return together
    if isinstance(labels, list):
        labels = np.array([str(label) for label in labels])
    rows = labels.reshape(count, -1)
    found, numbers = np.unique(
        rows[:, 0] if rows.shape[1] == 1 else rows, axis=0, return_inverse=True
    )
    # A regression has as many values as images; a class has at least two.
    return together if 2 * len(found) > count else numbers.reshape(-1).astype(np.int64)


def refuse_missing_classes(labels: NDArray[Any], validation: Indices) -> None:
    """Keras takes no split of an array that leaves a class on one side only."""
    held_out = np.zeros(len(labels), bool)
    held_out[validation] = True
    if not np.array_equal(np.unique(labels[held_out]), np.unique(labels[~held_out])):
        raise UsageError(
            "The first images, which are Keras's validation split, have other classes than the "
            "rest: y is sorted. Shuffle x and y together, or leave compat out."
        )
