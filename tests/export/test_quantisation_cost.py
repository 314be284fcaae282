"""What int8 costs and gains is measured, and said also where it loses."""

from pathlib import Path

import numpy as np
import pytest

from noonbit.export.onnx_file import write_onnx
from noonbit.export.onnx_model import OnnxModel
from noonbit.export.quantisation_cost import (
    BATCH_SIZES,
    QuantisationCost,
    SpeedRatio,
    measure_quantisation,
)
from noonbit.export.quantise import CALIBRATION_ITEMS, quantise_int8
from noonbit.export.sampling import take_evenly
from noonbit.runs.run import Run


def cost(**changes: object) -> QuantisationCost:
    """A cost with round figures."""
    fields = {
        "items": 10_000,
        "float32_accuracy": 0.99,
        "int8_accuracy": 0.985,
        "gain": -0.005,
        "gain_low": -0.007,
        "gain_high": 0.001,
        "agreement": 0.993,
        "worst_difference": 0.25,
        "speed": (ratio(1, 1.1), ratio(64, 1.9)),
        "threads": 2,
        "processor": "Some Processor",
        "float32_bytes": 3_000_000,
        "int8_bytes": 1_000_000,
    }
    return QuantisationCost.model_validate(fields | changes)


def ratio(batch_size: int, middle: float) -> SpeedRatio:
    return SpeedRatio(
        batch_size=batch_size,
        ratio=middle,
        lowest=middle / 2,
        highest=middle * 2,
        float32_ms=4.0 * middle,
        int8_ms=4.0,
    )


@pytest.fixture(scope="module")
def paths(digits_run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("cost")
    before, after = folder / "digits.onnx", folder / "digits-int8.onnx"
    write_onnx(digits_run, before)
    items = digits_run.items()
    quantise_int8(before, items.values[take_evenly(items.split.train, CALIBRATION_ITEMS)], after)
    return before, after


def test_the_figures_are_those_of_the_files(digits_run, paths):
    items = digits_run.items()
    values, labels = items.values[items.split.test], items.labels[items.split.test]
    every = np.arange(len(labels))
    measured = measure_quantisation(*paths, values, every, labels, threads=1)
    before, after = (OnnxModel.open(path, threads=1).probabilities(values) for path in paths)
    assert measured.items == len(labels)
    assert measured.float32_accuracy == (before.argmax(axis=1) == labels).mean()
    assert measured.int8_accuracy == (after.argmax(axis=1) == labels).mean()
    assert measured.gain == pytest.approx(measured.int8_accuracy - measured.float32_accuracy)
    assert measured.gain_low <= measured.gain <= measured.gain_high
    assert measured.agreement == (before.argmax(axis=1) == after.argmax(axis=1)).mean()
    assert measured.worst_difference == pytest.approx(np.abs(before - after).max())
    assert (measured.float32_bytes, measured.int8_bytes) == tuple(
        path.stat().st_size for path in paths
    )
    assert tuple(each.batch_size for each in measured.speed) == BATCH_SIZES
    for each in measured.speed:
        assert each.lowest <= each.ratio <= each.highest
    assert QuantisationCost.model_validate_json(measured.model_dump_json()) == measured


def test_a_file_beside_itself_gains_and_loses_nothing(digits_run, paths):
    items = digits_run.items()
    few = items.split.test[:5]  # fewer than a batch
    measured = measure_quantisation(paths[0], paths[0], items.values, few, items.labels[few])
    assert (measured.gain, measured.agreement, measured.worst_difference) == (0, 1, 0)
    assert measured.gain_low < 0 < measured.gain_high  # of five items, little is known


def test_items_in_groups_have_an_interval_over_groups(digits_run, paths):
    items = digits_run.items()
    numbers = items.split.test[:40]
    one_group = np.zeros(len(numbers), np.int64)
    measured = measure_quantisation(
        *paths, items.values, numbers, items.labels[numbers], groups=one_group, threads=1
    )
    # The variance between groups is unknown.
    assert measured.gain_low == max(-1, measured.gain - 1)
    assert measured.gain_high == min(1, measured.gain + 1)


def test_accuracy_speed_and_size_are_said():
    accuracy, one, many, size = cost().lines("image")
    assert "98.50% of 10,000 test images right, float32 99.00%" in accuracy
    assert "-0.50 points, 95 % interval -0.70 to +0.10" in accuracy
    assert "same class for 99.30%" in accuracy
    assert "one image: 1.10 times as fast as float32 (0.55 to 2.20; 4.00 and 4.40 ms" in one
    assert "64 images at once: 1.90 times" in many
    assert "1,000,000 bytes, float32 3,000,000 (33%)" in size


def test_where_int8_is_slower_or_worse_a_warning_says_so():
    lines = cost(speed=(ratio(1, 0.7), ratio(64, 1.2)), gain_high=-0.003).lines("image")
    assert lines[-2] == "warning  int8 is worse here, by more than chance explains"
    assert lines[-1] == "warning  int8 is slower than float32 on this processor, for one image"
    both = cost(speed=(ratio(1, 0.7), ratio(64, 0.9))).lines("position")
    assert both[-1].endswith("for one position and 64 positions at once")
