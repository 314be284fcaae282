"""What a command shows of names that come from anywhere, and what a spreadsheet gets of them."""

import csv
import io
import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from noonbit.cli.main import run
from noonbit.cli.output import align_table, escape_formula, print_folded_table
from noonbit.config.recipe import Recipe
from noonbit.jobs.train import train
from noonbit.runs.run import Run

CLASSES = ("=1+1\x1b[31m", "[/b]\u202eb\nnext\x9b2J")
"""Names that a spreadsheet would run, and that would steer a terminal or rich."""
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty images of two classes with harmful names, in a folder with a harmful name."""
    folder = tmp_path_factory.mktemp("data") / "it's\x1b[2J a\nfolder"
    folder.mkdir()
    labels = np.arange(40) % 2
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8)).astype(np.uint8)
    np.savez(folder / "a.npz", images=images, labels=np.array(CLASSES)[labels])
    return folder / "a.npz"


@pytest.fixture(scope="module")
def hostile(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on them."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return train(source, Recipe(model="mlp", epochs=1, threads=1), out=out)


@pytest.mark.parametrize("command", ["check", "train", "evaluate", "errors", "predict", "show"])
def test_no_name_steers_the_terminal(
    command: str,
    source: Path,
    hostile: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = str(hostile.path)
    words = {
        "check": [str(source)],
        "train": [
            str(source),
            "--model=mlp",
            "--epochs=1",
            "--threads=1",
            f"--out={tmp_path / 'run'}",
        ],
        "evaluate": [path],
        "errors": [path],
        "predict": [path, "--random", "5"],
        "show": [str(source)],
    }
    assert run([command, *words[command]]) in (0, 5)
    printed = capsys.readouterr()
    shown = printed.out + printed.err
    assert not HARMFUL.search(shown)
    assert r"\x1b[" in shown
    assert not [line for line in shown.splitlines() if line.startswith("next\x9b")]


def test_json_keeps_the_names(hostile: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(hostile.path), "--json"]) == 0
    printed = capsys.readouterr().out
    assert not HARMFUL.search(printed)
    assert {each["name"] for each in json.loads(printed)["classes"]} == set(CLASSES)


def test_an_error_shows_a_name_escaped_and_a_long_one_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["check", "no\x1b[31m\nerror: all is well"]) == 3
    assert capsys.readouterr().err.startswith(r"error: no\x1b[31m\nerror: all is well does not")
    assert run(["summary", "n" * 3_000]) == 2
    assert len(capsys.readouterr().err) < 1_000


def test_the_next_command_can_be_typed_whatever_the_source_is_called(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("it's a $HOME; file.npz", "-x.npz"):
        shutil.copy(source, name)
        assert run(["check", f"./{name}"]) in (0, 5)
        last = capsys.readouterr().err.splitlines()[-1]
        assert Path(shlex.split(last)[-1]) == Path(name)


def test_text_that_a_spreadsheet_would_run_is_written_as_text_in_csv_alone(
    hostile: Run, source: Path, tmp_path: Path
) -> None:
    words = ["predict", str(hostile.path), str(source), "--top", "2", "--out"]
    shown = {}
    for name, flags in (("safe.csv", []), ("exact.csv", ["--no-escape-formulas"])):
        assert run([*words, str(tmp_path / name), *flags]) == 0
        with (tmp_path / name).open(newline="") as file:
            row = next(csv.DictReader(file))
        shown[name] = {row["prediction"], row["prediction_2"]}
    assert shown["safe.csv"] == {f"'{CLASSES[0]}", CLASSES[1]}
    assert shown["exact.csv"] == set(CLASSES)
    assert run([*words, str(tmp_path / "rows.parquet")]) == 0
    (row, *_) = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert {row["prediction"], row["prediction_2"]} == set(CLASSES)


def test_a_formula_is_what_a_spreadsheet_takes_for_one() -> None:
    for text in (
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "-",
        "-1-1",
    ):
        assert escape_formula(text) == f"'{text}"
    for cell in ("-1.5", "+3", "-2e-5", "cat", "a=b", "'", "", -1.5, None):
        assert escape_formula(cell) == cell


@pytest.mark.filterwarnings("default")
def test_warnings_of_ones_own_code_are_notes_and_those_of_libraries_are_kept_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "import warnings, numpy, torch\n"
        "def network(classes, channels, size):\n"
        "    warnings.warn('my layer is odd')\n"
        "    warnings.warn_explicit('of numpy', UserWarning, numpy.__file__, 1)\n"
        "    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, classes))\n"
    )
    assert run(["summary", f"{own}:network"]) == 0
    printed = capsys.readouterr().err
    assert "note     my layer is odd\n" in printed
    assert "of numpy" not in printed


def test_a_table_in_a_pipe_is_aligned_as_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    header = ["name", "예측", "count", ""]
    body = [["a.png", "고양이", "1,000", ""], ["much longer.png", "[b]dog[/b]", "7", "resized"]]
    numbers = [False, False, True, False]
    piped = align_table([header, *body], numbers)
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stdout", printed)
    monkeypatch.setenv("COLUMNS", "200")
    print_folded_table(header, body, numbers)
    assert printed.getvalue().splitlines() == piped
