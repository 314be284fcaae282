"""The training items that are most alike to the network: by cosine, over its features.

The features of an item are what the last layer with weights takes: 128 numbers of `glance` on grey
pictures. Every training item is compared; there is no index that could miss one. They are computed
once, at the cost of a prediction of the training split, and kept in memory: 54,000 items of 128
features take 28 MB.
"""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.data.loader import LoadedValues
from noonbit.data.preprocess.contract import Contract
from noonbit.evaluation.torch_inference import inference_batch
from noonbit.explain.layer_maps import evaluation_mode
from noonbit.explain.networks import HOOKS_LOCK, SingleNetwork, single_networks
from noonbit.system.runtime import Runtime

Features = NDArray[np.float32]
"""(N, features); rows have length 1, so that products are cosines."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training item that is like another one."""

    item: int
    """Its number in the data set."""
    name: str
    label: str
    similarity: float
    """The cosine of both items' features, from -1 to 1; of an ensemble, the members' mean."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "item": self.item,
            "name": self.name,
            "label": self.label,
            "similarity": self.similarity,
        }


def features_of(
    model: nn.Module, contract: Contract, values: LoadedValues, runtime: Runtime
) -> Features:
    """Return the features of values (N, *shape); those of an ensemble's members side by side."""
    networks = single_networks(model, contract)
    with HOOKS_LOCK, evaluation_mode(model):
        each = [features_of_one(single, values, runtime) for single in networks]
    return np.concatenate(each, axis=1) / np.float32(np.sqrt(len(each)))


def features_of_one(single: SingleNetwork, values: LoadedValues, runtime: Runtime) -> Features:
    """Return the features of one network, batch by batch."""
    seen = threading.local()  # batches run on several threads
    size = inference_batch(values[:1].shape[1:])

    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen.features = inputs[0]

    def compute(first: int) -> Features:
        with torch.inference_mode():
            single.logits(values[first : first + size].to(runtime.device))
            features = seen.features.float()
            if isinstance(last, nn.Conv2d):
                features = features.mean(dim=(2, 3))
            unit = nn.functional.normalize(features.flatten(1), dim=1)
        return np.asarray(unit.cpu().numpy(), np.float32)

    last = find_last_layer(single, values[:1].to(runtime.device))
    hook = last.register_forward_pre_hook(note)
    try:
        batches = runtime.map_threads(compute, range(0, len(values), size))
    finally:
        hook.remove()
    return np.concatenate(batches)


def find_last_layer(single: SingleNetwork, values: Tensor) -> nn.Module:
    """Return the last layer with a matrix or filters, whose input are the features."""
    last: list[nn.Module] = []
    layers = [
        module
        for module in single.network.modules()
        if isinstance(weight := getattr(module, "weight", None), Tensor) and weight.ndim > 1
    ]
    hooks = [
        layer.register_forward_hook(lambda module, inputs, output: last.append(module))
        for layer in layers
    ]
    try:
        with torch.inference_mode():
            single.logits(values)
    finally:
        for hook in hooks:
            hook.remove()
    return last[-1] if last else single.network


def find_nearest(
    features: Features, query: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the rows of `features` (N, features) nearest to `query` (features,), and cosines."""
    cosines = features @ query
    rows = np.argsort(-cosines, kind="stable")[:count]
    return rows, cosines[rows]
