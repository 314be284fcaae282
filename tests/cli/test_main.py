"""The command line: what it prints where, its messages, and its exit codes."""

import csv
import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from paths import PROJECT
from PIL import Image, ImageOps
from sklearn.datasets import load_digits

from noonbit import __version__
from noonbit.cli.main import COMMANDS, raise_terminated, run
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.read_options import ReadOptions
from noonbit.config.recipe import Recipe
from noonbit.data import open_data
from noonbit.models import catalogue, summary
from noonbit.models.catalogue import MODELS

ENVIRONMENT = os.environ | {"PYTHONPATH": str(PROJECT)}
"""Lets a subprocess import the package from any folder, installed or not."""
FAST = ["--model", "lenet5", "--epochs", "1", "--threads", "1"]


@pytest.fixture
def command(capsys, tmp_path, monkeypatch):
    """Run a command in an empty folder; return its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def refused(command):
    """Run a command that must fail with a code and print one sentence; return the sentence."""

    def call(code: int, *arguments: object) -> str:
        given, out, err = command(*arguments)
        assert given == code, err
        assert out == ""
        last = err.splitlines()[-1]
        assert last.startswith("error: ")
        assert "Traceback" not in err
        assert "pydantic" not in err
        return last.removeprefix("error: ")

    return call


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Five digits as PNG files in a folder, as bright as those of a drawing program."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    part = open_data("digits").train
    for index in range(5):
        Image.fromarray(part.raw[index][0]).save(folder / f"{index}.png")
    return folder


def python(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
    """Run `python -m noonbit` in a process of its own."""
    words = [sys.executable, "-m", "noonbit", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, env=ENVIRONMENT, **options)


SETTINGS = {
    "recipe": Recipe,
    "ensemble_settings": EnsembleSettings,
    "read_options": ReadOptions,
}
"""Parameters each of whose fields is a flag."""


def parameters_of(name: str) -> list[str]:
    module = import_module(f"noonbit.cli.{name}")
    names = list(inspect.signature(getattr(module, name)).parameters)
    names = ["from" if name == "from_run" else name for name in names]  # `from` is Python's word
    return [
        flag
        for name in names
        for flag in (SETTINGS[name].model_fields if name in SETTINGS else [name])
    ]


# help


def test_the_front_page_lists_every_command_and_where_to_begin(command):
    for arguments in ([], ["--help"], ["-h"]):
        code, out, _ = command(*arguments)
        assert code == 0
        assert all(f" {name} " in out for name in COMMANDS)
        assert "noonbit train digits" in out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_mentions_every_flag_and_explains_it(name, command):
    code, out, err = command(name, "--help")
    assert (code, err) == (0, "")
    for parameter in parameters_of(name):
        flag = "--" + parameter.rstrip("_").replace("_", "-")  # `class_` is --class
        assert flag in out or re.search(rf"\b{parameter.upper()}\b", out), flag
    assert "None" not in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_parameter_of_a_command_has_a_sentence(name):
    module = import_module(f"noonbit.cli.{name}")
    text = getattr(module, name).__doc__
    for parameter in inspect.signature(getattr(module, name)).parameters.values():
        # The types of shared flags carry their help text.
        about = getattr(parameter.annotation, "__metadata__", ())
        assert (
            parameter.name in SETTINGS
            or any(each.help for each in about)
            or re.search(rf"^    {parameter.name}\n        \S", text, re.M)
        )


def test_version_is_the_packages(command):
    assert command("--version")[:2] == (0, f"{__version__}\n")


# usage


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["trian", "digits"], 'Unknown command "trian". Did you mean "train"?'),
        (["train", "digits", "--epoch", "3"], "Unknown option: --epoch. Did you mean --epochs?"),
        (["train", "digits", "--model", "lenet"], "No model is called 'lenet'. Did you mean 'le"),
        (["summary", "lenett"], "No model is called 'lenett'. Did you mean 'lenet5'?"),
        (["train"], "noonbit train takes a source (a path or a name of `noonbit data`), or --r"),
        (["train", "--resume"], "--resume needs a value. See noonbit train --help."),
        (["train", "digits", "mnist"], "noonbit train has no use for 'mnist'. See noonbit train"),
        (["summary"], "noonbit summary needs a MODEL. See noonbit summary --help."),
        (["predict"], "noonbit predict needs a RUN, or --url URL. See noonbit predict --help."),
        (
            ["predict", "last"],
            "noonbit predict takes a run and at least one picture, folder, array o",
        ),
        (["train", "digits", "--config", "no.toml"], "no.toml does not exist; --config takes a"),
        (["train", "digits", "--config", "."], ". cannot be read: Is a directory."),
        (["summary", "cnn", "--input", "28"], "--input 28 is not a size; write height x width x"),
        (["summary", "cnn", "--input", "0x8x1"], "--input 0x8x1 is not a size; write height x"),
        (["train", "digits", "--device", "cuda:99"], "The device 'cuda:99' is not on this machine"),
        (["train", "digits", "--augment", "spin=3"], "No augmentation is called 'spin'."),
    ],
)
def test_a_usage_error_is_a_sentence_and_exits_with_2(arguments, sentence, refused):
    assert refused(2, *arguments).startswith(sentence)


@pytest.mark.parametrize(
    ("flag", "value", "allowed"),
    [
        ("--epochs", "0", "from 1 to 1,000,000"),
        ("--epochs", "three", "integer"),
        ("--optimizer", "sdg", "'sgd'"),
        ("--batch-size", "1", "from 2 to 10,000,000"),
        ("--learning-rate", "-1", "above 0 and at most 1,000,000"),
        ("--learning-rate", "1e400", "above 0 and at most 1,000,000"),
        ("--warmup", "1", "from 0 to below 1"),
        ("--time-budget", "inf", "above 0 and at most 31,622,400"),
        ("--threads", "10000", "from 1 to 1,024"),
        ("--validation", "0.95", "a share up to 0.5 or a whole number of items"),
        ("--precision", "fp16", "'bfloat16'"),
        ("--channels", "4", "3"),
    ],
)
def test_a_value_that_does_not_fit_names_the_flag_what_is_allowed_and_what_came(
    flag, value, allowed, refused
):
    sentence = refused(2, "train", "digits", flag, value)
    assert sentence.startswith(flag)
    assert allowed in sentence
    assert value in sentence
    assert "http" not in sentence


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["evaluate", "last", "--fail-under", "98"], "above 0 and at most 1"),
        (["predict", "last", "x.png", "--top", "0"], ">= 1"),
        (["predict", "last", "x.png", "--out", "x.txt"], ".csv, .json or .parquet"),
        (["summary", "cnn", "--classes", "0"], "from 1 to"),
    ],
)
def test_a_flag_out_of_range_is_refused_before_anything_is_read(arguments, allowed, refused):
    assert allowed in refused(2, *arguments)


def test_a_missing_source_exits_with_3_and_says_what_a_source_is(refused):
    sentence = refused(3, "train", "nowhere")
    assert sentence.startswith("nowhere does not exist. A source is a folder, a file, an archive")


def test_a_missing_run_exits_with_4_and_says_how_to_make_one(refused, tmp_path):
    for arguments in (["evaluate"], ["predict", "last", "x.png"], ["train", "--resume", "last"]):
        assert refused(4, *arguments).startswith(f"There is no run in {tmp_path / 'runs'}")


def test_a_picture_before_the_run_says_that_the_run_comes_first(refused, pictures, digits_run):
    sentence = refused(4, "predict", pictures / "0.png", digits_run.path)
    assert sentence.endswith("0.png is a file, not a run folder; the run comes first.")


def test_flags_beside_resume_are_refused(refused, digits_run):
    for flags in (["--seed", "3"], ["--out", "x"], ["--from", "last"], ["--fast"]):
        sentence = refused(2, "train", "--resume", digits_run.path, *flags)
        assert sentence == (
            "--resume continues a run as it was begun; leave out all flags but --epochs and --live."
        )


def test_an_existing_run_folder_is_never_overwritten(refused, digits_run):
    before = (digits_run.path / "run.json").read_bytes()
    sentence = refused(2, "train", "digits", *FAST, "--out", digits_run.path)
    assert "already exists, and nothing is ever overwritten" in sentence
    assert (digits_run.path / "run.json").read_bytes() == before


def test_a_run_of_a_later_format_exits_with_4(refused, digits_run, tmp_path):
    copied = Path(shutil.copytree(digits_run.path, tmp_path / "later"))
    metadata = json.loads((copied / "run.json").read_text()) | {"format": 99}
    (copied / "run.json").write_text(json.dumps(metadata))
    for arguments in (
        ["evaluate", copied],
        ["predict", copied, "x"],
        ["train", "--resume", copied],
    ):
        assert "has run format 99; this noonbit" in refused(4, *arguments)


def test_a_bug_prints_its_traceback_and_exits_with_1(command, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by accident")

    monkeypatch.setattr("noonbit.data.known.locate.locate_all", broken)
    code, out, err = command("data")
    assert (code, out) == (1, "")
    assert "ZeroDivisionError: by accident" in err
    assert err.endswith("error: This is a bug in noonbit; please report it with the lines above.\n")


def test_an_interrupt_before_the_training_exits_with_130(command, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("noonbit.data.known.locate.locate_all", interrupted)
    assert command("data") == (130, "", "error: Interrupted.\n")


def test_a_termination_before_the_training_exits_with_143(command, monkeypatch):
    def terminated(*_: object) -> None:
        raise_terminated(signal.SIGTERM, None)

    monkeypatch.setattr("noonbit.data.known.locate.locate_all", terminated)
    assert command("data") == (143, "", "error: Terminated.\n")


# train


def test_fast_trains_the_small_network_and_leaves_no_choice_of_another(command, refused, tmp_path):
    code, out, err = command(
        *("train", "digits", "--fast", "--epochs", 1, "--threads", 1, "--json", "--out", "quick")
    )
    assert code == 0, err
    assert json.loads(out)["model"] == "glimpse"
    assert "--fast chooses the network" in refused(2, "train", "digits", "--fast", "--model", "cnn")


def test_train_json_is_all_of_stdout_and_evaluate_gives_the_same_figures(command, tmp_path):
    code, out, err = command("train", "digits", *FAST, "--json", "--out", "run")
    assert code == 0
    result = json.loads(out)
    assert set(result) >= {
        "run",
        "model",
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "test_items",
        "epochs",
        "train_seconds",
        "total_seconds",
    }
    assert result["run"] == str(tmp_path / "run")
    assert result["model"] == "lenet5"
    assert (result["test_items"], result["epochs"]) == (359, 1)
    assert 0 < result["train_seconds"] < result["total_seconds"]
    assert err.splitlines()[-2] == f"report   {tmp_path / 'run' / 'report.html'}"
    assert err.splitlines()[-1] == f"next     noonbit predict {tmp_path / 'run'} PICTURE"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", err)

    code, out, _ = command("evaluate", "run", "--json")
    again = json.loads(out)
    assert code == 0
    for figure in ("accuracy", "accuracy_low", "accuracy_high", "test_items"):
        assert again[figure] == result[figure]


def test_train_in_a_process_of_its_own_makes_a_run_that_last_finds(command, tmp_path):
    trained = python("train", "digits", *FAST, "--json", cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr
    result = json.loads(trained.stdout)
    name = Path(result["run"]).name
    assert re.fullmatch(r"\d{8}-\d{6}-lenet5-digits", name)
    assert trained.stderr.splitlines()[-1] == f"next     noonbit predict {name} PICTURE"
    code, out, _ = command("evaluate", "last", "--json", "--fail-under", "0.999999")
    assert code == 5
    assert json.loads(out)["accuracy"] == result["accuracy"]


def test_flags_come_on_top_of_the_config_file(command, tmp_path):
    (tmp_path / "my.toml").write_text(
        'model = "lenet5"\nepochs = 2\nthreads = 1\nbatch_size = 64\n'
    )
    code, out, _ = command(
        "train", "digits", "--config", "my.toml", "--epochs", "1", "--json", "--out", "run"
    )
    assert code == 0
    assert json.loads(out)["epochs"] == 1
    recipe = Recipe.load(tmp_path / "run" / "recipe.toml")
    assert (recipe.batch_size, recipe.epochs, recipe.model) == (64, 1, "lenet5")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("epoch = 2", "my.toml has the setting 'epoch', which does not exist. Did you mean 'epo"),
        ("epochs = 0", "my.toml: epochs"),
        ("epochs = ", "my.toml is not TOML"),
    ],
)
def test_a_wrong_config_file_is_named(text, sentence, refused, tmp_path):
    (tmp_path / "my.toml").write_text(text)
    assert refused(2, "train", "digits", "--config", "my.toml").startswith(sentence)


def test_a_diverged_training_exits_with_6(refused, tmp_path):
    wild = ["--model", "cnn", "--optimizer", "sgd", "--learning-rate", "1e6", "--threads", "1"]
    sentence = refused(6, "train", "digits", *wild, "--epochs", "1", "--out", "run")
    assert "Try --learning-rate 200000, or a longer --warmup" in sentence
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "diverged"


# evaluate


def test_evaluate_prints_accuracy_classes_and_confusion(command, digits_run):
    code, out, err = command("evaluate", digits_run.path)
    evaluation = digits_run.evaluation
    assert code == 0
    assert out.startswith(f"accuracy {evaluation.accuracy:.2%} of 359 images (95 % interval ")
    assert re.search(r"^class  images  precision  recall  F1", out, re.M)
    assert "confusion matrix (rows are the true classes)" in out
    assert err == f"\nnext     noonbit errors {digits_run.path}\n"


def test_evaluate_takes_another_source_with_the_same_classes(command, digits_run):
    code, out, _ = command("evaluate", digits_run.path, "digits", "--json")
    result = json.loads(out)
    assert code == 0
    assert (result["source"], result["split"], result["test_items"]) == ("digits", "all", 1797)


@pytest.fixture
def altered_digits(tmp_path):
    """Four digits as PNG: two of them larger, of which one is inverted, and a blank one."""
    images, labels = load_digits().images[:4] * (255 / 16), load_digits().target[:4]
    for number, (image, label) in enumerate(zip(images.astype(np.uint8), labels, strict=True)):
        picture = Image.fromarray(image).resize((24, 24) if number < 2 else (8, 8))
        if number == 1:
            picture = ImageOps.invert(picture)
        if number == 2:
            picture = Image.new("L", (8, 8), 0)
        (tmp_path / "altered" / str(label)).mkdir(parents=True)
        picture.save(tmp_path / "altered" / str(label) / f"{number}.png")
    return tmp_path / "altered"


def test_evaluate_and_predict_say_what_they_adjusted(command, digits_run, altered_digits, tmp_path):
    run = Path(shutil.copytree(digits_run.path, tmp_path / "run"))
    contract = json.loads((run / "contract.json").read_text())
    contract["preprocessor"]["polarity"] = "light on dark"
    (run / "contract.json").write_text(json.dumps(contract))
    _, _, err = command("evaluate", run, altered_digits)
    notes = [
        "note     2 images are resized to fit the network",
        "note     1 image is inverted, since the network learned from the other polarity",
        "note     1 image is blank: one level everywhere, so the prediction means nothing",
    ]
    assert set(notes) <= set(err.splitlines())
    _, out, _ = command("evaluate", run, altered_digits, "--json")
    assert json.loads(out)["adjusted"] == {"blank": 1, "inverted": 1, "resized": 2}
    file = tmp_path / "predictions.csv"
    _, out, err = command("predict", run, altered_digits, "--out", file)
    assert set(notes) <= set(err.splitlines())
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert sorted(row["adjusted"] for row in rows) == ["", "blank", "inverted, resized", "resized"]


def test_the_predictions_of_a_training_say_what_was_adjusted(command, altered_digits, tmp_path):
    shutil.copytree(altered_digits, tmp_path / "set" / "train")
    shutil.copytree(altered_digits, tmp_path / "set" / "test")
    options = ("--model", "mlp", "--epochs", "1", "--threads", "1", "--validation", "0")
    assert command("train", tmp_path / "set", *options, "--out", tmp_path / "run")[0] == 0
    table = pq.read_table(tmp_path / "run" / "predictions.parquet")
    counts = json.loads((tmp_path / "run" / "evaluation.json").read_text())["adjusted"]
    for name, count in counts.items():
        assert sum(name in each for each in table["adjusted"].to_pylist()) == count
    assert counts["blank"] == 1


def test_fail_under_exits_with_5_after_printing_the_figures(command, digits_run):
    code, out, err = command("evaluate", digits_run.path, "--fail-under", "0.999999", "--json")
    accuracy = json.loads(out)["accuracy"]
    assert code == 5
    assert err == f"error: The accuracy {accuracy:.4f} is below --fail-under 0.999999.\n"
    assert command("evaluate", digits_run.path, "--fail-under", "0.1")[0] == 0


# predict


def test_predict_prints_a_row_for_every_picture_of_a_folder(command, digits_run, pictures):
    code, out, _ = command("predict", digits_run.path, pictures)
    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    assert lines[0] == ["name", "prediction", "probability"]
    assert [line[0] for line in lines[1:]] == [f"{i}.png" for i in range(5)]


def test_predict_top_gives_the_next_classes_in_order(command, digits_run, pictures):
    code, out, _ = command("predict", digits_run.path, pictures / "0.png", "--top", "3", "--json")
    (row,) = json.loads(out)["predictions"]
    assert code == 0
    assert row["probability"] >= row["probability_2"] >= row["probability_3"]
    assert len({row["prediction"], row["prediction_2"], row["prediction_3"]}) == 3
    code, out, _ = command("predict", digits_run.path, pictures / "0.png", "--top", "99", "--json")
    assert len(json.loads(out)["predictions"][0]) == 1 + 2 * 10 + 1


def test_predict_takes_arrays(command, digits_run, tmp_path):
    low, high = digits_run.contract.preprocessor.value_range
    images = open_data("digits").train.raw[:4, 0] / 255 * (high - low) + low
    np.save(tmp_path / "four.npy", images)
    code, out, _ = command("predict", digits_run.path, "four.npy", "--json")
    assert code == 0
    assert len(json.loads(out)["predictions"]) == 4


def test_predict_out_writes_every_row_by_the_ending(command, digits_run, pictures, tmp_path):
    for ending in ("json", "csv", "parquet"):
        code, out, err = command(
            "predict", digits_run.path, pictures, "--out", f"rows.{ending}", "--top", "2"
        )
        assert (code, out) == (0, "")
        assert f"wrote    rows.{ending} (5 rows)\n" in err
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert pq.read_table(tmp_path / "rows.parquet").to_pylist() == rows
    with (tmp_path / "rows.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["name"] for row in table] == [row["name"] for row in rows]
    assert [float(row["probability"]) for row in table] == pytest.approx(
        [row["probability"] for row in rows]
    )


def test_predict_names_a_bad_file_and_goes_on_with_the_others(command, digits_run, pictures):
    (pictures / "2.png").write_bytes((pictures / "2.png").read_bytes()[:60])
    code, out, err = command("predict", digits_run.path, pictures, "--json")
    result = json.loads(out)
    assert code == 0
    assert len(result["predictions"]) == 4
    assert result["left_out"] == [{"name": "2.png", "reason": "is cut off after 60 bytes"}]
    assert "left out 2.png is cut off after 60 bytes\n" in err


def test_predict_exits_with_3_when_no_input_could_be_read(command, digits_run, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    code, out, err = command("predict", digits_run.path, "bad.png")
    assert (code, out) == (3, "")
    assert err.startswith("left out bad.png ")
    assert err.endswith("error: None of the inputs could be read; see the lines above.\n")


def test_predict_with_nothing_to_write_leaves_no_file(command, digits_run, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert command("predict", digits_run.path, "bad.png", "--out", "rows.csv")[0] == 3
    assert not (tmp_path / "rows.csv").exists()


def test_predict_says_that_a_blank_picture_means_nothing(command, digits_run, pictures):
    Image.new("L", (8, 8)).save(pictures / "0.png")
    _, _, err = command("predict", digits_run.path, pictures)
    assert "note     1 image is blank: one level everywhere, so the prediction means not" in err


# paths that lead nowhere

LEADS_NOWHERE = ("a" * 256, "zero\0byte", "file/below", "~nosuchuser/x")
READS = [
    *(("check", "{}"), ("show", "{}"), ("data", "{}", "--out", "new"), ("train", "{}", *FAST)),
    *(("evaluate", "{}"), ("report", "{}"), ("errors", "{}"), ("ensemble", "{}", "other")),
    *(("predict", "{}", "a.png"), ("train", "--resume", "{}"), ("train", "digits", "--from", "{}")),
    *(("train", "digits", "--config", "{}"), ("train", "digits", "--config", "{}.toml")),
    *(("train", "digits", "--vectors", "{}"), ("train", "digits", "--model", "{}.py:net")),
    *(("summary", "{}.py:net"), ("gradcheck", "{}.py:net"), ("byhand", "--source", "{}")),
    *(("check", "mnist", "--data-dir", "{}"), ("data", "--data-dir", "{}"), ("reproduce", "{}")),
    ("reproduce", "lab-lenet5", "--quick", "--source", "{}", "--out", "new"),
]
WRITES = [
    *(("train", "digits", *FAST, "--out", "{}"), ("data", "digits", "--out", "{}")),
    *(("check", "digits", "--out", "{}.png"), ("show", "digits", "--out", "{}")),
    *(("arithmetic", "7x7", "--kernel", "3", "--out", "{}"), ("ensemble", "a", "b", "--out", "{}")),
    *(("errors", "--out", "{}"), ("predict", "run", "a.png", "--out", "{}.csv")),
    *(("byhand", "--out", "{}"), ("reproduce", "byhand", "--source", "digits", "--out", "{}")),
]


@pytest.mark.parametrize("path", LEADS_NOWHERE, ids=ascii)
def test_a_path_that_leads_nowhere_is_a_sentence_of_every_command(path, command, tmp_path):
    (tmp_path / "file").touch()
    for words in [*READS, *(WRITES if path != LEADS_NOWHERE[-1] else ())]:
        code, out, err = command(*(word.format(path) for word in words))
        assert code in (2, 3, 4), (words, err)
        assert err.splitlines()[-1].startswith("error: "), (words, err)
        assert os.listdir() == ["file"], words


def test_an_input_of_predict_that_leads_nowhere_is_a_sentence(refused, digits_run):
    for path in LEADS_NOWHERE:
        refused(3, "predict", digits_run.path, path)


def test_a_deleted_working_directory_is_said_before_anything_else(tmp_path):
    (tmp_path / "deleted").mkdir()
    enter = f"cd {tmp_path}/deleted && rmdir {tmp_path}/deleted && exec"
    words = [sys.executable, "-m", "noonbit", "train", "digits"]
    done = subprocess.run(
        ["sh", "-c", f'{enter} "$@"', "sh", *words], capture_output=True, text=True, env=ENVIRONMENT
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: The working directory was deleted.")


def test_an_empty_path_is_not_the_working_directory(refused):
    for words in (("check", ""), ("train", "digits", "--out", ""), ("data", "--data-dir", "")):
        assert "A path is empty." in refused(2, *words)


def test_a_folder_in_the_place_of_a_file_is_refused_before_anything_is_loaded(refused, tmp_path):
    (tmp_path / "rows.csv").mkdir()
    assert "is a folder. Give the name of a file." in refused(
        2, "predict", "no run", "a.png", "--out", "rows.csv"
    )


# folders that cannot be written


@pytest.mark.parametrize("out", ["/dev/null/run", "/proc/run"])
def test_a_run_folder_that_cannot_be_made_exits_with_4(out, refused):
    assert f"{out} cannot be made" in refused(4, "train", "digits", *FAST, "--out", out)


@pytest.mark.parametrize("ending", ["csv", "json", "parquet"])
def test_predictions_that_cannot_be_written_exit_with_4(ending, refused, digits_run, pictures):
    out = f"nowhere/rows.{ending}"
    sentence = refused(4, "predict", digits_run.path, pictures, "--out", out)
    assert sentence.startswith(f"{out} could not be written")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB, too small for the weights of a network."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_exits_with_4_and_leaves_nothing_half_written(refused, small_disk):
    sentence = refused(4, "train", "digits", *FAST, "--out", small_disk / "run")
    assert sentence.startswith("The disk is full: ")
    assert sentence.endswith("could not be written. Free some space, or choose --out.")
    names = {path.name for path in (small_disk / "run").iterdir()}
    assert "run.json" in names
    assert not names & {"checkpoint.safetensors", "weights.safetensors", "report.html"}
    assert not [name for name in names if name.startswith(".")]
    json.loads((small_disk / "run" / "run.json").read_text())


def test_a_read_only_folder_exits_with_4_and_is_named(refused, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    sentence = refused(4, "train", "digits", *FAST, "--out", small_disk / "run")
    assert "Read-only file system" in sentence
    assert "Choose another folder with --out." in sentence


# models, data, summary


def test_models_lists_every_network_as_a_table_and_as_json(command, monkeypatch):
    # The second list has the outlines and counts of the first, which take most of the time.
    for where, function in ((catalogue, "outline"), (summary, "summarise")):
        monkeypatch.setattr(where, function, cache(getattr(where, function)))
    code, out, err = command("models")
    assert code == 0
    rows = out.splitlines()
    assert rows[0].split() == ["name", "parameters", "multiply-adds", "what", "it", "is", "source"]
    assert [row.split()[0] for row in rows[1:]] == list(MODELS)
    assert err.startswith("\nnext     noonbit summary ")
    result = json.loads(command("models", "--json")[1])
    assert [row["name"] for row in result] == list(MODELS)
    assert {row["name"]: row["parameters"] for row in result}["lenet5"] == 61_706
    assert [row.split()[1] for row in rows[1:]] == [f"{row['parameters']:,}" for row in result]


def test_data_lists_every_known_name_with_where_it_is(command):
    code, out, _ = command("data")
    assert code == 0
    result = json.loads(command("data", "--json")[1])
    digits = next(row for row in result if row["name"] == "digits")
    assert digits["path"].endswith("digits.csv.gz")
    for row in result:
        assert re.search(rf"^{row['name']} ", out, re.M)
        assert (row["path"] is None) == (row["place"] is None)


def test_summary_prints_the_layers_and_their_total(command):
    code, out, err = command("summary", "cnn", "--input", "28x28x1", "--classes", "10")
    assert code == 0
    result = json.loads(command("summary", "cnn", "--json")[1])
    assert result["parameters"] == sum(layer["parameters"] for layer in result["layers"])
    assert f"parameters {result['parameters']:,}\n" in out
    assert err == "\nnext     noonbit train digits --model cnn\n"


def test_a_piped_table_has_one_line_a_row_whatever_its_length(tmp_path):
    printed = python("data", cwd=tmp_path)
    names = [line.split()[0] for line in printed.stdout.splitlines()[1:]]
    assert len(names) == len(set(names))
    assert "digits" in names


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)  # as `| head` does once it has what it wants
    words = [sys.executable, "-m", "noonbit", "data", "--json"]
    try:
        done = subprocess.run(
            words, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=ENVIRONMENT
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
