"""A network that is being built on a page: its layers, what they cost, and where it is kept.

networks/NAME.toml      what was saved, in the folder that the studio was started in
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noonbit.errors import ArtefactError, UsageError
from noonbit.models.layer_file import MOST_LAYERS, LayerFile, LayerSpec, parse_layer
from noonbit.models.layer_table import DoesNotFit, LayerRow, follow
from noonbit.models.placement import Shape
from noonbit.runs.find import slug
from noonbit.system.files import write_text
from noonbit.terminal import cut_middle

FOLDER = Path("networks")
NEW_LAYERS: Mapping[str, Mapping[str, object]] = {
    "conv": {"filters": 16, "size": 3, "padding": "same"},
    "norm": {},
    "relu": {},
    "pool": {"size": 2},
    "global_pool": {},
    "dropout": {"rate": 0.5},
    "flatten": {},
    "dense": {"units": 64},
}
"""What a layer begins with when it is added, in the order in which they are offered."""
FIRST = ("conv", "relu", "pool")
"""The layers that a new draft begins with."""


@dataclass(frozen=True, slots=True)
class Target:
    """The data that a network is built for, as `noonbit models SOURCE --json` describes them."""

    image: Shape = (28, 28, 1)
    classes: int = 10
    train: int = 0
    """0 as long as nothing is known of the data."""
    validation: int = 0
    difficulty: float = 0.0
    rate: float = 0.0
    """Multiply-adds a second of the machine."""

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "Target":
        """Take from the answer what is needed."""
        height, width, channels = answer["input"]
        return cls(
            (height, width, channels),
            answer["classes"],
            answer["train"],
            answer["validation"],
            answer["difficulty"],
            answer["multiply_adds_per_second"],
        )

    def seconds(self, rows: list[LayerRow]) -> tuple[float, float] | None:
        """Forecast an epoch, and the training that noonbit would plan; None without data."""
        if not self.train:
            return None
        # They import the recipe, which takes a tenth of a second of the studio's start.
        from noonbit.config.plan import PlanInputs, derive_batch_size, derive_epochs
        from noonbit.models.forecast import Work

        work = Work.of(rows)
        inputs = PlanInputs("", self.train, ("", ""), work.multiply_adds, self.difficulty)
        epoch = work.seconds_per_epoch(
            train=self.train,
            validation=self.validation,
            batch_size=derive_batch_size(self.train)[0],
            rate=self.rate,
        )
        return epoch, epoch * derive_epochs(inputs)[0]


class Draft:
    """Layers in order, each of which is valid in itself."""

    def __init__(self, layers: list[LayerSpec] | None = None) -> None:
        self.layers = [new_layer(kind) for kind in FIRST] if layers is None else layers

    @classmethod
    def from_query(cls, text: str) -> "Draft":
        """Read `to_query`; raises `UsageError`."""
        try:
            tables = json.loads(text)
        except (ValueError, RecursionError):
            tables = None
        if not isinstance(tables, list) or len(tables) > MOST_LAYERS:
            raise UsageError("The address of the page holds no list of layers.")
        return cls([parse_layer(table, f"Layer {n}") for n, table in enumerate(tables, start=1)])

    @classmethod
    def open(cls, name: str) -> "Draft":
        """Read a network that was saved; raises `UsageError` for none of this name."""
        path = next((each for each in saved_networks() if each.stem == name), None)
        if path is None:
            raise UsageError(f"No network was saved as {cut_middle(name, 100)}.")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} cannot be read: {error}.") from None
        return cls(list(LayerFile.parse(text, origin=str(path)).layers))

    def to_query(self) -> str:
        """Return the layers as a short text, which the page's address keeps."""
        return json.dumps([layer.as_table() for layer in self.layers], separators=(",", ":"))

    def add(self, kind: str) -> None:
        """Append a layer; raises `UsageError` where there are too many."""
        if len(self.layers) >= MOST_LAYERS:
            raise UsageError(f"At most {MOST_LAYERS} layers are built.")
        self.layers.append(new_layer(kind))

    def move(self, index: int, by: int) -> None:
        """Move a layer up or down, as far as there are others."""
        other = index + by
        if 0 <= other < len(self.layers):
            layers = self.layers
            layers[index], layers[other] = layers[other], layers[index]

    def remove(self, index: int) -> None:
        """Take a layer out."""
        del self.layers[index]

    def change(self, index: int, name: str, value: object) -> None:
        """Give a setting of a layer another value; raises `UsageError` for one that it cannot have.

        Whole numbers may come as floats, as a browser has them.
        """
        if isinstance(value, float) and value.is_integer() and name != "rate":
            value = int(value)
        table = {**self.layers[index].as_table(), name: value}
        if value is None:
            del table[name]
        self.layers[index] = parse_layer(table, f"Layer {index + 1}")

    def check(self, target: Target) -> tuple[list[LayerRow], DoesNotFit | None]:
        """Return the rows that fit, those added by themselves included, and what does not fit."""
        rows: list[LayerRow] = []
        try:
            rows.extend(follow(self.layers, target.image, classes=target.classes))
        except DoesNotFit as misfit:
            fitting = follow(self.layers[: misfit.number - 1], target.image, classes=target.classes)
            return [row for row, _ in zip(fitting, range(misfit.number - 1), strict=False)], misfit
        return rows, None

    def to_toml(self, title: str = "") -> str:
        """Return the file."""
        return LayerFile(tuple(self.layers), title).to_toml()

    def save(self, name: str) -> Path:
        """Write the file, and return its place.

        What is there under this name is kept: the next free number follows the name, unless it is
        the same already. Raises `ArtefactError`.
        """
        content, safe = self.to_toml(name.strip()[:100]), slug(f"{name.strip() or 'network'}.toml")
        for number in range(1, 10_000):
            path = FOLDER / f"{safe}{f'-{number}' if number > 1 else ''}.toml"
            try:
                if not path.exists():
                    FOLDER.mkdir(exist_ok=True)
                    write_text(path, content)
                    return path
                if path.read_text(encoding="utf-8") == content:
                    return path
            except (OSError, UnicodeDecodeError) as error:
                raise ArtefactError(f"{path} cannot be written or read: {error}.") from None
        raise ArtefactError(f"{FOLDER} has ten thousand networks called {safe}; take another name.")


def saved_networks() -> list[Path]:
    """Return the files of all networks that were saved, by name."""
    return sorted(FOLDER.glob("*.toml"))


def new_layer(kind: str) -> LayerSpec:
    """Return a layer as it is when it is added."""
    return parse_layer({"kind": kind, **NEW_LAYERS[kind]}, "A new layer")
