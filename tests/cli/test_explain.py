"""noonbit explain RUN INPUT"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from noonbit.cli.main import run as command_line
from noonbit.runs.run import Run


def test_a_picture_is_explained_in_words_that_end_with_how_to_draw_it(
    digits_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "two words.png"
    Image.fromarray(15 * digits_run.items().values[0][0]).resize((32, 32)).save(picture)
    assert command_line(["explain", str(digits_run.path), str(picture), "--top", "3"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "two words.png" and lines[1].startswith("answer      ")
    assert sum(line.startswith("            0.") for line in lines) == 3
    assert "note     1 image is resized to fit the network" in err
    assert "note     There is no Grad-CAM" in err
    assert err.endswith(f"explain {digits_run.path} '{picture}' --out why.png\n")


def test_a_random_item_is_of_the_test_split_and_found_again_by_its_seed(
    digits_run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", str(digits_run.path), "--random", "--json"]
    assert command_line(words) == 0
    out, err = capsys.readouterr()
    first = json.loads(out)
    assert first["item"] in digits_run.split.test and first["label"] in digits_run.class_names
    seed = err.split("--seed ")[1].split()[0]
    assert command_line([*words, "--seed", seed]) == 0
    assert json.loads(capsys.readouterr().out) == first


def test_the_explanation_and_the_layers_are_drawn(
    digits_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, layers = tmp_path / "why.png", tmp_path / "layers.png"
    words = ["explain", str(digits_run.path), "--random", "--seed", "1"]
    assert command_line([*words, "--out", str(out), "--layers", str(layers)]) == 0
    assert f"wrote    {out}" in capsys.readouterr().err
    for path in (out, layers):
        with Image.open(path) as picture:
            assert picture.format == "PNG"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "noonbit explain takes one input, or --random for a test item of the run."),
        (["a.png", "--random"], "takes one input, or --random"),
        (["a.png", "--seed", "1"], "--seed is of --random; leave it out."),
        (["a.png", "--move", "3"], "--move is for games of Go, and digits takes pictures."),
        (["a.png", "--out", "why.svg"], "ends in '.svg'; use .png or .json."),
        (["a.png", "--layers", "why.svg"], "ends in '.svg'; use .png."),
        (["--random", "--method", "grad-cam"], "Take the method occlusion"),
        (["--random", "--class", "ten"], "There is no class 'ten' among the 10"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    digits_run: Run, capsys: pytest.CaptureFixture[str], flags: list[str], sentence: str
) -> None:
    assert command_line(["explain", str(digits_run.path), *flags]) == 2
    assert sentence in capsys.readouterr().err


WITHOUT_CAPTUM = """
import sys
sys.modules["captum"] = sys.modules["captum.attr"] = None  # as if it were not installed
from noonbit.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("flags", [[], ["--method", "occlusion"], ["--json"]])
def test_without_captum_a_picture_is_refused_in_one_sentence(
    digits_run: Run, tmp_path: Path, flags: list[str]
) -> None:
    picture = tmp_path / "a.png"
    Image.fromarray(15 * digits_run.items().values[0][0]).save(picture)
    command = [sys.executable, "-c", WITHOUT_CAPTUM, "explain", str(digits_run.path), str(picture)]
    done = subprocess.run([*command, *flags], capture_output=True, text=True, timeout=120)
    assert done.returncode == 7
    assert done.stderr == (
        "error: The regions that decided are computed by captum, which is not installed: "
        "python -m pip install 'noonbit[explain]'.\n"
    )
    assert done.stdout == ""
