"""Trainings from a source to a run folder: stopped, killed, diverged and resumed."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from small_jobs import Stopping, assert_same, write_small
from torch import nn

from noonbit.cli.main import run as command_line
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.errors import ArtefactError, DataError, Interrupted, TrainingDiverged, UsageError
from noonbit.jobs import single as training
from noonbit.jobs.interrupts import stop_on_interrupt
from noonbit.jobs.observer import Observer
from noonbit.jobs.progress import display
from noonbit.jobs.resumable import recipe_as_started
from noonbit.jobs.train import resume, train
from noonbit.models.custom import trust_named
from noonbit.runs.checkpoint import read_tensors
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run

RECIPE = Recipe(model="lenet5", epochs=3, batch_size=32, threads=1, seed=3)
FLAGS = [
    "--model",
    "lenet5",
    "--epochs",
    "3",
    "--batch-size",
    "32",
    "--threads",
    "1",
    "--seed",
    "3",
]
STEPS = 41
"""Of an epoch on the digits: 1,293 images in batches of 32."""


@pytest.fixture(autouse=True)
def without_report(monkeypatch):
    """The page has its own tests; drawing it would take most of the time here."""
    monkeypatch.setattr(training, "write_report", lambda run, items: None)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Run:
    """A training of three epochs that nobody stopped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "write_report", lambda run, items: None)
        return train("digits", RECIPE, out=tmp_path_factory.mktemp("job") / "whole")


@pytest.fixture
def small_source(tmp_path) -> Path:
    """Sixty 8x8 images of two classes in an .npz file."""
    path = tmp_path / "small.npz"
    write_small(path, seed=0)
    return path


def status(path: Path) -> str:
    text: str = json.loads((path / "run.json").read_text())["status"]
    return text


def test_a_place_that_is_taken_is_refused_before_anything_is_loaded(tmp_path):
    (tmp_path / "taken").touch()
    with pytest.raises(UsageError, match="taken already exists"):
        train("no such source", RECIPE, out=tmp_path / "taken")
    with pytest.raises(ArtefactError, match="cannot be made: File name too long"):
        train("no such source", RECIPE, out=tmp_path / ("가" * 86))


def test_missing_vectors_are_said_before_a_folder_is_made(tmp_path):
    recipe = RECIPE.model_copy(update={"vectors": str(tmp_path / "none.txt")})
    with pytest.raises(DataError, match=r"none\.txt does not exist; --vectors takes a file"):
        train("no such source", recipe, EnsembleSettings(members=2), out=tmp_path / "run")
    assert not any(tmp_path.iterdir())


def test_a_finished_run_holds_what_its_map_lists(digits_run):
    names = {path.name for path in digits_run.path.iterdir()}
    assert names >= {
        "run.json",
        "recipe.toml",
        "contract.json",
        "split.npz",
        "history.csv",
        "history.png",
        "weights.safetensors",
        "checkpoint.safetensors",
        "evaluation.json",
        "predictions.parquet",
        "report.html",
    }
    assert not [name for name in names if name.startswith(".")]


def test_run_json_says_what_was_trained_on_what(whole):
    metadata = json.loads((whole.path / "run.json").read_text())
    assert (metadata["status"], metadata["source"]) == ("finished", "digits")
    assert metadata["model"] == {
        "name": "lenet5",
        "python": False,
        "parameters": 61_706,
        "multiply_adds": 416_520,
    }
    assert [sum(metadata["data"]["counts"][part]) for part in ("train", "validation", "test")] == [
        1293,
        145,
        359,
    ]
    assert metadata["result"]["epochs"] == 3
    assert metadata["result"]["accuracy"] == whole.evaluation.accuracy
    assert metadata["machine"]["threads"] == 1


def test_two_trainings_with_one_seed_leave_the_same_weights_file(whole, tmp_path):
    again = train("digits", RECIPE, out=tmp_path / "again")
    assert_same(again, whole)
    name = "weights.safetensors"
    assert (again.path / name).read_bytes() == (whole.path / name).read_bytes()


def test_the_recipe_in_the_run_folder_trains_the_same_network_again(whole, tmp_path):
    recipe = Recipe.load(whole.path / "recipe.toml")
    assert recipe.learning_rate == 0.002
    assert_same(train("digits", recipe, out=tmp_path / "again"), whole)


def test_the_predictions_file_gives_the_confusion_matrix(whole):
    table = pq.read_table(whole.path / "predictions.parquet").to_pydict()
    assert len(table["item"]) == whole.evaluation.items == 359
    right = sum(a == b for a, b in zip(table["label"], table["prediction"], strict=True))
    assert right == whole.evaluation.correct
    for prediction, row in zip(table["prediction"], table["probabilities"], strict=True):
        assert whole.class_names[int(np.argmax(row))] == prediction
    split = np.load(whole.path / "split.npz")
    assert table["item"] == split["test"].tolist()


