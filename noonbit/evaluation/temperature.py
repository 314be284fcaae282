"""Calibrate probabilities by one temperature that is fitted on the validation split.

Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", 2017. Dividing all
logits by one number changes no prediction and no accuracy. Label smoothing makes a network
underconfident, long training makes it overconfident.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from torch import nn

from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.evaluation.torch_inference import predict_logits
from noonbit.system.runtime import Runtime

LOWEST, HIGHEST = 0.05, 20.0
"""Bounds of the temperature."""
MOST_LOGITS = 2**24
"""Of inputs whose logits are more, so many are taken that they are not: each takes 40 bytes and 25
evaluations, and one number needs no more inputs."""


def calibrate(
    contract: Contract, model: nn.Module, validation: TensorDataset, runtime: Runtime
) -> Contract:
    """Return the contract with the temperature fitted on `validation`, unless that is empty."""
    if not len(validation):
        return contract
    logits = predict_logits(model, contract, validation.values, runtime)
    temperature = best_temperature(logits, validation.labels.cpu().numpy())
    return contract.model_copy(update={"temperature": temperature})


def best_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the temperature of logits (N, classes) with the least cross-entropy.

    Targets are smoothed by 1 / (N + 2) (Platt, "Probabilistic outputs for support vector machines",
    1999), since N right answers do not prove that the network is never wrong.
    """
    if logits.size > MOST_LOGITS:
        rows = np.linspace(0, len(logits) - 1, max(1, MOST_LOGITS // logits.shape[1]), dtype=int)
        logits, labels = logits[rows], labels[rows]
    count, classes = logits.shape
    smoothing = 1 / (count + 2)
    targets = np.full((count, classes), smoothing / max(1, classes - 1))
    targets[np.arange(count), labels] = 1 - smoothing
    double_logits = logits.astype(np.float64)

    def cross_entropy(log_temperature: float) -> float:
        scores = log_softmax(double_logits / math.exp(log_temperature), axis=1)
        return float(-(targets * scores).sum(axis=1).mean())

    bounds = (math.log(LOWEST), math.log(HIGHEST))
    return math.exp(minimize_scalar(cross_entropy, bounds=bounds, method="bounded").x)
