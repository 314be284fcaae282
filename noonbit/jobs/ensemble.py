"""An ensemble trained from a source: its members, then what they are together.

    runs/20261122-141502-7-x-glance-mnist/
      members/1/ .. members/7/   of each member, a run folder as `noonbit train` makes it, and a log
      run.json, weights, ...     those of the ensemble, once all members are finished

On a processor of several cores, members are trained side by side, and on a GPU where their steps
are recorded; otherwise one after another.
Members have all that a run has but a report: `noonbit report RUN/members/3` writes one. Stopped or
killed, the ensemble goes on with what its members' folders hold.
"""

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import tomli_w
from torch import nn

from noonbit.config.ensemble import Lineup
from noonbit.config.recipe import Recipe
from noonbit.data.prepared import Items
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.protocol import require_fitting
from noonbit.errors import ArtefactError, Interrupted, TrainingDiverged, UsageError, plural
from noonbit.jobs.combine import assemble, common_recipe, describe, describe_member
from noonbit.jobs.interrupts import stop_on_interrupt
from noonbit.jobs.member import Log, Source, Task
from noonbit.jobs.observer import Observer
from noonbit.jobs.parallel import train_side_by_side
from noonbit.jobs.train import resume as resume_one
from noonbit.models.catalogue import model_of, outline_for, settled
from noonbit.runs.run import Run
from noonbit.runs.store import create, load_run
from noonbit.system.files import write, write_json, write_text
from noonbit.system.runtime import Runtime
from noonbit.training.gradients import may_draw_unseen
from noonbit.training.setup import plan_for

MEMBERS = "members"
"""The folder of the members' folders."""
OBJECTS_ARE_NO_MEMBERS = (
    "A network given as a Python object cannot be a member of an ensemble, since every member is "
    "built anew. Give it as path.py:function."
)


