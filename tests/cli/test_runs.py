"""noonbit runs [FOLDER]"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from answered_runs import rewrite_json

from noonbit.cli.main import run as command_line
from noonbit.runs.run import Run


@pytest.fixture
def folder(digits_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """runs/ with two runs and a folder of something else, as the working directory has it."""
    for name in ("one", "two"):
        shutil.copytree(digits_run.path, tmp_path / "runs" / name)
    (tmp_path / "runs" / "notes").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def test_the_table_has_every_run_and_its_interval(
    folder: Path, digits_run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["runs", "--sort", "name"]) == 0
    printed = capsys.readouterr()
    header, one, two = printed.out.splitlines()
    assert header.split()[:4] == ["name", "source", "network", "status"]
    result = digits_run.metadata["result"]
    assert one.split()[:5] == ["one", "digits", "mlp", "finished", f"{result['accuracy']:.2%}"]
    assert f"{result['accuracy_low']:.2%} to {result['accuracy_high']:.2%}" in one
    assert "359 test items" in one and two.startswith("two")
    assert "note     runs/notes is no run: it has no run.json." in printed.err
    assert "next     noonbit compare runs/two runs/one" in printed.err


def test_json_is_one_value_with_what_is_not_listed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["runs", "--json", "--model", "MLP", str(folder)]) == 0
    value = json.loads(capsys.readouterr().out)
    assert {run["name"] for run in value["runs"]} == {"one", "two"}
    assert value["runs"][0]["path"] == str(folder / value["runs"][0]["name"])
    assert len(value["not_listed"]) == 1


@pytest.mark.parametrize(
    ("order", "first"),
    [("accuracy", "two"), ("seconds", "one"), ("name", "one"), ("date", "two")],
)
def test_each_order_begins_with_what_is_looked_for(
    folder: Path, order: str, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, accuracy, seconds, created in (("one", 0.8, 1.0, 2025), ("two", 0.9, 2.0, 2026)):
        path = folder / name / "run.json"
        result = json.loads(path.read_text())["result"]
        result |= {"accuracy": accuracy, "train_seconds": seconds}
        rewrite_json(path, result=result, created=f"{created}-01-01T00:00:00+00:00")
    assert command_line(["runs", "--json", "--sort", order]) == 0
    assert json.loads(capsys.readouterr().out)["runs"][0]["name"] == first


def test_a_filter_says_how_many_it_leaves(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["runs", "--source", "mnist"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "note     0 of 2 runs fit what was asked for" in printed.err


def test_without_any_run_the_first_one_is_proposed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command_line(["runs"]) == 0
    printed = capsys.readouterr()
    assert "there is no run in" in printed.err and "next     noonbit train digits" in printed.err
    assert command_line(["runs", "elsewhere"]) == 4


def test_a_list_does_not_wait_for_pytorch(folder: Path) -> None:
    code = (
        "import sys\nfrom noonbit.cli.main import run\nrun(['runs'])\n"
        "assert not {'torch', 'numpy', 'pyarrow', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=folder.parent)
