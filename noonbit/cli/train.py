"""noonbit train SOURCE"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from noonbit.cli.output import DataDir, Json, print_trained
from noonbit.config.ensemble import Lineup
from noonbit.config.recipe import Recipe
from noonbit.errors import UsageError


def train(
    source: str | None = None,
    /,
    *,
    recipe: Annotated[Recipe, Parameter(name="*")] = Recipe(),  # noqa: B008 - frozen
    lineup: Annotated[Lineup, Parameter(name="*")] = Lineup(),  # noqa: B008 - frozen
    fast: bool = False,
    config: Path | None = None,
    resume: str | None = None,
    out: Path | None = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Train a classifier and leave a run folder with a report.

    Parameters
    ----------
    source
        A path, an archive, or a name of `noonbit data`.
    fast
        Take seconds instead of minutes: a smaller network and few passes (--model glimpse).
    config
        A TOML file of settings; flags come on top.
    resume
        Continue this run: a path, a unique beginning of its name, or `last`.
    out
        The run folder to make; by default one in runs/, named after time, network and data.
    """
    if (source is None) == (resume is None):
        raise UsageError(
            "noonbit train takes a source (a path or a name of `noonbit data`), or --resume RUN. "
            "To begin: noonbit train digits"
        )
    recipe = stated(recipe, config=config, fast=fast)
    lineup.require_whole()
    if resume is not None and (recipe.given() or lineup.count > 1 or out is not None):
        raise UsageError("--resume continues a run as it was begun; leave out other flags.")
    from noonbit.jobs.ensemble import resume as resume_run
    from noonbit.jobs.ensemble import train_members
    from noonbit.jobs.progress import display
    from noonbit.jobs.train import train as train_source
    from noonbit.runs.store import load_run

    with display() as observer:
        if source is not None and lineup.count > 1:
            run = train_members(
                source, recipe, lineup, out=out, data_dir=data_dir, observer=observer
            )
        elif source is not None:
            run = train_source(source, recipe, out=out, data_dir=data_dir, observer=observer)
        else:
            run = resume_run(load_run(resume or "last"), data_dir=data_dir, observer=observer)
    print_trained(run, json=json)


def stated(recipe: Recipe, *, config: Path | None, fast: bool) -> Recipe:
    """The flags over the settings of a file, and the small network where that was asked for."""
    if config is not None:
        recipe = recipe.over(Recipe.load(config))
    if not fast:
        return recipe
    if recipe.model is not None:
        raise UsageError("--fast chooses the network; leave out --model, or --fast.")
    return recipe.over(Recipe(model="glimpse"))
