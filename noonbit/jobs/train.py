"""Train one network, an ensemble, or a cross-validation from a source to a run folder.

The command line, `noonbit.train` and the documented experiments all use these two functions.
"""

from pathlib import Path

from torch import nn

from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.data.word_vectors import require_vectors
from noonbit.errors import UsageError
from noonbit.jobs.ensemble import resume_members, train_members
from noonbit.jobs.initial import refuse_several
from noonbit.jobs.observer import Observer
from noonbit.jobs.pretrained import refuse_with_pretrained, with_pretrained_settings
from noonbit.jobs.single import resume_one, train_one
from noonbit.models.network_file import read_if_file
from noonbit.runs.folder import require_place
from noonbit.runs.run import Run

OBJECTS_ARE_NO_MEMBERS = (
    "A network given as a Python object cannot be a member of an ensemble, since every member is "
    "built anew. Give it as path.py:function, or as file.toml."
)
ONE_IS_WATCHED = "--live is for the training of one network; leave it out, or train one alone."


def train(
    source: str | Path,
    recipe: Recipe,
    ensemble: EnsembleSettings = EnsembleSettings(),  # noqa: B008 - frozen
    *,
    model: nn.Module | None = None,
    from_run: Run | None = None,
    out: Path | None = None,
    data_dir: Path | None = None,
    live: bool = False,
    observer: Observer | None = None,
) -> Run:
    """Train a classifier on `source`, and write a run folder with a report.

    `model` is a network of the caller's own, instead of the recipe's name. The training begins with
    the weights of `from_run`, whose network and classes it then has. With `live`, it can be watched
    and steered through its folder; see `noonbit.live`. Raises the errors of
    errors.py: data that cannot be used, `Interrupted` after saving, `TrainingDiverged`.
    """
    ensemble.require_consistent()
    require_place(out)
    if recipe.vectors is not None:
        require_vectors(Path(recipe.vectors))
    for name in (recipe.model, *ensemble.split_setting("member_models", ",")):
        if name is not None and (file := read_if_file(name)) is not None:
            file.load()  # what is wrong with it is said before data is loaded
    observer = observer or Observer()
    if recipe.pretrained is not None:
        refuse_with_pretrained(recipe, ensemble, model=model, from_run=from_run)
        recipe = with_pretrained_settings(recipe)
    elif recipe.finetune:
        raise UsageError("--finetune is for --pretrained; add it, or leave out --finetune.")
    if ensemble.count == 1:
        return train_one(
            source,
            recipe,
            model=model,
            from_run=from_run,
            out=out,
            data_dir=data_dir,
            live=live,
            observer=observer,
        )
    if live:
        raise UsageError(ONE_IS_WATCHED)
    if from_run is not None:
        refuse_several(ensemble)
    if model is not None:
        raise UsageError(OBJECTS_ARE_NO_MEMBERS)
    return train_members(source, recipe, ensemble, out=out, data_dir=data_dir, observer=observer)


def resume(
    run: Run,
    *,
    source: str | Path | None = None,
    epochs: int | None = None,
    model: nn.Module | None = None,
    data_dir: Path | None = None,
    live: bool = False,
    observer: Observer | None = None,
) -> Run:
    """Resume a stopped training; the result is the same as without the stop.

    `source` is the new place of data that was moved. With `epochs`, in all, the training goes on
    beyond its plan, also if it is finished, by the schedule of so many epochs.
    `model` is the network of a run that was trained with a Python object, freshly initialised as
    then. In an ensemble, stopped members are resumed and missing ones trained. Raises `UsageError`
    for a run that is finished or diverged, and `DataError` if the source has changed.
    """
    observer = observer or Observer()
    if not run.is_ensemble:
        return resume_one(
            run,
            source=source,
            epochs=epochs,
            model=model,
            data_dir=data_dir,
            live=live,
            observer=observer,
        )
    if live:
        raise UsageError(ONE_IS_WATCHED)
    if model is not None:
        raise UsageError(OBJECTS_ARE_NO_MEMBERS)
    if epochs is not None:
        raise UsageError(
            f"{run.word} is of several networks, and --epochs goes on with one. Train them anew "
            "with more --epochs."
        )
    return resume_members(run, source=source, data_dir=data_dir, observer=observer)
