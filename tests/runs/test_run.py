"""The run folder: naming, finding, reading, and errors."""

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from noonbit.errors import ArtefactError, UsageError
from noonbit.models.catalogue import build
from noonbit.runs.checkpoint import save_weights
from noonbit.runs.find import RUNS, find_run, slug
from noonbit.runs.folder import load_run, new_run
from noonbit.runs.network import load_best_weights
from noonbit.runs.run import Run
from noonbit.runs.stored_types import FORMAT
from noonbit.system.runtime import Runtime
from noonbit.training.state import EpochMetrics

RECORD = {"model": {"name": "lenet5", "python": False}, "source": "digits"}


def create_run(out: Path | None, **facts: Any) -> Run:
    with new_run(out, **facts) as run:
        run.update()
    return run


@pytest.fixture
def copied(digits_run, tmp_path) -> Path:
    """A finished run that a test may damage."""
    return Path(shutil.copytree(digits_run.path, tmp_path / "run"))


def made(runs: Path, *names: str) -> list[Path]:
    """Empty runs in the order of their age."""
    paths = [
        create_run(runs / name, model="lenet5", source="digits", metadata=RECORD).path
        for name in names
    ]
    for age, path in enumerate(reversed(paths)):
        os.utime(path / "run.json", (1e9 - age, 1e9 - age))
    return paths


def test_a_run_is_named_after_time_network_and_data(tmp_path):
    run = create_run(
        None, model="lenet5", source="../my digits.csv", metadata=RECORD, runs=tmp_path
    )
    stamp, _, rest = run.path.name.partition("-lenet5-")
    assert rest == "my-digits"
    assert len(stamp) == len("20261122-141502")
    assert run.metadata["status"] == "training"
    assert run.metadata["format"] == FORMAT


def test_two_runs_in_one_second_get_two_folders(tmp_path):
    paths = {
        create_run(None, model="lenet5", source="digits", metadata=RECORD, runs=tmp_path).path
        for _ in range(4)
    }
    assert len(paths) == 4


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("digits", "digits"),
        ("../data/my digits.csv", "my-digits"),
        ("data/train/", "train"),
        ("nets/mine.py:make", "mine"),
        (".", "data"),
        ("눈빛.npz", "눈빛"),
        ("x" * 100, "x" * 40),
        ("눈" * 100, "눈" * 33),
        ("half\ud800\udcff.csv", "half--"),
    ],
)
def test_a_slug_is_safe_in_a_path(text, word):
    assert slug(text) == word


def test_the_longest_names_of_a_network_and_of_data_fit_into_one_name(tmp_path):
    names = ("\U00020000" * 80 + ".py:net", "눈" * 80)
    run = create_run(None, model=names[0], source=names[1], metadata=RECORD, runs=tmp_path)
    assert len(os.fsencode(run.path.name)) < 255


def test_a_run_is_never_overwritten(tmp_path):
    out = tmp_path / "run"
    create_run(out, model="lenet5", source="digits", metadata=RECORD)
    before = (out / "run.json").read_bytes()
    with pytest.raises(UsageError) as error:
        create_run(out, model="lenet5", source="digits", metadata=RECORD)
    assert str(error.value) == (
        f"{out} already exists, and nothing is ever overwritten. "
        f"Choose another --out, or continue it with --resume {out}."
    )
    assert (out / "run.json").read_bytes() == before


def test_an_empty_folder_may_become_a_run_and_a_full_one_or_a_file_may_not(tmp_path):
    (tmp_path / "empty").mkdir()
    create_run(tmp_path / "empty", model="lenet5", source="digits", metadata=RECORD)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    (tmp_path / "file").touch()
    for taken in ("photos", "file"):
        with pytest.raises(UsageError, match=r"already exists, .* Choose another --out\.$"):
            create_run(tmp_path / taken, model="lenet5", source="digits", metadata=RECORD)


def test_a_folder_that_cannot_be_made_is_said_with_the_reason():
    with pytest.raises(ArtefactError, match="/dev/null/run cannot be made: .*Not a directory"):
        create_run(Path("/dev/null/run"), model="lenet5", source="digits", metadata=RECORD)


def test_a_run_is_found_by_path_name_unique_beginning_and_last(tmp_path):
    older, younger = made(tmp_path, "20260101-cnn-digits", "20250101-mlp-digits")
    assert find_run(older, tmp_path) == older
    assert find_run("20260101-cnn-digits", tmp_path) == older
    assert find_run("2025", tmp_path) == younger
    assert find_run("last", tmp_path) == younger


def test_last_is_the_run_that_was_touched_last_even_when_another_is_newer_by_name(tmp_path):
    older, _ = made(tmp_path, "20250101", "20260101")
    os.utime(older / "run.json")
    assert find_run("last", tmp_path) == older


