"""Networks written as data: a TOML file that lists layers; without PyTorch.

    title = "two convolutions"

    [[layers]]
    kind = "conv"        # filters, size, stride = 1, padding = "valid", "same" or zeros a side
    filters = 16
    size = 3
    padding = "same"

    [[layers]]
    kind = "relu"

    [[layers]]
    kind = "pool"        # size, stride = the size, how = "max" or "average"
    size = 2

`global_pool` (how), `norm`, `dropout` (rate), `flatten` and `dense` (units) are the other kinds.
The dense layer that gives a number for each class is not written: it follows by itself, behind a
`flatten` where there are still maps. `noonbit.models.layer_table` knows what fits, and
`noonbit.models.layer_network` builds it. A file is read, never run, so it needs no trust.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

import tomli_w
from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from noonbit.config.ranges import shown, within
from noonbit.config.settings_error import settings_error
from noonbit.errors import UsageError, did_you_mean
from noonbit.models.placement import Padding

MOST_LAYERS = 200
"""The deepest network of the catalogue, resnet110, has 330 with norms and ReLUs, in blocks."""
MOST_UNITS = 2**16
"""Filters of a convolution, and units of a dense layer."""
LARGEST_WINDOW = 1_024
"""Pixels a side of a filter or pool, of its stride and of its padding, as of an image."""
LONGEST_TITLE = 200
"""Characters."""

Units = Annotated[int, within(1, MOST_UNITS)]
Pixels = Annotated[int, within(1, LARGEST_WINDOW)]
How: TypeAlias = Literal["max", "average"]


def check_padding(value: object) -> object:
    """Accept `valid`, `same`, or a number of zeros."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if value in ("valid", "same") or (is_number and 0 <= value <= LARGEST_WINDOW):  # type: ignore[operator]
        return value
    raise ValueError(
        f'should be "valid", "same", or a number of zeros from 0 to {LARGEST_WINDOW:,}'
    )


