"""The rule for unfamiliar inputs, fitted to a run's validation items."""

import pytest

from noonbit.config.recipe import Recipe
from noonbit.export.familiarity import fit_rule, probabilities_of
from noonbit.export.formats import export
from noonbit.export.onnx_model import OnnxModel
from noonbit.export.parity import items_if_here
from noonbit.jobs.train import train
from noonbit.runs.run import Run


@pytest.fixture(scope="module")
def sure_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on the digits whose network is sure of its own items, so that there is a rule."""
    out = tmp_path_factory.mktemp("runs") / "sure"
    return train("digits", Recipe(model="cnn", epochs=12, threads=1), out=out)


def test_the_rule_is_of_the_validation_items_and_measured_on_the_test_items(sure_run):
    items, _ = items_if_here(sure_run, None)
    rule = fit_rule(sure_run, items)
    validation = probabilities_of(sure_run, items, "validation").max(axis=1)
    test = probabilities_of(sure_run, items, "test").max(axis=1)
    assert rule.fitted_items == len(items.split.validation)
    assert rule.fitted_flagged == (validation < rule.threshold).sum()
    assert 0 < rule.fitted_flagged <= 0.05 * len(validation) + 1
    assert rule.test_items == 359
    assert rule.test_flagged == (test < rule.threshold).sum()


def test_without_data_and_in_a_cross_validation_there_is_no_rule(digits_run, digits_folds):
    assert fit_rule(digits_run, None) is None
    assert fit_rule(digits_folds, digits_folds.items()) is None


def test_an_exported_file_carries_the_rule(sure_run, tmp_path):
    items, _ = items_if_here(sure_run, None)
    export(sure_run, "onnx", tmp_path / "model.onnx", items)
    assert OnnxModel.open(tmp_path / "model.onnx").card.unfamiliar == fit_rule(sure_run, items)
