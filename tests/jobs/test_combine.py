"""Finished runs combined into an ensemble."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from scipy.special import logsumexp, softmax
from torch import nn

from noonbit.cli.main import run as command_line
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.data.split import Split
from noonbit.errors import ArtefactError, DataError, UsageError
from noonbit.evaluation.torch_inference import predict_logits
from noonbit.jobs.combine import combine_runs, joint_split
from noonbit.jobs.ensemble import load_members, train_members
from noonbit.jobs.train import train
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run
from noonbit.system.runtime import Runtime

RECIPE = Recipe(model="mlp", epochs=1, threads=1)


@pytest.fixture(scope="module")
def members(digits_ensemble: Run) -> list[Run]:
    return load_members(digits_ensemble)


def outputs_of(run: Run) -> np.ndarray:
    """The logits of a run's network for the test images, (N, classes)."""
    items = run.items()
    pixels = torch.from_numpy(items.values[items.split.test])
    return predict_logits(run.model, run.contract, pixels, Runtime.from_recipe(RECIPE)).astype(
        float
    )


def copied(run: Run, folder: Path, **facts) -> Run:
    """A copy of a run with changes in run.json."""
    shutil.copytree(run.path, folder)
    copy = load_run(folder)
    copy.update(**facts)
    return copy


def test_the_sum_is_that_of_the_members_outputs(digits_ensemble, members):
    expected = np.sum([outputs_of(member) for member in members], axis=0)
    assert digits_ensemble.metadata["model"]["combine"] == "sum"
    assert np.allclose(outputs_of(digits_ensemble), expected, atol=1e-4)


def test_probabilities_are_the_mean_of_the_members_stated_ones(members, tmp_path):
    together = combine_runs(members, combine="probabilities", out=tmp_path / "mean")
    stated = [
        softmax(outputs_of(member) / member.contract.temperature, axis=1) for member in members
    ]
    assert np.allclose(np.exp(outputs_of(together)), np.mean(stated, axis=0), atol=1e-6)


def test_a_vote_names_what_most_members_name(members, tmp_path):
    together = combine_runs(members, combine="vote", out=tmp_path / "vote")
    named = np.stack([outputs_of(member).argmax(axis=1) for member in members])
    agreed = named[0] == named[1]
    assert 0 < agreed.sum() < len(agreed)
    assert np.array_equal(outputs_of(together).argmax(axis=1)[agreed], named[0][agreed])


def test_an_ensemble_has_the_precision_of_its_members(members, tmp_path):
    """A network may train in float32 where the machine multiplies bfloat16, and the reverse."""
    for precision in ("float32", "bfloat16"):
        machine = members[0].metadata["machine"] | {"precision": precision}
        copies = [
            copied(member, tmp_path / precision / str(number), machine=machine)
            for number, member in enumerate(members)
        ]
        together = combine_runs(copies, out=tmp_path / precision / "together")
        assert together.metadata["machine"]["precision"] == precision


def test_an_ensemble_that_fails_leaves_no_folder(members, tmp_path):
    damaged = copied(members[1], tmp_path / "damaged")
    (damaged.path / "weights.safetensors").write_bytes(b"none")
    with pytest.raises(ArtefactError, match=r"weights\.safetensors is damaged"):
        combine_runs([members[0], damaged], out=tmp_path / "new" / "run")
    assert not (tmp_path / "new" / "run").exists()


def test_an_ensemble_is_measured_like_any_run(digits_ensemble):
    again = load_run(digits_ensemble.path)
    assert again.evaluate() == digits_ensemble.evaluation
    assert again.metadata["status"] == "finished"
    table = pq.read_table(again.path / "predictions.parquet")
    logits = outputs_of(again) / again.contract.temperature
    stated = np.exp(logits - logsumexp(logits, axis=1, keepdims=True))
    kept = np.stack(table["probabilities"].to_numpy())
    assert np.allclose(kept, stated, atol=1e-5)


def test_an_ensemble_needs_none_of_its_members_folders(digits_ensemble, tmp_path):
    picture = np.eye(8) * 15
    expected = digits_ensemble.predict(picture)
    moved = tmp_path / "elsewhere"
    shutil.copytree(digits_ensemble.path, moved, ignore=shutil.ignore_patterns("members"))
    run = load_run(moved)
    assert np.array_equal(run.predict(picture).probabilities, expected.probabilities)
    assert run.evaluate() == digits_ensemble.evaluation
    for command in ("report", "errors"):
        assert command_line([command, str(moved)]) == 0
    with pytest.raises(ArtefactError, match=r"members/1"):
        load_members(run)


def test_the_result_says_what_the_members_gain(digits_ensemble, members):
    result = json.loads((digits_ensemble.path / "run.json").read_text())["result"]
    accuracies = [member.evaluation.accuracy for member in members]
    assert [row["accuracy"] for row in result["members"]] == accuracies
    assert [row["differs"] for row in result["members"]] == [{"seed": s} for s in range(3)]
    assert result["members_mean_accuracy"] == pytest.approx(np.mean(accuracies))
    assert accuracies[result["best_member"] - 1] == max(accuracies)
    mean, best = result["gain_over_mean"], result["gain_over_best"]
    assert mean["gain"] == pytest.approx(result["accuracy"] - np.mean(accuracies))
    assert best["gain"] == pytest.approx(result["accuracy"] - max(accuracies))
    assert mean["low"] < mean["gain"] < mean["high"]
    named = np.stack([outputs_of(member).argmax(axis=1) for member in members])
    assert result["not_unanimous"] == pytest.approx((named != named[0]).any(axis=0).mean())


