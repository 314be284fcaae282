"""The benchmark of a GPU: what of it can be run without one."""

import itertools
import json
import sys
from pathlib import Path

import pytest
import torch
from benchmark_call import call

from benchmarks import gpu as racing
from benchmarks.gpu import (
    CIFAR,
    MNIST,
    MNIST_SETTINGS,
    Program,
    Told,
    contestants,
    figures,
    noonbit_told,
    rotated,
    script_told,
    trainings,
)
from benchmarks.side_by_side import Spread
from noonbit.errors import NoonbitError, UsageError

SCRIPT = """
import itertools
for run in itertools.count():
    if {end} and run == {end}:
        raise SystemExit("out of luck")
    print("|       2  |      7  |     0.9730  |   0.9299  |               |        2.2621  |")
    print("|        |   eval  |   0.9730  |   0.9299  |   0.9%03d  |    %d.5000  |" % (run, run))
"""


@pytest.mark.parametrize(
    "line",
    [
        "|          |   eval  |     0.9735  |   0.9311  |       0.9405  |        2.5912  |",
        "|       1  |   eval  |     0.9866  |   0.9317  |       0.9405  |        2.5912  |\n",
        "Mean accuracy after 1 runs: 0.939900 | Mean time: 2.019359s|       2  |   eval  |  "
        "   0.9868  |   0.9317  |       0.9405  |        2.5912  |",
    ],
)
def test_the_last_row_of_a_scripts_training_is_found(line: str) -> None:
    assert script_told(line) == Told(seconds=2.5912, accuracy=0.9405)


@pytest.mark.parametrize(
    "line",
    [
        "|  run     |  epoch  |  train_acc  |  val_acc  |  tta_val_acc  |  time_seconds  |",
        "|       0  |      3  |     0.9100  |   0.9001  |               |        1.2963  |",
        "-" * 84,
        "Mean: 0.9401    Std: 0.0013",
        "Files already downloaded and verified",
    ],
)
def test_other_lines_of_a_script_are_no_training(line: str) -> None:
    assert script_told(line) is None


def script(folder: Path, *, end: int = 0) -> Path:
    path = folder / "airbench94_muon.py"
    path.write_text(SCRIPT.format(end=end))
    return path


def program(path: Path) -> Program:
    command = [sys.executable, "-u", str(path)]
    return Program("airbench", command, script_told, 1, folder=path.parent)


def test_neither_a_warm_up_nor_a_training_that_was_stopped_counts(tmp_path: Path) -> None:
    running = program(script(tmp_path))
    try:
        running.begin()  # hears the first
        assert running.trainings(2) == [Told(2.5, 0.9002), Told(3.5, 0.9003)]
        assert running.trainings(1) == [Told(5.5, 0.9005)]
    finally:
        running.end()
    assert running.process.returncode is not None


def test_a_script_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    running = program(script(tmp_path, end=3))
    try:
        running.begin()
        with pytest.raises(NoonbitError, match="airbench ended too early: out of luck"):
            running.trainings(5)
    finally:
        running.end()


def test_everybody_comes_first_in_turn() -> None:
    assert [rotated("abc", number)[0] for number in range(4)] == ["a", "b", "c", "a"]


def test_a_script_is_compared_with_each_engine_at_its_own_task_round_by_round(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = {
        "airbench": [[Told(3.0, 0.94), Told(3.0, 0.9402)], [Told(4.0, 0.9398)]],
        f"noonbit graph, {CIFAR}": [[Told(1.0, 0.941), Told(2.0, 0.939)], [Told(1.0, 0.939)]],
        f"noonbit graph, {MNIST}": [[Told(0.1, 0.9941)], [Told(0.1, 0.9941)]],
    }
    results = figures(told)["contestants"]
    ours = f"noonbit graph, {CIFAR}"
    assert results["airbench"]["times_noonbit"] == {ours: {"median": 3.0, "low": 2.0, "high": 4.0}}
    assert results["airbench"]["reached"] and results["airbench"]["n"] == 3
    assert results["airbench"]["deviation"] == pytest.approx(0.0002)
    assert not results[ours]["reached"]  # 93.97 %
    assert results[ours]["times_noonbit"] == {}
    assert Spread(**results[f"noonbit graph, {MNIST}"]["seconds"]).median == 0.1
    racing.print_figures({"contestants": results})
    printed = capsys.readouterr().out
    assert "94.00% +- 0.02" in printed and "94.0% missed" in printed
    assert "3.00 (2.00 to 4.00) (noonbit graph)" in printed


def test_a_script_that_is_not_given_is_no_contestant(tmp_path: Path) -> None:
    given = dict(contestants({"airbench": script(tmp_path), "hiverge": None}, tmp_path, 2))
    assert list(given) == [
        "airbench",
        *(f"noonbit {engine}, {task}" for task in (CIFAR, MNIST) for engine in racing.ENGINES),
    ]
    assert given["airbench"].folder == tmp_path
    told = json.loads(given[f"noonbit graph, {CIFAR}"].command[-1])
    assert told == {"task": CIFAR, "engine": "graph", "data_dir": str(tmp_path)}


def test_noonbits_process_trains_seed_after_seed() -> None:
    small = MNIST_SETTINGS | {"model": "mlp", "epochs": 1, "batch_size": 100}
    small |= {"device": "cpu", "threads": 1}
    told = list(itertools.islice(trainings("digits", small), 3))
    assert all(0.3 < one.accuracy <= 1 and one.seconds > 0 for one in told)
    assert len({one.accuracy for one in told}) > 1
    assert noonbit_told(json.dumps({"seconds": 1.0, "accuracy": 0.5})) == Told(1.0, 0.5)


@pytest.mark.parametrize(
    ("script_name", "sentence"),
    [
        ("airbench94_muon.py", "needs a CUDA device, and PyTorch finds none here. Run it on a"),
        ("none.py", "none.py is no file; give your copy of the script."),
    ],
)
def test_what_is_missing_is_told_in_one_sentence(
    script_name: str,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    script(tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    path = str(tmp_path / script_name)
    assert call(monkeypatch, "gpu", "--airbench", path) == UsageError.exit_code
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert sentence in err
