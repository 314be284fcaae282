"""Custom networks, named `path.py:function`.

The function is called as `function(classes, channels, (height, width))`, for sentences as
`function(classes, words, (length,))`, and returns an untrained module.
"""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable
from typing import Any

from torch import nn

from noonbit.errors import ArtefactError, UsageError, did_you_mean
from noonbit.system.paths import absolute, describe_place, is_file, user_path


def is_custom(name: str) -> bool:
    """Whether a name is `path.py:function` and not one of the catalogue."""
    return ".py:" in name


def build_custom(name: str, classes: int, channels: int, size: tuple[int, ...]) -> nn.Module:
    """Build the network that the user's function returns.

    Raises `UsageError` if there is no such function, `ArtefactError` if it fails or does not return
    a module.
    """
    builder = load_builder(name)
    try:
        model = builder(classes, channels, size)
    except Exception as error:
        is_text = len(size) == 1
        arguments = "the words and (length,)" if is_text else "the channels and (height, width)"
        raise ArtefactError(
            f"{name} fails when called with ({classes}, {channels}, {size}): {error!r}. "
            f"It gets the number of classes, {arguments}."
        ) from error
    if not isinstance(model, nn.Module):
        raise ArtefactError(f"{name} gives {type(model).__name__}; return a torch.nn.Module.")
    return model


def absolute_name(name: str) -> str:
    """A name that is valid in any working directory: the path of a custom network made absolute."""
    return str(absolute(user_path(name))) if is_custom(name) else name


def load_builder(name: str) -> Callable[..., Any]:
    """Import the function that `path.py:function` names. This runs the file, the user's code."""
    path_text, _, function = name.rpartition(":")
    path = user_path(path_text)
    if not is_file(path):
        raise UsageError(
            f"{path} {describe_place(path)}; --model takes a name or path.py:function."
        )
    module_name = f"noonbit_model_{hashlib.sha256(os.fsencode(absolute(path))).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None and spec.loader is not None  # noqa: S101 - a .py file always has both
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses and pickle look up their module here
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
