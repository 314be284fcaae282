"""Runs that are not finished answer with their best weights so far, and say so."""

import numpy as np
import pytest
from small_jobs import Stopping, write_small

from noonbit.cli.main import run as command_line
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.errors import ArtefactError, Interrupted, UnfinishedRunWarning
from noonbit.jobs.ensemble import train_members
from noonbit.jobs.train import train
from noonbit.runs.folder import load_run
from noonbit.runs.network import best_weights

RECIPE = Recipe(model="mlp", epochs=5, batch_size=8, threads=1)
IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)


def stopped(tmp_path, *place: int):
    source = write_small(tmp_path / "small.npz")
    with pytest.raises(Interrupted):
        train(source, RECIPE, out=tmp_path / "run", observer=Stopping(*place))
    return load_run(tmp_path / "run")


@pytest.mark.parametrize("status", ["interrupted", "training"])
def test_an_unfinished_run_answers_with_its_best_weights_and_warns(status, tmp_path):
    run = stopped(tmp_path, 3, 2)
    run.update(status=status)
    rows = run.history
    best = max(rows, key=lambda row: (row.val_accuracy, -row.val_loss)).epoch
    assert len(rows) == 2 and best_weights(run)[1] == best
    with pytest.warns(UnfinishedRunWarning) as warned:
        assert len(run.predict(IMAGES)) == 3
    (warning,) = warned
    assert str(warning.message) == (
        f"run is not finished. It answers with its best weights so far, of epoch {best}; its "
        f"probabilities are not calibrated yet. Continue with: noonbit train --resume {run.path}"
    )
    assert warning.filename == __file__
    with pytest.warns(UnfinishedRunWarning):
        assert run.evaluate().items == 12


def test_the_command_line_says_it_in_a_note(tmp_path, capsys):
    run = stopped(tmp_path, 2, 2)
    np.save(tmp_path / "three.npy", IMAGES)
    for words in (
        ["predict", str(run.path), str(tmp_path / "three.npy")],
        ["evaluate", str(run.path)],
    ):
        assert command_line(words) == 0
        out, err = capsys.readouterr()
        assert err.count("note     run is not finished. It answers with its best weights so ") == 1
        assert "Warning" not in out + err


def test_before_the_end_of_the_first_epoch_there_is_nothing_to_answer_with(tmp_path):
    run = stopped(tmp_path, 1, 2)
    with pytest.raises(ArtefactError) as error:
        run.predict(IMAGES)
    assert str(error.value) == (
        "run has no weights yet: its first epoch is not over. "
        f"Continue its training with: noonbit train --resume {run.path}"
    )


def test_an_ensemble_answers_when_all_of_it_is_trained(tmp_path):
    source = write_small(tmp_path / "small.npz")
    with pytest.raises(Interrupted):
        train_members(
            source,
            RECIPE,
            EnsembleSettings(members=2),
            out=tmp_path / "run",
            observer=StoppingAfterAnEpoch(0, 0),
        )
    with pytest.raises(ArtefactError, match=r"has no weights yet: not all of its networks are tra"):
        load_run(tmp_path / "run").predict(IMAGES)
    with pytest.warns(UnfinishedRunWarning):
        assert len(load_run(tmp_path / "run/members/1").predict(IMAGES)) == 3


class StoppingAfterAnEpoch(Stopping):
    """Stops the first member after its first epoch."""

    def on_member_epoch(self, number, epoch, epochs):
        import os

        os.kill(os.getpid(), self.number)
