"""Stated probabilities that can be taken at their word: one temperature, found on validation.

Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", 2017. Dividing all
logits by one number changes no decision and no accuracy. Label smoothing makes a network too
modest, long training makes it too sure; the validation split tells which, and how much.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from torch import nn

from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.evaluation.inference import predict_logits
from noonbit.system.runtime import Runtime

LOWEST, HIGHEST = 0.05, 20.0


def calibrate(
    contract: Contract, model: nn.Module, validation: TensorDataset, runtime: Runtime
) -> Contract:
    """The contract with the temperature that suits `validation`; as it was where that is empty."""
    if not len(validation):
        return contract
    logits = predict_logits(model, contract, validation.values, runtime)
    temperature = best_temperature(logits, validation.labels.cpu().numpy())
    return contract.model_copy(update={"temperature": temperature})


def best_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """What to divide logits (N, classes) by for the least cross-entropy.

    A little of each target goes to the other classes, 1 / (N + 2) as Platt has it (1999): from N
    right answers nobody can conclude that none is ever wrong.
    """
    count, classes = logits.shape
    doubt = 1 / (count + 2)
    targets = np.full((count, classes), doubt / max(1, classes - 1))
    targets[np.arange(count), labels] = 1 - doubt
    wide = logits.astype(np.float64)

    def cross_entropy(log_temperature: float) -> float:
        scores = log_softmax(wide / math.exp(log_temperature), axis=1)
        return float(-(targets * scores).sum(axis=1).mean())

    bounds = (math.log(LOWEST), math.log(HIGHEST))
    return math.exp(minimize_scalar(cross_entropy, bounds=bounds, method="bounded").x)
