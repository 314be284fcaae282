"""noonbit errors RUN"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noonbit.cli.main import run as command_line
from noonbit.evaluation.torch_inference import predict_probabilities
from noonbit.runs.folder import load_run
from noonbit.runs.predictions import read_predictions
from noonbit.runs.run import Run
from noonbit.system.runtime import Runtime


def mistakes(run: Run, capsys: pytest.CaptureFixture[str], *flags: str) -> dict:
    assert command_line(["errors", str(run.path), "--json", *flags]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_worst_order_gives_the_most_confident_mistakes_first(digits_run, capsys):
    found = mistakes(digits_run, capsys, "--count", "1000")
    stated = [one["probability"] for one in found["mistakes"]]
    assert len(stated) > 3
    assert stated == sorted(stated, reverse=True)
    assert (
        found["wrong"]
        == len(stated)
        == round(digits_run.evaluation.items) - (digits_run.evaluation.correct)
    )


def test_the_first_order_is_that_of_the_data(digits_run, capsys):
    items = [one["item"] for one in mistakes(digits_run, capsys, "--order", "first")["mistakes"]]
    assert len(items) > 3
    assert items == sorted(items)


def test_a_mistake_is_what_the_network_says_of_that_image(digits_run, capsys):
    import torch

    worst = mistakes(digits_run, capsys, "--count", "1")["mistakes"][0]
    items = digits_run.items()
    pixels = torch.from_numpy(items.values[[worst["item"]]])
    said = predict_probabilities(digits_run.model, digits_run.contract, pixels, Runtime.start())[0]
    names = digits_run.class_names
    assert names[items.labels[worst["item"]]] == worst["label"] != worst["prediction"]
    assert names[int(said.argmax())] == worst["prediction"]
    assert said.max() == pytest.approx(worst["probability"], abs=1e-4)
    assert said[names.index(worst["label"])] == pytest.approx(worst["label_probability"], abs=1e-4)


def test_the_sheet_is_a_picture_in_the_run_folder_or_where_out_says(digits_run, capsys, tmp_path):
    found = mistakes(digits_run, capsys, "--count", "3")
    assert Path(found["picture"]) == digits_run.path / "errors.png"
    mistakes(digits_run, capsys, "--count", "9", "--out", str(tmp_path / "sheet"))
    with (
        Image.open(digits_run.path / "errors.png") as three,
        Image.open(tmp_path / "sheet") as nine,
    ):
        assert (three.format, nine.format) == ("PNG", "PNG")
        assert nine.height > three.height


def test_the_table_names_real_and_predicted_classes(digits_run, capsys):
    assert command_line(["errors", str(digits_run.path), "--count", "2"]) == 0
    printed = capsys.readouterr()
    assert printed.out.split()[:5] == ["item", "real", "predicted", "probability", "name"]
    assert len(printed.out.splitlines()) == 3
    assert "test images wrong" in printed.err and "next     noonbit report" in printed.err


def test_a_run_without_predictions_says_how_to_go_on(digits_run, capsys, tmp_path):
    shutil.copytree(digits_run.path, tmp_path / "stopped")
    (tmp_path / "stopped" / "predictions.parquet").unlink()
    load_run(tmp_path / "stopped").update(status="interrupted")
    assert command_line(["errors", str(tmp_path / "stopped")]) == 4
    sentence = capsys.readouterr().err
    assert "stopped has no predictions yet" in sentence and "--resume" in sentence


def test_damaged_predictions_are_named(digits_run, capsys, tmp_path):
    shutil.copytree(digits_run.path, tmp_path / "damaged")
    (tmp_path / "damaged" / "predictions.parquet").write_bytes(b"PAR1 no more")
    assert command_line(["errors", str(tmp_path / "damaged")]) == 4
    assert "predictions.parquet is damaged" in capsys.readouterr().err


def test_answers_agree_with_the_evaluation(digits_run):
    answers = read_predictions(digits_run)
    evaluation = digits_run.evaluation
    assert (answers.labels == answers.predictions).sum() == evaluation.correct
    assert np.allclose(answers.probabilities.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(answers.probabilities.argmax(axis=1), answers.predictions)
