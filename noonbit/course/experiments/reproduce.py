"""Run a documented experiment as documented, and judge its claim.

    DIR/NAME/ARM-seedN/   a run folder each; finished ones are kept, begun ones go on
    DIR/NAME/result.json  the verdict and the figures that it rests on

So `reproduce all` can be stopped and started again at any time. What was run before counts only if
its recipe is the experiment's.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from noonbit.config.ensemble import Lineup
from noonbit.config.recipe import Recipe
from noonbit.course.byhand import DOCUMENTED, Network, open_examples
from noonbit.course.experiments.experiment import Better, EnsembleFigure, Experiment, Figure
from noonbit.course.experiments.results import Outcome, Result, Verdict, folder_of, keep_result
from noonbit.course.experiments.verdict import judge_better, judge_ensemble, judge_figure
from noonbit.data.known.locate import data_folders, find
from noonbit.errors import ArtefactError, TrainingDiverged, UsageError
from noonbit.evaluation.metrics import Evaluation
from noonbit.evaluation.significance import Right
from noonbit.jobs.ensemble import members_of, resume, train_members
from noonbit.jobs.observer import Observer
from noonbit.jobs.train import train
from noonbit.runs.metadata import describe_machine
from noonbit.runs.predictions import read_answers
from noonbit.runs.run import Run
from noonbit.runs.store import load_run
from noonbit.system.runtime import Runtime

QUICK_EPOCHS, QUICK_MEMBERS, QUICK_SECONDS = 1, 2, 10.0
"""What a shortened form does."""
DOCUMENTED_IMAGES = 10_000
"""All documented figures are of MNIST's official test images."""

Display = Callable[[], AbstractContextManager[Observer]]


def reproduce(
    experiment: Experiment,
    *,
    out: Path,
    quick: bool = False,
    data_dir: Path | None = None,
    display: Display,
) -> Result:
    """Run what has not been run yet, judge, and write result.json below `out`.

    `quick` shortens everything and gives no verdict. Raises the errors of a training.
    """
    folder = folder_of(experiment.name, out, quick=quick)
    source, substituted = choose_source(experiment, data_dir)
    table: list[list[str]] = []
    runs: dict[tuple[str, int], Run] = {}
    try:
        if experiment.claim is not None and experiment.claim.kind == "table":
            table = by_hand(source, data_dir, epochs=QUICK_EPOCHS if quick else len(DOCUMENTED))
            verdict = judge_table(table)
        else:
            for arm, seed, recipe in planned(experiment, quick=quick):
                begun = folder / f"{arm}-seed{seed}"
                runs[arm, seed] = train_or_go_on(
                    begun,
                    source,
                    recipe,
                    experiment,
                    quick=quick,
                    data_dir=data_dir,
                    display=display,
                )
            verdict = judge(experiment, runs)
    except TrainingDiverged as error:
        verdict = Verdict("not met", str(error))
    if quick:
        verdict = Verdict("quick", f"shortened, so no verdict; {verdict.sentence}")
    elif substituted and experiment.substitute is not None:
        reason = f"{experiment.substitute.reason}; {verdict.sentence}"
        verdict = Verdict("not comparable", reason, verdict.difference, verdict.low, verdict.high)
    result = Result(
        experiment.name,
        quick,
        source,
        verdict,
        [facts(arm, seed, run, folder) for (arm, seed), run in runs.items()],
        table,
        machine_of(runs),
        datetime.now().astimezone().isoformat(timespec="seconds"),
    )
    keep_result(result, out)
    return result


def choose_source(experiment: Experiment, data_dir: Path | None) -> tuple[str, bool]:
    """What to open, and whether it is only the substitute."""
    name, substitute = experiment.source, experiment.substitute
    if substitute is not None and find(name, data_dir=data_dir) is None:
        for _, root in data_folders(data_dir):
            if (root / substitute.source).exists():
                return str(root / substitute.source), True
    return name, False


def planned(experiment: Experiment, *, quick: bool) -> Iterator[tuple[str, int, Recipe]]:
    """Every arm, seed and recipe."""
    for arm, recipe in experiment.recipes().items():
        for seed in experiment.seeds[:1] if quick else experiment.seeds:
            settings = recipe.given() | {"seed": seed}
            if quick and recipe.time_budget is not None:
                settings["time_budget"] = QUICK_SECONDS
            elif quick:
                settings["epochs"] = QUICK_EPOCHS
            yield arm, seed, Recipe.model_validate(settings)