def test_evaluating_a_run_again_gives_the_same_figures(whole):
    assert load_run(whole.path).evaluate() == whole.evaluation


def test_training_on_the_digits_needs_no_network(monkeypatch, tmp_path):
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    train("digits", RECIPE.model_copy(update={"epochs": 1}), out=tmp_path / "run")


def test_an_interrupt_finishes_the_step_saves_and_says_how_to_go_on(tmp_path):
    out = tmp_path / "run"
    with pytest.raises(Interrupted) as error:
        train("digits", RECIPE, out=out, observer=Stopping(2, 5))
    assert str(error.value) == (
        "Stopped after epoch 1, step 5; everything is saved. "
        f"Continue with: noonbit train --resume {out}"
    )
    assert status(out) == "interrupted"
    assert len(load_run(out).history) == 1


@pytest.mark.parametrize(
    ("place", "number"),
    [
        ((2, 5), signal.SIGINT),
        ((1, STEPS), signal.SIGINT),
        ((3, 1), signal.SIGTERM),
        ((2, 1), signal.SIGHUP),
    ],
)
def test_an_interrupted_run_ends_with_the_same_bits_once_resumed(place, number, whole, tmp_path):
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("under nohup, which a training respects, a hangup interrupts nothing")
    out = tmp_path / "run"
    with pytest.raises(Interrupted) as error:
        train("digits", RECIPE, out=out, observer=Stopping(*place, number))
    assert error.value.exit_code == 128 + number
    assert_same(resume(load_run(out)), whole)
    assert status(out) == "finished"


@pytest.mark.parametrize(
    "model",
    ["cnn", pytest.param("sign-cnn", marks=pytest.mark.slow)],  # takes 20 s
)
def test_two_threads_give_the_same_bits_when_resumed(model, tmp_path):
    recipe = Recipe(model=model, epochs=2, batch_size=64, threads=2)
    full = train("digits", recipe, out=tmp_path / "full")
    out = tmp_path / "run"
    with pytest.raises(Interrupted):
        train("digits", recipe, out=out, observer=Stopping(2, 5))
    assert_same(resume(load_run(out)), full)


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with stop_on_interrupt() as should_stop:
            signal.raise_signal(signal.SIGHUP)
            assert not should_stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_interrupt_between_two_epochs_saves_them_too(whole, tmp_path):
    class StoppingAfterAnEpoch(Observer):
        def on_epoch(self, state):
            if state.epoch == 2:
                os.kill(os.getpid(), signal.SIGINT)

    out = tmp_path / "run"
    with pytest.raises(Interrupted, match="Stopped after epoch 2; everything is saved"):
        train("digits", RECIPE, out=out, observer=StoppingAfterAnEpoch())
    _, metadata = read_tensors(out / "checkpoint.safetensors")
    assert json.loads(metadata["state"])["epoch"] == 2
    assert_same(resume(load_run(out)), whole)


def test_the_handlers_of_signals_are_put_back(whole, tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted):
        train("digits", RECIPE, out=tmp_path / "run", observer=Stopping(1, 1))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_second_interrupt_is_immediate():
    with (
        training.stop_on_interrupt() as stopping,
        pytest.raises(KeyboardInterrupt),
    ):
        signal.raise_signal(signal.SIGINT)
        assert stopping()
        signal.raise_signal(signal.SIGINT)


def test_a_training_in_another_thread_leaves_signals_alone():
    asked: list[bool] = []

    def look() -> None:
        with training.stop_on_interrupt() as stopping:
            asked.append(stopping())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert asked == [False]


KILLED = """
import os, signal
import noonbit.jobs.recorder
from noonbit.cli.main import main
from noonbit.jobs.progress import LineDisplay

def on_step(self, step):
    if (step.epoch, step.step) == {place}:
        os.kill(os.getpid(), signal.{signal})

LineDisplay.on_step = on_step
noonbit.jobs.recorder.CHECKPOINT_SECONDS = {checkpoint_seconds}
main()
"""


def killed(
    out: Path, *, place: tuple[int, int], by: str, checkpoint_seconds: float
) -> subprocess.CompletedProcess[str]:
    """A process of its own that trains and gets a signal in the middle of an epoch."""
    code = KILLED.format(place=place, signal=by, checkpoint_seconds=checkpoint_seconds)
    return subprocess.run(
        [sys.executable, "-c", code, "train", "digits", *FLAGS, "--out", str(out)],
        capture_output=True,
        text=True,
    )


