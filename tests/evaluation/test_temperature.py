"""Calibration by a temperature."""

import json

import numpy as np
import pytest
import torch
from scipy.special import softmax
from torch import nn

from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.evaluation.metrics import evaluate
from noonbit.evaluation.temperature import HIGHEST, LOWEST, best_temperature, calibrate
from noonbit.evaluation.torch_inference import predict_probabilities
from noonbit.system.runtime import Runtime

RUNTIME = Runtime(torch.device("cpu"), 1, "float32", {})


def drawn(count: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is exactly how the labels are drawn."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 2, (count, 4)).astype(np.float32)
    chances = softmax(logits.astype(np.float64), axis=1)
    labels = np.array([generator.choice(4, p=row) for row in chances])
    return logits, labels


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_the_scale_of_honest_logits_is_found_again(scale: float) -> None:
    logits, labels = drawn(20_000)
    assert best_temperature(scale * logits, labels) == pytest.approx(scale, rel=0.05)


def test_calibration_gets_better_and_accuracy_stays_on_other_images() -> None:
    logits, labels = drawn(5_000)
    temperature = best_temperature(4 * logits, labels)
    fresh, truth = drawn(5_000, seed=1)
    names = ("a", "b", "c", "d")
    raw = evaluate(softmax(4 * fresh, axis=1), truth, names, split="test")
    honest = evaluate(softmax(4 * fresh / temperature, axis=1), truth, names, split="test")
    assert honest.accuracy == raw.accuracy
    assert honest.calibration_error < 0.03 < 0.1 < raw.calibration_error


def test_a_few_right_answers_do_not_prove_certainty() -> None:
    logits = 3 * np.eye(4, dtype=np.float32)[np.arange(40) % 4]
    temperature = best_temperature(logits, np.arange(40) % 4)
    assert softmax(logits[0] / temperature)[0] == pytest.approx(1 - 1 / 42, abs=1e-3)


def test_hopeless_logits_stay_within_bounds() -> None:
    labels = np.arange(400) % 4
    assert best_temperature(np.zeros((400, 4), np.float32), labels) <= HIGHEST
    assert best_temperature(-np.eye(4, dtype=np.float32)[labels], labels) >= LOWEST


def test_without_validation_images_nothing_changes() -> None:
    contract = Contract(
        preprocessor=ImagePreprocessor(height=2, width=2, channels=1),
        mean=(0.5,),
        std=(0.2,),
        class_names=("a", "b"),
    )
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    empty = TensorDataset(
        torch.zeros(0, 1, 2, 2, dtype=torch.uint8), torch.zeros(0, dtype=torch.int64)
    )
    assert calibrate(contract, model, empty, RUNTIME) == contract


def test_a_run_keeps_its_temperature_and_predicts_with_it(digits_run) -> None:
    facts = json.loads((digits_run.path / "contract.json").read_text())
    assert facts["temperature"] == digits_run.contract.temperature != 1
    pixels = torch.randint(0, 255, (5, 1, 8, 8), dtype=torch.uint8)
    plain = digits_run.contract.model_copy(update={"temperature": 1.0})
    stated = predict_probabilities(digits_run.model, digits_run.contract, pixels, RUNTIME)
    raw = predict_probabilities(digits_run.model, plain, pixels, RUNTIME)
    again = softmax(np.log(raw.astype(float)) / digits_run.contract.temperature, axis=1)
    assert np.allclose(stated, again, atol=1e-5)
    assert not np.allclose(stated, raw, atol=1e-3)
