"""The catalogue: a name, a builder, and what it is."""

import hashlib
import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from noonbit.errors import ArtefactError, UsageError, did_you_mean
from noonbit.models.glance import glance
from noonbit.models.keras import cnn, deep_cnn, mlp, sign_cnn
from noonbit.models.layers import Builder, ImageSize, Network
from noonbit.models.lenet import lenet5
from noonbit.recipe import OptimizerName

__all__ = ["DEFAULT_MODEL", "MODELS", "Entry", "Network", "build", "settled"]

DEFAULT_MODEL = "glance"


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of the catalogue."""

    build: Builder
    title: str
    source: str
    optimizer: OptimizerName = "adamw"
    """What trains it best when the recipe leaves the choice open."""
    counts_statistics: bool = False
    """Whether its documented parameter count includes batch-norm statistics, as Keras counts."""


MODELS: dict[str, Entry] = {
    "glance": Entry(
        glance, "noonbit's default: much for a minute of two cores", "noonbit", optimizer="muon"
    ),
    "mlp": Entry(mlp, "three dense layers of 256", "Keras course, MNIST"),
    "cnn": Entry(cnn, "two convolutions", "Keras course, MNIST"),
    "deep-cnn": Entry(deep_cnn, "four convolutions with dropout", "Keras course, MNIST"),
    "sign-cnn": Entry(
        sign_cnn,
        "three convolutions with batch norm",
        "sign-language course",
        counts_statistics=True,
    ),
    "lenet5": Entry(lenet5, "LeNet-5 in its modern form", "LeCun et al., 1998"),
}


def build(name: str, classes: int, channels: int, size: ImageSize) -> nn.Module:
    """A freshly initialised network: one of the catalogue, or `path.py:function`.

    A function of your own is called as `function(classes, channels, (height, width))`.
    Raises `UsageError` for a name or file that does not exist.
    """
    if ".py:" in name:
        return call_builder(load_builder(name), name, classes, channels, size)
    if name not in MODELS:
        raise UsageError(
            f"No model is called '{name}'.{did_you_mean(name, MODELS)} "
            f"`noonbit models` lists all {len(MODELS)}; path.py:function takes one of your own."
        )
    return MODELS[name].build(classes, channels, size)


def settled(name: str) -> str:
    """The name that finds the same network from any folder: the path of a `.py` made absolute."""
    return str(Path(name).resolve()) if ".py:" in name else name


def load_builder(name: str) -> Callable[..., Any]:
    """The function that `path.py:function` names. Runs the file: it is the user's own code."""
    path_text, _, function = name.rpartition(":")
    path = Path(path_text)
    if not path.is_file():
        raise UsageError(f"{path} does not exist; --model takes a name or path.py:function.")
    module_name = f"noonbit_model_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None  # noqa: S101 - a .py file always has both
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickling look their module up here
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ArtefactError(f"{path} fails when imported: {error!r}. Correct the file.") from error
    builder = getattr(module, function, None)
    if not callable(builder):
        functions = [key for key, value in vars(module).items() if callable(value)]
        raise UsageError(
            f"{path} has no function '{function}'.{did_you_mean(function, functions)} "
            f"It has: {', '.join(functions) or 'none'}."
        )
    result: Callable[..., Any] = builder
    return result


def call_builder(
    builder: Callable[..., Any], name: str, classes: int, channels: int, size: ImageSize
) -> nn.Module:
    """The user's network; their own mistake is reported as theirs."""
    try:
        model = builder(classes, channels, size)
    except Exception as error:
        raise ArtefactError(
            f"{name} fails when called with ({classes}, {channels}, {size}): {error!r}. "
            "It gets the number of classes, the channels and (height, width)."
        ) from error
    if not isinstance(model, nn.Module):
        raise ArtefactError(f"{name} gives {type(model).__name__}; return a torch.nn.Module.")
    return model
