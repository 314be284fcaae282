"""Combine finished runs into the run of an ensemble.

The ensemble's folder has the weights of all members, so their folders may be moved, changed or
deleted afterwards. It is evaluated on the test items that all members share.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import reduce
from itertools import combinations
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from noonbit.config.ensemble import DEFAULT_COMBINE, Combine, ensemble_name
from noonbit.config.recipe import Recipe
from noonbit.data.loader import tensor_dataset
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.split import Split
from noonbit.errors import ArtefactError, DataError, UsageError, join_first
from noonbit.evaluation.cross_validation import combine_fold_splits, fold_scores
from noonbit.evaluation.metrics import Evaluation
from noonbit.evaluation.significance import disagreement, gain_over_mean, paired_gain
from noonbit.evaluation.temperature import calibrate
from noonbit.evaluation.unknown import with_unknown
from noonbit.jobs.observer import Observer
from noonbit.models.catalogue import outline_for
from noonbit.models.ensemble import Ensemble, Member
from noonbit.models.network_file import NetworkFile
from noonbit.models.summary import Summary
from noonbit.report.page import write_report
from noonbit.runs.checkpoint import save_weights
from noonbit.runs.folder import new_run, require_place
from noonbit.runs.metadata import count_classes, machine_metadata, source_metadata
from noonbit.runs.network_code import keep_files
from noonbit.runs.predictions import evaluate_test_split, read_predictions
from noonbit.runs.run import Run
from noonbit.system.hardware import peak_memory_bytes
from noonbit.system.runtime import Runtime
from noonbit.training.setup import summary_for

MACHINE_SETTINGS = {"threads", "device"}
"""Settings of the machine, which are not part of how a member was trained."""


def combine_runs(
    runs: Sequence[Run],
    *,
    combine: Combine | None = None,
    out: Path | None = None,
    data_dir: Path | None = None,
    observer: Observer | None = None,
) -> Run:
    """Combine finished runs into an ensemble, and write its run folder with a report.

    Raises `UsageError` for fewer than two runs and for duplicates, `ArtefactError` for a run that
    cannot be a member, and `DataError` for runs with different classes, inputs, data or test items.
    """
    started = time.perf_counter()
    require_place(out)
    require_alike(runs)
    first = runs[0]
    runtime = Runtime.from_recipe(common_recipe(runs))
    files = [next(iter(run.network_files()), None) for run in runs]
    items = first.items(data_dir=data_dir)
    metadata = ensemble_metadata(
        items,
        [
            member_metadata(run.metadata["model"]["name"], file, run.recipe, str(run.path))
            for run, file in zip(runs, files, strict=True)
        ],
        combine,
        runtime,
        data_dir=data_dir,
    )
    with new_run(
        out, model=metadata["model"]["name"], source=first.metadata["source"], metadata=metadata
    ) as run:
        keep_files(run.path, filter(None, files))
        recipe = common_recipe(runs)
        return combine_members(run, runs, items, recipe, observer or Observer(), started=started)


def require_alike(runs: Sequence[Run]) -> None:
    """Raise for runs that cannot be combined or compared; see `combine_runs`."""
    if len(runs) < 2:
        raise UsageError(
            "An ensemble takes two runs or more. Train another with a --seed of its own, or all "
            "at once with: noonbit train SOURCE --members 7"
        )
    for one, other in combinations(runs, 2):
        if one.path == other.path:
            raise UsageError(f"{one.word} is named twice; a network adds nothing to itself.")
    for run in runs:
        require_finished(run)
    first = runs[0]
    for run in runs[1:]:
        names = f"{run.word} and {first.word}"
        if run.class_names != first.class_names:
            raise DataError(
                f"{names} do not know the same classes in the same order: "
                f"{join_first(run.class_names, 5)}, and {join_first(first.class_names, 5)}. "
                "Only runs on the same classes can answer as one."
            )
        if run.contract.preprocessor != first.contract.preprocessor:
            raise DataError(
                f"{names} take other images: {run.contract.preprocessor.describe()}, and "
                f"{first.contract.preprocessor.describe()}. Train them with "
                "the same --image-size and --channels."
            )
        if run.metadata["data"]["fingerprint"] != first.metadata["data"]["fingerprint"]:
            raise DataError(
                f"{names} were trained on other data ({run.metadata['source']}, and "
                f"{first.metadata['source']}, or one that has changed in between), so test images "
                "of one may have trained the other. Train both on the same data."
            )
        if not np.array_equal(run.split.test, first.split.test):
            raise DataError(
                f"{names} were not measured on the same test images, so some of one's may have "
                "trained the other. Train both with the same version of noonbit and the same "
                "--test-fold."
            )


def require_finished(run: Run) -> None:
    """Raise `ArtefactError` for a run that cannot be a member."""
    if run.is_ensemble:
        raise ArtefactError(f"{run.word} is an ensemble itself; name its members instead.")
    if run.metadata["model"]["python"]:
        raise ArtefactError(
            f"{run.word} was trained with the Python object {run.metadata['model']['name']}, "
            "which an ensemble cannot build anew. Give the network as path.py:function, or as "
            "file.toml."
        )
    if run.metadata["status"] != "finished":
        raise ArtefactError(
            f"{run.word} is not finished: its status is {run.metadata['status']}. "
            f"Continue its training with: noonbit train --resume {run.word}"
        )


def combine_members(
    run: Run,
    members: Sequence[Run],
    items: PreparedDataset,
    recipe: Recipe,
    observer: Observer,
    *,
    started: float,
) -> Run:
    """Write the ensemble of finished members into the folder of `run`.

    `started` is a time of `time.perf_counter`.
    """
    splits = [member.split for member in members]
    split = joint_split(splits, items) if run.folds is None else combine_fold_splits(splits, items)
    items = replace(items, split=split)
    runtime = Runtime.from_recipe(recipe)
    network = Ensemble(
        [load_member(member) for member in members], run.metadata["model"]["combine"]
    )
    runtime.to_device(network).eval()
    contract = Contract.unit(members[0].contract.preprocessor, members[0].class_names)
    if network.combine == "sum":
        # Without validation items, the summed logits are divided by the sum of the temperatures.
        total = math.fsum(member.contract.temperature for member in members)
        contract = contract.model_copy(update={"temperature": total})
    validation = tensor_dataset(items, "validation", runtime)
    contract = calibrate(contract, network, validation, runtime)
    if recipe.unknown:
        contract = with_unknown(contract, network, validation, runtime)
    run.write_setup(recipe.model_dump(exclude_none=True), contract, items.split)
    save_weights(run.path / "weights.safetensors", network.state_dict())
    run.contract, run.recipe, run.model = contract, recipe, network
    evaluation = evaluate_test_split(run, items, runtime)
    precisions = {member.metadata["machine"]["precision"] for member in members}
    if len(precisions) == 1:  # a network's own, which may not be what the machine has
        run.metadata["machine"]["precision"] = precisions.pop()
    run.metadata["data"] |= {"counts": count_classes(items), "split": items.split.reasons}
    run.update(
        status="finished",
        reasons=common_reasons(members, recipe),
        result={
            **evaluation.headline(),
            **(
                compare_members(run, members)
                if run.folds is None
                else score_folds(run, members, items)
            ),
            "loading_seconds": items.loading_seconds,
            "train_seconds": sum(member.metadata["result"]["train_seconds"] for member in members),
            "peak_memory_bytes": peak_memory_bytes(),
        },
    )
    observer.on_evaluate(run, evaluation)
    write_report(run, items)
    run.metadata["result"]["total_seconds"] = time.perf_counter() - started
    run.update()
    return run


def load_member(run: Run) -> Member:
    """Return a run's network as a member, with its normalisation and temperature."""
    contract = run.contract
    return Member(run.model, contract.mean, contract.std, contract.temperature)


