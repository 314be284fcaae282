"""Ensembles trained from a source, one member after another or in parallel."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

import noonbit
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Engine, Recipe
from noonbit.data.prepared import load
from noonbit.errors import Interrupted, TrainingDiverged, UsageError
from noonbit.jobs.ensemble import assign_threads, derive_at_once, load_members, train_members
from noonbit.jobs.observer import Observer
from noonbit.jobs.train import resume, train
from noonbit.models.catalogue import build
from noonbit.models.custom import trust_named
from noonbit.report.page import write_report
from noonbit.runs.checkpoint import read_tensors
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run
from noonbit.system.runtime import Runtime

RECIPE = Recipe(model="mlp", epochs=1, threads=1)


def same_weights(one: Run, other: Run) -> bool:
    """Whether two runs have the same weights, bit for bit."""
    left, right = (read_tensors(run.path / "weights.safetensors")[0] for run in (one, other))
    return left.keys() == right.keys() and all(torch.equal(left[key], right[key]) for key in left)


class Interrupting(Observer):
    """Presses Ctrl-C once, when a member has done its first epoch."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.finished: list[int] = []

    def on_member_epoch(self, number: int, epoch: int, epochs: int) -> None:
        if (number, epoch) == (self.number, 1):
            os.kill(os.getpid(), signal.SIGINT)

    def on_member_end(self, number: int, count: int, member: Run) -> None:
        self.finished.append(number)


def test_a_member_is_the_run_that_its_recipe_alone_gives(digits_ensemble, tmp_path):
    alone = train("digits", RECIPE.model_copy(update={"seed": 1}), out=tmp_path / "alone")
    second = load_members(digits_ensemble)[1]
    assert same_weights(alone, second)
    assert alone.evaluation == second.evaluation
    assert "test     " in (second.path / "train.log").read_text()
    assert not (second.path / "report.html").exists()
    write_report(second, second.items())
    assert "most memory used" not in (second.path / "report.html").read_text()  # that is of all
    assert digits_ensemble.metadata["result"]["peak_memory_bytes"] > 0


def stopped(tmp_path, recipe: Recipe, observer: Interrupting, at_once: int) -> Run:
    """An ensemble of three that Ctrl-C stopped."""
    with pytest.raises(
        Interrupted, match=r"of 3 finished; everything is saved. .*--resume"
    ) as raised:
        train_members(
            "digits",
            recipe,
            EnsembleSettings(members=3),
            out=tmp_path / "stopped",
            observer=observer,
            at_once=at_once,
        )
    run = load_run(tmp_path / "stopped")
    assert run.metadata["status"] == "interrupted"
    assert f"Stopped with {len(observer.finished)} member" in str(raised.value)
    return run


def test_a_stopped_ensemble_keeps_what_is_finished_and_goes_on_with_the_same_bits(
    tmp_path, monkeypatch
):
    recipe = Recipe(model="mlp", epochs=2, threads=1)
    whole = train_members("digits", recipe, EnsembleSettings(members=3), out=tmp_path / "whole")
    run = stopped(tmp_path, recipe, Interrupting(2), at_once=1)
    finished = run.path / "members/1/weights.safetensors"
    written = finished.stat().st_mtime_ns
    assert len(load_run(run.path / "members/2").history) == 1
    assert not (run.path / "members/3").exists()
    # A kill before its first step would leave this behind.
    (run.path / "members/3").mkdir()
    (run.path / "members/3/.run.json.abc").touch()
    observer = Interrupting(0)
    opened = []
    for module in ("jobs.member", "runs.run"):
        monkeypatch.setattr(
            f"noonbit.{module}.load",
            lambda *args, **rest: opened.append(args) or load(*args, **rest),
        )
    ended = resume(run, observer=observer)
    assert len(opened) == 2  # for the ensemble, and once for all members
    assert observer.finished == [1, 2, 3]
    assert finished.stat().st_mtime_ns == written
    assert same_weights(ended, whole)
    assert ended.evaluation == whole.evaluation
    with pytest.raises(UsageError, match="is finished; there is nothing to resume"):
        resume(load_run(run.path))


