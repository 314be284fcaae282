"""Networks of one's own, named `path.py:function`.

The function is called as `function(classes, channels, (height, width))`, and for sentences as
`function(classes, words, (length,))`; it returns a module without trained weights.
"""

import hashlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from noonbit.errors import ArtefactError, UsageError, did_you_mean


def is_own(name: str) -> bool:
    """Whether a name is `path.py:function` and not one of the catalogue."""
    return ".py:" in name


def build_own(name: str, classes: int, channels: int, size: tuple[int, ...]) -> nn.Module:
    """The network that the user's function makes; its mistakes are reported as theirs."""
    builder = load_builder(name)
    try:
        model = builder(classes, channels, size)
    except Exception as error:
        of_words = len(size) == 1
        given = "the words and (length,)" if of_words else "the channels and (height, width)"
        raise ArtefactError(
            f"{name} fails when called with ({classes}, {channels}, {size}): {error!r}. "
            f"It gets the number of classes, {given}."
        ) from error
    if not isinstance(model, nn.Module):
        raise ArtefactError(f"{name} gives {type(model).__name__}; return a torch.nn.Module.")
    return model


def settled(name: str) -> str:
    """The name that finds the same network from any folder: the path of a `.py` made absolute."""
    return str(Path(name).resolve()) if is_own(name) else name


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
