"""Create run folders, and load runs.

What lies in one, and who writes it: stored_run.py has the map and writes the plain files,
checkpoint.py the weights, predictions.py the evaluation, `noonbit.report` the page.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from torch import nn

from noonbit.errors import ArtefactError, UsageError
from noonbit.runs.find import RUNS, find_run, slug
from noonbit.runs.lock import LOCK, hold
from noonbit.runs.network import load_best_weights, with_test_time_augmentation
from noonbit.runs.run import Run
from noonbit.runs.run_json import read_run_json
from noonbit.runs.stored_types import FORMAT
from noonbit.system.paths import (
    absolute,
    exists,
    is_file,
    is_folder,
    list_names,
    require_place_for_folder,
)
from noonbit.terminal import shell_word


@contextmanager
def new_run(
    out: Path | None, *, model: str, source: str, metadata: dict[str, Any], runs: Path = RUNS
) -> Iterator[Run]:
    """Make a run folder, at `out` or named after time, model and data, and hold it for the block.

    It is no run before `run.update()` has written its run.json. If the block fails before there is
    anything to resume or to read, what was made is removed. Raises `UsageError` if `out` exists and
    is not an empty folder, or if another process makes a run of it at the same time.
    """
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    folder = out or runs / f"{stamp}-{slug(model)}-{slug(source)}"
    number = 1
    while not (is_made := make_folder(folder)) and out is None:
        number += 1
        folder = runs / f"{stamp}-{number}-{slug(model)}-{slug(source)}"
    require_empty(folder)
    with hold(folder, already_exists(folder)):
        require_empty(folder)  # nobody but the holder makes a run of it from here on
        run = Run(absolute(folder), {"format": FORMAT, "status": "training", **metadata})
        try:
            yield run
        except Exception:
            if has_nothing_of_worth(run):
                remove_contents(folder)
                if is_made:
                    shutil.rmtree(folder, ignore_errors=True)
            raise


def require_place(out: Path | None, *, runs: Path = RUNS) -> None:
    """Raise, before anything is loaded, if no run folder can be made at `out`, or in `runs`."""
    if out is not None:
        require_empty(out)
    require_place_for_folder(runs if out is None else out)


def make_folder(folder: Path) -> bool:
    """Create a folder; False if it exists already, perhaps of a training in parallel."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return False
    except OSError as error:
        raise ArtefactError(
            f"{folder} cannot be made: {error}. Choose another folder with --out."
        ) from None
    return True


def require_empty(folder: Path) -> None:
    """Raise `UsageError` if there is anything else than an empty folder, or nothing."""
    if not exists(folder):
        return
    is_readable = is_folder(folder) and os.access(folder, os.R_OK)
    if not is_readable or any(contents(folder)):
        raise UsageError(already_exists(folder))


def contents(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder besides a lock."""
    return (folder / name for name in list_names(folder) if name != LOCK)


def already_exists(folder: Path) -> str:
    """Return the sentence for a folder that cannot become a run."""
    is_run = is_file(folder / "run.json")
    instead = f", or continue it with --resume {shell_word(str(folder))}" if is_run else ""
    return (
        f"{folder} already exists, and nothing is ever overwritten. Choose another --out{instead}."
    )


def has_nothing_of_worth(run: Run) -> bool:
    """Whether no epoch of a run is over, no member has begun, and no outcome was recorded."""
    kept = (run.path / "history.csv", *run.path.glob("members/*"))
    return run.metadata["status"] == "training" and not any(path.exists() for path in kept)


def remove_contents(folder: Path) -> None:
    """Remove what lies in a folder."""
    for path in contents(folder):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def load_run(
    name: str | Path = "last",
    *,
    runs: Path = RUNS,
    model: nn.Module | None = None,
    trust: bool = False,
) -> Run:
    """Load a run by its path, a unique prefix of its name, or `last`.

    `model` is the network of a run that was trained with a Python object. `trust` lets the Python
    code that a run from elsewhere brings for its network run, here and from now on. Raises
    `ArtefactError` for a folder that is no run, is damaged, or is of a later format.
    """
    path = find_run(name, runs)
    run = Run(absolute(path), read_run_json(path))
    if trust:
        run.trust()
    if model is not None:
        load_best_weights(run, model)
        run.model = with_test_time_augmentation(run, model)
    return run
