"""Judge the claim of an experiment by its runs, or say why it is not judged."""

from statistics import fmean

import numpy as np

from noonbit.course.experiments.documents import Text
from noonbit.course.experiments.experiment import Better, EnsembleFigure, Experiment, Figure
from noonbit.course.experiments.results import Verdict
from noonbit.course.experiments.verdict import (
    format_percent,
    judge_better,
    judge_ensemble,
    judge_figure,
)
from noonbit.errors import ArtefactError, TrainingDiverged
from noonbit.evaluation.metrics import Evaluation
from noonbit.evaluation.significance import CorrectMask
from noonbit.jobs.ensemble import load_members
from noonbit.runs.predictions import read_predictions
from noonbit.runs.run import Run

DOCUMENTED_IMAGES = 10_000
"""Test images behind each documented figure: MNIST's official test set."""


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


def without_comparison(measured: Text, own_source: str | None, *, quick: bool) -> Verdict:
    """Return what takes the place of a verdict on other data than the document's, or shortened."""
    if own_source is not None:
        sentence = (
            f"{own_source} is not the document's data, so its claim is not judged; {measured[0]}",
            f"문서의 데이터가 아니라 {own_source}이므로 문서와 비교하지 않습니다. {measured[1]}",
        )
    else:
        sentence = (
            f"it works; shortened, so it is not compared with the document; {measured[0]}",
            f"잘 실행됩니다. 짧게 실행했으므로 문서와 비교하지 않습니다. {measured[1]}",
        )
    return Verdict("quick" if quick else "not comparable", sentence)


def judge_diverged(error: TrainingDiverged, *, quick: bool) -> Verdict:
    """Judge an experiment of which a training has diverged on the document's data."""
    sentence = str(error), f"학습이 발산했습니다: {error}"
    return Verdict("quick" if quick else "not met", sentence)


def on_substitute(verdict: Verdict, reason: Text) -> Verdict:
    """Return the verdict on data that take the place of the document's, which decides nothing."""
    sentence = f"{reason[0]}; {verdict.sentence[0]}", f"{reason[1]}. {verdict.sentence[1]}"
    return Verdict("not comparable", sentence, verdict.difference, verdict.low, verdict.high)


def describe_measured(runs: dict[tuple[str, int], Run]) -> Text:
    """Return the accuracies in words, of several seeds the mean: `measured cnn 98.84 %`."""
    accuracies: dict[str, list[float]] = {}
    for (arm, _), run in runs.items():
        accuracies.setdefault(arm, []).append(require_evaluation(run).accuracy)
    seeds = max(map(len, accuracies.values()))
    means = ", ".join(f"{arm} {format_percent(fmean(each))}" for arm, each in accuracies.items())
    of_seeds = (f", means of {seeds} seeds", f" (시드 {seeds}개의 평균)") if seeds > 1 else ("", "")
    return f"measured {means}{of_seeds[0]}", f"여기에서 잰 결과: {means}{of_seeds[1]}"


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
