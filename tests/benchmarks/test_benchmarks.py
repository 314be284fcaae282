"""The benchmarks' own machinery: contestants in real processes, the list, the guard's verdict."""

import contextlib
import math
import os
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

from benchmarks import conditions as measuring
from benchmarks import record
from benchmarks.against_pytorch import Comparison, compare
from benchmarks.conditions import Conditions
from benchmarks.guard import require
from benchmarks.networks import NOT_IN_KERAS, STEPS, TASKS
from benchmarks.peers import pytorch_training
from benchmarks.peers.pytorch_best import list_forms, train_at_best
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
from noonbit.errors import CheckFailed, UsageError
from noonbit.models.catalogue import outline
from noonbit.models.summary import summarise
from noonbit.system.hardware import x86_64_levels
from noonbit.system.runtime import set_operator_threads

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
@pytest.mark.parametrize("name", sorted(TASKS.keys() - NOT_IN_KERAS))
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
    assert [next(each) for each in (ours, theirs, ours, theirs)] == [64] * 4


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_form_of_pytorch_takes_the_same_step(
    precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "randperm", torch.arange)  # one order for all
    made: list[torch.nn.Module] = []

    def lenet5(classes: int) -> torch.nn.Module:
        torch.manual_seed(0)
        made.append(pytorch_training.lenet5(classes))
        return made[-1]

    monkeypatch.setitem(pytorch_training.NETWORKS, "lenet5", lenet5)
    forms = list_forms("lenet5", 2, [precision])
    assert len(forms) == 12
    for form in forms:
        with set_operator_threads(form.operator_threads):
            assert next(train_at_best("lenet5", 64, 32, form)) == 64
    tolerance = 2e-4 if precision == "float32" else 3e-3  # Adam moves a weight by 1e-3 a step
    for other in made[1:]:
        for first, second in zip(made[0].parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(first, second, rtol=0, atol=tolerance)


def test_noonbit_is_compared_with_pytorch_at_its_best_in_one_process() -> None:
    one = compare("lenet5", 100, Conditions(kernels=False), threads=1, rounds=2, seconds=0.01)
    assert 0 < one.ratio.low <= one.ratio.median <= one.ratio.high
    assert one.engine.startswith("autograd") and not one.has_kernels
    assert "on 1, " in one.form
    assert str(one).startswith("lenet5, batches of 100: ")


def test_an_instruction_set_that_the_processor_has_not_is_answered_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "x86_64_levels", lambda: ("x86-64-v3",))
    assert Conditions("avx2").environment["NOONBIT_KERNELS"] == "x86-64-v3"
    assert Conditions("avx2", kernels=False).environment["NOONBIT_KERNELS"] == "off"
    with pytest.raises(UsageError, match="does not have the instructions of --isa avx512"):
        Conditions("avx512")
    with pytest.raises(UsageError, match=r"--busy is -1"):
        Conditions(busy=-1)


def test_pytorch_uses_no_newer_instructions_than_it_may() -> None:
    if "x86-64-v3" not in x86_64_levels():
        pytest.skip("needs a processor with AVX2")
    environment = Conditions("avx2").environment
    capability = ["-c", "import torch; print(torch.backends.cpu.get_cpu_capability())"]
    told = subprocess.run(
        [sys.executable, *capability], env={**os.environ, **environment}, capture_output=True
    )
    assert told.stdout.strip() == b"AVX2"


def test_the_peak_is_measured_with_the_instructions_of_those_that_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "x86-64-v3" not in x86_64_levels():
        pytest.skip("needs a processor with AVX2")
    limited = Conditions("avx2")
    seen = {}

    def measure(contestants: list[Contestant], **turns: object) -> dict[str, Measured]:
        for each in contestants:
            seen[each.name] = each.environment
        return {each.name: Measured({}, [2e9, 3e9]) for each in contestants}

    monkeypatch.setattr(record, "side_by_side", measure)
    assert record.measured_peak(2, limited.precisions, limited.environment) == {"float32": 3.0}
    assert seen == {"float32": limited.environment}


def test_busy_neighbours_spin_until_the_measurement_is_over() -> None:
    if not Path("/proc").exists():
        pytest.skip("needs Linux's /proc")
    with Conditions(busy=2).neighbours(1):
        deadline = time.monotonic() + 60
        # A process that has just begun has no command line for a moment.
        while len(during := spinning_children()) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(during) == 2
    assert not during & spinning_children()


def spinning_children() -> set[int]:
    """The processes of this one that spin, by their numbers."""
    found = set()
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            place = Path("/proc", process)
            parent = int(place.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"getppid" in place.joinpath("cmdline").read_bytes():
                found.add(int(process))
    return found


def comparison(network: str, ratio: float) -> Comparison:
    """A measured ratio."""
    spread = Spread(ratio, ratio, ratio)
    return Comparison(network, 32, spread, 7, "chain in float32", True, "AVX2", 1.0, "", 1.0)


def test_the_guard_exits_with_5_where_noonbit_is_slower_than_pytorch() -> None:
    conditions = Conditions(busy=1)
    require([comparison("mlp", 0.9), comparison("cnn", 2.0)], conditions)
    with pytest.raises(CheckFailed, match=r"mlp \(0\.89\): slower than 0\.9 .*1 busy") as failure:
        require([comparison("mlp", 0.89), comparison("cnn", 2.0)], conditions)
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
        "labels",
        "few_pictures",
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