def test_a_beginning_that_several_runs_share_lists_them(tmp_path):
    made(tmp_path, "20260101-cnn", "20260102-cnn")
    with pytest.raises(ArtefactError) as error:
        find_run("2026", tmp_path)
    assert str(error.value) == (
        f"Several runs begin with '2026' in {tmp_path}. They are: 20260101-cnn, 20260102-cnn."
    )


def test_a_name_that_no_run_has_lists_the_latest(tmp_path):
    made(tmp_path, "20260101-cnn", "20260102-cnn")
    with pytest.raises(ArtefactError, match=r"No run begins with '2027' in .* The latest are: 202"):
        find_run("2027", tmp_path)


def test_without_any_run_the_sentence_says_how_to_make_one(tmp_path):
    with pytest.raises(ArtefactError) as error:
        find_run("last", tmp_path / "runs")
    assert str(error.value) == (
        f"There is no run in {tmp_path / 'runs'}. Make one with `noonbit train SOURCE`, "
        "or give the path of a run folder."
    )


def test_a_folder_without_run_json_is_no_run(tmp_path):
    with pytest.raises(ArtefactError, match=r"is not a run: it has no run\.json\."):
        find_run(tmp_path, tmp_path)


def test_a_picture_in_the_place_of_a_run_says_that_the_run_comes_first(tmp_path):
    (tmp_path / "cat.png").touch()
    with pytest.raises(ArtefactError, match=r"cat.png is a file, not a run folder; the run comes"):
        find_run(tmp_path / "cat.png", tmp_path)


def test_a_later_format_is_refused_with_both_numbers(copied):
    metadata = json.loads((copied / "run.json").read_text()) | {"format": FORMAT + 1}
    (copied / "run.json").write_text(json.dumps(metadata))
    with pytest.raises(ArtefactError) as error:
        load_run(copied)
    assert f"has run format {FORMAT + 1}; this noonbit " in str(error.value)
    assert f"reads up to {FORMAT}. Update noonbit to open it." in str(error.value)


def test_a_run_of_a_network_that_was_changed_since_is_refused(copied):
    metadata = json.loads((copied / "run.json").read_text())
    metadata["format"], metadata["model"]["name"] = 1, "glimpse"
    (copied / "run.json").write_text(json.dumps(metadata))
    with pytest.raises(ArtefactError, match="when glimpse was another network"):
        load_run(copied)
    (copied / "run.json").write_text(json.dumps(metadata | {"format": FORMAT}))
    assert load_run(copied).metadata["model"]["name"] == "glimpse"
    metadata["model"]["name"] = "glance"
    (copied / "run.json").write_text(json.dumps(metadata))
    assert load_run(copied).metadata["format"] == 1


@pytest.mark.parametrize("text", ['{"format": 1, "sta', "\xff\xfe", ""])
def test_a_damaged_run_json_is_named(text, copied):
    (copied / "run.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ArtefactError, match=r"run\.json is damaged .* Restore it, or train again"):
        load_run(copied)


@pytest.mark.parametrize("text", ["[]", "{}", '"run"', '{"format": "one"}'])
def test_a_run_json_without_a_format_is_none_of_ours(text, copied):
    (copied / "run.json").write_text(text)
    with pytest.raises(ArtefactError, match=r"run\.json has no format number; it is no run of"):
        load_run(copied)


def test_missing_weights_of_a_finished_run_are_named(copied):
    (copied / "weights.safetensors").unlink()
    with pytest.raises(ArtefactError, match=r"weights\.safetensors is missing; the run folder is"):
        _ = load_run(copied).model


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("interrupted", "Continue its training with: noonbit train --resume {path}"),
        ("training", "Continue its training with: noonbit train --resume {path}"),
        ("diverged", "Train anew with a smaller --learning-rate."),
    ],
)
def test_a_run_without_weights_yet_says_what_to_do(status, advice, copied):
    (copied / "weights.safetensors").unlink()
    (copied / "checkpoint.safetensors").unlink()
    run = load_run(copied)
    run.update(status=status)
    with pytest.raises(ArtefactError) as error:
        _ = load_run(copied).model
    assert str(error.value) == (
        f"run has no weights yet: its status is {status}. " + advice.format(path=copied)
    )


