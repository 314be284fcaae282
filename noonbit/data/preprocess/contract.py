"""What the network expects of one input, and the only way an input gets there.

    Preprocessor   raw input -> values of one shape: a picture's pixels, a sentence's words
    Contract  a framing, the statistics that make it float32, and the class names

Training, evaluation, prediction and export all go through the same object, so what was fed to a
network in training is fed to it in prediction.
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
    """The whole agreement between data and network; stored with the weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preprocessor: AnyPreprocessor
    mean: tuple[float, ...]
    """Of each channel over the training split, on a scale of 0 to 1."""
    std: tuple[float, ...]
    class_names: tuple[str, ...]
    """In the order of the network's outputs."""
    temperature: float = Field(default=1.0, gt=0)
    """What the logits are divided by before they become probabilities."""

    @classmethod
    def fit(
        cls,
        preprocessor: AnyPreprocessor,
        values: Values,
        class_names: tuple[str, ...],
        *,
        train: NDArray[np.int64] | None = None,
    ) -> "Contract":
        """The contract of a network trained on values (N, *shape), or on those at `train` alone."""
        mean, std = preprocessor.statistics(values, train)
        return cls(preprocessor=preprocessor, mean=mean, std=std, class_names=class_names)

    @classmethod
    def unit(cls, preprocessor: AnyPreprocessor, class_names: tuple[str, ...]) -> "Contract":
        """The contract of a network that takes pixels from 0 to 1, or what has no statistics."""
        count = preprocessor.normalised_channels
        return cls(
            preprocessor=preprocessor,
            mean=(0.0,) * count,
            std=(1.0,) * count,
            class_names=class_names,
        )

    def normalise(self, values: "Tensor") -> "Tensor":
        """Prepared values (N, *shape) as the network takes them.

        uint8 or float (N, C, H, W) of 0 to 255 become float32, channels last in memory, as
        convolutions want them; without statistics (the numbers of words) they pass.
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
    """Statistics on the scale of bytes, float32 (C, 1, 1) each.

    Kept, since for one image making them took longer than using them; made on the processor, so
    they are there whichever stream of a GPU asks.
    """
    import torch

    with torch.inference_mode(False):  # else no gradient could ever pass them
        means, stds = (
            (255 * torch.tensor(each, dtype=torch.float32).view(-1, 1, 1)).to(device)
            for each in (mean, std)
        )
    return means, stds
