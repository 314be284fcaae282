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
from statistics import fmean
from typing import Any

import numpy as np

from noonbit.config.recipe import Recipe
from noonbit.course.byhand import DOCUMENTED, ITEMS, Network, open_examples
from noonbit.course.experiments.documents import Text
from noonbit.course.experiments.experiment import Better, EnsembleFigure, Experiment, Figure
from noonbit.course.experiments.results import (
    Outcome,
    Result,
    Verdict,
    experiment_folder,
    write_result,
)
from noonbit.course.experiments.verdict import (
    format_percent,
    judge_better,
    judge_ensemble,
    judge_figure,
)
from noonbit.data.known.locate import data_folders, find
from noonbit.errors import ArtefactError, TrainingDiverged, UsageError
from noonbit.evaluation.metrics import Evaluation
from noonbit.evaluation.significance import CorrectMask
from noonbit.jobs.ensemble import load_members
from noonbit.jobs.observer import Observer
from noonbit.jobs.train import resume, train
from noonbit.runs.folder import load_run
from noonbit.runs.metadata import machine_metadata, source_path
from noonbit.runs.predictions import read_predictions
from noonbit.runs.run import Run
from noonbit.system.paths import exists, require_place_for_folder
from noonbit.system.runtime import Runtime

QUICK_EPOCHS, QUICK_MEMBERS, QUICK_VALIDATION = 1, 2, 1000
"""Of the `quick` form: at most so many epochs, members, and items that validate."""
QUICK_SECONDS = 6.0
"""For all trainings of a quick form together. What it takes beside them is mostly the test set,
which is measured whole."""
DOCUMENTED_IMAGES = 10_000
"""Test images behind each documented figure: MNIST's official test set."""

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
                run_folder = folder / f"{arm}-seed{seed}"
                runs[arm, seed] = train_or_resume(
                    run_folder,
                    opened,
                    recipe,
                    experiment,
                    quick=quick,
                    data_dir=data_dir,
                    display=display,
                )
        measured = describe_table(table) if table else describe_measured(runs)
        if own_source is not None:
            sentence = (
                f"{opened} is not the document's data, so its claim is not judged; {measured[0]}",
                f"문서의 데이터가 아니라 {opened}이므로 문서와 비교하지 않습니다. {measured[1]}",
            )
            verdict = Verdict("quick" if quick else "not comparable", sentence)
        elif quick:
            sentence = (
                f"it works; shortened, so it is not compared with the document; {measured[0]}",
                f"잘 실행됩니다. 짧게 실행했으므로 문서와 비교하지 않습니다. {measured[1]}",
            )
            verdict = Verdict("quick", sentence)
        else:
            verdict = judge_table(table) if table else judge(experiment, runs)
    except TrainingDiverged as error:
        if own_source is not None:
            raise
        sentence = str(error), f"학습이 발산했습니다: {error}"
        verdict = Verdict("quick" if quick else "not met", sentence)
    if not quick and substituted and experiment.substitute is not None:
        english, korean = experiment.substitute.reason
        sentence = f"{english}; {verdict.sentence[0]}", f"{korean}. {verdict.sentence[1]}"
        verdict = Verdict("not comparable", sentence, verdict.difference, verdict.low, verdict.high)
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


def judge(experiment: Experiment, runs: dict[tuple[str, int], Run]) -> Verdict:
    """Judge the experiment's claim by its finished runs."""
    claim, first = experiment.claim, experiment.seeds[0]
    if isinstance(claim, Figure):
        evaluation = require_evaluation(runs[claim.arm, first])
        return judge_figure(evaluation.correct, evaluation.items, claim.accuracy, DOCUMENTED_IMAGES)
    if isinstance(claim, Better):
        winner, loser = (
            [correct_mask(run) for (name, _), run in runs.items() if name == arm]
            for arm in (claim.winner, claim.loser)
        )
        sizes = [
            runs[arm, first].metadata["model"]["parameters"] for arm in (claim.winner, claim.loser)
        ]
        return judge_better(
            winner,
            loser,
            names=(claim.winner, claim.loser),
            fewer_parameters=sizes[0] < sizes[1] if claim.smaller else None,
        )
    if isinstance(claim, EnsembleFigure):
        run = runs[claim.arm, first]
        members = [correct_mask(member) for member in load_members(run)]
        return judge_ensemble(correct_mask(run), members, claim.accuracy, DOCUMENTED_IMAGES)
    english, korean = describe_measured(runs)
    sentence = f"the document gives no figure; {english}", f"문서에 수치가 없습니다. {korean}"
    return Verdict("no claim", sentence)


def describe_measured(runs: dict[tuple[str, int], Run]) -> Text:
    """Return the accuracies in words, of several seeds the mean: `measured cnn 98.84 %`."""
    accuracies: dict[str, list[float]] = {}
    for (arm, _), run in runs.items():
        accuracies.setdefault(arm, []).append(require_evaluation(run).accuracy)
    seeds = max(map(len, accuracies.values()))
    means = ", ".join(f"{arm} {format_percent(fmean(each))}" for arm, each in accuracies.items())
    of_seeds = (f", means of {seeds} seeds", f" (시드 {seeds}개의 평균)") if seeds > 1 else ("", "")
    return f"measured {means}{of_seeds[0]}", f"여기에서 잰 결과: {means}{of_seeds[1]}"


def training_machine(runs: dict[tuple[str, int], Run]) -> dict[str, Any]:
    """Return the machine that trained the runs, which may not be this one."""
    for run in runs.values():
        machine: dict[str, Any] = run.metadata["machine"]
        return machine
    return machine_metadata(Runtime.start())


def require_evaluation(run: Run) -> Evaluation:
    """Return a finished run's evaluation; raises `ArtefactError` if it is missing."""
    evaluation = run.evaluation
    if evaluation is None:
        raise ArtefactError(f"{run.path} has lost its evaluation.json. Remove it and run again.")
    return evaluation


def correct_mask(run: Run) -> CorrectMask:
    """Return whether a run classified each test image correctly; bool (images,)."""
    answers = read_predictions(run)
    return np.asarray(answers.labels == answers.predictions)


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


def train_byhand(source: str, data_dir: Path | None, *, epochs: int) -> list[list[str]]:
    """Train the NumPy network and return the lines of its table."""
    training, test = (part.first(ITEMS) for part in open_examples(source, data_dir=data_dir))
    network = Network(training.pixels.shape[1], len(training.class_names))
    return [list(epoch.printed()) for epoch in network.train(training, test, epochs=epochs)]


def judge_table(table: list[list[str]]) -> Verdict:
    """Compare the printed lines with the documented ones."""
    cells = [
        (ours, theirs)
        for line, documented in zip(table, DOCUMENTED, strict=False)
        for ours, theirs in zip(line, documented, strict=True)
    ]
    equal = sum(ours == theirs for ours, theirs in cells)
    outcome: Outcome = "met" if equal == len(cells) else "not met"
    sentence = (
        f"{equal} of {len(cells)} figures are the document's to the last digit",
        f"숫자 {len(cells)}개 가운데 {equal}개가 문서와 마지막 자리까지 같음",
    )
    return Verdict(outcome, sentence)


def describe_table(table: list[list[str]]) -> Text:
    """Return the last line of the NumPy network's table in words."""
    _, train_accuracy, _, test_accuracy = table[-1]
    return (
        f"measured {train_accuracy} in training and {test_accuracy} on test images",
        f"여기에서 잰 결과: 학습 {train_accuracy}, 테스트 이미지 {test_accuracy}",
    )
