"""The contract between data and network: how an input becomes what the network takes.

    Preprocessor   raw input -> values of one shape: a picture's pixels, a sentence's word numbers
    Contract       a preprocessor, the normalisation statistics, the class names, a temperature

Training, evaluation and prediction use the same object, so they preprocess inputs alike.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from noonbit.data.preprocess.base import Values
from noonbit.data.preprocess.registry import AnyPreprocessor

if TYPE_CHECKING:
    from torch import Tensor, device


UNKNOWN = "unknown"
"""The answer to an input of no class; see `noonbit.evaluation.out_of_distribution`."""
LEAST_DIVISOR, LARGEST_NUMBER = 1e-9, 1e9
"""What a value is divided by, and any other number, so that float32 can hold the result."""
Number = Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
Divisor = Annotated[float, Field(ge=LEAST_DIVISOR, le=LARGEST_NUMBER)]


class Contract(BaseModel):
    """Preprocessing, normalisation, class names and calibration; stored with the weights."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", allow_inf_nan=False)

    preprocessor: AnyPreprocessor
    mean: tuple[Number, ...]
    """Per channel over the training split, on a scale of 0 to 1."""
    std: tuple[Divisor, ...]
    class_names: Annotated[tuple[str, ...], Field(min_length=1)]
    """In the order of the network's outputs."""
    temperature: Divisor = 1.0
    """The logits are divided by it before the softmax."""
    unknown_below: Annotated[float, Field(ge=0, le=1)] | None = None
    """Inputs whose highest probability is below it are answered with `UNKNOWN`; None: by none."""

    @model_validator(mode="after")
    def check_lengths(self) -> Self:
        """Every normalised channel has a mean and a deviation, and no two classes one name."""
        channels = self.preprocessor.normalised_channels
        if not len(self.mean) == len(self.std) == channels:
            raise ValueError(
                f"has {len(self.mean)} means and {len(self.std)} deviations for {channels} channels"
            )
        if len(set(self.class_names)) < len(self.class_names):
            raise ValueError("has a class name twice")
        if self.unknown_below is not None and UNKNOWN in self.class_names:
            raise ValueError(f"answers '{UNKNOWN}', which is a class too")
        return self

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
        normalised = (values.float() - mean).div_(std)
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