def ensemble_metadata(
    items: PreparedDataset,
    members: list[dict[str, Any]],
    combine: Combine | None,
    runtime: Runtime,
    *,
    data_dir: Path | None,
) -> dict[str, Any]:
    """Return the metadata of an ensemble; `members` are those of `member_metadata`."""
    summaries = [summarise_member(member["name"], items) for member in members]
    return source_metadata(items, data_dir) | {
        "model": {
            "name": ensemble_name([member["name"] for member in members]),
            "python": False,
            "parameters": sum(summary.parameters for summary in summaries),
            "multiply_adds": sum(summary.multiply_adds for summary in summaries),
            "combine": combine or DEFAULT_COMBINE,
            "members": members,
        },
        "reasons": {},
        "machine": machine_metadata(runtime),
    }


def member_metadata(
    name: str, file: NetworkFile | None, recipe: Recipe, folder: str
) -> dict[str, Any]:
    """Return the metadata of a member, from which its network is rebuilt without its folder.

    `file` is what the network was built from, if it is the user's own.
    """
    return {
        "name": name if file is None else file.name,
        **({} if file is None else {"sha256": file.sha256}),
        "seed": recipe.seed,
        "views": recipe.test_time_augmentation or "none",
        "run": folder,
    }


def summarise_member(model: str, items: PreparedDataset) -> Summary:
    """Return the parameters and multiply-adds of a network."""
    network = outline_for(items.preprocessor, model, len(items.data.class_names))
    return summary_for(network, items.preprocessor, model)


