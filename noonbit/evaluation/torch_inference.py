"""Run a network on PyTorch: values in, logits or calibrated probabilities out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

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
SOFTMAX_ROWS = 1024
"""Inputs whose logits become probabilities at once."""


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
    logits = torch.from_numpy(predict_logits(model, contract, values, runtime))
    # In place and in pieces: of 10,000 inputs and classes, a copy takes 400 MB.
    for piece in logits.split(SOFTMAX_ROWS):
        piece.copy_((piece / contract.temperature).softmax(dim=1))
        if not math.isfinite(piece.sum().item()):  # as it is if any of them is not
            raise ArtefactError(
                "The network's outputs are not finite: its weights are damaged, or its training "
                "diverged. Restore them, or train again with a smaller --learning-rate."
            )
    return np.asarray(logits.numpy(), np.float32)


def predict_logits(
    model: nn.Module, contract: Contract, values: LoadedValues, runtime: Runtime
) -> NDArray[np.float32]:
    """Values (N, *shape) -> logits before the temperature, float32 (N, classes).

    Classes that an input rules out are very low: see `Preprocessor.mask_logits`.
    """
    # Of one picture, looking at every module took as long as a small layer. Whoever trains
    # a network sets it whole, or the one inside its test-time views.
    if model.training or any(module.training for module in model.children()):
        model.eval()

    # One buffer for all logits. Kept one by one, each would lie between freed activations and
    # fragment the heap (some 40 kB lost per 64x64 image).
    logits = torch.empty(len(values), len(contract.class_names))

    size = inference_batch(contract.preprocessor.shape)

    def predict_batch(first: int) -> None:
        where = slice(first, first + size)
        with torch.inference_mode():
            batch = values[where].to(runtime.device)
            logits[where] = contract.preprocessor.mask_logits(
                model(contract.normalise(batch)).float(), batch
            )

    runtime.map_threads(predict_batch, range(0, len(values), size))
    return logits.numpy()


def inference_batch(shape: Sequence[int]) -> int:
    """Return how many inputs of a shape pass a network together: `BATCH_SIZE`, or fewer."""
    return max(1, min(BATCH_SIZE, BATCH_BYTES // max(1, math.prod(shape))))
