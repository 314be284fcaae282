"""`noonbit predict --url`: a server answers in place of a run, and the output is the same."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from encoded_pictures import encode
from PIL import Image
from running_server import running_server

from noonbit.cli.main import run as command
from noonbit.data import open_data
from noonbit.export.onnx_file import write_onnx
from noonbit.export.onnx_model import OnnxModel
from noonbit.runs.run import Run

KEY = "a-key"


@pytest.fixture(scope="module")
def url(digits_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("exported") / "digits.onnx"
    write_onnx(digits_run, path)
    with running_server(OnnxModel.open(path, threads=1), api_key=KEY) as server:
        yield server.url


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOONBIT_API_KEY", KEY)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    raw: Any = open_data("digits").train.raw
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(5):
        image = Image.fromarray(255 - raw[number, 0]).resize((16, 16))
        content = encode(image)
        (folder / f"{number}.png").write_bytes(content[:50] if number == 3 else content)
    return folder


NUMBER = re.compile(r"\d+\.\d+")


def words_of(out: str) -> str:
    """The output without its numbers."""
    return NUMBER.sub("#", out)


def numbers_of(out: str) -> list[float]:
    """The numbers of an output: percentages with one decimal."""
    return [float(number) for number in NUMBER.findall(out)]


def test_the_output_is_that_of_the_run(
    url: str, digits_run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [str(folder), "--top", "3"]
    assert command(["predict", str(digits_run.path), *flags]) == 0
    expected = capsys.readouterr()
    assert command(["predict", "--url", url, *flags]) == 0
    answered = capsys.readouterr()
    assert words_of(answered.out) == words_of(expected.out) and "3.png" not in answered.out
    # onnxruntime's last bit may round a printed digit to the other side.
    assert numbers_of(answered.out) == pytest.approx(numbers_of(expected.out), abs=0.11)
    assert answered.err == expected.err
    assert "left out 3.png is cut off" in answered.err and "resized" in answered.err


def test_json_and_files_hold_the_rows_of_the_run(
    url: str,
    digits_run: Run,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "answers.csv"
    assert command(["predict", "--url", url, str(folder), "--json", "--out", str(out)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["url"] == url and [row["name"] for row in answer["left_out"]] == ["3.png"]
    rows = digits_run.predict([str(folder)]).rows(1)
    assert [row["prediction"] for row in answer["predictions"]] == [
        row["prediction"] for row in rows
    ]
    assert len(out.read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["predict"], 2, "noonbit predict needs a RUN, or --url URL"),
        (["predict", "--url", "URL"], 2, "takes at least one picture"),
        (["predict", "--url", "URL", "x.png", "--random", "3"], 2, "--random looks into a run"),
        (["predict", "--url", "URL", "x.png", "--trust"], 2, "--trust looks into a run"),
        (["predict", "--url", "URL", "x.png", "--out", "a.txt"], 2, "use .csv, .json or .parquet"),
        (["predict", "--url", "URL", "--text", "fine"], 3, "fine is a sentence, but this server"),
        (["predict", "--url", "URL", "nowhere.png"], 3, "nowhere.png does not exist"),
        (["predict", "--url", "http://127.0.0.1:1", "x.png"], 4, "Nothing answers at"),
        (["predict", "--url", "127.0.0.1", "x.png"], 2, "is no address of a server"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_code(
    arguments: list[str],
    code: int,
    sentence: str,
    url: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command([url if each == "URL" else each for each in arguments]) == code
    error = capsys.readouterr().err
    assert sentence in error and "Traceback" not in error


def test_a_wrong_key_is_said_so(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOONBIT_API_KEY", "another")
    assert command(["predict", "--url", url, str(folder)]) == 2
    assert "The key is wrong" in capsys.readouterr().err


def test_the_client_needs_neither_pytorch_nor_the_server_s_packages(url: str, folder: Path) -> None:
    code = (
        "import sys; from noonbit.cli.main import run; code = run(sys.argv[1:]); "
        "print({'torch', 'onnxruntime', 'uvicorn'} & set(sys.modules)); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "predict", "--url", url, str(folder)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "set()"