def test_a_killed_process_resumed_by_another_ends_with_the_same_bits(whole, tmp_path, capsys):
    out = tmp_path / "run"
    process = killed(out, place=(3, 5), by="SIGKILL", checkpoint_seconds=0.0)
    assert process.returncode == -signal.SIGKILL
    assert status(out) == "training"
    assert (out / "checkpoint.safetensors").exists()
    assert not (out / "weights.safetensors").exists()
    assert command_line(["train", "--resume", str(out)]) == 0  # in the process of the tests
    assert "resumed  after epoch 2, step 0\n" in capsys.readouterr().err
    assert_same(load_run(out), whole)
    name = "weights.safetensors"
    assert (out / name).read_bytes() == (whole.path / name).read_bytes()


@pytest.mark.slow
def test_a_process_killed_before_its_first_checkpoint_starts_over(whole, tmp_path):
    out = tmp_path / "run"
    process = killed(out, place=(2, 5), by="SIGKILL", checkpoint_seconds=1000.0)
    assert process.returncode == -signal.SIGKILL
    assert not (out / "checkpoint.safetensors").exists()
    assert_same(resume(load_run(out)), whole)


def test_an_interrupted_process_exits_with_130_and_says_how_to_go_on(whole, tmp_path):
    out = tmp_path / "run"
    process = killed(out, place=(2, 5), by="SIGINT", checkpoint_seconds=1000.0)
    assert process.returncode == 130
    assert process.stderr.endswith(f"Continue with: noonbit train --resume {out}\n")
    assert "Traceback" not in process.stderr
    assert process.stdout == ""
    assert status(out) == "interrupted"
    assert_same(resume(load_run(out)), whole)


def test_a_resumed_run_keeps_the_threads_and_the_precision_it_began_with(whole):
    run = load_run(whole.path)
    run.metadata["machine"] |= {"threads": 7, "precision": "bfloat16"}
    recipe = recipe_as_started(run)
    assert (recipe.threads, recipe.precision) == (7, "bfloat16")


def test_a_run_that_is_being_trained_is_not_resumed_by_another(small_source, tmp_path):
    class Resuming(Observer):
        def on_epoch(self, state):
            with pytest.raises(
                UsageError, match=r"^run is being trained by another process\. Wait"
            ):
                resume(load_run(tmp_path / "run"))

    recipe = Recipe(model="mlp", epochs=1, threads=1)
    train(small_source, recipe, out=tmp_path / "run", observer=Resuming())


def test_a_finished_run_cannot_be_resumed(whole):
    with pytest.raises(UsageError) as error:
        resume(load_run(whole.path))
    assert str(error.value) == (
        "whole is finished; there is nothing to resume. To go on beyond its 3 epochs: "
        f"noonbit train --resume {whole.word} --epochs N"
    )


def test_a_diverged_run_says_so_in_its_status_and_is_not_resumed(tmp_path):
    out = tmp_path / "run"
    wild = Recipe(model="cnn", epochs=2, threads=1, optimizer="sgd", learning_rate=1e6)
    with pytest.raises(TrainingDiverged, match="Try --learning-rate 200000"):
        train("digits", wild, out=out)
    assert status(out) == "diverged"
    with pytest.raises(UsageError, match=r"^run diverged and would again\. Train anew with a sm"):
        resume(load_run(out))


def test_a_source_that_has_changed_is_named_when_resuming_and_evaluating(small_source, tmp_path):
    out = tmp_path / "run"
    recipe = Recipe(model="lenet5", epochs=1, threads=1)
    with pytest.raises(Interrupted):
        train(small_source, recipe, out=out, observer=Stopping(1, 1))
    write_small(small_source, seed=1)
    for repeat in (resume, Run.evaluate):
        with pytest.raises(DataError) as error:
            repeat(load_run(out))
        assert str(error.value) == (
            f"{small_source} has changed since run was trained on it, so its figures would not be "
            "comparable. Restore the data, or train again."
        )


