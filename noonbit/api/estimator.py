"""The scikit-learn face: noonbit's training behind `fit`, `predict` and `predict_proba`.

    classifier = ImageClassifier(epochs=10)
    cross_val_score(classifier, digits.images, digits.target)

Data, contract, split, network and loop are those of `noonbit train`; what is missing is the run
folder, since an estimator lives in memory and leaves storing and testing to scikit-learn.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from numbers import Integral
from typing import Any, Literal, Self, TypeAlias, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import nn

from noonbit.api.value_scale import ValueScale
from noonbit.config.plan import Plan
from noonbit.config.recipe import (
    Kept,
    Normalisation,
    OptimizerName,
    Precision,
    Recipe,
    ScheduleName,
)
from noonbit.data.dataset import NumberedNames, Part, RawDataset
from noonbit.data.prepared import prepare
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.pixels import ValueRange, pixels_from_array
from noonbit.data.split import Holdout
from noonbit.errors import UsageError, UsageTypeError
from noonbit.evaluation.inference import Probabilities, predict_part
from noonbit.evaluation.out_of_distribution import find_unknown
from noonbit.evaluation.torch_inference import NetworkClassifier
from noonbit.jobs.pretrained import (
    calibrate_by_folds,
    fit_pretrained_head,
    initial_weights,
    is_head_alone,
    with_pretrained_settings,
)
from noonbit.jobs.single import final_network
from noonbit.models.custom import trust_named
from noonbit.pretrained.source import find_pretrained
from noonbit.system.runtime import Runtime
from noonbit.training.setup import prepare_training
from noonbit.training.state import Callbacks, EpochMetrics

FEWEST_TO_VALIDATE = 100
"""With fewer items, a tenth of them would choose the best epoch by luck; the last one is kept."""

IMAGES_TOGETHER = 16
"""Batches are padded to a multiple of so many images. Matrix products round a ragged end otherwise,
so an answer would depend on the images beside it."""

ImageShape: TypeAlias = tuple[int, int, Literal[1, 3]]
"""(height, width, channels)."""


class ImageClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """A network for small images that scikit-learn's tools can fit, search and combine.

    X holds images (n, height, width) or (n, height, width, 1 or 3), or flat rows (n, features),
    which `image_shape`, (height, width) or (height, width, 1 or 3), folds into images. Without it,
    a square number of features is a grey square image, and any other number is one row of pixels.
    Bytes (uint8) and numbers within 0..1 are taken as such; for anything else the smallest and
    largest number of the training X become black and white, and `predict` clips to them. Every
    pixel is then a byte, so columns should share one unit. A classifier of bytes takes unit floats
    too, and one of unit floats whole numbers up to 255; X of any other scale than that of the
    training raises `ValueError`, since the answers would be at chance.

    `model` is a name of the catalogue, `file.toml`, `path.py:function`, or a `torch.nn.Module` that
    takes float32 (n, channels, height, width) and gives logits; a module is copied, never changed.
    `pretrained` begins with published weights, as `noonbit train --pretrained` does: the name of
    their network, such as `efficientnet-lite0`, or a file; `model` is then left as it is.
    The other parameters are the fields of `Recipe` by the same names, derived from the data where
    they are None. `validation` is the share of X that chooses the best epoch; with 0, and by itself
    below 100 items, all of X trains and the last epoch stays. `random_state` is a seed, a
    `RandomState`, or None for another training each time.

    What is wrong with X or y raises `ValueError` as everywhere in scikit-learn, and a wrong setting
    raises `UsageError`. PyTorch's random generators and thread count are the same after a call as
    before it.

    After `fit`: `classes_` (the labels as they came), `model_` (the network, on the processor),
    `contract_`, `plan_` (every setting, and why), `history_` (an `EpochMetrics` each), `n_iter_`
    (their number), `value_scale_`, `image_shape_` and `n_features_in_`.
    """

    classes_: NDArray[Any]
    model_: nn.Module
    contract_: Contract
    plan_: Plan
    history_: list[EpochMetrics]
    n_iter_: int
    value_scale_: ValueScale
    image_shape_: ImageShape
    n_features_in_: int

    def __init__(
        self,
        model: str | nn.Module = ImagePreprocessor.default_model,
        *,
        image_shape: Sequence[int] | None = None,
        pretrained: str | bool | None = None,
        finetune: bool = False,
        epochs: int | None = None,
        batch_size: int | None = None,
        optimizer: OptimizerName | None = None,
        learning_rate: float | None = None,
        schedule: ScheduleName | None = None,
        warmup: float | None = None,
        momentum: float | None = None,
        weight_decay: float | None = None,
        epsilon: float | None = None,
        label_smoothing: float | None = None,
        balance: bool = False,
        unknown: bool = False,
        augment: str | None = None,
        normalise: Normalisation | None = None,
        keep: Kept | None = None,
        average_weights: float | None = None,
        test_time_augmentation: str | None = None,
        patience: int | None = None,
        validation: float | None = None,
        precision: Precision | None = None,
        threads: int | None = None,
        device: str | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.model = model
        self.image_shape = image_shape
        self.pretrained = pretrained
        self.finetune = finetune
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.warmup = warmup
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.epsilon = epsilon
        self.label_smoothing = label_smoothing
        self.balance = balance
        self.unknown = unknown
        self.augment = augment
        self.normalise = normalise
        self.keep = keep
        self.average_weights = average_weights
        self.test_time_augmentation = test_time_augmentation
        self.patience = patience
        self.validation = validation
        self.precision = precision
        self.threads = threads
        self.device = device
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that arrays of three axes (images) are accepted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train on images X, as the class describes them, with labels y (n,) of any kind."""
        rows, own_shape = flatten_images(X)
        rows, y = validate_data(self, rows, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y holds only one class, '{self.classes_[0]}'; a classifier needs at least two."
            )
        recipe = self._recipe()
        self.image_shape_ = choose_shape(rows.shape[1], own=own_shape, given=self.image_shape)
        height, width, channels = self.image_shape_
        self.value_scale_ = ValueScale.of(rows)
        # No polarity: an array means what it says, so an image is never inverted behind its back.
        preprocessor = ImagePreprocessor(
            height=height,
            width=width,
            channels=channels,
            value_range=self.value_scale_.value_range,
        )
        data = RawDataset(
            "X",
            "arrays",
            {
                "train": Part(
                    self._pixels(rows, preprocessor.value_range),
                    codes,
                    NumberedNames("row", len(rows)),
                )
            },
            tuple(map(str, self.classes_)),
            preprocessor.value_range,
        )
        share = 0.0 if self._trains_on_all(len(rows)) else recipe.validation
        network_to_borrow = None
        if self.pretrained is not None:
            recipe = with_pretrained_settings(recipe)
            share = 0.0 if recipe.validation is None else recipe.validation
            network_to_borrow = find_pretrained(str(recipe.pretrained), model=recipe.model)
            preprocessor = network_to_borrow.preprocessor().model_copy(
                update={"value_range": preprocessor.value_range}
            )
        items = prepare(data, preprocessor, holdout=Holdout(share), test=0.0, on_bad="fail")
        model = deepcopy(self.model) if isinstance(self.model, nn.Module) else None
        trust_named([recipe.model])
        with borrowed_runtime(self.device, self.threads, self.precision) as runtime:
            initial = None
            if network_to_borrow is not None:
                initial = initial_weights(network_to_borrow, items)
            prepared = prepare_training(items, recipe, runtime, model=model, initial=initial)
            fitted = None
            if network_to_borrow is not None:
                fitted = fit_pretrained_head(prepared, items, network_to_borrow)
            prepared.fit(Callbacks())
            network, contract = final_network(prepared)
            validates = len(items.split.validation) > 0
            if fitted is not None and is_head_alone(prepared) and not validates:
                contract, _ = calibrate_by_folds(contract, fitted.head, items, unknown=self.unknown)
        self.model_, self.contract_ = network.cpu().eval(), contract
        self.plan_ = prepared.context.plan
        self.history_ = prepared.state.history
        self.n_iter_ = len(self.history_)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable label of each image, (n,), of the kind that y had."""
        # Before `classes_` is asked for, so that an unfitted classifier says what it is.
        probabilities = self.predict_proba(X)
        return cast("NDArray[Any]", self.classes_[probabilities.argmax(axis=1)])

    def is_unknown(self, X: Any) -> NDArray[np.bool_]:
        """Whether each image is none of the classes, (n,), by the threshold of `unknown=True`.

        Raises `UsageError` where `fit` has found no threshold: without `unknown=True`, and where
        there are fewer than 100 items that the network did not learn from, or it is unsure of them.
        """
        probabilities = self.predict_proba(X)
        unknown = find_unknown(self.contract_.unknown_below, probabilities, {})
        if unknown is None:
            raise UsageError(
                "ImageClassifier has no threshold for what it does not know: fit it with "
                "unknown=True, on so many images that 100 validate."
            )
        return unknown

    def predict_proba(self, X: Any) -> Probabilities:
        """The probability of each class, float32 (n, classes), in the order of `classes_`."""
        check_is_fitted(self)
        rows, own_shape = flatten_images(X)
        rows = validate_data(self, rows, reset=False)
        if own_shape is not None:
            shape = add_channel_axis(own_shape)
            if shape != self.image_shape_:
                raise ValueError(
                    f"X holds images of {format_shape(shape)}, but this classifier was trained on "
                    f"{format_shape(self.image_shape_)}."
                )
        missing = -len(rows) % IMAGES_TOGETHER
        pixels = self._pixels(self.value_scale_.convert(rows), self.value_scale_.value_range)
        pixels = np.pad(pixels, ((0, missing), (0, 0), (0, 0), (0, 0)))
        part = Part(pixels, None, NumberedNames("row", len(pixels)))
        with borrowed_runtime(self.device, self.threads, self.precision) as runtime:
            network = runtime.to_device(deepcopy(self.model_))
            answers = predict_part(NetworkClassifier(network, self.contract_, runtime), part)
        return answers.probabilities[: len(rows)]

    def _recipe(self) -> Recipe:
        """Return the parameters as a validated recipe."""
        settings = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if name in Recipe.model_fields and value is not None
        }
        is_default = self.model == ImagePreprocessor.default_model
        if isinstance(self.model, nn.Module) or (self.pretrained is not None and is_default):
            del settings["model"]
        seed = self.random_state
        if not isinstance(seed, Integral):
            seed = check_random_state(seed).randint(2**31 - 1)
        return Recipe.from_settings({**settings, "seed": int(seed)}, origin="ImageClassifier")

    def _trains_on_all(self, count: int) -> bool:
        """Whether no item of `count` is set aside for validation."""
        if self.validation is None:
            return count < FEWEST_TO_VALIDATE
        return self.validation == 0

    def _pixels(self, rows: NDArray[Any], value_range: ValueRange) -> NDArray[np.uint8]:
        """Convert flat rows (n, features) to uint8 (n, C, H, W)."""
        images = rows.reshape(-1, *self.image_shape_)
        return pixels_from_array(images, name="X", value_range=value_range)[0]


@contextmanager
def borrowed_runtime(
    device: str | None, threads: int | None, precision: Precision | None
) -> Iterator[Runtime]:
    """Set the machine up for one call, and restore the global settings of the process afterwards.

    All but the allocator's settings, which no result depends on.
    """
    cudnn = torch.backends.cudnn
    before = torch.get_num_threads(), cudnn.deterministic, cudnn.benchmark
    try:
        runtime = Runtime.start(device=device, threads=threads, precision=precision)
        # Seeding seeds every GPU, but asking one for its state would start it.
        seeded = runtime.device.type == "cuda" or torch.cuda.is_initialized()
        with torch.random.fork_rng(range(torch.cuda.device_count()) if seeded else ()):
            yield runtime
    finally:
        torch.set_num_threads(before[0])
        cudnn.deterministic, cudnn.benchmark = before[1:]


def flatten_images(X: Any) -> tuple[Any, tuple[int, ...] | None]:
    """Return X as rows, not yet checked, and the shape of one image if X has three axes or more."""
    # np.ndim would hand the question to X, which may not answer it.
    axes = X.ndim if hasattr(X, "ndim") else np.asarray(X).ndim
    if axes < 3:
        return X, None
    images = np.asarray(X)
    shape = images.shape[1:]
    return images.reshape(len(images), math.prod(shape)), shape


def choose_shape(
    features: int, *, own: tuple[int, ...] | None, given: Sequence[int] | None
) -> ImageShape:
    """Choose the shape of an image: X's own, the one given, a square, or a row of features."""
    stated = None if given is None else parse_image_shape(given)
    if own is not None:
        shape = add_channel_axis(own)
        if stated not in (None, shape):
            raise ValueError(
                f"X holds images of {format_shape(shape)}, but image_shape is "
                f"{tuple(given or ())}. Leave it out: it is for flat rows."
            )
        return shape
    if stated is not None:
        if math.prod(stated) != features:
            raise ValueError(
                f"X has {features} features, but image_shape {tuple(given or ())} holds "
                f"{math.prod(stated)} numbers."
            )
        return stated
    side = math.isqrt(features)
    return (side, side, 1) if side * side == features else (1, features, 1)


def add_channel_axis(shape: Sequence[int]) -> ImageShape:
    """(height, width) or (height, width, 1 or 3) with its channels; raises `ValueError`."""
    height, width, channels = (*shape, 1)[:3] if len(shape) in (2, 3) else (0, 0, 0)
    if height < 1 or width < 1 or channels not in (1, 3):
        raise ValueError(
            f"X holds images of the shape {tuple(shape)}; an image is (height, width) or "
            "(height, width, 1 or 3), its channels last."
        )
    return height, width, cast("Literal[1, 3]", channels)


def parse_image_shape(given: Sequence[int]) -> ImageShape:
    """Parse the parameter `image_shape`; raises `UsageError`."""
    try:
        return add_channel_axis(tuple(map(int, given)))
    except (TypeError, ValueError) as error:
        refusal = UsageTypeError if isinstance(error, TypeError) else UsageError
        raise refusal(
            f"ImageClassifier: image_shape is {given!r}; give (height, width) or "
            "(height, width, 1 or 3)."
        ) from None


def format_shape(shape: ImageShape) -> str:
    """`28x28x1`."""
    return "x".join(map(str, shape))
