"""Occlusion: cover one region after the other, and see how much the answer falls.

Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014; by captum.

What falls is the log-odds of a class, log p / (1 - p). Unlike its probability, they do not
saturate: of an answer that is sure, the regions still differ. A difference of 0.7 halves the odds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from noonbit.data.preprocess.contract import Contract
from noonbit.evaluation.torch_inference import predict_logits
from noonbit.explain.captum_extra import import_captum
from noonbit.system.runtime import Runtime

PATCHES_A_SIDE, STEPS_A_PATCH = 5, 3
"""The covering square is a fifth of the shorter side and moves by a third of its own side: some 200
positions, whatever the size of the picture."""
MOST_COVERED, MOST_NUMBERS = 256, 2**24
"""Covered pictures that are predicted at once, and their pixels: captum holds a few copies."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The square that is moved over a picture."""

    side: int
    """In pixels."""
    step: int
    """From one position to the next, in pixels."""

    @classmethod
    def for_size(cls, height: int, width: int) -> "Cover":
        """Return the square for pictures of this size."""
        side = max(1, round(min(height, width) / PATCHES_A_SIDE))
        return cls(side, max(1, side // STEPS_A_PATCH))


def log_odds(logits: Tensor, number: int) -> Tensor:
    """Logits (N, classes) -> the log-odds of a class against all others (N,)."""
    others = torch.cat([logits[:, :number], logits[:, number + 1 :]], dim=1)
    return logits[:, number] - others.logsumexp(dim=1)


def occlude_picture(
    model: nn.Module,
    contract: Contract,
    pixels: NDArray[np.uint8],
    number: int,
    runtime: Runtime,
) -> NDArray[np.float32]:
    """Return how much the log-odds of class `number` fall where each pixel is covered, (h, w).

    Positive: what was there speaks for the class; negative: against it. The value of a pixel is the
    mean over all squares that cover it. They are filled with the picture's mean colour. What is
    asked is what predicts, an ensemble and test-time views included. Raises `MissingExtra` without
    captum.
    """

    def score(values: Tensor) -> Tensor:
        logits = torch.from_numpy(predict_logits(model, contract, values, runtime))
        return log_odds(logits / contract.temperature, number)

    return occlusion_map(score, torch.from_numpy(pixels).float())


def occlusion_map(score: Callable[[Tensor], Tensor], picture: Tensor) -> NDArray[np.float32]:
    """Cover parts of a picture (C, h, w); `score` turns pictures (N, C, h, w) into scores (N,)."""
    channels, height, width = picture.shape
    cover = Cover.for_size(height, width)
    mean_colour = picture.mean(dim=(1, 2), keepdim=True).expand_as(picture)
    falls = (
        import_captum()
        .Occlusion(score)
        .attribute(
            picture[None],
            sliding_window_shapes=(channels, cover.side, cover.side),
            strides=(channels, cover.step, cover.step),
            baselines=mean_colour[None],
            perturbations_per_eval=max(1, min(MOST_COVERED, MOST_NUMBERS // prod(picture.shape))),
        )
    )
    return np.asarray(falls[0, 0].float().cpu().numpy(), np.float32)