def test_members_may_differ_by_network_and_test_time_augmentation(members, tmp_path):
    other = train(
        "digits",
        Recipe(model="lenet5", epochs=1, threads=1, test_time_augmentation="shift=1", seed=7),
        out=tmp_path / "lenet5",
    )
    together = combine_runs([members[0], other], combine="sum", out=tmp_path / "both")
    assert together.metadata["model"]["name"] == "mlp + lenet5"
    assert together.metadata["model"]["parameters"] == sum(
        run.metadata["model"]["parameters"] for run in (members[0], other)
    )
    reopened = load_run(together.path)
    expected = outputs_of(members[0]) + outputs_of(other)
    assert np.allclose(outputs_of(reopened), expected, atol=1e-4)
    assert reopened.metadata["result"]["members"][1]["differs"] == {
        "model": "lenet5",
        "test_time_augmentation": "shift=1",
        "seed": 7,
    }
    assert reopened.recipe.model is None
    assert reopened.recipe.epochs == 1


def test_folds_leave_no_item_that_validates_in_every_member(tmp_path):
    run = train_members(
        "digits",
        RECIPE,
        EnsembleSettings(members=2, member_folds=True, combine="sum"),
        out=tmp_path / "run",
    )
    one, other = (member.items().split for member in load_members(run))
    assert not np.intersect1d(one.validation, other.validation).size
    assert np.array_equal(np.union1d(one.validation, other.validation), run.items().split.train)
    assert not run.items().split.validation.size
    temperatures = [member.contract.temperature for member in load_members(run)]
    assert run.contract.temperature == pytest.approx(sum(temperatures))
    assert "none, since each item trained a member" in run.metadata["data"]["split"]["validation"]


def test_what_validates_everywhere_validates_and_the_rest_has_trained(digits_ensemble):
    def split(train: list[int], validation: list[int]) -> Split:
        return Split(np.array(train), np.array(validation), np.array([9]), {"test": "its own"})

    items = digits_ensemble.items()
    joint = joint_split([split([0, 1, 2], [3, 4, 5]), split([0, 3, 6], [4, 5, 1])], items)
    assert joint.train.tolist() == [0, 1, 2, 3, 6]
    assert joint.validation.tolist() == [4, 5]
    assert joint.test.tolist() == [9]
    assert joint.reasons["validation"] == "the 2 items that validate in every member"


def test_one_run_or_one_twice_is_no_ensemble(members):
    with pytest.raises(UsageError, match=r"takes two runs or more.*--members 7"):
        combine_runs(members[:1])
    with pytest.raises(UsageError, match=r"is named twice; a network adds nothing to itself"):
        combine_runs([members[0], members[1], load_run(members[0].path)])


def test_an_ensemble_is_no_member(digits_ensemble, members):
    with pytest.raises(ArtefactError, match=r"is an ensemble itself; name its members"):
        combine_runs([members[0], digits_ensemble])


def test_an_unfinished_run_is_no_member(members, tmp_path):
    other = copied(members[1], tmp_path / "other", status="interrupted")
    with pytest.raises(ArtefactError, match=r"its status is interrupted. .*train --resume .*other"):
        combine_runs([members[0], other])


def test_a_network_from_python_is_no_member(members, tmp_path):
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    other = train("digits", Recipe(epochs=1, threads=1), model=network, out=tmp_path / "other")
    with pytest.raises(ArtefactError, match=r"the Python object Sequential.*as path.py:function"):
        combine_runs([members[0], other])


def test_other_classes_are_refused(members, tmp_path):
    other = copied(members[1], tmp_path / "other")
    other.contract = other.contract.model_copy(update={"class_names": tuple("abcdefghij")})
    with pytest.raises(DataError, match=r"the same classes.*a, b, c, d, e, ..., and 0, 1, 2, 3, 4"):
        combine_runs([members[0], other])


def test_another_preprocessor_is_refused(members, tmp_path):
    other = train(
        "digits", Recipe(model="mlp", epochs=1, threads=1, image_size=10), out=tmp_path / "other"
    )
    with pytest.raises(DataError, match=r"take other images: 10x10x1.*and 8x8x1.*--image-size"):
        combine_runs([members[0], other])


def test_other_data_is_refused(members, tmp_path):
    data = members[1].metadata["data"] | {"fingerprint": "0" * 64}
    other = copied(members[1], tmp_path / "other", data=data)
    with pytest.raises(DataError, match=r"trained on other data.*Train both on the same data"):
        combine_runs([members[0], other])


def test_other_test_images_are_refused(members, tmp_path):
    other = copied(members[1], tmp_path / "other")
    train, test = other.split.train.copy(), other.split.test.copy()
    train[0], test[0] = test[0], train[0]
    exchanged = replace(other.split, train=np.sort(train), test=np.sort(test))
    exchanged.save(other.path / "split.npz")
    with pytest.raises(DataError, match=r"were not measured on the same test images"):
        combine_runs([members[0], other])