def test_the_weights_of_another_network_are_refused(copied):
    save_weights(copied / "weights.safetensors", build("lenet5", 10, 1, (8, 8)).state_dict())
    with pytest.raises(ArtefactError, match=r"weights\.safetensors does not fit the network"):
        _ = load_run(copied).model


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("contract.json", '{"mean": [0.5]}', lambda run: run.contract),
        ("evaluation.json", '{"accuracy": "good"}', lambda run: run.evaluation),
        ("history.csv", "epoch,loss\n1,low\n", lambda run: run.history),
    ],
)
def test_a_file_that_holds_something_else_is_called_damaged(name, text, read, copied):
    (copied / name).write_text(text)
    with pytest.raises(ArtefactError) as error:
        read(load_run(copied))
    assert str(error.value).startswith(f"{copied / name} is damaged: ")
    assert "\n" not in str(error.value)


def test_a_missing_recipe_is_the_run_folders_fault(copied):
    (copied / "recipe.toml").unlink()
    with pytest.raises(ArtefactError, match=r"recipe\.toml is missing; the run folder is not"):
        _ = load_run(copied).recipe


def test_history_and_evaluation_come_back_as_they_were_written(digits_run):
    loaded = load_run(digits_run.path)
    assert loaded.evaluation == digits_run.evaluation
    assert [row.epoch for row in loaded.history] == [1, 2]
    rows = [*loaded.history, EpochMetrics(3, 0.1, 1 / 3, 1e-300, 2 / 3, 1e-9, 0.5, 1e6)]
    loaded_again = Run(digits_run.path.parent, RECORD | {"status": "training"})
    loaded_again.write_history(rows)
    assert loaded_again.history == rows
    (digits_run.path.parent / "history.csv").unlink()


def test_an_unfinished_run_has_no_history_and_no_evaluation(tmp_path):
    run = create_run(tmp_path / "run", model="lenet5", source="digits", metadata=RECORD)
    assert run.history == []
    assert run.evaluation is None


def test_the_card_for_notebooks_escapes_what_people_named(tmp_path):
    metadata = RECORD | {"source": "<script>alert(1)</script>"}
    run = create_run(tmp_path / "<b>run & co", model="x", source="x", metadata=metadata)
    card = run._repr_html_()
    assert "<script>" not in card
    assert "<b>&lt;b&gt;run &amp; co</b>" in card
    assert "training" in card


def test_the_card_shows_the_accuracy_with_its_interval(digits_run):
    card = digits_run._repr_html_()
    evaluation = digits_run.evaluation
    assert f"<b>{evaluation.accuracy:.2%}</b> of 359 test images (95 % interval " in card
    assert "2 epochs" in card


def test_repr_tells_the_status(digits_run):
    assert repr(digits_run) == f"Run('{digits_run.path}', finished)"


def test_a_command_calls_a_run_by_name_in_runs_and_by_path_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inside = create_run(None, model="lenet5", source="digits", metadata=RECORD)
    assert inside.word == inside.path.name
    assert find_run(inside.word, RUNS).resolve() == inside.path
    outside = create_run(Path("my models/one"), model="lenet5", source="digits", metadata=RECORD)
    assert outside.word == f"'{tmp_path}/my models/one'"


def test_a_tensor_gets_the_answers_of_its_array(digits_run):
    pixels = np.random.default_rng(0).integers(0, 17, (9, 8, 8), np.uint8)
    answers = digits_run.predict(torch.from_numpy(pixels)).probabilities
    assert np.array_equal(answers, digits_run.predict(pixels).probabilities)


def test_several_threads_may_ask_one_run_at_once(digits_run):
    pixels = np.random.default_rng(0).integers(0, 17, (9, 8, 8), np.uint8)
    expected = digits_run.predict(pixels).probabilities
    fresh = load_run(digits_run.path)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: fresh.predict(pixels).probabilities, range(24)))
    assert all(np.array_equal(answer, expected) for answer in answers)


def test_a_network_is_placed_once_and_its_successor_again(digits_run, monkeypatch):
    placed = []
    place = Runtime.to_device
    monkeypatch.setattr(
        Runtime, "to_device", lambda self, model: placed.append(model) or place(self, model)
    )
    run, image = load_run(digits_run.path), np.eye(8, dtype=np.uint8)
    before = run.predict(image).probabilities
    assert np.array_equal(run.predict(image, runtime=Runtime.start()).probabilities, before)
    assert placed == [run.model]
    run.model = deepcopy(run.model).train()
    assert np.array_equal(run.predict(image).probabilities, before)
    assert len(placed) == 2 and placed[1] is run.model


def test_a_network_that_someone_else_moved_is_placed_again(digits_run, monkeypatch):
    run, image = load_run(digits_run.path), np.eye(8, dtype=np.uint8)
    before = run.predict(image).probabilities
    run.model.to("meta")

    def place(runtime, model):
        load_best_weights(run, model.to_empty(device=runtime.device))
        return model

    monkeypatch.setattr(Runtime, "to_device", place)
    assert np.array_equal(run.predict(image).probabilities, before)
