"""`noonbit predict` and `noonbit evaluate` with an exported file in place of a run."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from go_boards import random_game, sgf_of
from PIL import Image
from small_onnx import BOARDS, PICTURES, SENTENCES, write_linear

from noonbit.cli.main import run
from noonbit.data.preprocess.contract import Contract

PROJECT = Path(__file__).parents[2]


def write_pictures(folder: Path) -> Path:
    """Two light pictures and a dark one of another size."""
    for name, level, side in (("light/1", 200, 8), ("light/2", 220, 8), ("dark/3", 20, 16)):
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((side, side), level, np.uint8)
        pixels[0, 0] += 9
        Image.fromarray(pixels).save(path)
    return folder


def write_texts(folder: Path) -> Path:
    folder.mkdir()
    (folder / "reviews.csv").write_text(
        "text,label\na good good good film,pos\nbad bad bad bad film,neg\ngood film,pos\n"
    )
    return folder / "reviews.csv"


def write_games(folder: Path) -> Path:
    folder.mkdir()
    for seed in range(3):
        game = random_game(seed, size=19, moves=6)
        (folder / f"{seed}.sgf").write_bytes(sgf_of(game))
    return folder


KINDS: dict[str, tuple[Contract, Callable[[Path], Path]]] = {
    "picture": (PICTURES, write_pictures),
    "sentence": (SENTENCES, write_texts),
    "board": (BOARDS, write_games),
}


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(write_linear(tmp_path / "model.onnx", PICTURES))


def ask(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(list(arguments))
    return code, *capsys.readouterr()


def ask_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code, out, err = ask(capsys, *arguments, "--json")
    assert code == 0, err
    return dict(json.loads(out))


def modules_after(*commands: list[str]) -> set[str]:
    """The modules that a fresh interpreter holds after commands, each of which succeeds."""
    code = (
        "import sys; from noonbit.cli.main import run\n"
        f"codes = [run(arguments) for arguments in {commands!r}]\n"
        "print(codes); print(*sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    *_, codes, modules = done.stdout.splitlines()
    assert codes == str([0] * len(commands)), done.stderr
    return set(modules.split())


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_predicts_and_evaluates_without_pytorch(kind: str, tmp_path: Path) -> None:
    contract, write = KINDS[kind]
    path = str(write_linear(tmp_path / "model.onnx", contract))
    source = str(write(tmp_path / "data"))
    modules = modules_after(["predict", path, source], ["evaluate", path, source])
    assert "onnxruntime" in modules
    assert not modules & {"torch", "sklearn", "matplotlib", "jinja2"}


def test_one_picture_waits_for_nothing_that_it_does_not_need(model: str, tmp_path: Path) -> None:
    write_pictures(tmp_path / "new")
    modules = modules_after(["predict", model, str(tmp_path / "new" / "dark" / "3.png")])
    assert not modules & {"torch", "scipy", "pyarrow", "matplotlib", "sklearn"}
    assert not modules & {"rich.console", "rich.table", "numpy.random"}


def test_a_file_names_classes_as_a_run_does(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_pictures(tmp_path / "new")
    (folder / "light" / "cut.png").write_bytes(b"hello")
    answer = ask_json(capsys, "predict", model, str(folder), "--top", "2")
    named = {row["name"]: (row["prediction"], row["adjusted"]) for row in answer["predictions"]}
    assert named == {
        "dark/3.png": ("dark", "resized"),
        "light/1.png": ("light", ""),
        "light/2.png": ("light", ""),
    }
    assert answer["run"] == model
    assert answer["left_out"] == [
        {"name": "light/cut.png", "reason": "is not an image (it begins with b'hello')"}
    ]
    for row in answer["predictions"]:
        assert row["probability"] + row["probability_2"] == pytest.approx(1, abs=1e-6)


def test_answers_are_written_in_the_form_of_a_table_and_of_a_sample(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = write_pictures(tmp_path / "new"), tmp_path / "answers.csv"
    code, printed, err = ask(capsys, "predict", model, str(folder), "--out", str(out))
    assert (code, printed) == (0, "") and "(3 rows)" in err
    assert out.read_text().splitlines()[0] == '"name","prediction","probability","adjusted"'
    (tmp_path / "sample.csv").write_text("id,label\n1,x\n2,x\n3,x\n")
    like = ["--like", str(tmp_path / "sample.csv")]
    assert ask(capsys, "predict", model, str(folder), "--out", str(out), *like)[0] == 0
    assert out.read_text().split() == ["id,label", "1,light", "2,light", "3,dark"]


def test_a_sentence_of_the_command_line_is_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write_linear(tmp_path / "model.onnx", SENTENCES))
    answer = ask_json(capsys, "predict", path, "--text", "good good film")
    (row,) = answer["predictions"]
    assert row["name"] == "good good film" and row["prediction"] == "pos"


def test_a_file_is_measured_on_a_source_whose_classes_match_by_name(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_pictures(tmp_path / "data")
    (folder / "light" / "2.png").rename(folder / "dark" / "4.png")
    answer = ask_json(capsys, "evaluate", model, str(folder))
    assert (answer["split"], answer["items"], answer["correct"]) == ("all", 3, 2)
    assert answer["confusion"] == [[1, 1], [0, 1]]
    assert answer["adjusted"] == {"resized": 1}
    code, out, err = ask(capsys, "evaluate", model, str(folder), "--fail-under", "0.9")
    assert code == 5 and out.startswith("accuracy 66.67% of 3 images")
    assert f"next     noonbit predict {model} PICTURE" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["predict", "MODEL", "--random", "3"], "--random shows a run's own test items"),
        (["predict", "MODEL", "a.png", "--explain"], "--explain looks inside a run's network"),
        (["predict", "MODEL", "a.sgf", "--move", "3"], "--move draws one move as a run sees it"),
        (["predict", "MODEL", "a.png", "--trust"], "--trust lets a run's Python code run"),
        (["evaluate", "MODEL", "data", "--trust"], "--trust lets a run's Python code run"),
        (["evaluate", "MODEL"], "has no data of its own. Name some: noonbit evaluate"),
        (["predict", "MODEL"], "at least one picture"),
    ],
)
def test_what_a_file_cannot_do_is_refused_in_a_sentence(
    arguments: list[str], sentence: str, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ask(capsys, *[model if word == "MODEL" else word for word in arguments])
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and err.count("\n") == 1 and sentence in err


def test_a_class_that_the_network_does_not_know_is_named(
    model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_pictures(tmp_path / "data")
    (folder / "dark").rename(folder / "grey")
    code, _, err = ask(capsys, "evaluate", model, str(folder))
    assert code == 3
    assert "has the class 'grey', which model.onnx was not trained on" in err


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        (None, "does not say how a picture becomes its input: noonbit did not write it"),
        ("{", "is damaged"),
        ("{}", "is damaged: format is missing"),
    ],
)
def test_a_file_of_another_program_is_refused(
    metadata: str | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_linear(tmp_path / "foreign.onnx", PICTURES, metadata=metadata)
    code, _, err = ask(capsys, "predict", str(path), "a.png")
    assert code == 4 and err.count("\n") == 1 and sentence in err


def test_what_is_no_onnx_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.onnx"
    code, _, err = ask(capsys, "predict", str(path), "a.png")
    assert (code, err) == (4, f"error: {path} does not exist. Make one: noonbit export RUN\n")
    path.write_bytes(b"hello")
    code, _, err = ask(capsys, "predict", str(path), "a.png")
    assert code == 4 and "is no ONNX file that can be run" in err and err.count("\n") == 1


def test_a_folder_of_that_name_is_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run.onnx"
    folder.mkdir()
    code, _, err = ask(capsys, "predict", str(folder), "a.png")
    assert (code, err) == (4, f"error: {folder} is not a run: it has no run.json.\n")


def test_without_onnxruntime_the_extra_is_named(
    model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # what Python finds is not there
    code, _, err = ask(capsys, "predict", model, "a.png")
    assert code == 7 and "python -m pip install 'noonbit[export]'" in err
