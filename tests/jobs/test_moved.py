"""Resumed trainings whose data was moved."""

import shutil

import pytest
from small_jobs import Stopping, assert_same, write_small

from noonbit.cli.main import run as command_line
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.errors import DataError, Interrupted, SourceNotFound
from noonbit.jobs.ensemble import train_members
from noonbit.jobs.train import resume, train
from noonbit.runs.folder import load_run

RECIPE = Recipe(model="mlp", epochs=2, batch_size=8, threads=1)


pytestmark = pytest.mark.usefixtures("without_report")


@pytest.fixture
def stopped(source, tmp_path):
    with pytest.raises(Interrupted):
        train(source, RECIPE, out=tmp_path / "run", observer=Stopping(2, 2))
    return load_run(tmp_path / "run")


def test_moved_data_is_named_before_resume_and_found_from_then_on(stopped, source, tmp_path):
    whole = train(source, RECIPE, out=tmp_path / "whole")
    moved = shutil.move(source, tmp_path / "moved.npz")
    assert command_line(["train", str(moved), "--resume", str(stopped.path)]) == 0
    run = load_run(stopped.path)
    assert_same(run, whole)
    assert run.metadata["source_path"] == str(moved)
    assert run.evaluate() == whole.evaluation


def test_without_the_new_place_the_sentence_says_how_to_name_it(stopped, source):
    source.rename(source.with_name("moved.npz"))
    with pytest.raises(SourceNotFound) as error:
        resume(stopped)
    assert str(error.value).endswith(
        f"If the data was moved: noonbit train NEW_PLACE --resume {stopped.path}"
    )


def test_other_data_at_the_new_place_is_refused_and_nothing_is_noted(stopped, tmp_path):
    other = write_small(tmp_path / "other.npz", seed=1)
    before = (stopped.path / "run.json").read_bytes()
    with pytest.raises(DataError, match=r"other\.npz is not the data that run was trained on: the"):
        resume(stopped, source=other)
    assert (stopped.path / "run.json").read_bytes() == before


def test_the_members_of_an_ensemble_find_their_data_at_the_new_place(source, tmp_path):
    recipe, two = RECIPE.model_copy(update={"epochs": 1}), EnsembleSettings(members=2)

    class StoppingAfterAMember(Stopping):
        def on_member_end(self, number, count, member):
            self.should_stop = lambda: True
            import os

            os.kill(os.getpid(), self.number)

    with pytest.raises(Interrupted):
        train_members(
            source, recipe, two, out=tmp_path / "run", observer=StoppingAfterAMember(0, 0)
        )
    moved = shutil.move(source, tmp_path / "moved.npz")
    run = resume(load_run(tmp_path / "run"), source=moved)
    assert run.metadata["status"] == "finished"
    for folder in (run.path, run.path / "members/1", run.path / "members/2"):
        assert load_run(folder).metadata["source_path"] == str(moved)
        assert load_run(folder).evaluate().accuracy >= 0
