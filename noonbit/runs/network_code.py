"""The code of custom networks that a run folder keeps, so that it answers without their files.

    model-3fa9c1d20b7e.py      a copy, named by the first digits of its SHA-256

run.json names for each network the function, and the hash of its file. A folder may come from
anybody, who writes both, so an equal hash says that nothing is damaged; whether the code may run
is the user's choice (`noonbit.system.trust`). No other file that run.json names is ever run.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from noonbit.errors import ArtefactError, UsageError
from noonbit.models.custom import SHOWN_DIGITS, CustomNetwork, is_custom
from noonbit.system.files import write


def read_copies(folder: Path, model: Mapping[str, Any]) -> list[CustomNetwork]:
    """Read the code of all custom networks of a run, by `model` of its run.json.

    Raises as `read_copy`.
    """
    networks = [] if model["python"] else model.get("members", [model])
    return [read_copy(folder, each) for each in networks if is_custom(each["name"])]


def name_to_build(folder: Path, network: Mapping[str, Any]) -> str:
    """Return the name from which a network of run.json is built: a custom one's is its copy.

    Raises as `read_copy`, and `ArtefactError` for code that the user has not trusted.
    """
    name: str = network["name"]
    if not is_custom(name):
        return name
    copy = read_copy(folder, network)
    copy.require_trusted()
    return copy.name


def read_copy(folder: Path, network: Mapping[str, Any]) -> CustomNetwork:
    """Read the copy of a custom network's file; raises `ArtefactError` if it is not the file."""
    name, digest = network["name"], network.get("sha256")
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        raise ArtefactError(
            f"{folder / 'run.json'} names the custom network {name} without the hash of its file, "
            "and code that the run does not keep is never run. Train again with --model."
        )
    path = folder / copy_name(digest)
    if path.is_symlink():
        raise ArtefactError(f"{path} is a link, where the run keeps the file. Restore it.")
    try:
        copy = CustomNetwork.read(f"{path}:{name.rpartition(':')[2]}")
    except UsageError:
        raise ArtefactError(
            f"{path}, the code of the run's network, is missing or cannot be read. Restore it, or "
            "train again."
        ) from None
    if copy.sha256 != digest:
        raise ArtefactError(
            f"{path} is not the code that the run was trained with: its SHA-256 begins with "
            f"{copy.sha256[:SHOWN_DIGITS]}. Restore it, or train again."
        )
    return copy


def keep_code(folder: Path, networks: Iterable[CustomNetwork]) -> None:
    """Write the copies of custom networks' files."""
    for copy in {network.sha256: network.code for network in networks}.items():
        write_copy(folder, *copy)


def write_copy(folder: Path, sha256: str, code: bytes) -> None:
    """Write one copy."""
    write(folder / copy_name(sha256), lambda temporary: temporary.write_bytes(code))


def copy_name(sha256: str) -> str:
    """Return the name of a copy."""
    return f"model-{sha256[:SHOWN_DIGITS]}.py"
