"""The network with its preparation, as one module."""

import numpy as np
import pytest
import torch

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.polarity import opposite_of
from noonbit.evaluation.torch_inference import predict_logits
from noonbit.export.graph import ToPolarity, example_input, exportable


def drawings(polarity: str) -> np.ndarray:
    """Pictures (N, 1, 12, 9) of both polarities, of neither, of one level, and of few levels."""
    random = np.random.default_rng(5)
    background = random.integers(0, 256, (400, 1, 1, 1))
    pictures = np.broadcast_to(background, (400, 1, 12, 9)).copy()
    pictures[:, :, 3:9, 2:7] = random.integers(0, 256, (400, 1, 6, 5))
    pictures[:60] = random.integers(0, 256, (60, 1, 1, 1))
    pictures[60:120, :, 0, :4] = random.integers(0, 256, (60, 1, 4))
    pictures[120:160] = random.integers(0, 256, (40, 1, 12, 9))
    return pictures.astype(np.uint8)


@pytest.mark.parametrize("polarity", ["light on dark", "dark on light"])
def test_the_graph_inverts_the_pictures_that_the_preprocessor_inverts(polarity):
    preprocessor = ImagePreprocessor(
        height=12, width=9, channels=1, polarity=polarity, value_range=(0, 255), fit_mode="pad"
    )
    pictures = drawings(polarity)
    wanted = preprocessor.transform(pictures)
    module = ToPolarity(polarity)
    given = module(torch.from_numpy(pictures).float()).numpy()
    assert 50 < len(wanted.adjusted["inverted"]) < 350
    np.testing.assert_array_equal(given, wanted.values)
    again = module(torch.from_numpy(np.asarray(wanted.values)).float()).numpy()
    np.testing.assert_array_equal(again, wanted.values)
    other = ToPolarity(opposite_of(polarity))(torch.from_numpy(pictures).float()).numpy()
    assert (other != wanted.values).any()


@pytest.mark.parametrize("name", ["digits_run", "digits_ensemble", "digits_folds"])
def test_the_module_answers_as_the_run(name, request):
    run = request.getfixturevalue(name)
    values = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (9, 1, 8, 8), np.uint8))
    # With a background of ink, the graph would invert what the caller has prepared.
    values[:, :, 0] = values[:, :, -1] = values[:, :, :, 0] = values[:, :, :, -1] = 0
    with torch.inference_mode():
        logits, probabilities = exportable(run)(values)
    wanted = predict_logits(run.model, run.contract, values, run.runtime)
    torch.testing.assert_close(logits, torch.from_numpy(wanted), atol=1e-5, rtol=1e-5)
    tempered = (torch.from_numpy(wanted) / run.contract.temperature).softmax(dim=1)
    torch.testing.assert_close(probabilities, tempered, atol=1e-6, rtol=1e-5)


def test_exporting_leaves_the_run_as_it_is(digits_run):
    weights = [
        parameter.stride() for parameter in digits_run.model_on(digits_run.runtime).parameters()
    ]
    exportable(digits_run)
    after = [parameter.stride() for parameter in digits_run.model.parameters()]
    assert weights == after
    assert exportable(digits_run).network is not digits_run.model


def test_networks_are_traced_with_a_batch_of_two_since_one_would_be_frozen():
    preprocessor = ImagePreprocessor(height=4, width=5, channels=3, value_range=(0, 255))
    example = example_input(Contract.unit(preprocessor, ("a", "b")))
    assert example.shape == (2, 3, 4, 5)
    assert example.dtype == torch.uint8
