"""Train an ensemble: its members, then their combination.

    runs/20261122-141502-7-x-glance-mnist/
      members/1/ .. members/7/   a run folder for each member, with a log
      run.json, weights, ...     of the ensemble, once all members are finished

Members are trained in parallel on several CPU cores, and on a GPU if their steps are CUDA graphs;
otherwise one after another. A member's folder has everything but a report, which `noonbit report
RUN/members/3` writes. A stopped or killed ensemble resumes from its members' folders.
"""

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from torch import nn

from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.base import require_fitting_settings
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import ArtefactNotFound, Interrupted, TrainingDiverged, UsageError, plural
from noonbit.jobs.combine import combine_members, common_recipe, ensemble_metadata, member_metadata
from noonbit.jobs.interrupts import stop_on_interrupt
from noonbit.jobs.member import MemberLog, MemberTraining, SharedSource
from noonbit.jobs.moved import load_items
from noonbit.jobs.observer import Observer
from noonbit.jobs.parallel import train_in_parallel
from noonbit.jobs.pretrained import cache_features
from noonbit.jobs.resumable import require_resumable
from noonbit.models.catalogue import absolute_name, model_of, outline_for
from noonbit.models.custom import is_custom
from noonbit.models.network_file import is_network_file, read_if_file
from noonbit.runs.folder import load_run, new_run
from noonbit.runs.lock import hold_to_resume
from noonbit.runs.metadata import place_of
from noonbit.runs.network_code import keep_files, name_to_build
from noonbit.runs.run import Run
from noonbit.runs.run_json import MEMBERS
from noonbit.system.runtime import Runtime
from noonbit.training.gradients import may_use_global_rng
from noonbit.training.setup import plan_for, summary_for
from noonbit.training.trainable import require_trainable


