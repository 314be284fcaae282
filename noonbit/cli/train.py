"""noonbit train SOURCE"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from noonbit.cli.flag_groups import TRAIN_FLAGS
from noonbit.cli.output import DataDir, Json, OutFolder, print_trained, say
from noonbit.cli.trust import Trust, open_run, trust_code
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.errors import UsageError, did_you_mean
from noonbit.system.paths import exists, is_file, user_path

FLAG = Parameter(group=TRAIN_FLAGS)
FIELDS = Parameter(name="*", group=TRAIN_FLAGS)
"""A flag for each field, without a common prefix."""


def train(
    source: str | None = None,
    /,
    *,
    recipe: Annotated[Recipe, FIELDS] = Recipe(),  # noqa: B008 - frozen
    ensemble_settings: Annotated[EnsembleSettings, FIELDS] = EnsembleSettings(),  # noqa: B008 - frozen
    fast: Annotated[bool, FLAG] = False,
    config: Annotated[str | None, FLAG] = None,
    from_run: Annotated[str | None, Parameter(name="--from", group=TRAIN_FLAGS)] = None,
    download: Annotated[bool, FLAG] = False,
    resume: Annotated[str | None, FLAG] = None,
    learning_curve: Annotated[bool, FLAG] = False,
    live: Annotated[bool, FLAG] = False,
    out: Annotated[OutFolder, FLAG] = None,
    data_dir: Annotated[DataDir, FLAG] = None,
    trust: Annotated[Trust, FLAG] = False,
    json: Annotated[Json, FLAG] = False,
) -> None:
    """Train a classifier and leave a run folder with a report.

    Parameters
    ----------
    source
        A path, an archive, or a name of `noonbit data`; with --resume, the new place of data that
        was moved.
    fast
        Take seconds instead of minutes: a smaller network and few passes (--model glimpse).
    config
        A TOML file of settings, or an experiment of `noonbit reproduce`; flags come on top.
    from_run
        Begin with the weights of this run: a path, a unique beginning of its name, or `last`.
    download
        Download the weights of --pretrained if they are not here; says from where first.
    resume
        Continue this run; with --epochs N, up to N epochs in all, also beyond its plan.
    learning_curve
        Train on an eighth, a quarter and half of the training items too, and say what twice as many
        would bring.
    live
        Let others watch and steer this training: noonbit watch, noonbit studio.
    out
        The run folder to make; by default one in runs/, named after time, network and data.
    """
    if source is None and resume is None:
        raise UsageError(
            "noonbit train takes a source (a path or a name of `noonbit data`), or --resume RUN. "
            "To begin: noonbit train digits"
        )
    typed = recipe.model, *(ensemble_settings.member_models or "").split(",")
    recipe, ensemble_settings = merge_settings(
        recipe, ensemble_settings, source=source, config=config, fast=fast
    )
    ensemble_settings.require_consistent()
    if resume is not None:
        refuse_flags_of_new_runs(
            recipe, ensemble_settings, out=out, from_run=from_run, learning_curve=learning_curve
        )
    from noonbit.jobs.progress import display
    from noonbit.jobs.train import resume as resume_run
    from noonbit.jobs.train import train as train_source
    from noonbit.models.custom import CustomNetwork, is_custom, trust_named

    trust_named(typed)
    if trust and recipe.model is not None and is_custom(recipe.model):  # of --config
        trust_code([CustomNetwork.read(recipe.model)])
    if download:
        download_weights(recipe)
    with display() as observer:
        if resume is None:
            assert source is not None  # noqa: S101 - refused above
            run = train_source(
                source,
                recipe,
                ensemble_settings,
                from_run=None if from_run is None else open_run(from_run, trust=trust),
                out=out,
                data_dir=data_dir,
                live=live,
                learning_curve=learning_curve,
                observer=observer,
            )
        else:
            run = resume_run(
                open_run(resume, trust=trust),
                source=source,
                epochs=recipe.epochs,
                data_dir=data_dir,
                live=live,
                observer=observer,
            )
    print_trained(run, json=json)


def refuse_flags_of_new_runs(
    recipe: Recipe,
    ensemble_settings: EnsembleSettings,
    *,
    out: Path | None,
    from_run: str | None,
    learning_curve: bool,
) -> None:
    """Raise `UsageError` for flags that only a training from the start can take."""
    if (
        recipe.explicit_settings().keys() - {"epochs"}
        or ensemble_settings.count > 1
        or out is not None
        or from_run is not None
    ):
        raise UsageError(
            "--resume continues a run as it was begun; leave out all flags but --epochs and --live."
        )
    if learning_curve:
        raise UsageError("--learning-curve is of a training from the start; leave out --resume.")


def download_weights(recipe: Recipe) -> None:
    """Download the published weights of the recipe; raises `UsageError` if it names none."""
    if recipe.pretrained is None:
        raise UsageError("--download is for --pretrained NAME; add it, or leave out --download.")
    from noonbit.pretrained.source import download_pretrained

    download_pretrained(recipe.pretrained, say=say)


def merge_settings(
    recipe: Recipe,
    ensemble_settings: EnsembleSettings,
    *,
    source: str | None,
    config: str | None,
    fast: bool,
) -> tuple[Recipe, EnsembleSettings]:
    """Let flags override the settings that `config` names, and apply `--fast`.

    Raises `UsageError` if both --fast and a network are given.
    """
    if config is not None:
        configured, members = load_config(config, source)
        recipe = recipe.with_defaults(configured)
        if ensemble_settings.folds is None:
            ensemble_settings = ensemble_settings.with_defaults(members)
    if not fast:
        return recipe, ensemble_settings
    if recipe.model is not None:
        raise UsageError("--fast chooses the network; leave out --model, or --fast.")
    return recipe.with_defaults(Recipe(model="glimpse")), ensemble_settings


def load_config(config: str, source: str | None) -> tuple[Recipe, EnsembleSettings]:
    """Load a TOML file, or the recipe for `source` and the members of a documented experiment.

    An experiment of several recipes takes one of their names after a colon. Raises `UsageError`.
    """
    path = user_path(config)
    if is_file(path) or path.suffix == ".toml":
        return Recipe.load(path), EnsembleSettings()
    from noonbit.course.experiments.experiment import load_experiments

    known = load_experiments()
    name, _, arm = config.partition(":")
    if name not in known and exists(path):  # a folder, for instance
        return Recipe.load(path), EnsembleSettings()
    if name not in known:
        raise UsageError(
            f"--config {config} is neither a TOML file nor an experiment."
            f"{did_you_mean(name, known)} `noonbit reproduce` lists the experiments."
        )
    experiment = known[name]
    return experiment.recipe_of(arm, source), experiment.ensemble_settings
