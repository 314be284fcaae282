"""The Python face."""

import os
import signal

import pytest
from torch import nn

import noonbit
from noonbit.errors import Interrupted, NoonbitError, UsageError
from noonbit.jobs.observer import Observer


class Stopping(Observer):
    def on_step(self, step):
        if step.step == 2:
            os.kill(os.getpid(), signal.SIGINT)


def test_every_public_name_can_be_imported_and_is_shown_by_completion():
    for name in noonbit.__all__:
        assert getattr(noonbit, name) is not None
    assert set(dir(noonbit)) == {*noonbit.__all__, "__version__"}


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'noonbit' has no attribute 'learn'"):
        _ = noonbit.learn


def test_train_returns_a_run_that_evaluates_and_predicts(tmp_path, capsys):
    run = noonbit.train("digits", model="lenet5", epochs=1, threads=1, out=tmp_path / "run")
    assert run.metadata["model"]["name"] == "lenet5"
    assert run.evaluation.items == 359
    assert len(run.history) == 1
    predictions = run.predict(noonbit.open_data("digits").train)
    assert len(predictions) == 1797
    assert set(predictions.labels) <= set(run.class_names)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("data     digits")
    loaded = noonbit.load_run(tmp_path / "run")
    assert loaded.evaluation == run.evaluation


def test_an_observer_takes_the_place_of_the_display(tmp_path, capsys):
    out = tmp_path / "run"
    noonbit.train("digits", model="lenet5", epochs=1, threads=1, out=out, observer=Observer())
    assert capsys.readouterr().err == ""


def test_an_unknown_setting_is_named_with_the_nearest():
    with pytest.raises(UsageError, match=r"noonbit\.train has the setting 'epoch'.*'epochs'"):
        noonbit.train("digits", epoch=3)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"epoch": 3}, "the setting 'epoch', which does not exist"),
        ({"epochs": [3]}, "epochs should be a valid integer"),
        ({"epochs": "three"}, "epochs should be a valid integer"),
        ({"members": "two"}, "members should be a valid integer"),
        ({"model": 3}, "model should be a valid string"),
        ({"augment": 5}, "augment should be a valid string"),
        ({"augment": {"rotation": "far"}}, "rotation should be a valid number"),
    ],
)
def test_an_argument_of_a_wrong_type_or_name_is_a_type_error_of_one_sentence(settings, sentence):
    with pytest.raises(TypeError, match=sentence) as caught:
        noonbit.train("digits", **settings)
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize(
    "settings", [{"epochs": 0}, {"combine": "mean"}, {"augment": "rotat=1"}, {"model": "lenet"}]
)
def test_a_wrong_value_is_a_value_error_and_no_type_error(settings):
    with pytest.raises(ValueError) as caught:
        noonbit.train("digits", **settings)
    assert isinstance(caught.value, UsageError) and not isinstance(caught.value, TypeError)


def test_what_is_not_there_is_a_file_not_found_error(tmp_path):
    for look in (
        lambda: noonbit.train(tmp_path / "nowhere"),
        lambda: noonbit.open_data("mnist", data_dir=str(tmp_path / "nowhere")),
        lambda: noonbit.load_run(tmp_path / "nowhere"),
        lambda: noonbit.load_run(tmp_path),
    ):
        with pytest.raises(FileNotFoundError) as caught:
            look()
        assert isinstance(caught.value, NoonbitError)


def test_folders_may_be_given_as_text(tmp_path):
    out = str(tmp_path / "run")
    run = noonbit.train("digits", model="mlp", epochs=1, threads=1, out=out, observer=Observer())
    assert str(run.path) == out


def test_a_wrong_value_is_a_usage_error():
    with pytest.raises(UsageError, match=r"noonbit\.train: epochs"):
        noonbit.train("digits", epochs=0)


def test_a_module_is_trained_in_place(tmp_path):
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    run = noonbit.train("digits", model=model, epochs=1, threads=1, out=tmp_path / "run")
    assert run.model is model
    assert run.metadata["model"]["python"]


def test_a_stopped_training_is_resumed_by_its_path(tmp_path, capsys):
    out = tmp_path / "run"
    settings = {"model": "lenet5", "epochs": 1, "threads": 1, "out": out}
    with pytest.raises(Interrupted):
        noonbit.train("digits", **settings, observer=Stopping())
    run = noonbit.resume(out)
    assert run.metadata["status"] == "finished"
    assert "resumed  after epoch 0, step 2" in capsys.readouterr().err
