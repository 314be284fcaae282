"""A network's probabilities, in batches and of some rows only."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.growth import STATUS
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.evaluation.torch_inference import (
    BATCH_SIZE,
    NetworkClassifier,
    predict_probabilities,
)
from noonbit.system.runtime import Runtime

NAMES = ("cat", "dog", "hen", "owl")


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime.start(device="cpu", precision="float32")


def contract_of(pixels: np.ndarray) -> Contract:
    preprocessor = ImagePreprocessor(height=6, width=5, channels=1)
    return Contract.fit(preprocessor, pixels, NAMES)


@pytest.mark.parametrize("count", [0, 1, BATCH_SIZE, BATCH_SIZE + 1])
def test_probabilities_are_the_softmax_of_normalised_images(count: int, runtime: Runtime) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (count + 1, 1, 6, 5), np.uint8)
    contract = contract_of(pixels)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(30, 4))
    images = torch.from_numpy(pixels[:count])
    probabilities = predict_probabilities(model, contract, images, runtime)
    assert probabilities.dtype == np.float32 and probabilities.shape == (count, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    with torch.no_grad():
        expected = model.eval()(contract.normalise(images)).softmax(dim=1)
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)


def test_no_layer_is_in_training_while_it_answers(runtime: Runtime) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 1, 6, 5), np.uint8)
    model = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(30, 4)).eval()
    given = contract_of(pixels), torch.from_numpy(pixels), runtime
    expected = predict_probabilities(model, *given)
    model[1].train()
    assert np.array_equal(predict_probabilities(model, *given), expected)


MEMORY = """
import numpy as np, torch
from benchmarks.growth import own_bytes
from noonbit.data.preprocess.contract import Contract
from noonbit.evaluation.torch_inference import predict_logits
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.models.catalogue import build
from noonbit.system.runtime import Runtime

runtime = Runtime.start(device="cpu", threads=2, precision="float32")
preprocessor = ImagePreprocessor(height=64, width=64, channels=3)
contract = Contract(
    preprocessor=preprocessor, mean=(0.5,) * 3, std=(0.3,) * 3, class_names=("a", "b")
)
network = runtime.to_device(build("mlp", classes=2, channels=3, size=(64, 64)))
for count in (1_000, 9_000):
    values = torch.zeros(1, 3, 64, 64, dtype=torch.uint8).expand(count, -1, -1, -1)
    predict_logits(network, contract, values, runtime)
    print(own_bytes())
"""


@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux's /proc")
def test_more_images_need_no_more_memory_than_their_answers() -> None:
    """In a new process, whose memory is not affected by other tests."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True
    )
    before, after = map(int, done.stdout.split())
    assert after - before < 8 * 128 * 64 * 64 * 3 * 4, "eight batches, pixels as float32"


def test_some_rows_get_the_answers_that_they_have_among_all(
    tmp_path: Path, runtime: Runtime
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 1, 6, 5), np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(30, 4))
    classifier = NetworkClassifier(model, contract_of(pixels), runtime)
    rows = np.array([3, 250, 0, 299])
    for values in (pixels, np.load(tmp_path / "pixels.npy", mmap_mode="r")):
        whole = classifier.probabilities(values)
        assert whole.shape == (300, 4)
        np.testing.assert_allclose(classifier.probabilities(values, rows), whole[rows], atol=1e-6)
