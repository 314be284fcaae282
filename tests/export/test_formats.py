"""Exports are compared with their run before they are kept."""

import json

import numpy as np
import pytest
import torch

from noonbit.errors import CheckFailed
from noonbit.export import formats
from noonbit.export.formats import FORMATS, ExportFormat, export, export_int8
from noonbit.export.onnx_model import OnnxModel, Outputs
from noonbit.export.parity import (
    RANDOM_ITEMS,
    Parity,
    items_if_here,
    measure_parity,
    parity_items,
)
from noonbit.export.sampling import MOST_ITEMS


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_is_compared_on_the_test_items_and_the_record_stands_beside_it(
    form, digits_run, tmp_path
):
    items, reason = items_if_here(digits_run, None)
    assert reason is None
    path = tmp_path / f"model.{form}"
    parity = export(digits_run, form, path, items)
    assert path.stat().st_size > 100_000
    assert parity.items == parity.agreeing_classes == digits_run.evaluation.items
    assert parity.worst_probability_difference <= 1e-5
    assert parity.describe().startswith("359 of 359 test items agree, worst difference ")
    record = json.loads((tmp_path / "parity.json").read_text())
    assert record[path.name]["items"] == 359
    assert record[path.name]["versions"]["torch"] == torch.__version__


def test_the_record_has_an_entry_a_file_and_is_made_anew_where_it_is_damaged(digits_run, tmp_path):
    (tmp_path / "parity.json").write_text("{")
    export(digits_run, "torch", tmp_path / "one.pt2", None)
    export(digits_run, "torch", tmp_path / "two.pt2", None)
    record = json.loads((tmp_path / "parity.json").read_text())
    assert list(record) == ["one.pt2", "two.pt2"]
    assert record["one.pt2"]["compared_on"] == "made-up inputs"
    assert record["one.pt2"]["items"] == RANDOM_ITEMS


def test_a_file_that_answers_otherwise_is_not_left_behind(digits_run, tmp_path, monkeypatch):
    honest = FORMATS["torch"]

    def open_wrongly(path):
        answer = honest.open(path)

        def swap_two_classes(values):
            outputs = answer(values)
            order = [1, 0, *range(2, 10)]
            return Outputs(outputs.logits[:, order], outputs.probabilities[:, order])

        return swap_two_classes

    wrong = ExportFormat(honest.write, open_wrongly)
    monkeypatch.setattr(formats, "FORMATS", {"torch": wrong})
    (tmp_path / "model.pt2").write_text("of before")
    with pytest.raises(CheckFailed, match=r"does not answer as the run does, so it was not kept: "):
        export(digits_run, "torch", tmp_path / "model.pt2", None)
    assert (tmp_path / "model.pt2").read_text() == "of before"
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt2"]


def parity_of(difference: float, agreeing: int = 10) -> Parity:
    return Parity("x", 10, "test items", difference, 0.0, agreeing, 1e-4, {})


def test_rounding_is_allowed_and_more_is_not():
    assert parity_of(9e-5).holds
    assert not parity_of(2e-4).holds
    assert not parity_of(float("inf")).holds
    assert not parity_of(0.0, agreeing=9).holds


def test_answers_that_are_no_numbers_differ(digits_run):
    def answer(values):
        nothing = np.full((len(values), 10), np.nan, np.float32)
        return Outputs(nothing, nothing)

    parity = measure_parity(digits_run, parity_items(digits_run, None), answer, "x")
    assert not parity.holds


def test_items_that_are_compared_come_from_the_whole_test_part(digits_run):
    items, _ = items_if_here(digits_run, None)
    compared = parity_items(digits_run, items)
    np.testing.assert_array_equal(compared.rows, items.split.test)
    assert len(compared) <= MOST_ITEMS
    assert compared.described == "test items"


def test_int8_is_measured_before_it_is_kept(digits_run, tmp_path):
    items, _ = items_if_here(digits_run, None)
    path = tmp_path / "small.onnx"
    cost = export_int8(digits_run, path, items)
    assert cost.items == 359
    assert cost.int8_bytes == path.stat().st_size < 0.5 * cost.float32_bytes
    assert abs(cost.gain) < 0.03
    assert OnnxModel.open(path).card.quantised == "int8"
    record = json.loads((tmp_path / "parity.json").read_text())
    assert record["small.onnx"]["int8_accuracy"] == cost.int8_accuracy
    assert sorted(each.name for each in tmp_path.iterdir()) == ["parity.json", "small.onnx"]
