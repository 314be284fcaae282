"""The benchmarks' own machinery: contestants in real processes, the list, the guard's verdict."""

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from benchmark_call import call
from paths import PROJECT
from tiny_contestants import counting, failing

from benchmarks import guard as guarding
from benchmarks.guard import require
from benchmarks.networks import STEPS, TASKS
from benchmarks.peers import pytorch_training
from benchmarks.precision import Difference
from benchmarks.record import keep
from benchmarks.side_by_side import (
    Contestant,
    Measured,
    Process,
    Spread,
    chosen,
    side_by_side,
    stretches,
)
from noonbit.errors import CheckFailed
from noonbit.models.catalogue import outline
from noonbit.models.summary import summarise

ROOT = PROJECT


def test_contestants_work_in_turn_and_in_their_fastest_form() -> None:
    slow_and_fast = ({"pause": 0.5}, {"pause": 0.0})
    contestants = [
        Contestant("small", "tiny_contestants:counting", {"step": 1, "pause": 0.001}),
        Contestant("large", "tiny_contestants:counting", {"step": 1000}, forms=slow_and_fast),
    ]
    measured = side_by_side(contestants, rounds=3, seconds=0.01, threads=1)
    assert {name: len(each.speeds) for name, each in measured.items()} == {"small": 3, "large": 3}
    assert measured["large"].form == {"pause": 0.0}
    assert measured["large"].times(measured["small"]).low > 1


def test_a_contestant_that_is_not_installed_is_left_out_with_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    contestants = [
        Contestant("here", "tiny_contestants:counting", {"step": 1}),
        Contestant("absent", "no_such_library:train"),
    ]
    assert list(side_by_side(contestants, rounds=1, seconds=0.0, threads=1)) == ["here"]
    said = capsys.readouterr().err
    assert "absent is left out: No module named 'no_such_library'; the `bench` extra" in said


def test_a_contestant_that_breaks_is_told_with_its_traceback() -> None:
    process = Process(Contestant("broken", "tiny_contestants:failing"), threads=1)
    try:
        process.begin()
        with pytest.raises(RuntimeError, match=r"broken:\n[^$]*no second stretch"):
            process.turn(1.0)
    finally:
        process.end()


def test_a_waiting_contestant_is_stopped() -> None:
    process = Process(Contestant("idle", "tiny_contestants:counting", {"step": 1}), threads=1)
    try:
        process.begin()
        status = Path(f"/proc/{process.process.pid}/stat")
        if not status.exists():
            pytest.skip("needs Linux's /proc")
        deadline = time.monotonic() + 10
        while (state := status.read_text().rpartition(") ")[2][0]) != "T":
            assert time.monotonic() < deadline, state
    finally:
        process.end()


def test_a_ratio_is_taken_within_each_round() -> None:
    ours, theirs = Measured({}, [10.0, 30.0, 80.0]), Measured({}, [5.0, 10.0, 20.0])
    assert ours.times(theirs) == Spread(3.0, 2.0, 4.0)
    assert str(ours.times(theirs)) == "3.00 (2.00 to 4.00)"


def test_a_form_that_fails_is_not_chosen() -> None:
    def start(step: int) -> Iterator[int]:
        return counting(step) if step else failing()

    assert chosen(start, [{"step": 0}, {"step": 1}]) == {"step": 1}


def test_a_training_with_callbacks_becomes_an_iterator_of_its_epochs() -> None:
    done: list[int] = []

    def fit(end_of_epoch: Callable[[], None]) -> None:
        for epoch in range(1, 100):
            done.append(epoch)
            end_of_epoch()

    epochs = stretches(fit, amount=7)
    assert [next(epochs), next(epochs)] == [7, 7]
    assert done == [1, 2]


def test_what_a_training_with_callbacks_raises_is_raised() -> None:
    def fit(end_of_epoch: Callable[[], None]) -> None:
        end_of_epoch()
        raise ValueError("diverged")

    epochs = stretches(fit, amount=1)
    next(epochs)
    with pytest.raises(ValueError, match="diverged"):
        next(epochs)


def test_a_result_is_one_line_with_five_digits(tmp_path: Path) -> None:
    line = keep({"speeds": [1234.5678], "n": 7}, tmp_path / "result.json")
    assert line == '{"speeds": [1234.6], "n": 7}'
    assert (tmp_path / "result.json").read_text() == f"{line}\n"


