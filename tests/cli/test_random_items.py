"""noonbit predict RUN --random N"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noonbit.cli.main import run as command_line
from noonbit.cli.terminal_picture import picture_text
from noonbit.data import open_data
from noonbit.runs.folder import load_run
from noonbit.runs.predictions import read_predictions
from noonbit.runs.run import Run


def random_rows(capsys, run: Run, count: int, *flags: str) -> list[dict]:
    arguments = ["predict", str(run.path), "--random", str(count), *flags, "--json"]
    assert command_line(arguments) == 0
    return json.loads(capsys.readouterr().out)["items"]


def test_one_test_item_is_shown_with_its_label_and_prediction(digits_run: Run, capsys) -> None:
    arguments = ["predict", str(digits_run.path), "--random", "1", "--seed", "3", "--top", "2"]
    assert command_line(arguments) == 0
    out, err = capsys.readouterr()
    (row,) = random_rows(capsys, digits_run, 1, "--seed", "3", "--top", "2")
    title, *picture, label, prediction = out.strip().splitlines()
    assert title == f"test item {row['item']}: digits item {row['item']}"
    assert picture[:8] == picture_text(digits_run.items().values[row["item"]]).plain.split("\n")[:8]
    assert label.split() == ["label", row["label"]]
    assert prediction == (
        f"prediction  {row['prediction']} {row['probability']:.4f}, "
        f"{row['prediction_2']} {row['probability_2']:.4f}"
    )
    assert f"again    noonbit predict {digits_run.word} --random 1 --seed 3" in err


def test_all_of_them_are_the_test_split_and_nothing_else(digits_run: Run, capsys) -> None:
    answers = read_predictions(digits_run)
    rows = random_rows(capsys, digits_run, len(answers))
    assert sorted(row["item"] for row in rows) == digits_run.items().split.test.tolist()
    labels = open_data("digits").train.labels
    assert labels is not None
    assert all(row["label"] == str(labels[row["item"]]) for row in rows)
    wrong = sum(row["label"] != row["prediction"] for row in rows)
    assert digits_run.evaluation is not None
    assert wrong == digits_run.evaluation.items - digits_run.evaluation.correct


def test_a_seed_gives_the_same_items_and_no_seed_gives_others(digits_run: Run, capsys) -> None:
    one, again = (random_rows(capsys, digits_run, 20, "--seed", "7") for _ in range(2))
    others = [random_rows(capsys, digits_run, 20) for _ in range(2)]
    assert one == again and others[0] != others[1]
    assert len({row["item"] for row in one}) == 20


def test_out_writes_the_rows_or_a_sheet_of_the_pictures(
    digits_run: Run, tmp_path: Path, capsys
) -> None:
    for name in ("items.csv", "items.png"):
        arguments = ["predict", str(digits_run.path), "--random", "7", "--out"]
        assert command_line([*arguments, str(tmp_path / name)]) == 0
        assert f"wrote    {tmp_path / name} (7 items)" in capsys.readouterr().err
    assert (tmp_path / "items.csv").read_text().startswith('"item","name","label","prediction"')
    with Image.open(tmp_path / "items.png") as picture:
        assert picture.width > 5 * 96


def test_items_whose_data_have_changed_are_named_and_not_shown(
    tmp_path: Path, digits_run: Run, capsys
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(digits_run.path, copy)
    metadata = json.loads((copy / "run.json").read_text())
    metadata["data"]["fingerprint"] = "of others"
    (copy / "run.json").write_text(json.dumps(metadata))
    assert command_line(["predict", str(copy), "--random", "1", "--seed", "3"]) == 0
    out, err = capsys.readouterr()
    assert len(out.strip().splitlines()) == 3
    assert "note     the items themselves are not shown: digits has changed since" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--random", "360"], "--random 360 is more than the 359 test images of"),
        (["--random", "1", "new.png"], "--random shows test items of the run; leave out inputs"),
        (["--seed", "1", "new.png"], "--seed is of --random N; leave it out."),
        (["--random", "1", "--out", "a.txt"], "a.txt ends in '.txt'; use .csv, .json, .parquet or"),
    ],
)
def test_what_does_not_go_together_is_said(arguments, sentence, digits_run: Run, capsys) -> None:
    assert command_line(["predict", str(digits_run.path), *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_a_run_without_test_figures_says_how_to_get_them(
    tmp_path: Path, digits_run: Run, capsys
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(digits_run.path, copy)
    (copy / "predictions.parquet").unlink()
    load_run(copy).update(status="interrupted")
    assert command_line(["predict", str(load_run(copy).path), "--random", "1"]) == 4
    assert "has no predictions yet" in capsys.readouterr().err


def test_lighter_pixels_are_fuller_characters_and_large_pictures_are_shrunk() -> None:
    levels = np.array([[[0, 60, 110, 160, 255]]], np.uint8)
    assert picture_text(levels).plain == "  ░░▒▒▓▓██\n"
    colours = np.zeros((3, 100, 200), np.uint8)
    colours[0] = 255
    lines = picture_text(colours).plain.splitlines()
    assert (len(lines), len(lines[0])) == (20, 80)
    assert str(picture_text(colours).spans[0].style) == "#ff0000 on #ff0000"
