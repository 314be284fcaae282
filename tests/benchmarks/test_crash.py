"""Kills at random moments: what is counted, and that a difference is found."""

import random
from pathlib import Path

import pytest

from benchmarks import crash as crashing
from benchmarks.crash import COMPARED, RESUME, Harness, Scenario, Tally
from noonbit.errors import CheckFailed
from noonbit.system.files import write_json


def test_a_killed_training_ends_as_one_that_was_not(tmp_path: Path) -> None:
    harness = Harness(tmp_path, random.Random(0))
    tally = harness.run(2, ["training"])["training"]
    assert tally.kills == 2 and tally.runs > 0 and not tally.problems


def test_every_result_that_differs_or_is_missing_is_named(tmp_path: Path) -> None:
    harness, tally = Harness(tmp_path, random.Random(0)), Tally()
    whole, other = tmp_path / "training" / "whole" / "run", tmp_path / "other"
    for run in (whole, other):
        run.mkdir(parents=True)
        for name in COMPARED:
            (run / name).write_bytes(b"same")
    harness.compare("training", other, tally)
    assert not tally.problems
    (other / COMPARED[0]).write_bytes(b"sane")
    (other / COMPARED[1]).unlink()
    harness.compare("training", other, tally)
    assert tally.problems == [f"{other}: {COMPARED[0]}, {COMPARED[1]} differ from {whole}."]


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (None, ("train",)),
        ({"status": "training", "model": {}}, RESUME),
        ({"status": "training", "model": {"members": []}}, ("train",)),
        ({"status": "training", "model": {"members": []}, "training": {}}, RESUME),
        ({"status": "finished", "model": {}, "result": {"epochs": 6}}, None),
        ({"status": "finished", "model": {"members": []}, "result": {}}, None),
    ],
)
def test_after_a_kill_goes_on_what_can(run: object, words: object, tmp_path: Path) -> None:
    if run is not None:
        (tmp_path / "run").mkdir()
        write_json(tmp_path / "run" / "run.json", run)
    assert Scenario(("train",)).next_words(tmp_path) == words


def test_a_difference_ends_with_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tallies = {"training": Tally(runs=1, kills=1, problems=["run: weights differ."])}
    monkeypatch.setattr(Harness, "run", lambda harness, kills: tallies)
    with pytest.raises(CheckFailed, match=r"^run: weights differ\. In all 1; everything lies in "):
        crashing.crash(kills=1, out=tmp_path / "crash.json")
    assert "training" in capsys.readouterr().out and (tmp_path / "crash.json").exists()
