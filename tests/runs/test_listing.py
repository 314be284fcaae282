"""The runs of a folder, as a list says them."""

import json
import os
import shutil
from pathlib import Path

import pytest
from answered_runs import rewrite_json

from noonbit.errors import ArtefactNotFound, UsageError
from noonbit.runs.listing import filter_runs, list_runs, read_listed_run, sort_runs
from noonbit.runs.lock import hold
from noonbit.runs.run import Run


@pytest.fixture(scope="module")
def folder(digits_run: Run, digits_folds: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four runs that differ in what they are sorted by, and what is no run."""
    folder = tmp_path_factory.mktemp("listed") / "runs"
    for name in ("b-first", "a-second", "stopped"):
        shutil.copytree(digits_run.path, folder / name)
    shutil.copytree(digits_folds.path, folder / "folds")
    result = digits_run.metadata["result"]
    rewrite_json(
        folder / "b-first" / "run.json",
        created="2026-01-01T09:00:00+09:00",
        source="photos/Cats.zip",
        result=result | {"accuracy": 0.5, "train_seconds": 0.01},
    )
    rewrite_json(
        folder / "a-second" / "run.json",
        created="2026-01-01T01:00:00+00:00",  # an hour later
        result=result | {"accuracy": 0.99, "train_seconds": 3000.0},
    )
    rewrite_json(
        folder / "stopped" / "run.json",
        created="2025-12-31T00:00:00+00:00",
        status="training",
        result=None,
    )
    rewrite_json(folder / "folds" / "run.json", created="2025-12-30T00:00:00+00:00")
    stored = json.loads((folder / "stopped" / "run.json").read_text())
    del stored["result"]
    (folder / "stopped" / "run.json").write_text(json.dumps(stored))
    (folder / "stopped" / "weights.safetensors").unlink()
    (folder / "a-second.log").write_text("what its process said")
    (folder / ".hidden").mkdir()
    return folder


def names(folder: Path, column: str, *, descending: bool = False) -> list[str]:
    runs = list_runs(folder).runs
    return [run.name for run in sort_runs(runs, column, descending=descending)]  # type: ignore


def test_runs_are_sorted_in_both_directions(folder: Path) -> None:
    assert names(folder, "name") == ["a-second", "b-first", "folds", "stopped"]
    assert names(folder, "created") == ["folds", "stopped", "b-first", "a-second"]
    assert names(folder, "created", descending=True) == names(folder, "created")[::-1]
    assert names(folder, "source", descending=True)[0] == "b-first"


def test_runs_without_a_figure_come_last_in_both_directions(folder: Path) -> None:
    for column, lowest, highest in (
        ("accuracy", "b-first", "a-second"),
        ("train_seconds", "b-first", "a-second"),
    ):
        rising, falling = names(folder, column), names(folder, column, descending=True)
        assert (rising[0], rising[2], rising[3]) == (lowest, highest, "stopped")
        assert (falling[0], falling[2], falling[3]) == (highest, lowest, "stopped")


def test_the_figures_are_those_of_the_run(digits_run: Run) -> None:
    listed = read_listed_run(digits_run.path)
    result = digits_run.metadata["result"]
    for figure in ("accuracy", "accuracy_low", "accuracy_high", "test_items", "train_seconds"):
        assert getattr(listed, figure) == result[figure]
    assert (listed.source, listed.model, listed.status) == ("digits", "mlp", "finished")
    assert listed.parameters == 150_794
    assert listed.weights_bytes == (digits_run.path / "weights.safetensors").stat().st_size
    assert listed.version == digits_run.metadata["machine"]["versions"]["noonbit"]


def test_folds_are_told_from_a_test_split(folder: Path) -> None:
    split = {run.name: run.split for run in list_runs(folder).runs}
    assert split == {"a-second": "test", "b-first": "test", "folds": "folds", "stopped": "test"}


def test_a_run_without_figures_is_listed(folder: Path) -> None:
    stopped = read_listed_run(folder / "stopped")
    assert stopped.accuracy is stopped.train_seconds is stopped.weights_bytes is None


def test_a_run_is_training_while_a_process_holds_it(folder: Path) -> None:
    assert read_listed_run(folder / "stopped").status == "interrupted"
    with hold(folder / "stopped", "held"):
        assert read_listed_run(folder / "stopped").status == "training"


def test_texts_filter_in_upper_and_lower_case(folder: Path) -> None:
    runs = list_runs(folder).runs
    assert [run.name for run in filter_runs(runs, source="cats")] == ["b-first"]
    assert [run.name for run in filter_runs(runs, source="DIGITS", model="ML")] == [
        "a-second",
        "folds",
        "stopped",
    ]
    assert filter_runs(runs, model="lenet") == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "odd is no run: it has no run.json"),
        ("{", "run.json is damaged"),
        ("[]", "has no format number"),
        ('{"format": 99}', "odd has run format 99"),
        ('{"format": 1, "status": "finished"}', "is damaged: created is missing"),
    ],
)
def test_what_is_no_run_is_said_and_ends_nothing(
    folder: Path, tmp_path: Path, content: str | None, sentence: str
) -> None:
    shutil.copytree(folder / "b-first", tmp_path / "b-first")
    (tmp_path / "odd").mkdir()
    if content is not None:
        (tmp_path / "odd" / "run.json").write_text(content)
    listing = list_runs(tmp_path)
    assert [run.name for run in listing.runs] == ["b-first"]
    (other,) = listing.others
    assert sentence in other


def test_a_pipe_in_the_place_of_run_json_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    os.mkfifo(tmp_path / "odd" / "run.json")
    (other,) = list_runs(tmp_path).others
    assert "is no regular file" in other


def test_a_run_is_no_folder_of_runs(folder: Path) -> None:
    with pytest.raises(UsageError, match="b-first is a run itself"):
        list_runs(folder / "b-first")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtefactNotFound, match="nothing is no folder"):
        list_runs(tmp_path / "nothing")
