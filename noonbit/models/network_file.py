"""Networks that are a file of the user's own: code (`path.py:function`) or layers (`file.toml`)."""

from typing import TypeAlias

from noonbit.models.custom import CustomNetwork, is_custom
from noonbit.models.layer_network import LayerNetwork, is_layer_file
from noonbit.system.paths import absolute, user_path

NetworkFile: TypeAlias = CustomNetwork | LayerNetwork
"""Both have `path`, `name`, `content` (bytes), `sha256`, `load` and `build`."""


def is_network_file(name: str) -> bool:
    """Whether a name is that of a file and not one of the catalogue."""
    return is_custom(name) or is_layer_file(name)


def read_if_file(name: str) -> NetworkFile | None:
    """Read the file that a name stands for; None for a name of the catalogue.

    Runs nothing. Raises `UsageError`.
    """
    if is_custom(name):
        return CustomNetwork.read(name)
    return LayerNetwork.read(name) if is_layer_file(name) else None


def absolute_name(name: str) -> str:
    """A name that is valid in any working directory: the path of a file made absolute."""
    return str(absolute(user_path(name))) if is_network_file(name) else name
