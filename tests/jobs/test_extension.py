"""Trainings that go on beyond the epochs that were planned."""

from dataclasses import replace

import pytest
from small_jobs import Dying, Killed, Stopping, assert_same

from noonbit.cli.main import run as command_line
from noonbit.config.recipe import Recipe
from noonbit.errors import ArtefactError, Interrupted, UsageError
from noonbit.jobs import recorder
from noonbit.jobs.train import resume, train
from noonbit.report.page import write_report
from noonbit.runs.folder import load_run
from noonbit.training.optim.schedules import make_schedule

RECIPE = Recipe(model="mlp", epochs=2, batch_size=8, threads=1)
STEPS = 6
"""Of an epoch: 43 images in batches of 8."""


pytestmark = pytest.mark.usefixtures("without_report")


@pytest.fixture
def finished(source, tmp_path):
    return train(source, RECIPE, out=tmp_path / "run")


def test_a_finished_run_goes_on_by_the_schedule_of_all_its_epochs(finished):
    first = finished.history
    run = resume(load_run(finished.path), epochs=5)
    assert run.metadata["status"] == "finished"
    assert [replace(row, seconds=0) for row in run.history[:2]] == [
        replace(row, seconds=0) for row in first
    ]
    schedule = make_schedule("one-cycle", lr=0.002, warmup=0.2, steps=5 * STEPS)
    assert [row.lr for row in run.history[2:]] == [schedule(i * STEPS - 1) for i in (3, 4, 5)]
    (extension,) = run.metadata["extensions"]
    assert (extension["epoch"], extension["planned"], extension["epochs"]) == (2, 2, 5)
    assert extension["lr"] == schedule(2 * STEPS)
    assert load_run(run.path).recipe.epochs == 5
    assert run.metadata["result"]["epochs"] == 5
    write_report(run, run.items())
    page = (run.path / "report.html").read_text()
    assert "Extended to 5 epochs after epoch 2 of 2: the learning rate goes on at" in page
    assert "bit for bit" not in page


def test_an_interrupted_or_killed_extension_ends_with_the_same_bits(source, tmp_path, monkeypatch):
    def finished(name):
        return load_run(train(source, RECIPE, out=tmp_path / name).path)

    whole = resume(finished("whole"), epochs=4)
    with pytest.raises(Interrupted):
        resume(finished("stopped"), epochs=4, observer=Stopping(3, 2))
    assert_same(resume(load_run(tmp_path / "stopped")), whole)
    with pytest.raises(Killed):
        resume(finished("killed"), epochs=4, observer=Dying(3, 2))
    assert_same(resume(load_run(tmp_path / "killed")), whole)
    monkeypatch.setattr(recorder, "CHECKPOINT_SECONDS", 0.0)
    with pytest.raises(Killed):
        resume(finished("late"), epochs=4, observer=Dying(4, 2))
    assert_same(resume(load_run(tmp_path / "late")), whole)


def test_an_interrupted_extension_keeps_no_figures_of_before_and_predicts_with_the_best_weights(
    finished,
):
    answers = finished.predict(finished.items().values[:5]).labels
    with pytest.raises(Interrupted):
        resume(load_run(finished.path), epochs=4, observer=Stopping(3, 2))
    run = load_run(finished.path)
    assert run.evaluation is None and "result" not in run.metadata
    assert run.contract.temperature == 1.0
    with pytest.warns(UserWarning, match=r"best weights so far, of epoch \d;"):
        assert run.predict(finished.items().values[:5]).labels == answers


def test_an_interrupted_run_can_be_given_more_or_fewer_epochs(source, tmp_path):
    out = tmp_path / "run"
    recipe = RECIPE.model_copy(update={"epochs": 6})
    with pytest.raises(Interrupted):
        train(source, recipe, out=out, observer=Stopping(2, 3))
    run = resume(load_run(out), epochs=3)
    assert len(run.history) == 3
    assert run.metadata["extensions"][0] | {"lr": 0, "schedule": ""} == {
        "epoch": 1,
        "step": 3,
        "planned": 6,
        "epochs": 3,
        "lr": 0,
        "schedule": "",
    }
    assert len(resume(load_run(out), epochs=4).metadata["extensions"]) == 2


def test_patience_and_a_time_budget_end_no_extension(source, tmp_path):
    recipe = RECIPE.model_copy(
        update={"epochs": None, "time_budget": 0.3, "patience": 1, "learning_rate": 1e-12}
    )
    run = train(source, recipe, out=tmp_path / "run")
    done = len(run.history)
    run = resume(load_run(run.path), epochs=done + 3)
    assert len(run.history) == done + 3
    assert (run.recipe.time_budget, run.recipe.patience) == (None, None)
    assert "time_budget" not in run.metadata["result"]


def test_the_command_line_and_python_extend_alike(finished, capsys):
    assert command_line(["train", "--resume", str(finished.path), "--epochs", "3"]) == 0
    assert "note     Extended to 3 epochs after epoch 2 of 2: " in capsys.readouterr().err
    import noonbit

    assert len(noonbit.resume(finished.path, epochs=4).history) == 4


def test_no_more_epochs_than_are_done_are_refused_and_nothing_is_changed(finished):
    before = {path.name: path.read_bytes() for path in finished.path.iterdir()}
    with pytest.raises(UsageError) as error:
        resume(load_run(finished.path), epochs=2)
    assert str(error.value) == (
        f"{finished.path} has 2 epochs behind it, and --epochs counts them too; give 3 or more."
    )
    assert {path.name: path.read_bytes() for path in finished.path.iterdir()} == before


def test_a_run_without_its_checkpoint_names_the_way_out(finished):
    (finished.path / "checkpoint.safetensors").unlink()
    with pytest.raises(ArtefactError, match=r"cannot go on. Begin another with its weights: .*--"):
        resume(load_run(finished.path), epochs=5)


def test_an_ensemble_is_refused(digits_ensemble, digits_folds):
    for run in (digits_ensemble, digits_folds):
        with pytest.raises(UsageError, match=r"is of several networks, and --epochs goes on with "):
            resume(run, epochs=9)