def joint_split(splits: Sequence[Split], items: PreparedDataset) -> Split:
    """Return the ensemble's split.

    Validation is the intersection of the members' validation items; train is every other item that
    a member trained or validated on.
    """
    validation = reduce(np.intersect1d, [split.validation for split in splits])
    used = reduce(np.union1d, [index for s in splits for index in (s.train, s.validation)])
    reasons = items.split.reasons
    if not all(np.array_equal(split.validation, validation) for split in splits):
        reasons = reasons | {
            "validation": f"the {len(validation):,} items that validate in every member"
            if len(validation)
            else "none, since each item trained a member; so its probabilities have no temperature"
        }
    return Split(np.setdiff1d(used, validation), validation, splits[0].test, reasons)


def common_recipe(runs: Sequence[Run]) -> Recipe:
    """Return the settings that all runs share, and the first one's seed."""
    first, *others = (run.recipe.model_dump(exclude_none=True) for run in runs)
    shared = {
        name: value
        for name, value in first.items()
        if name not in MACHINE_SETTINGS and all(other.get(name) == value for other in others)
    }
    return Recipe.model_validate(shared | {"seed": first["seed"]})


def common_reasons(runs: Sequence[Run], recipe: Recipe) -> dict[str, str]:
    """Return the reasons of the shared settings that all runs derived."""
    first, *others = (run.metadata["reasons"] for run in runs)
    return {
        name: reason if all(other[name] == reason for other in others) else f"of member 1: {reason}"
        for name, reason in first.items()
        if name not in MACHINE_SETTINGS
        and (name not in Recipe.model_fields or getattr(recipe, name) is not None)
        and all(name in other for other in others)
    }


def find_differing_settings(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return each run's explicit settings that differ between the runs.

    Derived settings, such as the learning rate of another network, are left out.
    """
    recipes = [run.recipe.model_dump() for run in runs]
    names = [
        name
        for name in Recipe.model_fields
        if name not in MACHINE_SETTINGS
        and any(recipe[name] != recipes[0][name] for recipe in recipes)
        and any(name not in run.metadata["reasons"] for run in runs)
    ]
    return [{name: recipe[name] for name in names} for recipe in recipes]


def compare_members(run: Run, members: Sequence[Run]) -> dict[str, Any]:
    """Return each member's metrics, the ensemble's gain over them, and how often they disagree."""
    predictions = [read_predictions(member) for member in members]
    combined = read_predictions(run)
    right = [each.predictions == each.labels for each in predictions]
    evaluations = [require_evaluation(member) for member in members]
    best = int(np.argmax([evaluation.accuracy for evaluation in evaluations]))
    not_unanimous, pairwise = disagreement([each.predictions for each in predictions])
    rows = zip(
        run.metadata["model"]["members"],
        members,
        evaluations,
        find_differing_settings(members),
        strict=True,
    )
    return {
        "members": [
            {
                "run": entry["run"],
                "name": entry["name"],
                "differs": differs,
                "accuracy": evaluation.accuracy,
                "accuracy_low": evaluation.accuracy_low,
                "accuracy_high": evaluation.accuracy_high,
                "train_seconds": member.metadata["result"]["train_seconds"],
            }
            for entry, member, evaluation, differs in rows
        ],
        "members_mean_accuracy": math.fsum(e.accuracy for e in evaluations) / len(evaluations),
        "best_member": best + 1,
        "gain_over_mean": asdict(gain_over_mean(combined.predictions == combined.labels, right)),
        "gain_over_best": asdict(paired_gain(combined.predictions == combined.labels, right[best])),
        "not_unanimous": not_unanimous,
        "pairwise_disagreement": pairwise,
    }


def score_folds(run: Run, members: Sequence[Run], items: PreparedDataset) -> dict[str, Any]:
    """Return each fold's metrics, and their mean and standard deviation."""
    assert items.split.folds is not None  # noqa: S101 - `combine_fold_splits` gives them
    predictions = read_predictions(run)
    right = predictions.predictions == predictions.labels
    scores = fold_scores(right, items.split.folds, items.groups(items.split.test))
    counts = [member.metadata["data"]["counts"] for member in members]
    return {
        "folds": [
            asdict(score)
            | {
                "run": entry["run"],
                "train_items": sum(count["train"]),
                "validation_items": sum(count["validation"]),
                "train_seconds": member.metadata["result"]["train_seconds"],
            }
            for score, entry, member, count in zip(
                scores, run.metadata["model"]["members"], members, counts, strict=True
            )
        ],
        "folds_mean_accuracy": fmean(score.accuracy for score in scores),
        "folds_standard_deviation": stdev(score.accuracy for score in scores),
    }


def require_evaluation(run: Run) -> Evaluation:
    """Return the metrics of a finished run; raises `ArtefactError` if they are missing."""
    evaluation = run.evaluation
    if evaluation is None:
        raise ArtefactError(f"{run.word} has no evaluation.json; the run folder is not complete.")
    return evaluation
