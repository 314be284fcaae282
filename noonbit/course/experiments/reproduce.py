"""Run a documented experiment as documented, and judge its claim.

    DIR/NAME/ARM-seedN/   a run folder; a finished run is kept, a stopped one is resumed
    DIR/NAME/result.json  the verdict and the figures behind it

So `reproduce all` can be stopped and started again at any time. An earlier run counts only if its
recipe is the experiment's.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from noonbit.config.recipe import Recipe
from noonbit.course.byhand import DOCUMENTED
from noonbit.course.experiments.byhand_table import describe_table, judge_table, train_byhand
from noonbit.course.experiments.experiment import Experiment
from noonbit.course.experiments.judge import (
    describe_measured,
    judge,
    judge_diverged,
    on_substitute,
    require_evaluation,
    without_comparison,
)
from noonbit.course.experiments.results import Result, experiment_folder, write_result
from noonbit.data.known.locate import data_folders, find
from noonbit.errors import TrainingDiverged, UsageError
from noonbit.jobs.ensemble import load_members
from noonbit.jobs.observer import Observer
from noonbit.jobs.train import resume, train
from noonbit.runs.folder import load_run
from noonbit.runs.metadata import machine_metadata, source_path
from noonbit.runs.run import Run
from noonbit.system.paths import exists, require_place_for_folder
from noonbit.system.runtime import Runtime

QUICK_EPOCHS, QUICK_MEMBERS, QUICK_VALIDATION = 1, 2, 1000
"""Of the `quick` form: at most so many epochs, members, and items that validate."""
QUICK_SECONDS = 6.0
"""For all trainings of a quick form together. What it takes beside them is mostly the test set,
which is measured whole."""

Display = Callable[[], AbstractContextManager[Observer]]


def reproduce(
    experiment: Experiment,
    *,
    out: Path,
    source: str | None = None,
    quick: bool = False,
    data_dir: Path | None = None,
    display: Display,
) -> Result:
    """Run what has not been run yet, judge the claim, and write result.json below `out`.

    Another `source` than the document's gives no verdict on its claim, and neither does `quick`,
    which shortens every training. Raises what a training raises, except `TrainingDiverged`, which
    makes the verdict on the document's data "not met".
    """
    own_source = None if source == experiment.source else source
    folder = experiment_folder(experiment.name, out, quick=quick, own_source=own_source)
    require_place_for_folder(folder)
    if own_source is None:
        opened, substituted = choose_source(experiment, data_dir)
    else:
        opened, substituted = own_source, False
    table: list[list[str]] = []
    runs: dict[tuple[str, int], Run] = {}
    try:
        if experiment.claim is not None and experiment.claim.kind == "table":
            epochs = QUICK_EPOCHS if quick else len(DOCUMENTED)
            table = train_byhand(opened, data_dir, epochs=epochs)
        else:
            recipe_source = own_source or experiment.source  # the document's also for a substitute
            for arm, seed, recipe in plan_trainings(experiment, recipe_source, quick=quick):
                runs[arm, seed] = train_or_resume(
                    folder / f"{arm}-seed{seed}",
                    opened,
                    recipe,
                    experiment,
                    quick=quick,
                    data_dir=data_dir,
                    display=display,
                )
        if own_source is None and not quick:
            verdict = judge_table(table) if table else judge(experiment, runs)
        else:
            measured = describe_table(table) if table else describe_measured(runs)
            verdict = without_comparison(measured, own_source, quick=quick)
    except TrainingDiverged as error:
        if own_source is not None:
            raise
        verdict = judge_diverged(error, quick=quick)
    if not quick and substituted and experiment.substitute is not None:
        verdict = on_substitute(verdict, experiment.substitute.reason)
    result = Result(
        experiment.name,
        quick,
        opened,
        verdict,
        [describe_run(arm, seed, run, folder) for (arm, seed), run in runs.items()],
        table,
        training_machine(runs),
        datetime.now().astimezone().isoformat(timespec="seconds"),
    )
    write_result(result, folder)
    return result


def choose_source(experiment: Experiment, data_dir: Path | None) -> tuple[str, bool]:
    """Return the source to open, and whether it is only the substitute."""
    name, substitute = experiment.source, experiment.substitute
    if substitute is not None and find(name, data_dir=data_dir) is None:
        for _, root in data_folders(data_dir):
            if exists(root / substitute.source):
                return str(root / substitute.source), True
    return name, False


def plan_trainings(
    experiment: Experiment, source: str, *, quick: bool
) -> Iterator[tuple[str, int, Recipe]]:
    """Yield the arm, seed and recipe of every training."""
    recipes = experiment.recipes(source)
    for arm, recipe in recipes.items():
        for seed in experiment.seeds[:1] if quick else experiment.seeds:
            settings = recipe.explicit_settings() | {"seed": seed}
            if quick:
                if recipe.time_budget is None:
                    settings["epochs"] = QUICK_EPOCHS
                members = min(experiment.members, QUICK_MEMBERS)
                settings["time_budget"] = QUICK_SECONDS / (len(recipes) * members)
                if settings.get("validation", 0) > QUICK_VALIDATION:
                    settings["validation"] = QUICK_VALIDATION
            yield arm, seed, Recipe.model_validate(settings)


def train_or_resume(
    folder: Path,
    source: str,
    recipe: Recipe,
    experiment: Experiment,
    *,
    quick: bool,
    data_dir: Path | None,
    display: Display,
) -> Run:
    """Return the finished run in `folder`: load it, resume it, or train it.

    Raises `UsageError` if its recipe differs from the experiment's.
    """
    ensemble = experiment.ensemble_settings
    if quick and ensemble.count > 1:
        ensemble = ensemble.model_copy(update={"members": QUICK_MEMBERS})
    with display() as observer:
        if not exists(folder / "run.json"):
            return train(source, recipe, ensemble, out=folder, data_dir=data_dir, observer=observer)
        run = load_run(folder)
        require_same_training(run, recipe, source)
        if run.metadata["status"] == "finished":
            return run
        return resume(run, data_dir=data_dir, observer=observer)


def require_same_training(run: Run, recipe: Recipe, source: str) -> None:
    """Raise `UsageError` if a run has another source or recipe than the experiment's."""
    instead = "Choose another --out, or remove that folder."
    if (trained_on := run.metadata["source_path"]) != source_path(source):
        raise UsageError(f"{run.path} was trained on {trained_on}, not on {source}. {instead}")
    for name, wanted in recipe.explicit_settings().items():
        found = getattr(run.recipe, name)
        if found != wanted:
            raise UsageError(
                f"{run.path} was made with {name} {found}, but the experiment has {wanted}. "
                f"{instead}"
            )


def training_machine(runs: dict[tuple[str, int], Run]) -> dict[str, Any]:
    """Return the machine that trained the runs, which may not be this one."""
    for run in runs.values():
        machine: dict[str, Any] = run.metadata["machine"]
        return machine
    return machine_metadata(Runtime.start())


def describe_run(arm: str, seed: int, run: Run, folder: Path) -> dict[str, Any]:
    """Collect the page's figures of a run and, for an ensemble, of its members."""
    evaluation, metadata = require_evaluation(run), run.metadata
    members = load_members(run) if run.is_ensemble else []
    return {
        "arm": arm,
        "seed": seed,
        "folder": run.path.relative_to(folder.resolve()).as_posix(),
        "accuracy": evaluation.accuracy,
        "accuracy_low": evaluation.accuracy_low,
        "accuracy_high": evaluation.accuracy_high,
        "test_items": evaluation.items,
        "parameters": metadata["model"]["parameters"],
        "epochs": metadata["result"].get("epochs"),
        "best_epoch": metadata["result"].get("best_epoch"),
        "train_seconds": metadata["result"]["train_seconds"],
        "notes": metadata["data"]["notes"],
        "members": [describe_run(arm, each.recipe.seed, each, folder) for each in members],
    }
