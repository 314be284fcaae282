"""Run a network on PyTorch: values in, logits or calibrated probabilities out."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.data.dataset import Indices
from noonbit.data.loader import LoadedValues, values_at
from noonbit.data.preprocess.base import Values
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import ArtefactError
from noonbit.evaluation.inference import Probabilities
from noonbit.system.runtime import Runtime

BATCH_SIZE, BATCH_BYTES = 128, 2**21
"""Inputs per inference step, so that activations of small networks fit into the CPU's cache, and
how many bytes of them at most: of 64 pixels a side in colour all 128, of 160 pixels 27."""


@dataclass(frozen=True, slots=True)
class NetworkClassifier:
    """A network and its contract as a `Classifier`; the network is on the runtime's device."""

    model: nn.Module
    contract: Contract
    runtime: Runtime

    def probabilities(self, values: Values, rows: Indices | None = None) -> Probabilities:
        """Values (N, *shape), or those at `rows` (M,) -> probabilities (N or M, classes).

        Values in a mapped file are streamed to the device. Raises as `predict_probabilities`.
        """
        rows = np.arange(len(values)) if rows is None else rows
        loaded = values_at(values, rows, self.runtime.device)
        return predict_probabilities(self.model, self.contract, loaded, self.runtime)


def predict_probabilities(
    model: nn.Module, contract: Contract, values: LoadedValues, runtime: Runtime
) -> Probabilities:
    """Values (N, *shape) -> calibrated probabilities (N, classes), float32; rows sum to 1.

    Raises `ArtefactError` for a network whose outputs are no numbers.
    """

    def softmax(logits: Tensor) -> Tensor:
        return (logits / contract.temperature).softmax(dim=1)

    probabilities = predict_batches(model, contract, values, runtime, softmax)
    if not math.isfinite(probabilities.sum()):  # as it is if any of them is not
        raise ArtefactError(
            "The network's outputs are not finite: its weights are damaged, or its training "
            "diverged. Restore them, or train again with a smaller --learning-rate."
        )
    return probabilities


def predict_logits(
    model: nn.Module, contract: Contract, values: LoadedValues, runtime: Runtime
) -> NDArray[np.float32]:
    """Values (N, *shape) -> logits before the temperature, float32 (N, classes).

    Classes that an input rules out are very low: see `Preprocessor.mask_logits`.
    """
    return predict_batches(model, contract, values, runtime, lambda logits: logits)


def predict_batches(
    model: nn.Module,
    contract: Contract,
    values: LoadedValues,
    runtime: Runtime,
    finish: Callable[[Tensor], Tensor],
) -> NDArray[np.float32]:
    """Values (N, *shape) -> what `finish` makes of each batch's logits, float32 (N, classes)."""
    # Of one picture, looking at every module took as long as a small layer. Whoever trains
    # a network sets it whole, or the one inside its test-time views.
    if model.training or any(module.training for module in model.children()):
        model.eval()

    # One buffer for all outputs. Kept one by one, each would lie between freed activations and
    # fragment the heap (some 40 kB lost per 64x64 image).
    outputs = np.empty((len(values), len(contract.class_names)), np.float32)

    size = inference_batch(contract.preprocessor.shape)

    def predict_batch(first: int) -> None:
        where = slice(first, first + size)
        with torch.inference_mode():
            batch = values[where].to(runtime.device)
            logits = model(contract.normalise(batch)).float()
            outputs[where] = finish(contract.preprocessor.mask_logits(logits, batch)).cpu().numpy()

    runtime.map_threads(predict_batch, range(0, len(values), size))
    return outputs


def inference_batch(shape: Sequence[int]) -> int:
    """Return how many inputs of a shape pass a network together: `BATCH_SIZE`, or fewer."""
    return max(1, min(BATCH_SIZE, BATCH_BYTES // max(1, math.prod(shape))))
