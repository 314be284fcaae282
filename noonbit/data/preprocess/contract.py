"""The contract between data and network: how an input becomes what the network takes.

    Preprocessor   raw input -> values of one shape: a picture's pixels, a sentence's word numbers
    Contract       a preprocessor, the normalisation statistics, the class names, a temperature

Training, evaluation and prediction use the same object, so they preprocess inputs alike.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from noonbit.data.preprocess.base import Values
from noonbit.data.preprocess.registry import AnyPreprocessor

if TYPE_CHECKING:
    from torch import Tensor, device


class Contract(BaseModel):
    """Preprocessing, normalisation, class names and calibration; stored with the weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preprocessor: AnyPreprocessor
    mean: tuple[float, ...]
    """Per channel over the training split, on a scale of 0 to 1."""
    std: tuple[float, ...]
    class_names: tuple[str, ...]
    """In the order of the network's outputs."""
    temperature: float = Field(default=1.0, gt=0)
    """The logits are divided by it before the softmax."""

    @classmethod
    def fit(
        cls,
        preprocessor: AnyPreprocessor,
        values: Values,
        class_names: tuple[str, ...],
        *,
        train: NDArray[np.int64] | None = None,
    ) -> "Contract":
        """Compute the statistics of values (N, *shape), or of those at `train`."""
        mean, std = preprocessor.statistics(values, train)
        return cls(preprocessor=preprocessor, mean=mean, std=std, class_names=class_names)

    @classmethod
    def unit(cls, preprocessor: AnyPreprocessor, class_names: tuple[str, ...]) -> "Contract":
        """Return the contract that only scales pixels to [0, 1]; words stay unchanged."""
        count = preprocessor.normalised_channels
        return cls(
            preprocessor=preprocessor,
            mean=(0.0,) * count,
            std=(1.0,) * count,
            class_names=class_names,
        )

    def normalise(self, values: "Tensor") -> "Tensor":
        """Normalise values (N, *shape) to what the network takes.

        uint8 or float (N, C, H, W) of 0 to 255 become float32 in channels-last memory order, which
        is faster for convolutions. Without statistics (word numbers) they are returned unchanged.
        """
        import torch

        if not self.mean:
            return values
        mean, std = byte_levels(self.mean, self.std, values.device)
        normalised = (values.float() - mean) / std
        return normalised.contiguous(memory_format=torch.channels_last)


@lru_cache
def byte_levels(
    mean: tuple[float, ...], std: tuple[float, ...], device: "device"
) -> tuple["Tensor", "Tensor"]:
    """Return mean and std on a scale of 0 to 255, float32 (C, 1, 1) each.

    Cached, since for one image building them took longer than using them. Built on the CPU and
    copied synchronously, so that they are ready for every CUDA stream.
    """
    import torch

    with torch.inference_mode(False):  # inference tensors cannot take part in autograd
        means, stds = (
            (255 * torch.tensor(each, dtype=torch.float32).view(-1, 1, 1)).to(device)
            for each in (mean, std)
        )
    return means, stds
