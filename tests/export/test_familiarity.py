"""The rule for unfamiliar inputs, fitted to a run's validation items."""

import numpy as np
import pytest

from noonbit.export.familiarity import fit_rule, probabilities_of, take_evenly
from noonbit.export.formats import export
from noonbit.export.onnx_model import OnnxModel
from noonbit.export.parity import items_if_here


def test_the_rule_is_of_the_validation_items_and_measured_on_the_test_items(digits_run):
    items, _ = items_if_here(digits_run, None)
    rule = fit_rule(digits_run, items)
    validation = probabilities_of(digits_run, items, "validation").max(axis=1)
    test = probabilities_of(digits_run, items, "test").max(axis=1)
    assert rule.validation_items == len(items.split.validation)
    assert rule.validation_flagged == (validation < rule.threshold).sum()
    assert 0 < rule.validation_flagged <= 0.05 * len(validation) + 1
    assert rule.test_items == 359
    assert rule.test_flagged == (test < rule.threshold).sum()


def test_without_data_and_in_a_cross_validation_there_is_no_rule(digits_run, digits_folds):
    assert fit_rule(digits_run, None) is None
    assert fit_rule(digits_folds, digits_folds.items()) is None


def test_an_exported_file_carries_the_rule(digits_run, tmp_path):
    items, _ = items_if_here(digits_run, None)
    export(digits_run, "onnx", tmp_path / "model.onnx", items)
    assert OnnxModel.open(tmp_path / "model.onnx").card.unfamiliar == fit_rule(digits_run, items)


@pytest.mark.parametrize(("count", "most"), [(5, 10), (10, 10), (100, 10), (101, 7)])
def test_rows_are_taken_from_the_whole_part(count, most):
    rows = np.arange(count) * 3
    taken = take_evenly(rows, most)
    assert len(taken) == min(count, most)
    assert len(np.unique(taken)) == len(taken)
    assert (taken[0], taken[-1]) == (rows[0], rows[-1])
