"""How to train: one frozen, validated settings object.

The command line, TOML files and Python all fill a `Recipe`. What is left out (None) is derived from
the data and the machine when the training begins, and printed with its reason; the run folder keeps
the resolved recipe, which `--config` takes back.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from noonbit.errors import UsageError, did_you_mean

OptimizerName = Literal["muon", "sgd", "adam", "adamw", "rmsprop", "adadelta"]
ScheduleName = Literal["constant", "cosine", "one-cycle"]
Precision = Literal["float32", "bfloat16"]
Engine = Literal["chain-shares", "chain", "autograd-shares", "autograd", "graph"]
Normalisation = Literal["standard", "unit"]
HeldOutRows = Literal["stratified", "first", "last"]
Kept = Literal["accuracy", "loss", "last"]

Share = Annotated[float, Field(ge=0, lt=1)]


def share_or_count(value: float) -> float:
    """Refuse what is neither a share of the items nor a number of them."""
    if value <= 0.5 or value.is_integer():
        return value
    raise ValueError("should be a share up to 0.5 or a whole number of items")


def as_text(settings: object) -> object:
    """A table of names and values, as TOML and Python have it, in the form of the command line.

    `{"rotation": 15, "zoom_range": [0.9, 1.2], "flip": True}` is
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


def absolute(path: str) -> str:
    """The same file from wherever a run is continued."""
    return str(Path(path).expanduser().resolve())


def fold_of_folds(text: str) -> str:
    """Refuse a fold that does not exist."""
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]) or int(match[2]) < 2:
        raise ValueError("should be the number of a fold and how many there are, such as 1/5")
    return text


class Recipe(BaseModel):
    """The settings of one training."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    model: str | None = None
    """A network of `noonbit models`, or path.py:function."""
    epochs: Annotated[int, Field(ge=1)] | None = None
    """Passes over the training split."""
    batch_size: Annotated[int, Field(ge=2)] | None = None
    """Items per step, over all processes together."""
    optimizer: OptimizerName | None = None
    """How gradients change the weights."""
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    """The highest of the schedule."""
    schedule: ScheduleName | None = None
    """constant; cosine to zero; or one-cycle: straight up, then straight down to zero."""
    warmup: Share | None = None
    """The share of all steps in which the learning rate rises."""
    momentum: Share | None = None
    """Of sgd and muon, in Nesterov's form; the other optimisers keep their own."""
    weight_decay: Annotated[float, Field(ge=0)] | None = None
    """On matrices and filters, not on biases and norms."""
    epsilon: Annotated[float, Field(ge=0)] | None = None
    """Added to what adam, adamw, rmsprop and adadelta divide by."""
    label_smoothing: Share | None = None
    """The share of each target that is spread over all classes."""
    augment: Annotated[str, BeforeValidator(as_text)] | None = None
    """shift=PIXELS,rotation=DEGREES,zoom=SHARE,flip,...; or none. Keras's names are taken too."""
    normalise: Normalisation | None = None
    """standard: mean 0 and variance 1 over the training images; unit: from 0 to 1."""
    keep: Kept | None = None
    """The weights of the epoch with the best validation accuracy or loss, or those of the last."""
    patience: Annotated[int, Field(ge=1)] | None = None
    """Stop after so many epochs without better weights; left out: never."""
    average_weights: Share | None = None
    """Keep a moving average of the weights that forgets 1 minus this at each step, 0.99 say."""
    test_time_augmentation: str | None = None
    """Answer with the mean over views of an image: flip, shift=PIXELS, both; or none."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Of initial weights, order, augmentation and dropout. The split does not depend on it."""
    precision: Precision | None = None
    """Of convolutions and matrix products in training; weights are float32 either way."""
    threads: Annotated[int, Field(ge=1)] | None = None
    """Processor threads."""
    engine: Engine | None = None
    """How gradients are computed: layer by layer in few passes (chain) or by PyTorch's autograd;
    with a share of the batch for each thread, or all threads on one operator after the other; on a
    GPU by autograd, or by replaying a recorded step (graph)."""
    device: str | None = None
    """cpu, cuda, cuda:1, ..."""
    time_budget: Annotated[float, Field(gt=0)] | None = None
    """Seconds of training: a short measurement sets the epochs; none begins after they are over."""
    validation: Annotated[float, Field(ge=0), AfterValidator(share_or_count)] | None = None
    """The share (up to 0.5) or number of the training items that chooses the best weights."""
    validation_rows: HeldOutRows = "stratified"
    """Drawn from every class in proportion, or the first or last rows of the training items."""
    fold: Annotated[str, AfterValidator(fold_of_folds)] | None = None
    """K/N: of N parts of the training items, the K-th chooses the best weights."""
    test_fold: Annotated[str, AfterValidator(fold_of_folds)] | None = None
    """K/N: of N parts of all items but the source's own test part, the K-th is the test split."""
    vectors: Annotated[str, AfterValidator(absolute)] | None = None
    """Of words: begin with those of this file, of word2vec or GloVe."""
    image_size: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Train at this many pixels a side."""
    channels: Literal[1, 3] | None = None
    """1 for grey, 3 for colour."""
    on_bad: Literal["fail", "skip"] = "fail"
    """What to do with files that cannot be read."""

    @classmethod
    def checked(cls, settings: dict[str, Any], *, origin: str) -> Self:
        """A recipe from plain values; raises `UsageError` naming the wrong one and its origin."""
        for name in settings:
            if name not in cls.model_fields:
                raise UsageError(
                    f"{origin} has the setting '{name}', which does not exist."
                    f"{did_you_mean(name, cls.model_fields)} "
                    f"There are: {', '.join(cls.model_fields)}."
                )
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise UsageError(f"{origin}: {'; '.join(explain(error))}.") from None

    @classmethod
    def load(cls, path: Path) -> Self:
        """The recipe of a TOML file."""
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError(f"{path} does not exist; --config takes a TOML file.") from None
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} is not TOML: {error}.") from None
        return cls.checked(settings, origin=str(path))

    def given(self) -> dict[str, Any]:
        """The settings that were stated, by a person or a file."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    def over(self, other: "Recipe") -> "Recipe":
        """This recipe's stated settings on top of another's: flags over a file."""
        return Recipe.model_validate({**other.given(), **self.given()})


def explain(error: ValidationError) -> list[str]:
    """What was refused: `epochs should be greater than or equal to 1 (got 0)`."""
    reasons = []
    for detail in error.errors():
        name = ".".join(map(str, detail["loc"]))
        reason = detail["msg"].removeprefix("Input ").removeprefix("Value error, ")
        near = ""
        if detail["type"] == "literal_error":
            choices = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
            near = did_you_mean(str(detail["input"]), choices).rstrip("?")
            near = near and f";{near[0]}{near[1].lower()}{near[2:]}?"
        reasons.append(f"{name} {reason} (got {detail['input']!r}{near})")
    return reasons