class LayerSpec(BaseModel):
    """A layer as it is written."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    kind: ClassVar[str]
    """Its word in a file."""

    @property
    def words(self) -> str:
        """How a sentence names it: `conv 16 of 5x5, padding 2`."""
        return self.kind

    def as_table(self) -> dict[str, Any]:
        """The table that stands for it in a file, without what is so by default."""
        return {"kind": self.kind, **self.model_dump(exclude_defaults=True)}


class Convolution(LayerSpec):
    """Square filters, each with a bias."""

    kind: ClassVar[str] = "conv"
    filters: Units
    size: Pixels
    stride: Pixels = 1
    padding: Annotated[Padding, PlainValidator(check_padding)] = "valid"

    @property
    def words(self) -> str:
        """`conv 16 of 5x5, padding 2`; where larger filters have none, that is said."""
        words = f"conv {self.filters} of {self.size}x{self.size}"
        if self.stride > 1:
            words += f", stride {self.stride}"
        if self.padding not in ("valid", 0):
            return f"{words}, padding {self.padding}"
        return f"{words} without padding" if self.size > 1 else words


class Pool(LayerSpec):
    """The largest or the mean number of each window; what fills no window is left out."""

    kind: ClassVar[str] = "pool"
    size: Pixels
    stride: Pixels | None = None
    """None for the size: windows side by side."""
    how: How = "max"

    @property
    def step(self) -> int:
        """Pixels from one window to the next."""
        return self.size if self.stride is None else self.stride

    @property
    def words(self) -> str:
        """`max pool of 2x2`."""
        stride = f", stride {self.step}" if self.step != self.size else ""
        return f"{self.how} pool of {self.size}x{self.size}{stride}"


class GlobalPool(LayerSpec):
    """The largest or the mean number of each map."""

    kind: ClassVar[str] = "global_pool"
    how: How = "average"

    @property
    def words(self) -> str:
        """`global average pool`."""
        return f"global {self.how} pool"


class Norm(LayerSpec):
    """Batch norm of maps: a scale and a shift for each channel."""

    kind: ClassVar[str] = "norm"

    @property
    def words(self) -> str:
        """`batch norm`."""
        return "batch norm"


class Relu(LayerSpec):
    """0 in place of what is negative."""

    kind: ClassVar[str] = "relu"

    @property
    def words(self) -> str:
        """`ReLU`."""
        return "ReLU"


class Drop(LayerSpec):
    """Dropout: 0 in place of a share of the values, others at each step, in training only."""

    kind: ClassVar[str] = "dropout"
    rate: Annotated[float, within(0, 1, below_most=True)] = 0.5

    @property
    def words(self) -> str:
        """`dropout of 0.5`."""
        return f"dropout of {self.rate:g}"


class Flatten(LayerSpec):
    """All maps as numbers in a row."""

    kind: ClassVar[str] = "flatten"


class Dense(LayerSpec):
    """Units that each weigh all inputs, with a bias."""

    kind: ClassVar[str] = "dense"
    units: Units

    @property
    def words(self) -> str:
        """`dense 128`."""
        return f"dense {self.units}"


KINDS: Mapping[str, type[LayerSpec]] = {
    each.kind: each for each in (Convolution, Pool, GlobalPool, Norm, Relu, Drop, Flatten, Dense)
}
OTHER_NAMES = {
    "convolution": "conv",
    "conv2d": "conv",
    "maxpool": "pool",
    "max_pool": "pool",
    "average_pool": "pool",
    "batch_norm": "norm",
    "batchnorm": "norm",
    "activation": "relu",
    "linear": "dense",
    "fully_connected": "dense",
    "fc": "dense",
}
"""What other programs call a kind, for the question "did you mean"."""


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A title and layers, the first of which takes the image."""

    layers: tuple[LayerSpec, ...]
    title: str = ""

    @classmethod
    def parse(cls, text: str, *, origin: str) -> Self:
        """Read the TOML text of a file called `origin`; raises `UsageError`."""
        try:
            content = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{origin} is not TOML: {error}.") from None
        refuse_unknown(content, ("title", "layers"), origin)
        title, layers = content.get("title", ""), content.get("layers")
        if not isinstance(title, str) or len(title) > LONGEST_TITLE:
            raise UsageError(
                f"{origin}: title should be a text of at most {LONGEST_TITLE} characters "
                f"(got {shown(title)})."
            )
        if not isinstance(layers, list):
            raise UsageError(
                f"{origin} has no layers; begin each with a line [[layers]], or write "
                "layers = [] for a dense layer of the classes alone."
            )
        if len(layers) > MOST_LAYERS:
            raise UsageError(
                f"{origin} has {len(layers):,} layers; at most {MOST_LAYERS} are built."
            )
        return cls(
            tuple(
                parse_layer(table, f"{origin}, layer {number}")
                for number, table in enumerate(layers, start=1)
            ),
            title,
        )

    def to_toml(self) -> str:
        """Write it as `parse` reads it."""
        title = {"title": self.title} if self.title else {}
        if not self.layers:
            return tomli_w.dumps({**title, "layers": []})
        tables = [tomli_w.dumps(layer.as_table()) for layer in self.layers]
        head = [tomli_w.dumps(title)] if title else []
        return "\n".join([*head, *(f"[[layers]]\n{table}" for table in tables)])


def parse_layer(table: object, origin: str) -> LayerSpec:
    """Read one layer; `origin` names it: `net.toml, layer 3`. Raises `UsageError`."""
    if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
        raise UsageError(f'{origin} needs a kind, as kind = "conv"; there are: {", ".join(KINDS)}.')
    kind, settings = table["kind"], {key: table[key] for key in table if key != "kind"}
    if kind not in KINDS:
        near = OTHER_NAMES.get(kind.lower().replace(" ", "_").replace("-", "_"))
        question = f" Did you mean '{near}'?" if near else did_you_mean(kind, KINDS)
        raise UsageError(
            f"{origin} has the kind {shown(kind)}, which does not exist.{question} "
            f"There are: {', '.join(KINDS)}."
        )
    chosen = KINDS[kind]
    refuse_unknown(settings, tuple(chosen.model_fields), f"{origin}, {kind},")
    try:
        return chosen.model_validate(settings)
    except ValidationError as error:
        missing = [each["loc"][0] for each in error.errors() if each["type"] == "missing"]
        if missing:
            raise UsageError(
                f"{origin}, {kind}, needs {' and '.join(map(str, missing))}; "
                f"write {missing[0]} = a number below its kind."
            ) from None
        raise settings_error(f"{origin}, {kind}", error) from None


def refuse_unknown(table: Mapping[str, Any], known: tuple[str, ...], origin: str) -> None:
    """Raise `UsageError` for a key that does not exist."""
    for key in table:
        if key not in known:
            may = f"There are: {', '.join(known)}." if known else "It has no settings."
            raise UsageError(
                f"{origin} has {shown(key)}, which does not exist.{did_you_mean(key, known)} {may}"
            )
