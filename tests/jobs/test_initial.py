"""Trainings that begin with the weights of another run."""

import shutil

import numpy as np
import pytest
from small_jobs import Dying, Killed, Stopping, assert_same, weights, write_small
from small_training import equal
from torch import nn

import noonbit
from noonbit.cli.main import run as command_line
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.errors import ArtefactError, DataError, Interrupted, UsageError
from noonbit.jobs.train import resume, train
from noonbit.report.commands import repeat_command
from noonbit.report.page import write_report
from noonbit.runs.folder import load_run
from noonbit.runs.network import best_weights

RECIPE = Recipe(model="mlp", epochs=2, batch_size=8, threads=1)
FURTHER = Recipe(epochs=2, batch_size=8, threads=1)
STILL = Recipe(epochs=1, threads=1, learning_rate=1e-60, optimizer="sgd", weight_decay=0)


pytestmark = pytest.mark.usefixtures("without_report")


@pytest.fixture
def first(source, tmp_path):
    return train(source, RECIPE, out=tmp_path / "first")


def test_a_training_begins_with_the_weights_the_inputs_and_the_statistics_of_a_run(first, tmp_path):
    other = write_small(tmp_path / "other.npz", seed=5)
    run = train(other, STILL, from_run=first, out=tmp_path / "run")
    assert equal(weights(run), weights(first))
    assert run.contract.preprocessor == first.contract.preprocessor
    assert (run.contract.mean, run.contract.std) == (first.contract.mean, first.contract.std)
    assert run.recipe.model == "mlp"
    write_report(run, run.items())
    page = (run.path / "report.html").read_text()
    assert f"Began with the weights of {first.path} (all 8 tensors, of epoch " in page
    assert repeat_command(run).endswith(f" --from {first.path}")


def test_the_run_that_it_began_with_is_not_needed_to_go_on(first, source, tmp_path):
    whole = train(source, FURTHER, from_run=first, out=tmp_path / "whole")
    for name, observer in (("stopped", Stopping(2, 2)), ("killed", Dying(1, 3))):
        with pytest.raises((Interrupted, Killed)):
            train(source, FURTHER, from_run=first, out=tmp_path / name, observer=observer)
    shutil.rmtree(first.path)
    for name in ("stopped", "killed"):
        assert_same(resume(load_run(tmp_path / name)), whole)


def test_a_run_that_had_not_saved_the_weights_yet_is_not_resumed_without_them(
    first, source, tmp_path
):
    out = tmp_path / "run"
    with pytest.raises(Killed):
        train(source, FURTHER, from_run=first, out=out, observer=Dying(1, 1))
    (out / "checkpoint.safetensors").unlink()
    with pytest.raises(ArtefactError, match=r"stopped before it had saved the weights of .*first"):
        resume(load_run(out))


def test_an_interrupted_run_gives_its_best_weights_so_far(source, tmp_path):
    out = tmp_path / "stopped"
    with pytest.raises(Interrupted):
        train(source, RECIPE, out=out, observer=Stopping(2, 2))
    run = train(source, STILL, from_run=load_run(out), out=tmp_path / "run")
    assert equal(weights(run), best_weights(load_run(out))[0])
    assert run.metadata["initial"]["epoch"] == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model": "cnn"}, r"^--model cnn does not go with --from .*first, which has mlp; the we"),
        ({"normalise": "unit"}, r"^--normalise unit does not go with .*, which has standard; the"),
        ({"image_size": 16}, r"^--image-size 16 does not go .*, which was trained without; the "),
        ({"channels": 3}, r"so leave out --channels\.$"),
    ],
)
def test_a_setting_that_the_weights_do_not_fit_is_refused(
    settings, sentence, first, source, tmp_path
):
    with pytest.raises(UsageError, match=sentence):
        train(source, Recipe(**settings), from_run=first, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_other_classes_are_refused_by_name(first, tmp_path):
    other = tmp_path / "other.npz"
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    np.savez(other, images=images, labels=np.arange(60) % 3)
    with pytest.raises(DataError) as error:
        train(other, FURTHER, from_run=first, out=tmp_path / "run")
    assert str(error.value) == (
        f"{other} has 3 classes, and {first.path} knows 2: 2 only in the source. --from needs data "
        "with the same classes by the same names."
    )
    with pytest.raises(DataError, match="knows 10: 2, 3, 4, ... only in the run"):
        digits = train("digits", STILL, out=tmp_path / "digits")
        train(tmp_path / "small.npz", STILL, from_run=digits, out=tmp_path / "run")


def test_another_kind_of_input_is_refused(first, tmp_path):
    (tmp_path / "films.tsv").write_text("text\tlabel\n" + "a film\t0\nthe plot\t1\n" * 20)
    with pytest.raises(DataError, match="holds sentences, but this network takes pictures"):
        train(tmp_path / "films.tsv", FURTHER, from_run=first, out=tmp_path / "run")


def test_a_module_of_ones_own_has_to_fit_and_what_fits_is_said(first, source, tmp_path):
    def make(hidden: int) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, 2))

    own = train(source, FURTHER, model=make(9), out=tmp_path / "own")
    with pytest.raises(ArtefactError, match="was trained with the Python object Sequential"):
        train(source, FURTHER, from_run=own, out=tmp_path / "run")
    with pytest.raises(UsageError) as error:
        train(source, FURTHER, from_run=own, model=make(5), out=tmp_path / "run")
    assert str(error.value) == (
        f"The weights of {own.word} fit 1 of the 4 tensors of Sequential; 1.weight is 5x64 here "
        "and 9x64 there. Take the network that they were trained in."
    )
    run = train(source, STILL, from_run=own, model=make(9), out=tmp_path / "run")
    assert equal(weights(run), weights(own))


def test_several_networks_cannot_begin_alike(first, source, digits_ensemble):
    for settings, word in (({"members": 2}, "--members"), ({"folds": 2}, "--folds")):
        with pytest.raises(UsageError, match=f"leave out {word}, or --from"):
            train(source, FURTHER, EnsembleSettings(**settings), from_run=first)
    with pytest.raises(UsageError, match=r"begins with one: --from .*members/1, for instance"):
        train("digits", Recipe(), from_run=digits_ensemble)


def test_test_images_that_the_run_has_learned_from_are_counted_and_said(
    first, source, tmp_path, capsys
):
    same = train(source, STILL, from_run=first, out=tmp_path / "same")
    assert same.metadata["initial"]["learned_test_items"] == 0
    other_fold = STILL.model_copy(update={"test_fold": "1/5"})
    fold = train(source, other_fold, from_run=first, out=tmp_path / "fold")
    learned = fold.metadata["initial"]["learned_test_items"]
    assert learned == len(np.setdiff1d(fold.items().split.test, first.items().split.test)) > 0
    # Copies in other data are found by their content.
    stored = np.load(source)
    copied = tmp_path / "copied.npz"
    np.savez(copied, images=stored["images"][:48], labels=stored["labels"][:48])
    assert command_line(["train", str(copied), "--from", str(first.path), "--epochs", "1"]) == 0
    assert " test images of this run, so the accuracy flatters." in capsys.readouterr().err
    source.unlink()
    gone = train(copied, STILL, from_run=first, out=tmp_path / "gone")
    assert gone.metadata["initial"]["learned_test_items"] is None


def test_python_takes_a_run_or_its_name(first, source, tmp_path):
    settings = {"epochs": 1, "threads": 1}
    by_name = noonbit.train(source, from_run=str(first.path), out=tmp_path / "one", **settings)
    by_run = noonbit.train(source, from_run=first, out=tmp_path / "two", **settings)
    assert_same(by_name, by_run)