def test_a_source_given_by_a_relative_path_is_found_from_another_folder(
    small_source, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    run = train("small.npz", Recipe(model="lenet5", epochs=1, threads=1), out=Path("run"))
    monkeypatch.chdir("/")
    assert load_run(run.path).evaluate() == run.evaluation


def test_an_augmentation_that_does_not_exist_leaves_no_folder(tmp_path):
    with pytest.raises(UsageError, match="No augmentation is called 'spin'"):
        train("digits", Recipe(augment="spin=3"), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


class Plain(nn.Module):
    """A network of a user's own."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.dense = nn.Linear(64, classes)

    def forward(self, images):
        return self.dense(images.flatten(1))


def plain(classes: int = 2) -> Plain:
    torch.manual_seed(7)
    return Plain(classes)


def test_a_module_of_ones_own_trains_and_comes_back_with_its_weights(small_source, tmp_path):
    recipe = Recipe(epochs=2, threads=1)
    run = train(small_source, recipe, model=plain(), out=tmp_path / "run")
    assert run.metadata["model"]["name"] == "Plain"
    with pytest.raises(ArtefactError) as error:
        _ = load_run(run.path).model
    assert str(error.value) == (
        "run was trained with the Python object Plain, which a folder cannot keep. Load it with "
        "noonbit.load_run(path, model=your_module), or continue it with "
        "noonbit.resume(path, model=your_module)."
    )
    loaded = load_run(run.path, model=Plain(2))
    assert loaded.evaluate() == run.evaluation


def test_a_module_of_ones_own_is_resumed_with_the_same_bits(small_source, tmp_path):
    recipe = Recipe(epochs=2, threads=1)
    full = train(small_source, recipe, model=plain(), out=tmp_path / "full")
    out = tmp_path / "run"
    with pytest.raises(Interrupted):
        train(small_source, recipe, model=plain(), out=out, observer=Stopping(2, 1))
    with pytest.raises(ArtefactError, match=r"noonbit\.resume\(path, model=your_module\)"):
        resume(load_run(out))
    assert_same(resume(load_run(out), model=plain()), full)


def test_a_network_from_a_file_is_found_from_another_folder(small_source, tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "def make(classes, channels, size):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(channels * size[0] * size[1], classes))\n"
    )
    monkeypatch.chdir(tmp_path)
    trust_named(["net.py:make"])
    run = train(small_source, Recipe(model="net.py:make", epochs=1, threads=1), out=Path("run"))
    monkeypatch.chdir("/")
    assert load_run(run.path).evaluate() == run.evaluation


def test_another_source_is_measured_by_class_names_whatever_their_numbers(tmp_path):
    def table(path: Path, names: tuple[str, str], count: int) -> Path:
        rows = ["label," + ",".join(f"pixel{i}" for i in range(64))]
        for i in range(count):
            level = {"dark": 20, "light": 220}[names[i % 2]] + i % 7
            rows.append(names[i % 2] + f",{level}" * 32 + ",90" * 32)
        path.write_text("\n".join(rows) + "\n")
        return path

    source = table(tmp_path / "train.csv", ("dark", "light"), 60)
    recipe = Recipe(model="lenet5", epochs=8, threads=1, augment="none")
    run = train(source, recipe, out=tmp_path / "run")
    other = table(tmp_path / "other.csv", ("light", "dark"), 20)
    evaluation = run.evaluate(str(other))
    assert (evaluation.items, evaluation.split) == (20, "all")
    assert evaluation.accuracy == run.evaluation.accuracy == 1.0
    assert [score.name for score in evaluation.classes] == ["dark", "light"]


def test_a_source_with_a_class_that_the_run_does_not_know_is_refused(whole, tmp_path):
    path = tmp_path / "other.csv"
    header = "label," + ",".join(f"pixel{i}" for i in range(64))
    rows = [f"{name}," + ",".join(["9"] * 64) for name in ("cat", "dog") * 4]
    path.write_text("\n".join([header, *rows]) + "\n")
    with pytest.raises(DataError, match="has the class 'cat', which whole was not trained on"):
        load_run(whole.path).evaluate(str(path))


def test_an_observer_is_told_everything_in_order(small_source, tmp_path):
    events: list[str] = []

    class Telling(Observer):
        def on_start(self, run, items, plan, state):
            events.append(f"began {status(run.path)} {state.epoch}")

        def on_step(self, step):
            events.append("step")

        def on_epoch(self, state):
            events.append(f"epoch {state.epoch} {state.best_epoch == state.epoch}")

        def on_evaluate(self, run, evaluation):
            events.append(f"measured {status(run.path)}")

    recipe = Recipe(model="lenet5", epochs=1, threads=1, batch_size=1000)
    train(small_source, recipe, out=tmp_path / "run", observer=Telling())
    assert events == ["began training 0", "step", "epoch 1 True", "measured finished"]


def test_a_flip_that_changes_what_digits_mean_is_warned_of_and_kept_in_the_run(tmp_path, capsys):
    recipe = Recipe(model="mlp", epochs=1, threads=1, augment="flip")
    with display() as observer:
        run = train("digits", recipe, out=tmp_path / "run", observer=observer)
    (warning,) = run.metadata["warnings"]
    assert warning.startswith("flip changes what classes mean: 2 would pass for 5")
    assert f"warning  {warning}" in capsys.readouterr().err
