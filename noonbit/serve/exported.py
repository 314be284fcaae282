"""A run as an ONNX file in the user's cache, written once by a process of its own.

The serving process never imports PyTorch, which takes seconds and some hundred megabytes; the one
that exports does, and ends. An entry is a folder named by a digest of all that it depends on, so an
outdated one is never found; each can be deleted at any time.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import noonbit.export
from noonbit.errors import ArtefactError
from noonbit.export.onnx_model import OnnxModel
from noonbit.runs.find import RUN_JSON, find_run
from noonbit.serve.access_log import LOGGER
from noonbit.system.files import user_cache
from noonbit.system.private import make_private_folder

RUN_FILES = (
    RUN_JSON,
    "contract.json",
    "recipe.toml",
    "weights.safetensors",
    "checkpoint.safetensors",
)
"""What an export depends on: the network, what its inputs are, its views, and its weights."""
MOST_ENTRIES = 10
"""Older ones are removed when another is made."""
FILE_NAME = "model.onnx"


def open_run(name: str, *, trust: bool) -> OnnxModel:
    """Open the export of a run, and make it first if there is none yet.

    `name` is a run folder, a unique beginning of its name, or `last`; `trust` is that of
    `noonbit export`. Raises `ArtefactError` if there is no such run or it cannot be exported.
    """
    run = find_run(name)
    path = entries_folder() / run_digest(run) / FILE_NAME
    try:
        model = OnnxModel.open(path)
    except ArtefactError:  # not there, or damaged
        export_in_child(run, path, trust=trust)
        model = OnnxModel.open(path)
    os.utime(path.parent)
    remove_old_entries(path.parent.parent)
    return model


def entries_folder() -> Path:
    """Return the folder of all entries."""
    return user_cache() / "served"


def run_digest(run: Path) -> str:
    """Return a digest of a run's files and of what exports them, 40 hexadecimal digits."""
    code = sorted(Path(noonbit.export.__path__[0]).glob("*.py"))
    digest = hashlib.sha256(version("noonbit").encode())
    for path in (*code, *(run / name for name in RUN_FILES)):
        try:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError:  # whoever exports says what is missing
            digest.update(b"missing")
    return digest.hexdigest()[:40]


def export_in_child(run: Path, path: Path, *, trust: bool) -> None:
    """Write a run to a file of the cache by `noonbit export`, which compares it with the run.

    Raises `ArtefactError` if it fails.
    """
    try:
        make_private_folder(path.parent)
    except OSError as error:
        raise ArtefactError(
            f"The cache {path.parent} cannot be used: {error.strerror}. Set NOONBIT_CACHE to "
            "another folder, or export the run and serve the file."
        ) from None
    command = [sys.executable, "-m", "noonbit", "export", str(run), "--out", str(path), "--json"]
    LOGGER.info("%s is exported once, which takes some seconds", run.name)
    # What it has to say of errors goes to stderr; stdout is for the address of the server.
    with subprocess.Popen(
        [*command, *(["--trust"] if trust else [])], stdout=subprocess.DEVNULL
    ) as child:
        try:
            code = child.wait()
        except BaseException:
            child.terminate()  # it removes what it has half written
            raise
    if code:
        raise ArtefactError(f"{run} cannot be served, since it could not be exported: see above.")


def remove_old_entries(folder: Path) -> None:
    """Remove all entries but the last used ones."""
    entries = sorted(folder.iterdir(), key=lambda entry: entry.stat().st_mtime, reverse=True)
    for entry in entries[MOST_ENTRIES:]:
        shutil.rmtree(entry, ignore_errors=True)
