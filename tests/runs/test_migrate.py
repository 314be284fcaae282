"""Folders of older runs, which spoke of images, stay readable."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from noonbit.cli.main import run as command_line
from noonbit.config.recipe import Recipe
from noonbit.course.experiments.results import FORMAT, last_result
from noonbit.jobs.ensemble import resume
from noonbit.jobs.train import train
from noonbit.runs.checkpoint import read_tensors, save_tensors
from noonbit.runs.migrate import NOW, renamed
from noonbit.runs.run import Run
from noonbit.runs.store import load_run
from noonbit.training.loop import Epoch

THEN = {now: then for then, now in NOW.items()}


def as_it_was(value):
    """Plain values with the names that they had."""
    if isinstance(value, dict):
        return {THEN.get(key, key): as_it_was(inner) for key, inner in value.items()}
    return [as_it_was(inner) for inner in value] if isinstance(value, list) else value


def older(path: Path) -> Path:
    """The same run folder, and those of its members, with the names that files had."""
    for file in [*path.rglob("run.json"), *path.rglob("evaluation.json")]:
        file.write_text(json.dumps(as_it_was(json.loads(file.read_text()))))
    for file in path.rglob("history.csv"):
        file.write_text(file.read_text().replace("items_per_second", "images_per_second"))
    for file in path.rglob("checkpoint.safetensors"):
        tensors, metadata = read_tensors(file)
        state = json.dumps(as_it_was(json.loads(metadata["state"])))
        save_tensors(file, tensors, {"state": state})
    return path


@pytest.mark.parametrize("fixture", ["digits_run", "digits_folds"])
def test_an_older_run_opens_and_its_page_is_written_again(
    fixture: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    new: Run = request.getfixturevalue(fixture)
    shutil.copytree(new.path, tmp_path / "run")
    old = load_run(older(tmp_path / "run"))
    assert '"images"' in (old.path / "evaluation.json").read_text()
    assert old.evaluation == new.evaluation
    assert old.history == new.history
    assert old.record["result"] == new.record["result"]
    assert command_line(["report", str(old.path)]) == 0


def test_an_older_training_goes_on(tmp_path: Path) -> None:
    recipe = Recipe(model="mlp", epochs=2, threads=1)
    whole = train("digits", recipe, out=tmp_path / "run")
    before = whole.history
    shutil.copytree(whole.path, tmp_path / "older")
    stopped = load_run(older(tmp_path / "older"))
    stopped.update(status="interrupted")
    assert resume(stopped).history == before


def test_an_older_result_of_an_experiment_counts(tmp_path: Path) -> None:
    result = {
        "format": FORMAT,
        "name": "cnn",
        "quick": False,
        "source": "mnist",
        "verdict": {"outcome": "met", "sentence": "so", "difference": 0, "low": 0, "high": 0},
        "runs": [{"arm": "cnn", "test_images": 10_000, "members": [{"test_images": 3}]}],
        "table": [],
        "machine": {},
        "finished": "2026-01-01T00:00:00",
    }
    (tmp_path / "cnn").mkdir()
    (tmp_path / "cnn/result.json").write_text(json.dumps(result))
    found = last_result("cnn", tmp_path)
    assert found is not None
    assert found.runs[0]["test_items"] == 10_000
    assert found.runs[0]["members"][0]["test_items"] == 3


def test_only_names_are_changed() -> None:
    epoch = Epoch(1, 0.5, 0.8, 0.6, 0.7, 0.1, 2.0, 99.0)
    assert renamed(as_it_was(asdict(epoch))) == asdict(replace(epoch))
    assert renamed({"name": "images", "list": ["images", 1]}) == {
        "name": "images",
        "list": ["images", 1],
    }
