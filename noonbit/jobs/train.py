"""Train one network, an ensemble, or a cross-validation from a source to a run folder.

The command line, `noonbit.train` and the documented experiments all use these two functions.
"""

from pathlib import Path

from torch import nn

from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.errors import UsageError
from noonbit.jobs.ensemble import resume_members, train_members
from noonbit.jobs.observer import Observer
from noonbit.jobs.single import resume_one, train_one
from noonbit.runs.run import Run

OBJECTS_ARE_NO_MEMBERS = (
    "A network given as a Python object cannot be a member of an ensemble, since every member is "
    "built anew. Give it as path.py:function."
)


def train(
    source: str | Path,
    recipe: Recipe,
    ensemble: EnsembleSettings = EnsembleSettings(),  # noqa: B008 - frozen
    *,
    model: nn.Module | None = None,
    out: Path | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
) -> Run:
    """Train a classifier on `source`, and write a run folder with a report.

    `model` is a network of the caller's own, instead of the recipe's name. Raises the errors of
    errors.py: data that cannot be used, `Interrupted` after saving, `TrainingDiverged`.
    """
    ensemble.require_consistent()
    observer = observer or Observer()
    if ensemble.count == 1:
        return train_one(source, recipe, model=model, out=out, data_dir=data_dir, observer=observer)
    if model is not None:
        raise UsageError(OBJECTS_ARE_NO_MEMBERS)
    return train_members(source, recipe, ensemble, out=out, data_dir=data_dir, observer=observer)


def resume(
    run: Run,
    *,
    model: nn.Module | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
) -> Run:
    """Resume a stopped training; the result is the same as without the stop.

    `model` is the network of a run that was trained with a Python object, freshly initialised as
    then. In an ensemble, stopped members are resumed and missing ones trained. Raises `UsageError`
    for a run that is finished or diverged, and `DataError` if the source has changed.
    """
    observer = observer or Observer()
    if not run.is_ensemble:
        return resume_one(run, model=model, data_dir=data_dir, observer=observer)
    if model is not None:
        raise UsageError(OBJECTS_ARE_NO_MEMBERS)
    return resume_members(run, data_dir=data_dir, observer=observer)
