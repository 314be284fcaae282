"""noonbit compare RUN RUN [RUN ...]"""

import json
from pathlib import Path

import numpy as np
import pytest
from answered_runs import answered

from noonbit.cli.main import run as command_line
from noonbit.runs.run import Run


@pytest.fixture(scope="module")
def runs(digits_run: Run, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The paths of runs with 40, 39 and 20 mistakes."""
    folder = tmp_path_factory.mktemp("compared")
    for name, wrong in (("forty", 40), ("thirty-nine", 39), ("twenty", 20)):
        answered(digits_run, folder / name, np.arange(359) >= wrong)
    return [str(folder / name) for name in ("forty", "thirty-nine", "twenty")]


def test_each_run_is_compared_with_the_first(
    runs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["compare", *runs]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["1", "forty"],
        ["2", "thirty-nine"],
        ["3", "twenty"],
    ]
    assert "88.86% of 359" in lines[1]
    assert lines[5].startswith("verdict  thirty-nine and forty cannot be told apart: +0.28 points")
    assert lines[6].startswith("verdict  twenty is better than forty: +5.57 points")
    assert lines[-1] == "no setting differs"


def test_worse_than_the_first_exits_with_5_where_asked(
    runs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    forty, thirty_nine, twenty = runs
    assert command_line(["compare", twenty, forty]) == 0
    assert command_line(["compare", twenty, forty, "--fail-if-worse"]) == 5
    assert "error: forty is worse than twenty" in capsys.readouterr().err
    assert command_line(["compare", forty, twenty, "--fail-if-worse"]) == 0
    # One wrong answer more is no proof.
    assert command_line(["compare", thirty_nine, forty, "--fail-if-worse"]) == 0
    assert command_line(["compare", thirty_nine, twenty, forty, "--fail-if-worse"]) == 0
    assert command_line(["compare", twenty, twenty, "--fail-if-worse"]) == 2


def test_json_has_figures_comparisons_and_differences(
    runs: list[str], digits_run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["compare", *runs[:2], "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert [Path(run["path"]).name for run in value["runs"]] == ["forty", "thirty-nine"]
    (comparison,) = value["comparisons"]
    assert (comparison["verdict"], comparison["only_other"]) == ("undecided", 1)
    assert comparison["gain"]["low"] < 0 < comparison["gain"]["high"]
    assert value["differences"] == []


def test_settings_that_differ_stand_side_by_side(
    runs: list[str], digits_ensemble: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["compare", runs[0], str(digits_ensemble.path)]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["epochs", "training", "2", "1"] in rows
    assert ["members", "training", "–", "mlp,", "mlp,", "mlp"] in rows


def test_one_run_is_not_enough(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["compare", runs[0]]) == 2
    assert "noonbit compare needs a RUN." in capsys.readouterr().err
