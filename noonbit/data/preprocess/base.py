"""The interface of every kind of input: pictures, sentences, boards. Other code never asks which.

    raw input --transform--> values of one shape --Contract.normalise--> what the network takes

A kind of input is one class derived from `Preprocessor`, with an entry in
`noonbit.data.preprocess.registry`. Its instances are frozen and stored in contract.json.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from noonbit.data.dataset import BadItem, InputKind, OnDemand, Raw, RawDataset
from noonbit.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from noonbit.config.recipe import Recipe

Values: TypeAlias = NDArray[Any] | OnDemand
"""Transformed inputs (N, *shape): an array, in memory or mapped, or computed when asked for."""
Adjustment: TypeAlias = str
"""What was done to an input to make it fit, such as `resized`. `blank` is special: the input has no
content that a network could use."""
Statistics: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation of each channel, on a scale of 0 to 1."""


@dataclass(frozen=True, slots=True)
class Transformed:
    """The result of `transform`."""

    values: Values
    """(N, *shape), one row per input; zeros for the inputs in `bad`."""
    bad: dict[int, BadItem]
    """The inputs that could not be read, by position."""
    adjusted: dict[Adjustment, NDArray[np.int64]]
    """The positions of the inputs that had to be changed, by what was done."""


def adjustments_of_each(
    adjusted: Mapping[Adjustment, NDArray[np.int64]], numbers: NDArray[np.int64]
) -> list[str]:
    """What was changed in each input of `numbers` (N,): `resized, inverted`, or nothing."""
    words = [""] * len(numbers)
    for name, positions in adjusted.items():
        for row in np.flatnonzero(np.isin(numbers, positions)):
            words[row] += f", {name}" if words[row] else name
    return words


def positions_of_adjustments(changes: Sequence[str]) -> dict[Adjustment, NDArray[np.int64]]:
    """The positions of the inputs that were changed, from the words of `adjustments_of_each`."""
    positions: dict[Adjustment, list[int]] = {}
    for position, change in enumerate(changes):
        for name in change.split(", ") if change else ():
            positions.setdefault(name, []).append(position)
    return {name: np.array(each, np.int64) for name, each in positions.items()}


@dataclass(frozen=True, slots=True)
class ReportWords:
    """How the report speaks of a kind of input; each is a piece of a sentence."""

    other_sources: str
    """What may be different about inputs from elsewhere: `another camera, other light`."""
    related: str
    """Which inputs belong together: `frames of one film`."""
    no_class: str
    """An input of none of the classes: `a picture of none of them`."""
    output_axes: str
    """The axes of a layer's output."""
    content: str
    """What the fingerprint of the data is taken over: `pixels`."""