def test_side_by_side_stopped_and_resumed_gives_the_bits_of_one_after_another(tmp_path):
    recipe = Recipe(model="mlp", epochs=6, threads=2)
    in_turn = train_members(
        "digits",
        recipe.model_copy(update={"threads": 1}),
        EnsembleSettings(members=3),
        out=tmp_path / "in turn",
    )
    run = stopped(tmp_path, recipe, Interrupting(1), at_once=2)
    assert not (run.path / "members/3/weights.safetensors").exists()
    ended = noonbit.resume(run)
    assert ended.metadata["training"] | {"recipes": None} == {
        "at_once": 2,
        "threads": 1,
        "reason": ended.metadata["training"]["reason"],
        "settings": {"members": 3},
        "recipe": {"model": "mlp", "epochs": 6, "threads": 2},
        "recipes": None,
    }
    members = load_members(ended)
    assert [member.recipe.threads for member in members] == [1, 1, 2]
    for member, one in list(zip(members, load_members(in_turn), strict=True))[:2]:
        assert same_weights(member, one)
        assert member.evaluation == one.evaluation
    # The last one has no other beside it, so it has both threads.
    third = train("digits", recipe.model_copy(update={"seed": 2}), out=tmp_path / "third")
    assert same_weights(members[2], third)
    assert "epoch 6/6" in (run.path / "members/1/train.log").read_text()


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_member_that_fails_fails_the_ensemble_with_its_own_sentence(tmp_path, at_once):
    recipe = Recipe(model="mlp", epochs=1, threads=at_once, learning_rate=1e6, optimizer="sgd")
    with pytest.raises(TrainingDiverged, match=r"Member \d of 2: The .*loss became .*epoch 1"):
        train_members(
            "digits", recipe, EnsembleSettings(members=2), out=tmp_path / "run", at_once=at_once
        )
    run = load_run(tmp_path / "run")
    assert run.metadata["status"] == "diverged"
    with pytest.raises(UsageError, match=r"A member of run diverged and would again"):
        resume(run)


def test_the_last_member_s_mistake_is_known_before_the_first_is_trained(tmp_path):
    ensemble_settings = EnsembleSettings(members=2, member_models="mlp,mpl")
    with pytest.raises(UsageError, match=r"No model is called 'mpl'. Did you mean 'mlp'"):
        train_members("digits", Recipe(), ensemble_settings, out=tmp_path / "run")
    ensemble_settings = EnsembleSettings(members=2, member_augment="none; turn=10")
    with pytest.raises(UsageError, match="turn"):
        train_members("digits", Recipe(), ensemble_settings, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_member_s_setting_that_means_nothing_with_such_inputs_is_refused_before_any(tmp_path):
    rows = [f"film {i}\tgood\nplot {i}\tbad\n" for i in range(20)]
    (tmp_path / "films.tsv").write_text("text\tlabel\n" + "".join(rows))
    ensemble_settings = EnsembleSettings(members=2, member_augment="none; shift=1")
    with pytest.raises(UsageError, match="--augment shift=1 is not for sentences"):
        train_members(
            tmp_path / "films.tsv", Recipe(epochs=1), ensemble_settings, out=tmp_path / "run"
        )
    assert not (tmp_path / "run").exists()


def test_a_time_budget_is_that_of_the_whole_ensemble(tmp_path):
    observer = Interrupting(1)
    with pytest.raises(Interrupted):
        train_members(
            "digits",
            Recipe(model="mlp", epochs=1, threads=1, time_budget=90),
            EnsembleSettings(members=3),
            out=tmp_path / "run",
            observer=observer,
        )
    assert load_run(tmp_path / "run/members/1").recipe.time_budget == 30


def test_members_train_side_by_side_where_threads_can_be_shared_out():
    def derived(threads: int, *, device: str = "cpu", engine: Engine | None = None) -> int:
        runtime = Runtime(torch.device(device), threads, "float32", {})
        recipes = [RECIPE.model_copy(update={"engine": engine})] * 7
        return derive_at_once(runtime, recipes, [mlp])[0]

    mlp = build("mlp", classes=10, channels=1, size=(8, 8))
    assert derived(1) == 1
    assert derived(2) == 2
    assert derived(16) == 7
    assert derived(16, device="cuda") == derived(16, device="meta") == 1
    assert derived(16, device="cuda", engine="graph") == 7
    assert derived(2, engine="chain") == 2
    assert derived(2, engine="chain-shares") == 1
    runtime = Runtime(torch.device("cpu"), 2, "float32", {})
    own = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(64, 10))
    assert derive_at_once(runtime, [RECIPE] * 7, [mlp, own])[0] == 1


