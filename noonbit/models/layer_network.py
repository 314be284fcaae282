"""The network of a layer file, of the same layers as those of the catalogue.

So the compiled engine, exports and the page take it too. Weights begin as He et al. (2015) draw
them, for the ReLUs.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from torch import nn

from noonbit.config.recipe import LARGEST_FILE
from noonbit.data.mapped import require_memory
from noonbit.errors import UsageError, raise_as
from noonbit.models.custom import read_network_file
from noonbit.models.dropout import Dropout
from noonbit.models.layer_file import (
    Convolution,
    Dense,
    Drop,
    Flatten,
    GlobalPool,
    LayerFile,
    Norm,
    Pool,
    Relu,
)
from noonbit.models.layer_table import DoesNotFit, LayerRow, LayerTable, trace
from noonbit.models.layers import FeedforwardNetwork, he_init
from noonbit.system.paths import user_path

FLOAT32_BYTES = 4


def is_layer_file(name: str) -> bool:
    """Whether a name is that of a layer file and not one of the catalogue."""
    return name.lower().endswith(".toml")


@dataclass(frozen=True, slots=True)
class LayerNetwork:
    """A layer file and its bytes: those that are hashed are read."""

    path: Path
    content: bytes

    @classmethod
    def read(cls, name: str) -> Self:
        """Read the bytes of the file of that name. Raises `UsageError`."""
        path = user_path(name)
        return cls(path, read_network_file(path, LARGEST_FILE, "Name a TOML file of layers."))

    def load(self) -> LayerFile:
        """What the file says. Raises `UsageError` for what is wrong without any image."""
        with raise_as(UsageError, f"{self.path} is not TOML", "Write it in UTF-8."):
            text = self.content.decode("utf-8-sig")
        return LayerFile.parse(text, origin=str(self.path))

    @property
    def name(self) -> str:
        """As `read` takes it."""
        return str(self.path)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file, in hexadecimal digits."""
        return hashlib.sha256(self.content).hexdigest()

    def table(self, classes: int, channels: int, size: tuple[int, ...]) -> LayerTable:
        """The layers on such images. Raises `UsageError` for one that does not fit."""
        if len(size) != 2:
            raise UsageError(
                f"{self.path} lists layers for images, and here are sentences. For sentences there "
                "is sentence-cnn, or path.py:function."
            )
        try:
            return trace(self.load().layers, (*size, channels), classes=classes)
        except DoesNotFit as error:
            raise UsageError(f"{self.path}: {error}") from error

    def build(self, classes: int, channels: int, size: tuple[int, ...]) -> FeedforwardNetwork:
        """Build the network, freshly initialised; raises as `table`, and for too many weights."""
        table = self.table(classes, channels, size)
        require_memory(
            FLOAT32_BYTES * table.parameters,
            f"The weights of {self.path}",
            "Use fewer filters or units, or a smaller --image-size.",
        )
        return build_table(table)


def build_table(table: LayerTable) -> FeedforwardNetwork:
    """Build the layers of a table, freshly initialised.

    What comes before the first `flatten` are the features, whose maps explanations read; the
    `flatten` alone where nothing comes before.
    """
    modules = [build_layer(row) for row in table.rows]
    is_flat = [isinstance(row.layer, Flatten) for row in table.rows]
    head = max(1, is_flat.index(True))  # one is added where none is written
    return he_init(
        FeedforwardNetwork(nn.Sequential(*modules[:head]), nn.Sequential(*modules[head:]))
    )


def build_layer(row: LayerRow) -> nn.Module:
    """Build the module of one row."""
    match row.layer:
        case Convolution(filters=filters, size=size, stride=stride):
            assert row.windows is not None  # noqa: S101
            padding = row.windows.height.before, row.windows.width.before
            return nn.Conv2d(row.input[-1], filters, size, stride=stride, padding=padding)
        case Pool(size=size, step=step, how="max"):
            return nn.MaxPool2d(size, stride=step)
        case Pool(size=size, step=step):
            return nn.AvgPool2d(size, stride=step)
        case GlobalPool(how="max"):
            return nn.AdaptiveMaxPool2d(1)
        case GlobalPool():
            return nn.AdaptiveAvgPool2d(1)
        case Norm():
            return nn.BatchNorm2d(row.input[-1])
        case Relu():
            return nn.ReLU()
        case Drop(rate=rate):
            return Dropout(rate)
        case Flatten():
            return nn.Flatten()
        case Dense(units=units):
            return nn.Linear(row.input[0], units)
    raise AssertionError(f"{type(row.layer).__name__} has no module")