@pytest.mark.parametrize("name", TASKS)
def test_plain_pytorch_trains_the_same_network(name: str) -> None:
    task = TASKS[name]
    channels, height, width = task.shape
    ours = outline(name, task.classes, channels, (height, width))
    with torch.device("meta"):
        theirs = pytorch_training.NETWORKS[name](task.classes)
    assert summarise(theirs, task.shape).multiply_adds == summarise(ours, task.shape).multiply_adds
    count = [sum(p.numel() for p in model.parameters()) for model in (ours, theirs)]
    assert count[0] == count[1]


@pytest.mark.slow  # Keras and TensorFlow take seconds to import
@pytest.mark.parametrize("name", TASKS)
def test_keras_trains_the_same_network(name: str) -> None:
    pytest.importorskip("keras")
    from benchmarks.peers import keras_training

    task = TASKS[name]
    channels, height, width = task.shape
    summary = summarise(outline(name, task.classes, channels, (height, width)), task.shape)
    shape = (height * width,) if name == "mlp" else (height, width, channels)
    theirs = keras_training.NETWORKS[name](shape, task.classes)
    assert (
        sum(math.prod(weight.shape) for weight in theirs.trainable_weights)
        == summary.trainable_parameters
    )


@pytest.mark.parametrize("name", TASKS)
def test_an_epoch_is_of_whole_executions(name: str) -> None:
    for batch_size in TASKS[name].batch_sizes:
        assert TASKS[name].epoch(batch_size) % (STEPS * batch_size) == 0


def test_a_difference_of_paired_accuracies_has_students_interval() -> None:
    difference = Difference.of([0.1, 0.3, -0.1, 0.1])
    assert difference.mean == pytest.approx(0.1)
    assert difference.high - difference.mean == pytest.approx(3.1824 * 0.1633 / 2, abs=1e-4)
    assert difference.low + difference.high == pytest.approx(0.2)


def test_noonbit_and_plain_pytorch_train_in_one_process() -> None:
    from benchmarks.ours import train

    ours = train("lenet5", 64, 32, "float32", threads=1)
    theirs = pytorch_training.train_as_written("lenet5", 64, 32)
    at_best = pytorch_training.train_at_best("lenet5", 64, 32, "float32", True)
    assert [next(each) for each in (ours, theirs, at_best, ours, theirs)] == [64] * 5


def test_a_ratio_may_fall_by_a_third_and_no_further() -> None:
    require({"float32": 2.0}, {"float32": 2.99})
    with pytest.raises(CheckFailed, match=r"float32 is 2\.00 times .* less than 2\.01, two thirds"):
        require({"float32": 2.0}, {"float32": 3.01})


def test_on_a_new_processor_noonbit_may_not_be_slower_than_plain_pytorch() -> None:
    require({"float32": 1.0}, {})
    with pytest.raises(CheckFailed, match="which this processor, not measured before"):
        require({"float32": 0.99}, {})


def test_the_guard_exits_with_5_when_speed_was_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = tmp_path / "guard.json"
    stored.write_text("{}")
    monkeypatch.setattr(guarding, "STORED", stored)
    monkeypatch.setattr(guarding, "measure", lambda precision: [3.0, 3.1, 2.9])
    guarding.guard(store=True)
    assert "3.00 times plain PyTorch (2.90 to 3.10, n = 3)" in capsys.readouterr().out
    assert {3.0} == set(next(iter(json.loads(stored.read_text()).values())).values())
    monkeypatch.setattr(guarding, "measure", lambda precision: [1.9])
    with pytest.raises(CheckFailed) as failure:
        guarding.guard()
    assert failure.value.exit_code == 5


def test_without_a_name_the_benchmarks_are_listed() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "benchmarks"], cwd=ROOT, capture_output=True, text=True
    )
    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [
        "throughput",
        "precision",
        "augmentation",
        "accuracy",
        "ensemble",
        "loading",
        "resizing",
        "prediction",
        "serve",
        "live",
        "photographs",
        "startup",
        "growth",
        "go_planes",
        "gpu",
        "fuzz",
        "fuzz_coverage",
        "crash",
        "guard",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["troughput"], "Did you mean"),
        (["throughput", "--networks", "cnm"], "No network here is called 'cnm'. Did you mean"),
    ],
)
def test_a_wrong_name_is_answered_with_a_sentence(
    arguments: list[str],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, *arguments) == 2
    said = capsys.readouterr().err
    assert sentence in said and "Traceback" not in said
