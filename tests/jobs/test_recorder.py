"""Trainings with a time budget: what their folder keeps, and how they go on after a kill."""

import pytest
from small_jobs import Dying, Killed, Stopping
from small_training import equal
from torch import Tensor

from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.errors import ArtefactError, Interrupted
from noonbit.jobs.ensemble import train_members
from noonbit.jobs.observer import Observer
from noonbit.jobs.train import resume, train
from noonbit.report.page import write_report
from noonbit.runs.checkpoint import read_tensors
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run
from noonbit.runs.timed_steps import read_timed_steps
from noonbit.runs.training_notes import training_notes

RECIPE = Recipe(model="mlp", batch_size=8, threads=1, time_budget=0.6)


pytestmark = pytest.mark.usefixtures("without_report")


def test_a_run_with_a_time_budget_says_what_it_held_and_keeps_every_step(source, tmp_path):
    run = train(source, RECIPE, out=tmp_path / "run")
    budget = run.metadata["result"]["time_budget"]
    assert (budget["seconds"], budget["ended_by"]) == (0.6, "time")
    steps = read_timed_steps(run.path, at_least=0)
    assert len(steps) == budget["steps"] > 0
    assert steps[-1].lr == budget["last_lr"] == run.history[-1].lr
    assert steps[-1].lr < max(step.lr for step in steps)
    assert run.recipe.epochs is None and "epochs" not in run.metadata["reasons"]
    write_report(run, run.items())
    page = (run.path / "report.html").read_text()
    assert "The time budget of 0.6 s held " in page
    assert "bit for bit" not in page


def test_a_killed_budget_takes_the_steps_that_it_had_taken_again_with_the_same_bits(
    source, tmp_path
):
    recipe = RECIPE.model_copy(update={"time_budget": 5.0})
    out = tmp_path / "run"
    with pytest.raises(Killed):
        train(source, recipe, out=out, observer=Dying(3, 2))
    killed = load_run(out)
    assert killed.metadata["status"] == "training"
    assert not (out / "checkpoint.safetensors").exists()
    history, noted = killed.history, read_timed_steps(out, at_least=0)
    steps = 6  # of an epoch: 43 images
    assert len(noted) == 2 * steps + 2
    with pytest.raises(Interrupted):
        resume(killed, observer=Stopping(4, 1))
    going_on = load_run(out)
    assert read_timed_steps(out, at_least=0)[: len(noted)] == noted
    assert [(row.loss, row.val_loss, row.lr) for row in going_on.history[:2]] == [
        (row.loss, row.val_loss, row.lr) for row in history
    ]


def test_each_step_is_on_the_disk_before_the_next_one_begins(source, tmp_path):
    out, seen = tmp_path / "run", []

    class Reading(Observer):
        def on_step(self, progress):
            seen.append(len(read_timed_steps(out, at_least=0)))

    train(source, RECIPE, out=out, observer=Reading())
    assert seen == list(range(1, len(seen) + 1))


def test_a_finished_budget_repeats_its_bits_from_what_it_noted(source, tmp_path):
    run = train(source, RECIPE, out=tmp_path / "run")
    last, noted = last_weights(run), read_timed_steps(run.path, at_least=1)
    count = len(noted)
    (run.path / "checkpoint.safetensors").unlink()
    run.update(status="training")

    class Ending(Observer):
        """Ends the training with the last noted step, where the clock ended it."""

        steps = 0

        def on_step(self, progress):
            self.steps += 1

        def should_stop(self):
            return self.steps == count

    with pytest.raises(Interrupted):
        resume(load_run(run.path), observer=Ending())
    again = load_run(run.path)
    assert read_timed_steps(run.path, at_least=count) == noted
    assert equal(last_weights(again), last)


def last_weights(run: Run) -> dict[str, Tensor]:
    """The weights at the end of the training, which are not the best ones."""
    tensors = read_tensors(run.path / "checkpoint.safetensors")[0]
    return {name: value for name, value in tensors.items() if name.startswith("model.")}


def test_a_schedule_that_is_behind_its_checkpoint_is_refused(source, tmp_path):
    out = tmp_path / "run"
    recipe = RECIPE.model_copy(update={"time_budget": 5.0})
    with pytest.raises(Interrupted):
        train(source, recipe, out=out, observer=Stopping(2, 3))
    lines = (out / "schedule.csv").read_text().splitlines(keepends=True)
    (out / "schedule.csv").write_text("".join(lines[:5]))
    with pytest.raises(ArtefactError, match=r"ends after 4 steps, but the checkpoint stands at 9"):
        resume(load_run(out))
    (out / "schedule.csv").write_text("".join([*lines[:5], "soon,0.1\n"]))
    with pytest.raises(ArtefactError, match=r"csv is damaged .ValueError: could not convert"):
        resume(load_run(out))


def test_the_members_of_an_ensemble_share_the_budget_and_follow_their_own_clocks(source, tmp_path):
    recipe = RECIPE.model_copy(update={"time_budget": 0.4})
    run = train_members(source, recipe, EnsembleSettings(members=2), out=tmp_path / "run")
    for number in (1, 2):
        member = load_run(run.path / f"members/{number}")
        assert member.metadata["result"]["time_budget"]["seconds"] == 0.2
    write_report(run, run.items())
    said = "The time budget of 0.4 s was that of all networks: each had 0.2 s"
    assert any(note.startswith(said) for note in training_notes(run))


def test_a_training_without_a_budget_keeps_no_schedule(source, tmp_path):
    recipe = Recipe(model="mlp", epochs=1, threads=1)
    run = train(source, recipe, out=tmp_path / "run")
    assert not (run.path / "schedule.csv").exists()
    assert "time_budget" not in run.metadata["result"]
