"""How to train: one frozen, validated settings object.

The command line, TOML files and Python all create a `Recipe`. Settings left out (None) are derived
from the data and the machine when the training begins, and printed with their reasons. The run
folder keeps the resolved recipe, which `--config` accepts.
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    ValidationError,
)

from noonbit.config.ranges import within
from noonbit.config.read_options import ReadOptions
from noonbit.config.settings_error import settings_error
from noonbit.errors import UsageError, UsageTypeError, did_you_mean

OptimizerName = Literal["muon", "sgd", "adam", "adamw", "rmsprop", "adadelta"]
ScheduleName = Literal["constant", "cosine", "one-cycle"]
Precision = Literal["float32", "bfloat16"]
Engine = Literal["chain-shares", "chain", "autograd-shares", "autograd", "graph"]
Normalisation = Literal["standard", "unit"]
HeldOutRows = Literal["stratified", "first", "last"]
Kept = Literal["accuracy", "loss", "last"]

DEFAULT_PRETRAINED = "efficientnet-lite0"
"""The network whose published weights `--pretrained` takes where none are named."""
LARGEST_FILE = 2**20
"""Bytes of a TOML file; one with every setting has 2,000."""
LARGEST_RATE = 1e6
"""Of learning rates, weight decay and epsilon: beyond it the first steps overflow."""
MOST_EPOCHS = 1_000_000
"""Passes over the training items."""
LARGEST_BATCH = 10_000_000
"""Items per step."""
LONGEST_BUDGET = 366 * 24 * 3600
"""Seconds of a training: a year."""
MOST_HELD_OUT = 10**12
"""Items for validation; a source has fewer."""
MOST_THREADS = 1_024
"""More than any machine has processors; each takes memory before it does anything."""
LARGEST_SEED = 2**31 - 1
"""What every library takes."""
Share = Annotated[float, within(0, 1, below_most=True)]


def check_share_or_count(value: float) -> float:
    """Accept a share of the items up to 0.5, or a whole number of items."""
    if value <= 0.5 or value.is_integer():
        return value
    raise ValueError("should be a share up to 0.5 or a whole number of items")


def settings_to_text(settings: object) -> object:
    """Convert a table of settings, from TOML or Python, to the text form of the command line.

    `{"rotation": 15, "zoom_range": [0.9, 1.2], "flip": True}` becomes
    `rotation=15,zoom_range=0.9:1.2,flip`.
    """
    if not isinstance(settings, dict):
        return settings
    pieces = []
    for name, value in settings.items():
        values = value if isinstance(value, list | tuple) else [value]
        if value is True:
            pieces.append(str(name))
        elif value is not False:
            pieces.append(f"{name}={':'.join(map(str, values))}")
    return ",".join(pieces) or "none"


def absolute_path(path: str) -> str:
    """Make a path absolute, so that a run can be resumed from another folder.

    A text that can be no path stays; opening it says so.
    """
    try:
        return os.path.realpath(os.path.expanduser(path))
    except (OSError, ValueError):
        return path


def name_usual(value: object) -> object:
    """Take True, as in Python, for the usual network."""
    return DEFAULT_PRETRAINED if value is True else value


def absolute_file(name: str) -> str:
    """Make a file of weights absolute; the name of a network, which has no dot, stays."""
    return absolute_path(name) if "." in name or os.sep in name else name


def check_fold(text: str) -> str:
    """Accept K/N with K from 1 to N and N at least 2."""
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]) or int(match[2]) < 2:
        raise ValueError("should be the number of a fold and how many there are, such as 1/5")
    return text


class Recipe(ReadOptions):
    """The settings of one training, from how its source is read on."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    model: str | None = None
    """A network of `noonbit models`, layers in a file.toml, or path.py:function."""
    pretrained: (
        Annotated[str, BeforeValidator(name_usual), AfterValidator(absolute_file)] | None
    ) = None
    """Begin with published weights: of the network of this name, by default efficientnet-lite0, or
    in a file.safetensors or file.pth."""
    finetune: bool = False
    """With --pretrained: after the last layer, train the others too, the first ones least."""
    epochs: Annotated[int, within(1, MOST_EPOCHS)] | None = None
    """Passes over the training split, at most a million."""
    batch_size: Annotated[int, within(2, LARGEST_BATCH)] | None = None
    """Items per step, at most ten millions."""
    optimizer: OptimizerName | None = None
    """How gradients change the weights."""
    learning_rate: Annotated[float, within(0, LARGEST_RATE, above_least=True)] | None = None
    """The highest learning rate of the schedule, at most a million."""
    schedule: ScheduleName | None = None
    """constant; cosine to zero; or one-cycle: straight up, then straight down to zero."""
    warmup: Share | None = None
    """The share of all steps in which the learning rate rises."""
    momentum: Share | None = None
    """Nesterov momentum of sgd and muon; the other optimisers have their own."""
    weight_decay: Annotated[float, within(0, LARGEST_RATE)] | None = None
    """Applied to matrices and filters, not to biases and norms."""
    epsilon: Annotated[float, within(0, LARGEST_RATE)] | None = None
    """Added to the denominator of adam, adamw, rmsprop and adadelta."""
    label_smoothing: Share | None = None
    """The share of each target that is spread over all classes."""
    balance: bool = False
    """Let every class count equally often in training; probabilities stay those of the true
    frequencies."""
    unknown: bool = False
    """Answer `unknown` where the network is less sure than it is of its own items."""
    augment: Annotated[str, BeforeValidator(settings_to_text)] | None = None
    """shift=PIXELS,rotation=DEGREES,zoom=SHARE,flip,...; or none. Keras's names work too."""
    normalise: Normalisation | None = None
    """standard: mean 0 and variance 1 over the training images; unit: from 0 to 1."""
    keep: Kept | None = None
    """The weights of the epoch with the best validation accuracy or loss, or those of the last."""
    patience: Annotated[int, within(1, MOST_EPOCHS)] | None = None
    """Stop after so many epochs without better weights; left out: never."""
    average_weights: Share | None = None
    """Keep a moving average of the weights with this decay per step, such as 0.99."""
    test_time_augmentation: str | None = None
    """Average predictions over views of an image: flip, shift=PIXELS, both; or none."""
    seed: Annotated[int, within(0, LARGEST_SEED)] = 0
    """Seeds initial weights, order, augmentation and dropout. The split does not depend on it."""
    precision: Precision | None = None
    """Of convolutions and matrix products in training; weights are always float32."""
    threads: Annotated[int, within(1, MOST_THREADS)] | None = None
    """Processor threads, at most 1,024."""
    engine: Engine | None = None
    """How gradients are computed: by fused layers (chain) or PyTorch's autograd; with a share of
    the batch for each thread (-shares), or all threads on one operator after the other; on a GPU by
    autograd, or by replaying a recorded CUDA graph (graph)."""
    device: str | None = None
    """cpu, cuda, cuda:1, ..."""
    time_budget: Annotated[float, within(0, LONGEST_BUDGET, above_least=True)] | None = None
    """Seconds of training, a year at most, validation included: the learning rate follows the time
    that is left, and the training ends with it, in the middle of an epoch if need be."""
    validation: (
        Annotated[float, within(0, MOST_HELD_OUT), AfterValidator(check_share_or_count)] | None
    ) = None
    """The share (up to 0.5) or number of the training items that chooses the best weights."""
    validation_rows: HeldOutRows = "stratified"
    """Drawn from every class in proportion, or the first or last rows of the training items."""
    training_share: Annotated[float, within(0, 1, above_least=True)] = 1.0
    """Train on this share of the training items, of every class in proportion."""
    fold: Annotated[str, AfterValidator(check_fold)] | None = None
    """K/N: of N parts of the training items, the K-th chooses the best weights."""
    test_fold: Annotated[str, AfterValidator(check_fold)] | None = None
    """K/N: of N parts of all items but the source's own test part, the K-th is the test split."""
    vectors: Annotated[str, AfterValidator(absolute_path)] | None = None
    """A word2vec or GloVe file whose vectors the network of words starts from."""
    image_size: Annotated[int, within(1, 1024)] | None = None
    """Train at this many pixels a side."""
    channels: Literal[1, 3] | None = None
    """1 for grey, 3 for colour."""
    on_bad: Literal["fail", "skip"] = "fail"
    """What to do with files that cannot be read."""

    @classmethod
    def from_settings(cls, settings: dict[str, Any], *, origin: str) -> Self:
        """Validate plain values; raises `UsageError` that names the wrong ones and their origin."""
        for name in settings:
            if name not in cls.model_fields:
                raise UsageTypeError(
                    f"{origin} has the setting '{name}', which does not exist."
                    f"{did_you_mean(name, cls.model_fields)} "
                    f"There are: {', '.join(cls.model_fields)}."
                )
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise settings_error(origin, error) from None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a TOML file; raises `UsageError`."""
        try:
            if path.exists() and not (path.is_file() or path.is_dir()):
                raise UsageError(f"{path} is no regular file; --config takes a TOML file.")
            if (size := path.stat().st_size) > LARGEST_FILE:
                raise UsageError(
                    f"{path} has {size:,} bytes; --config takes a TOML file of at most "
                    f"{LARGEST_FILE:,}."
                )
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError(f"{path} does not exist; --config takes a TOML file.") from None
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path} is not TOML: {error}.") from None
        return cls.from_settings(settings, origin=str(path))

    @property
    def chooses_rows(self) -> bool:
        """Whether the rows of the validation split were chosen."""
        return self.validation_rows != "stratified"

    @property
    def fits_head_alone(self) -> bool:
        """Whether only a last layer is fitted, at once, to the features of published weights."""
        return self.pretrained is not None and not self.finetune

    def explicit_settings(self) -> dict[str, Any]:
        """Return the settings that were given, not left to their defaults."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    def with_defaults(self, other: "Recipe") -> "Recipe":
        """Take the settings that are not given here from another recipe, such as a file's."""
        return Recipe.model_validate({**other.explicit_settings(), **self.explicit_settings()})
