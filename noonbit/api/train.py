"""The Python face: the command line's job with values instead of flags.

run = noonbit.train("mnist", model="cnn", epochs=3)
run = noonbit.load_run("last")
"""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from torch import nn

from noonbit.config.ensemble import Combine, Lineup
from noonbit.config.recipe import Recipe
from noonbit.errors import UsageError
from noonbit.jobs.combine import ensemble as ensemble_runs
from noonbit.jobs.ensemble import OBJECTS_ARE_NO_MEMBERS, train_members
from noonbit.jobs.ensemble import resume as resume_run
from noonbit.jobs.observer import Observer
from noonbit.jobs.progress import display
from noonbit.jobs.train import train as train_source
from noonbit.runs.run import Run
from noonbit.runs.store import load_run

__all__ = ["ensemble", "load_run", "resume", "train"]


def train(
    source: str | Path,
    *,
    model: str | nn.Module | None = None,
    out: Path | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
    **settings: Any,
) -> Run:
    """Train a classifier and return its run, whose folder holds weights, figures and report.

    `model` is a name of the catalogue, `path.py:function`, or a `torch.nn.Module` that takes
    float32 images (N, C, H, W) and gives logits (N, classes). `settings` are the fields of
    `Recipe`, and for an ensemble or a cross-validation those of `Lineup` (`members=7`, `folds=10`),
    checked by name and value.
    `observer` shows the progress; by default a bar or lines on
    stderr. Raises the errors of errors.py.
    """
    network = model if isinstance(model, nn.Module) else None
    if isinstance(model, str):
        settings["model"] = model
    of_members = {name: settings.pop(name) for name in Lineup.model_fields if name in settings}
    recipe = Recipe.checked(settings, origin="noonbit.train")
    lineup = Lineup.checked(of_members, origin="noonbit.train")
    lineup.require_whole()
    if lineup.count > 1 and network is not None:
        raise UsageError(OBJECTS_ARE_NO_MEMBERS)
    with nullcontext(observer) if observer is not None else display() as shown:
        if lineup.count > 1:
            return train_members(source, recipe, lineup, out=out, data_dir=data_dir, observer=shown)
        return train_source(
            source, recipe, model=network, out=out, data_dir=data_dir, observer=shown
        )


def ensemble(
    runs: Sequence[Run | str | Path],
    *,
    combine: Combine | None = None,
    out: Path | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
) -> Run:
    """Let finished runs on the same data answer as one, and return that run.

    `runs` are runs, their paths or unique beginnings of their names. `combine` is `sum` (of
    the networks' outputs, the default), `probabilities` (their mean) or `vote`. Raises the errors
    of errors.py.
    """
    lineup = Lineup.checked({"combine": combine}, origin="noonbit.ensemble")
    members = [run if isinstance(run, Run) else load_run(run) for run in runs]
    with nullcontext(observer) if observer is not None else display() as shown:
        return ensemble_runs(
            members, combine=lineup.combine, out=out, data_dir=data_dir, observer=shown
        )


def resume(
    run: Run | str | Path = "last",
    *,
    model: nn.Module | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
) -> Run:
    """Continue a training that was stopped or killed, as if it never had been.

    `run` is a run, its path, a unique beginning of its name, or `last`. `model` is the network of a
    run that was trained with a Python object, freshly initialised as it was then. Raises the errors
    of errors.py.
    """
    begun = run if isinstance(run, Run) else load_run(run)
    with nullcontext(observer) if observer is not None else display() as shown:
        return resume_run(begun, model=model, data_dir=data_dir, observer=shown)
