"""What every kind of input has to say of itself, so that nothing else asks which kind it is.

    raw input --prepare--> values of a fixed shape --Contract.normalise--> what the network takes

A kind is one class with the methods of `Framing`, frozen and stored in contract.json. It is told by
its field `takes`, which the entries of the catalogue of networks have as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noonbit.data.dataset import BadItem, OnDemand, Raw, Takes
from noonbit.errors import UsageError

Values: TypeAlias = NDArray[Any] | OnDemand
"""Prepared inputs (N, *shape): an array, in memory or mapped, or computed when asked for."""
Adjustment = Literal[
    "resized", "made grey", "made colour", "inverted", "blank", "partly unknown", "shortened"
]
"""What was done to an input on the way; `blank` is one that says nothing to the network."""
Statistics: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation of each channel, on a scale of 0 to 1."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What came of preparing many inputs."""

    values: Values
    """(N, *shape), one row an input; zeros where `bad` has it."""
    bad: dict[int, BadItem]
    """The inputs that could not be read, by position."""
    adjusted: dict[Adjustment, NDArray[np.int64]]
    """The positions of inputs that had to be changed, by what was done."""


class Framing(Protocol):
    """How any raw input of one kind becomes the values that a network takes."""

    noun: ClassVar[str]
    """What one input is called: `image`, `sentence`."""
    example: ClassVar[str]
    """What a command takes for one that is new."""
    blank: ClassVar[str]
    """What an input is that says nothing: the end of a sentence."""
    adjustments: ClassVar[Mapping[Adjustment, str]]
    """How what was done to an input ends a sentence that begins with `1 image is`."""
    fixed: ClassVar[Mapping[str, object]]
    """Settings of a recipe that can only have one value with such inputs, or one of a tuple."""
    dtype: ClassVar[type[np.generic]]
    """Of prepared values."""

    @property
    def takes(self) -> Takes:
        """The kind of input."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the values of one input."""
        ...

    @property
    def channels(self) -> int:
        """What a network is built with: the channels of an image, or how many words there are."""
        ...

    @property
    def size(self) -> tuple[int, ...]:
        """What else a network is built with: (height, width), or (length,)."""
        ...

    @property
    def normalised(self) -> int:
        """How many channels have a mean and a standard deviation; 0: values pass as they are."""
        ...

    @property
    def value_range(self) -> tuple[float, float] | None:
        """The raw numbers that stand for 0 and 255 when an input comes as an array; None: none."""
        ...

    def prepare_noting(
        self, raw: Any, *, name: str = "the input"
    ) -> tuple[NDArray[Any], list[Adjustment]]:
        """One input as values of `shape`, and what had to be changed on the way.

        Raises `InputRefused` for what cannot be brought to it.
        """
        ...

    def prepare_all(self, raw: Raw) -> Prepared:
        """Every input of a part; what cannot be read is named."""
        ...

    def prepare_given(self, inputs: NDArray[Any] | Sequence[Any]) -> Prepared:
        """What somebody holds in memory: several inputs, or an array of one or of many.

        Raises `InputRefused` for the first that cannot be used, since it has no file to be named.
        """
        ...

    def settled(self, values: Values, train: NDArray[np.int64]) -> tuple[Self, Values]:
        """The framing with what only the training items at `train` may say, and values to match.

        For kinds that learn nothing before the split is drawn, both as they are.
        """
        ...

    def statistics(self, values: Values, train: NDArray[np.int64] | None) -> Statistics:
        """Of all values, or of those at `train` alone."""
        ...

    def vectors(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Values (N, *shape) as vectors (N, features), near each other where inputs are alike."""
        ...

    def augmentation(self, *, may_mirror: bool) -> tuple[str, str]:
        """The usual transforms in training, and the reason."""
        ...

    def describe(self) -> str:
        """What an input is brought to, in a few words: `28x28x1, light on dark`."""
        ...

    def facts(self) -> dict[str, object]:
        """What was derived, by the names under which the reasons are kept."""
        ...

    def model_dump_json(self) -> str:
        """All of it, as it is stored."""
        ...


def prepare_each(framing: Framing, inputs: NDArray[Any] | Sequence[Any]) -> Prepared:
    """`prepare_given` one by one, for inputs that have nothing in common."""
    values = np.zeros((len(inputs), *framing.shape), framing.dtype)
    adjusted: dict[Adjustment, list[int]] = {}
    for index, raw in enumerate(inputs):
        values[index], done = framing.prepare_noting(raw, name=f"input {index}")
        for adjustment in done:
            adjusted.setdefault(adjustment, []).append(index)
    return Prepared(
        values, {}, {key: np.array(adjusted[key], np.int64) for key in sorted(adjusted)}
    )


def require_fitting(framing: Framing, settings: Mapping[str, object], source: str) -> None:
    """Raise `UsageError` for a stated setting that means nothing with such inputs."""
    for name, only in framing.fixed.items():
        value = settings.get(name)
        allowed = only if isinstance(only, tuple) else (only,)
        if value is not None and value not in allowed:
            raise UsageError(
                f"--{name.replace('_', '-')} {value} is not for {framing.takes}, which {source} "
                "holds. Leave it out."
            )