def train_members(
    source: str | Path,
    recipe: Recipe,
    ensemble: EnsembleSettings,
    *,
    out: Path | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
    at_once: int | None = None,
) -> Run:
    """Train the members of `ensemble` by `recipe`, and write the ensemble's run folder.

    `at_once` members are trained in parallel, by default as many as `derive_at_once` says. The
    members of a round, also of a last one with fewer members, share all threads. Raises as
    `jobs.train.train`, with the member's number before the message, and `Interrupted` after saving.
    """
    started = time.perf_counter()
    recipes = ensemble.recipes(recipe)
    runtime = Runtime.from_recipe(recipe)
    shared_source = SharedSource(source, data_dir)
    items = shared_source.load(recipes[0])
    derived, reason = derive_at_once(runtime, recipes, outline_networks(recipes, items, runtime))
    at_once = at_once or derived
    recipes = assign_threads(recipes, runtime, at_once=at_once)
    names = [model_of(each, items.preprocessor) for each in recipes]
    files = {name: read_if_file(name) for name in names}
    members = [
        member_metadata(name, files[name], each, f"{MEMBERS}/{number}")
        for number, (name, each) in enumerate(zip(names, recipes, strict=True), start=1)
    ]
    metadata = ensemble_metadata(items, members, ensemble.combine, runtime, data_dir=data_dir)
    metadata["training"] = {
        "at_once": at_once,
        "threads": max(1, runtime.threads // at_once),
        "reason": reason,
        "settings": ensemble.model_dump(exclude_defaults=True),
        "recipe": without_none(recipe),
        "recipes": [without_none(each) for each in recipes],
    }
    with new_run(
        out, model=metadata["model"]["name"], source=str(source), metadata=metadata
    ) as run:
        keep_files(run.path, filter(None, files.values()))
        # For a resumed ensemble to load its data, until `combine_members` overwrites them.
        contract = Contract.unit(items.preprocessor, items.data.class_names)
        run.write_setup(without_none(recipe), contract, items.split)
        return train_remaining(run, items, shared_source, observer or Observer(), started=started)


def resume_members(
    run: Run,
    *,
    source: str | Path | None = None,
    data_dir: Path | None = None,
    observer: Observer,
) -> Run:
    """Continue an ensemble that was stopped; see `jobs.train.resume`."""
    started = time.perf_counter()
    require_resumable(run)
    if "training" not in run.metadata:
        raise UsageError(
            f"{run.path.name} was put together, not trained. Do that again with: noonbit ensemble"
        )
    with hold_to_resume(run.path):
        items = load_items(run, source, data_dir)
        if source is not None:
            moved = place_of(items.data.source, data_dir)
            for training in list_member_trainings(run):
                if training.is_started:
                    load_run(training.folder).update(**moved)
        if data_dir is None and run.metadata["data_dir"] is not None:
            data_dir = Path(run.metadata["data_dir"])
        shared_source = SharedSource(run.metadata["source_path"], data_dir)
        return train_remaining(run, items, shared_source, observer, started=started)


def train_remaining(
    run: Run, items: PreparedDataset, source: SharedSource, observer: Observer, *, started: float
) -> Run:
    """Train the members that are not finished, then combine all of them."""
    trainings = list_member_trainings(run)
    run.update(status="training")
    observer.on_ensemble_start(run, items)
    remaining = [training for training in trainings if not training.is_finished]
    for training in trainings:
        if training not in remaining:
            observer.on_member_end(training.number, training.count, load_run(training.folder))
    with stop_on_interrupt() as should_stop:

        def on_features(done: int, count: int) -> None:
            observer.on_features(done, count)
            if should_stop():
                raise Interrupted("Stopped before the first member.")

        try:
            if remaining:
                runtime = Runtime.from_recipe(run.recipe)
                cache_features(run.recipe, items, runtime, on_progress=on_features)
            for _, group in groupby(remaining, key=lambda training: training.recipe.threads or 1):
                together = list(group)
                at_once = min(run.metadata["training"]["at_once"], len(together))
                if at_once > 1:
                    train_in_parallel(together, at_once, source, observer, should_stop)
                else:
                    train_in_turn(together, source, observer, should_stop)
        except Interrupted:
            run.update(status="interrupted")
            finished = plural(sum(training.is_finished for training in trainings), "member")
            raise Interrupted(
                f"Stopped with {finished} of {len(trainings)} finished; everything is saved. "
                f"Continue with: noonbit train --resume {run.word}"
            ) from None
        except KeyboardInterrupt:  # a second Ctrl-C; parallel members have saved
            run.update(status="interrupted")
            raise
        except TrainingDiverged:
            run.update(status="diverged")
            raise
    members = load_members(run)
    explicit = run.metadata["training"]["recipe"]
    common = {name: explicit.get(name) for name in ("threads", "time_budget")}
    recipe = common_recipe(members).model_copy(update=common)
    return combine_members(run, members, items, recipe, observer, started=started)


def train_in_turn(
    trainings: Sequence[MemberTraining],
    source: SharedSource,
    observer: Observer,
    should_stop: Callable[[], bool],
) -> None:
    """Run all trainings one after another in this thread."""
    for training in trainings:
        if should_stop():
            raise Interrupted("Stopped between two members.")
        log = MemberLog(partial(observer.on_member_epoch, training.number))
        member = training.run(source, log, should_stop)
        observer.on_member_end(training.number, training.count, member)


def load_members(run: Run) -> list[Run]:
    """Load the members' runs; raises `ArtefactNotFound` if a folder was deleted or moved."""
    folders = [run.path / member["run"] for member in run.metadata["model"]["members"]]
    for folder in folders:
        if not folder.exists():
            raise ArtefactNotFound(
                f"{folder}, a member of {run.path.name}, is not there any more. The ensemble "
                "answers without it, but its members cannot be taken apart."
            )
    return [load_run(folder) for folder in folders]


def list_member_trainings(run: Run) -> list[MemberTraining]:
    """Return the training of each member of the ensemble."""
    members, recipes = run.metadata["model"]["members"], run.metadata["training"]["recipes"]
    return [
        MemberTraining(
            number, len(members), member_recipe(run, member, settings), run.path / member["run"]
        )
        for number, (member, settings) in enumerate(zip(members, recipes, strict=True), start=1)
    ]


def member_recipe(run: Run, member: dict[str, Any], settings: dict[str, Any]) -> Recipe:
    """Return a member's recipe; the network of a file is built from the ensemble's copy of it.

    Raises `ArtefactError` for a copy that is damaged, and for code that the user has not trusted.
    """
    recipe = Recipe.model_validate(settings)
    name = name_to_build(run.path, member)
    return recipe.model_copy(update={"model": name}) if is_network_file(name) else recipe


def outline_networks(
    recipes: Sequence[Recipe], items: PreparedDataset, runtime: Runtime
) -> list[nn.Module]:
    """Return an outline of each different network of the members.

    Checks their settings too, so that errors are raised before the first member is trained.
    """
    kinds = dict.fromkeys(
        recipe.model_copy(update={"seed": 0, "fold": None, "test_fold": None}) for recipe in recipes
    )
    networks = []
    for recipe in kinds:
        require_fitting_settings(items.preprocessor, recipe.explicit_settings(), items.data.source)
        name = model_of(recipe, items.preprocessor)
        classes = len(items.data.class_names)
        network = outline_for(items.preprocessor, name, classes)
        if is_custom(name):
            require_trainable(network, name, items.preprocessor, classes, runtime)
        summary = summary_for(network, items.preprocessor, name)
        plan_for(recipe, items, network, name, runtime, summary)
        networks.append(network)
    return networks


def derive_at_once(
    runtime: Runtime, recipes: Sequence[Recipe], networks: Sequence[nn.Module]
) -> tuple[int, str]:
    """Return how many members to train in parallel, and the reason.

    Not measured: rounding depends on the threads of a member, and the same command should give the
    same weights whatever the machine's load.
    """
    if runtime.device.type != "cpu":
        if all(recipe.engine == "graph" for recipe in recipes):
            return len(recipes), "their recorded steps run beside each other"
        return 1, "each has the device to itself"
    if runtime.threads == 1:
        return 1, "there is one thread"
    if any(map(may_use_global_rng, networks)):
        return 1, "a network of one's own may draw from the random numbers that all threads share"
    if any((recipe.engine or "").endswith("shares") for recipe in recipes):
        return 1, "the engine asked for takes all threads"
    return min(runtime.threads, len(recipes)), "nothing waits for anything else then"


def assign_threads(recipes: Sequence[Recipe], runtime: Runtime, *, at_once: int) -> list[Recipe]:
    """Return the members' recipes with their share of the threads and of the time budget.

    The threads are stored in the recipes, since rounding depends on them.
    """
    last = len(recipes) % at_once  # the members of the last round, if it is incomplete
    rounds = math.ceil(len(recipes) / at_once)
    shares = []
    for number, recipe in enumerate(recipes, start=1):
        together = last if number > len(recipes) - last else at_once
        share: dict[str, Any] = {"threads": max(1, runtime.threads // together)}
        if recipe.model is not None:
            share["model"] = absolute_name(recipe.model)
        if recipe.time_budget is not None:
            share["time_budget"] = recipe.time_budget / rounds
        shares.append(recipe.model_copy(update=share))
    return shares


def without_none(recipe: Recipe) -> dict[str, Any]:
    """Return the explicit settings of a recipe without None, which TOML cannot represent."""
    return {name: value for name, value in recipe.explicit_settings().items() if value is not None}