class Preprocessor(BaseModel, ABC):
    """Brings any raw input of one kind to the values that a network takes.

    `fit` chooses size, channels, vocabulary and the like from a data set; `transform` converts
    inputs accordingly.
    """

    # Validators are built at first use, since a command needs those of one kind.
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", allow_inf_nan=False)

    noun: ClassVar[str]
    """One input: `image`, `sentence`."""
    one_of_them: ClassVar[str]
    """One input in a message about the wrong kind: `a picture`."""
    unit: ClassVar[str] = "item"
    """What one input is in its source, in a message about unreadable ones: `file`."""
    example: ClassVar[str]
    """What `noonbit predict RUN` takes for a new input: `PICTURE`."""
    blank: ClassVar[str]
    """What is said of an input without content: `without any word`."""
    adjustments: ClassVar[Mapping[Adjustment, str]] = {}
    """The text after `1 image is`, by adjustment."""
    report_words: ClassVar[ReportWords]

    dtype: ClassVar[type[np.generic]]
    """Of transformed values."""
    fixed_settings: ClassVar[Mapping[str, object]] = {}
    """Settings of a recipe with their only allowed value, or a tuple of allowed ones."""
    classes_are_given: ClassVar[bool] = False
    """Whether the kind fixes the classes (361 points of Go), even those without any items."""
    has_symmetries: ClassVar[bool] = False
    """Whether the eight symmetries of a square board leave the meaning of an input unchanged."""
    shown_as: ClassVar[Literal["picture", "text", "name"]] = "name"
    """How an input is shown: `picture` draws its values, `text` prints the raw text, `name` prints
    where it came from."""

    doubt_tells_foreign: ClassVar[bool] = False
    """Whether networks are less sure of inputs unlike those that trained them, as was measured; see
    `noonbit.evaluation.out_of_distribution`."""

    of_words: ClassVar[bool] = False
    """Whether values are indices into a vocabulary, and no quantities."""

    default_model: ClassVar[str]
    """The network that is trained where none is named."""
    usual_input: ClassVar[tuple[int, int, tuple[int, ...]]]
    """Classes, channels and size by which `noonbit models` compares networks."""
    small_input: ClassVar[str]
    """A small input for `noonbit gradcheck`, as `parse_size` takes it."""

    # Modules and functions of packages that import this one, so they are imported when needed.
    checks: ClassVar[str] = "noonbit.data.checks.plain"
    """The module with the kind's facts and findings; plain.py says what it has to define."""
    baselines: ClassVar[str | None] = None
    """`module:function`, (PreparedDataset, Runtime) -> scores that a network has to beat."""
    report_section: ClassVar[str | None] = None
    """`module:function`, (Evaluation, StoredPredictions, PreparedDataset) -> a section of the
    report in place of the tables of classes."""
    explanation: ClassVar[str | None] = None
    """`module:function`, (Explainer, item, Request) -> `noonbit.explain.explainer.Explanation`."""

    if TYPE_CHECKING:  # fields in some kinds and properties in others

        @property
        def input_kind(self) -> InputKind:
            """The name of the kind, by which contract.json tells it."""

        @property
        def channels(self) -> int:
            """The channels of an image, or the size of the vocabulary with its two extra words."""

    @property
    @abstractmethod
    def size(self) -> tuple[int, ...]:
        """The size that a network is built with: (height, width), or (length,)."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the values of one input."""
        return self.input_shape(self.channels, self.size)

    @classmethod
    def input_shape(cls, channels: int, size: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the values of one input with these channels and this size."""
        return (channels, *size)

    @property
    def normalised_channels(self) -> int:
        """How many channels have a mean and a standard deviation; 0: values pass as they are."""
        return 0

    @property
    def array_range(self) -> tuple[float, float] | None:
        """The raw numbers of an array that stand for black and white; None without such a scale."""
        return None

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The words that have a number; empty for kinds without words."""
        return ()

    @classmethod
    @abstractmethod
    def fit(cls, data: RawDataset, recipe: "Recipe") -> tuple[Self, dict[str, str]]:
        """The preprocessor that suits the data, and the reason for each choice.

        Choices that need the training items alone are made later, by `fit_to_train`. The recipe
        may fix choices, such as the image size.
        """

    def fit_to_train(self, values: Values, train: NDArray[np.int64]) -> tuple[Self, Values]:
        """Learn from the items at `train` alone, and return values that match.

        By default nothing is learned, and both are returned unchanged.
        """
        return self, values

    @abstractmethod
    def transform_one(
        self, raw: Any, *, name: str = "the input"
    ) -> tuple[NDArray[Any], list[Adjustment]]:
        """One input as values of `shape`, and what had to be changed on the way.

        Raises `InputRefused` for what cannot be brought to the shape.
        """

    def transform(self, raw: Raw) -> Transformed:
        """Every input of a part; those that cannot be read are named in `bad`."""
        return transform_each(self, raw)

    def transform_given(self, inputs: NDArray[Any] | Sequence[Any]) -> Transformed:
        """Inputs that a caller holds in memory: a sequence of them, or an array of one or many.

        Raises `InputRefused` for the first that cannot be used, since it has no file to be named.
        """
        return transform_each(self, inputs)

    def random_values(self, count: int, random: "np.random.Generator") -> NDArray[Any]:
        """Made-up values (count, *shape) that `transform` could give, to compare networks on."""
        highest = self.channels if self.of_words else 256
        return random.integers(0, highest, (count, *self.shape)).astype(self.dtype)

    def statistics(self, values: Values, train: NDArray[np.int64] | None) -> Statistics:
        """Mean and deviation of each channel, over all rows or those with indices in `train`."""
        return (), ()

    @abstractmethod
    def vectors(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Values (N, *shape) as vectors (N, features), near each other where inputs are alike."""

    def augmentation(self, *, may_mirror: bool) -> tuple[str, str]:
        """The usual transforms in training, and the reason."""
        return "none", f"nothing is known that would leave the class of {self.one_of_them} alone"

    def mask_logits(self, logits: "Tensor", values: "Tensor") -> "Tensor":
        """Logits (N, classes), made very low where an input (N, *shape) rules an answer out."""
        return logits

    @abstractmethod
    def describe(self) -> str:
        """What an input is brought to, in a few words: `28x28x1, light on dark`."""

    def describe_in_full(self) -> str:
        """The same in the words of the report."""
        return self.describe()

    def describe_conversion(self) -> str:
        """How other inputs are brought to it, for the report: `resized, made grey`."""
        return "others are refused"

    def facts(self) -> dict[str, object]:
        """What was derived, by the names under which `fit` gives reasons."""
        return {}

    @classmethod
    def parse_size(cls, text: str) -> tuple[int, tuple[int, ...]]:
        """(channels, size) from `28x28x1`; raises `UsageError` for anything else."""
        pieces = text.lower().split("x")
        numbers = [int(piece) for piece in pieces if piece.isdecimal() and len(piece) <= 12]
        if len(numbers) != text.count("x") + 1 or not numbers or not all(numbers):
            raise UsageError(
                f"--input {text} is not a size; write numbers such as 28x28x1, in up to 12 "
                "digits each."
            )
        return numbers[-1], tuple(numbers[:-1])


def transform_each(
    preprocessor: Preprocessor, inputs: Raw | NDArray[Any] | Sequence[Any]
) -> Transformed:
    """Transform inputs one by one, for kinds that cannot transform a batch at once."""
    values = np.zeros((len(inputs), *preprocessor.shape), preprocessor.dtype)
    adjusted: dict[Adjustment, list[int]] = {}
    for index in range(len(inputs)):
        values[index], done = preprocessor.transform_one(inputs[index], name=f"input {index}")
        for adjustment in done:
            adjusted.setdefault(adjustment, []).append(index)
    return Transformed(
        values, {}, {key: np.array(adjusted[key], np.int64) for key in sorted(adjusted)}
    )


def require_fitting_settings(
    preprocessor: Preprocessor, settings: Mapping[str, object], source: str
) -> None:
    """Raise `UsageError` for a stated setting that means nothing with such inputs."""
    for name, only in preprocessor.fixed_settings.items():
        value = settings.get(name)
        allowed = only if isinstance(only, tuple) else (only,)
        if value is not None and value not in allowed:
            raise UsageError(
                f"--{name.replace('_', '-')} {value} is not for {preprocessor.input_kind}, which "
                f"{source} holds. Leave it out."
            )