def train_or_go_on(
    folder: Path,
    source: str,
    recipe: Recipe,
    experiment: Experiment,
    *,
    quick: bool,
    data_dir: Path | None,
    display: Display,
) -> Run:
    """The finished run in `folder`: kept, continued or made."""
    members = min(experiment.members, QUICK_MEMBERS) if quick else experiment.members
    with display() as observer:
        if not (folder / "run.json").exists():
            if members == 1:
                return train(source, recipe, out=folder, data_dir=data_dir, observer=observer)
            lineup = Lineup(members=members, combine=experiment.combine)
            return train_members(
                source, recipe, lineup, out=folder, data_dir=data_dir, observer=observer
            )
        run = load_run(folder)
        require_same(run, recipe)
        if run.record["status"] == "finished":
            return run
        return resume(run, data_dir=data_dir, observer=observer)


def require_same(run: Run, recipe: Recipe) -> None:
    """Raise `UsageError` where a run was made with another recipe than the experiment's."""
    for name, wanted in recipe.given().items():
        found = getattr(run.recipe, name)
        if found != wanted:
            raise UsageError(
                f"{run.path} was made with {name} {found}, but the experiment has {wanted}. "
                "Choose another --out, or remove that folder."
            )


def judge(experiment: Experiment, runs: dict[tuple[str, int], Run]) -> Verdict:
    """The verdict of finished runs."""
    claim, first = experiment.claim, experiment.seeds[0]
    if isinstance(claim, Figure):
        evaluation = evaluation_of(runs[claim.arm, first])
        return judge_figure(evaluation.correct, evaluation.items, claim.accuracy, DOCUMENTED_IMAGES)
    if isinstance(claim, Better):
        winner, loser = (
            [right(run) for (name, _), run in runs.items() if name == arm]
            for arm in (claim.winner, claim.loser)
        )
        sizes = [
            runs[arm, first].record["model"]["parameters"] for arm in (claim.winner, claim.loser)
        ]
        return judge_better(
            winner,
            loser,
            names=(claim.winner, claim.loser),
            fewer_parameters=sizes[0] < sizes[1] if claim.smaller else None,
        )
    if isinstance(claim, EnsembleFigure):
        run = runs[claim.arm, first]
        members = [right(member) for member in members_of(run)]
        return judge_ensemble(right(run), members, claim.accuracy, DOCUMENTED_IMAGES)
    measured = ", ".join(
        f"{arm} {100 * evaluation_of(run).accuracy:.2f} %" for (arm, _), run in runs.items()
    )
    return Verdict("no claim", f"the document gives no figure; measured {measured}")


def machine_of(runs: dict[tuple[str, int], Run]) -> dict[str, Any]:
    """Where the runs were trained, which may be elsewhere than where they are judged."""
    for run in runs.values():
        machine: dict[str, Any] = run.record["machine"]
        return machine
    return describe_machine(Runtime.start())


def evaluation_of(run: Run) -> Evaluation:
    """The figures of a finished run."""
    evaluation = run.evaluation
    if evaluation is None:
        raise ArtefactError(f"{run.path} has lost its evaluation.json. Remove it and run again.")
    return evaluation


def right(run: Run) -> Right:
    """Whether a run named each test image; bool (images,)."""
    answers = read_answers(run)
    return np.asarray(answers.labels == answers.predictions)


def facts(arm: str, seed: int, run: Run, folder: Path) -> dict[str, Any]:
    """What the page says of a run, and of its members where it is an ensemble."""
    evaluation, record = evaluation_of(run), run.record
    members = members_of(run) if run.is_ensemble else []
    return {
        "arm": arm,
        "seed": seed,
        "folder": run.path.relative_to(folder.resolve()).as_posix(),
        "accuracy": evaluation.accuracy,
        "accuracy_low": evaluation.accuracy_low,
        "accuracy_high": evaluation.accuracy_high,
        "test_items": evaluation.items,
        "parameters": record["model"]["parameters"],
        "epochs": record["result"].get("epochs"),
        "best_epoch": record["result"].get("best_epoch"),
        "train_seconds": record["result"]["train_seconds"],
        "notes": record["data"]["notes"],
        "members": [facts(arm, each.recipe.seed, each, folder) for each in members],
    }


def by_hand(source: str, data_dir: Path | None, *, epochs: int) -> list[list[str]]:
    """The lines that the network by hand prints."""
    training, test = open_examples(source, data_dir=data_dir)
    network = Network(training.pixels.shape[1], len(training.class_names))
    return [list(epoch.printed()) for epoch in network.train(training, test, epochs=epochs)]


def judge_table(table: list[list[str]]) -> Verdict:
    """The printed lines against the documented ones."""
    cells = [
        (ours, theirs)
        for line, documented in zip(table, DOCUMENTED, strict=False)
        for ours, theirs in zip(line, documented, strict=True)
    ]
    equal = sum(ours == theirs for ours, theirs in cells)
    outcome: Outcome = "met" if equal == len(cells) else "not met"
    return Verdict(outcome, f"{equal} of {len(cells)} figures are the document's to the last digit")