def train_members(
    source: str | Path,
    recipe: Recipe,
    lineup: Lineup,
    *,
    out: Path | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
    at_once: int | None = None,
) -> Run:
    """Train the members that `lineup` names, each by `recipe`, and leave an ensemble's run folder.

    `at_once` of them are trained at the same time, each with its share of the threads; by default
    as many as `derive_at_once` says. Those left for a last round share all threads too. Raises what
    `jobs.train.train` raises, with the member's number before the sentence, and `Interrupted` after
    saving.
    """
    started = time.perf_counter()
    recipes = lineup.recipes(recipe)
    runtime = Runtime.wanted(recipe)
    opened = Source(source, data_dir)
    items, _ = opened.load(recipes[0])
    loading_seconds = time.perf_counter() - started
    derived, reason = derive_at_once(runtime, recipes, networks_of(recipes, items))
    at_once = at_once or derived
    recipes = placed(recipes, runtime, at_once=at_once)
    members = [
        describe_member(each, items, f"{MEMBERS}/{number}")
        for number, each in enumerate(recipes, start=1)
    ]
    record = describe(items, members, lineup.combine, runtime, data_dir=data_dir)
    record["training"] = {
        "at_once": at_once,
        "threads": max(1, runtime.threads // at_once),
        "reason": reason,
        "settings": lineup.model_dump(exclude_defaults=True),
        "recipe": stated(recipe),
        "recipes": [stated(each) for each in recipes],
    }
    run = create(out, model=record["model"]["name"], source=str(source), record=record)
    # What a resumed ensemble opens its data by, until it has its own.
    write_text(run.path / "recipe.toml", tomli_w.dumps(stated(recipe)))
    contract = Contract.unit(items.framing, items.data.class_names)
    write_json(run.path / "contract.json", contract.model_dump())
    write(run.path / "split.npz", items.split.save)
    return carry_on(run, items, opened, observer, started=started, loading_seconds=loading_seconds)


def resume(
    run: Run,
    *,
    model: nn.Module | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
) -> Run:
    """Continue a training that was stopped, of one network (see `jobs.train.resume`) or of many.

    Of an ensemble, finished members stay, stopped ones go on, and missing ones begin. Raises
    `UsageError` for one that is finished or diverged, `DataError` where the source has changed.
    """
    if not run.is_ensemble:
        return resume_one(run, model=model, data_dir=data_dir, observer=observer)
    if model is not None:
        raise UsageError(OBJECTS_ARE_NO_MEMBERS)
    started = time.perf_counter()
    if run.record["status"] == "finished":
        raise UsageError(f"{run.path.name} is finished; there is nothing to resume.")
    if run.record["status"] == "diverged":
        raise UsageError(
            f"A member of {run.path.name} diverged and would again. "
            "Train anew with a smaller --learning-rate or a longer --warmup."
        )
    if "training" not in run.record:
        raise UsageError(
            f"{run.path.name} was put together, not trained. Do that again with: noonbit ensemble"
        )
    items = run.items(data_dir=data_dir)
    loading_seconds = time.perf_counter() - started
    if data_dir is None and run.record["data_dir"] is not None:
        data_dir = Path(run.record["data_dir"])
    opened = Source(run.record["source_path"], data_dir)
    return carry_on(run, items, opened, observer, started=started, loading_seconds=loading_seconds)


def carry_on(
    run: Run,
    items: Items,
    opened: Source,
    observer: Observer | None,
    *,
    started: float,
    loading_seconds: float,
) -> Run:
    """Train what is left to train, then put the members together."""
    observer = observer or Observer()
    tasks = tasks_of(run)
    run.update(status="training")
    observer.began_members(run, items)
    left = [task for task in tasks if not task.is_finished]
    for task in tasks:
        if task not in left:
            observer.finished_member(task.number, task.count, load_run(task.folder))
    with stop_on_interrupt() as stopping:
        try:
            for _, group in groupby(left, key=lambda task: task.recipe.threads or 1):
                together = list(group)
                at_once = min(run.record["training"]["at_once"], len(together))
                if at_once > 1:
                    train_side_by_side(together, at_once, opened, observer, stopping)
                else:
                    train_in_turn(together, opened, observer, stopping)
        except Interrupted:
            run.update(status="interrupted")
            finished = plural(sum(task.is_finished for task in tasks), "member")
            raise Interrupted(
                f"Stopped with {finished} of {len(tasks)} finished; everything is saved. "
                f"Continue with: noonbit train --resume {run.word}"
            ) from None
        except KeyboardInterrupt:  # a second Ctrl-C; members beside others were waited for
            run.update(status="interrupted")
            raise
        except TrainingDiverged:
            run.update(status="diverged")
            raise
    members = members_of(run)
    stated_of_all = run.record["training"]["recipe"]
    of_all = {name: stated_of_all.get(name) for name in ("threads", "time_budget")}
    return assemble(
        run,
        members,
        items,
        recipe=common_recipe(members).model_copy(update=of_all),
        observer=observer,
        started=started,
        loading_seconds=loading_seconds,
    )


def train_in_turn(
    tasks: Sequence[Task], opened: Source, observer: Observer, stopping: Callable[[], bool]
) -> None:
    """Carry out all tasks in this thread, each with the threads that its recipe has."""
    for task in tasks:
        if stopping():
            raise Interrupted("Stopped between two members.")
        log = Log(partial(observer.member_epoch, task.number))
        member = task.carry_out(opened, log, stopping)
        observer.finished_member(task.number, task.count, member)


def members_of(run: Run) -> list[Run]:
    """The members' runs; raises `ArtefactError` where their folders were deleted or moved."""
    folders = [run.path / member["run"] for member in run.record["model"]["members"]]
    for folder in folders:
        if not folder.exists():
            raise ArtefactError(
                f"{folder}, a member of {run.path.name}, is not there any more. The ensemble "
                "answers without it, but its members cannot be taken apart."
            )
    return [load_run(folder) for folder in folders]


def tasks_of(run: Run) -> list[Task]:
    """What is to be done for each member of the ensemble."""
    members, recipes = run.record["model"]["members"], run.record["training"]["recipes"]
    return [
        Task(number, len(members), Recipe.model_validate(settings), run.path / member["run"])
        for number, (member, settings) in enumerate(zip(members, recipes, strict=True), start=1)
    ]


def networks_of(recipes: Sequence[Recipe], items: Items) -> list[nn.Module]:
    """An outline of each kind of network that there will be.

    Raises the errors of whatever does not fit: a member's mistake is better known before the first
    one is trained.
    """
    kinds = dict.fromkeys(
        recipe.model_copy(update={"seed": 0, "fold": None, "test_fold": None}) for recipe in recipes
    )
    networks = []
    for recipe in kinds:
        require_fitting(items.framing, recipe.given(), items.data.source)
        name = model_of(recipe, items.framing)
        network = outline_for(items.framing, name, len(items.data.class_names))
        plan_for(recipe, items, network, name)
        networks.append(network)
    return networks


def derive_at_once(
    runtime: Runtime, recipes: Sequence[Recipe], networks: Sequence[nn.Module]
) -> tuple[int, str]:
    """How many members to train at the same time, and why.

    Nothing that is measured decides, since members round otherwise where they have other threads,
    and the same command should give the same weights on a slow day.
    """
    if runtime.device.type != "cpu":
        if all(recipe.engine == "graph" for recipe in recipes):
            return len(recipes), "their recorded steps run beside each other"
        return 1, "each has the device to itself"
    if runtime.threads == 1:
        return 1, "there is one thread"
    if any(map(may_draw_unseen, networks)):
        return 1, "a network of one's own may draw from the random numbers that all threads share"
    if any((recipe.engine or "").endswith("shares") for recipe in recipes):
        return 1, "the engine asked for takes all threads"
    return min(runtime.threads, len(recipes)), "nothing waits for anything else then"


def placed(recipes: Sequence[Recipe], runtime: Runtime, *, at_once: int) -> list[Recipe]:
    """The members' recipes, each with its share of the threads and of the time.

    Stated in the recipe, since other threads round otherwise.
    """
    last = len(recipes) % at_once  # so many are left for the last round
    rounds = math.ceil(len(recipes) / at_once)
    shares = []
    for number, recipe in enumerate(recipes, start=1):
        together = last if number > len(recipes) - last else at_once
        share: dict[str, Any] = {"threads": max(1, runtime.threads // together)}
        if recipe.model is not None:
            share["model"] = settled(recipe.model)
        if recipe.time_budget is not None:
            share["time_budget"] = recipe.time_budget / rounds
        shares.append(recipe.model_copy(update=share))
    return shares


def stated(recipe: Recipe) -> dict[str, Any]:
    """The settings that somebody stated."""
    return {name: value for name, value in recipe.given().items() if value is not None}
