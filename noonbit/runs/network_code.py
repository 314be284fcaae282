"""The files of networks that a run folder keeps, so that it answers without the originals.

    model-3fa9c1d20b7e.py       a copy of code, named by the first digits of its SHA-256
    model-3fa9c1d20b7e.toml     a copy of a list of layers

run.json names for each network the file, with the function of code, and the hash of its bytes. A
folder may come from anybody, who writes both, so an equal hash says that nothing is damaged;
whether code may run is the user's choice (`noonbit.system.trust`). No other file that run.json
names is ever read.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from noonbit.errors import ArtefactError, UsageError
from noonbit.models.custom import SHOWN_DIGITS, CustomNetwork, is_custom
from noonbit.models.layer_network import LayerNetwork
from noonbit.models.network_file import NetworkFile, is_network_file
from noonbit.system.files import write


def read_copies(folder: Path, model: Mapping[str, Any]) -> list[NetworkFile]:
    """Read the files of all networks of a run, by `model` of its run.json.

    Raises as `read_copy`.
    """
    networks = [] if model["python"] else model.get("members", [model])
    return [read_copy(folder, each) for each in networks if is_network_file(each["name"])]


def name_to_build(folder: Path, network: Mapping[str, Any]) -> str:
    """Return the name from which a network of run.json is built: a file's is its copy.

    Raises as `read_copy`, and `ArtefactError` for code that the user has not trusted.
    """
    name: str = network["name"]
    if not is_network_file(name):
        return name
    copy = read_copy(folder, network)
    if isinstance(copy, CustomNetwork):
        copy.require_trusted()
    return copy.name


def read_copy(folder: Path, network: Mapping[str, Any]) -> NetworkFile:
    """Read the copy of a network's file; raises `ArtefactError` if it is not the file."""
    name, digest = network["name"], network.get("sha256")
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise ArtefactError(
            f"{folder / 'run.json'} names the network {name} without the hash of its file, "
            "and a file that the run does not keep is never read. Train again with --model."
        )
    path = folder / copy_name(digest, suffix_of(name))
    if path.is_symlink():
        raise ArtefactError(f"{path} is a link, where the run keeps the file. Restore it.")
    copy: NetworkFile
    try:
        if is_custom(name):
            copy = CustomNetwork.read(f"{path}:{name.rpartition(':')[2]}")
        else:
            copy = LayerNetwork.read(str(path))
    except UsageError:
        raise ArtefactError(
            f"{path}, the file of the run's network, is missing or cannot be read. Restore it, or "
            "train again."
        ) from None
    if copy.sha256 != digest:
        raise ArtefactError(
            f"{path} is not the file that the run was trained with: its SHA-256 begins with "
            f"{copy.sha256[:SHOWN_DIGITS]}. Restore it, or train again."
        )
    return copy


def keep_files(folder: Path, networks: Iterable[NetworkFile]) -> None:
    """Write copies of networks' files."""
    copies = {copy_name(each.sha256, suffix_of(each.name)): each.content for each in networks}
    for name, content in copies.items():
        write_copy(folder / name, content)


def write_copy(path: Path, content: bytes) -> None:
    """Write one copy."""
    write(path, lambda temporary: temporary.write_bytes(content))


def suffix_of(name: str) -> str:
    """Return how the copy of the file of that name ends."""
    return ".py" if is_custom(name) else ".toml"


def copy_name(sha256: str, suffix: str = ".py") -> str:
    """Return the name of a copy."""
    return f"model-{sha256[:SHOWN_DIGITS]}{suffix}"