@pytest.mark.parametrize(
    ("members", "threads", "at_once", "shares"),
    [
        (7, 2, 2, [1, 1, 1, 1, 1, 1, 2]),
        (7, 2, 1, [2] * 7),
        (6, 4, 4, [1, 1, 1, 1, 2, 2]),
        (7, 16, 7, [2] * 7),
        (7, 4, 7, [1] * 7),  # on a GPU
    ],
)
def test_the_last_round_shares_all_threads_among_those_that_are_left(
    members, threads, at_once, shares
):
    runtime = Runtime(torch.device("cpu"), threads, "float32", {})
    recipes = assign_threads([RECIPE] * members, runtime, at_once=at_once)
    assert [recipe.threads for recipe in recipes] == shares


def test_a_network_of_one_s_own_is_trained_member_by_member(tmp_path):
    (tmp_path / "nets.py").write_text(
        "from torch import nn\n"
        "def drops(classes, channels, size):\n"
        "    layers = nn.Flatten(), nn.Dropout(0.5), nn.Linear(size[0] * size[1], classes)\n"
        "    return nn.Sequential(*layers)\n"
    )
    recipe = Recipe(model=f"{tmp_path / 'nets.py'}:drops", epochs=1, threads=2)
    trust_named([recipe.model])
    run = train_members("digits", recipe, EnsembleSettings(members=2), out=tmp_path / "run")
    assert run.metadata["training"]["at_once"] == 1
    alone = train("digits", recipe.model_copy(update={"seed": 1}), out=tmp_path / "alone")
    assert same_weights(alone, load_members(run)[1])


def test_python_has_the_same_settings(tmp_path):
    with pytest.raises(UsageError, match=r"members should be from 2 to 1,000 .got 1"):
        noonbit.train("digits", members=1)
    with pytest.raises(UsageError, match=r"--combine is a setting of an ensemble"):
        noonbit.train("digits", combine="sum")
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    with pytest.raises(UsageError, match=r"a Python object cannot be a member.*path.py:function"):
        noonbit.train("digits", model=network, members=2)
    with pytest.raises(UsageError, match=r"noonbit.ensemble: combine should be"):
        noonbit.ensemble(["a", "b"], combine="mean")


@pytest.mark.slow
def test_killed_outright_an_ensemble_can_be_resumed(tmp_path):
    words = "train digits --model mlp --epochs 80 --members 3 --threads 2 --out run"
    process = subprocess.Popen(
        [sys.executable, "-m", "noonbit", *words.split()],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(noonbit.__file__).parents[1])},
        stderr=subprocess.DEVNULL,
    )
    histories = [tmp_path / f"run/members/{number}/history.csv" for number in (1, 2)]
    wait_until(lambda: all(path.exists() for path in histories))
    process.kill()
    process.wait()
    run = load_run(tmp_path / "run")
    assert run.metadata["status"] == "training"
    members = [load_run(run.path / f"members/{number}") for number in (1, 2)]
    assert all(member.metadata["status"] == "training" for member in members)
    ended = resume(run)
    assert ended.metadata["status"] == "finished"
    assert [len(member.history) for member in load_members(ended)] == [80] * 3


def wait_until(is_so: Callable[[], bool], seconds: float = 120.0) -> None:
    """Look every tenth of a second; fails after `seconds`."""
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.1)
