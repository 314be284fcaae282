"""What the network expects of one input, and the only way an input gets there.

    Framing   raw input -> values of one shape: a picture's pixels, a sentence's words
    Contract  a framing, the statistics that make it float32, and the class names

Training, evaluation, prediction and export all go through the same object, so what was fed to a
network in training is fed to it in prediction.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from noonbit.data.dataset import Data, takes_of
from noonbit.data.preprocess import BoardFraming, PictureFraming, SentenceFraming, Values
from noonbit.data.preprocess.boards import derive_board_framing
from noonbit.data.preprocess.images import derive_picture_framing
from noonbit.data.preprocess.text import derive_sentence_framing

if TYPE_CHECKING:
    from torch import Tensor, device


def kind_of(stored: Any) -> str:
    """Which framing a stored or given one is; runs of noonbit 0.1 do not say, and take pictures."""
    if isinstance(stored, dict):
        return str(stored.get("takes", "pictures"))
    return str(getattr(stored, "takes", "pictures"))


AnyFraming: TypeAlias = Annotated[
    Annotated[PictureFraming, Tag("pictures")]
    | Annotated[SentenceFraming, Tag("sentences")]
    | Annotated[BoardFraming, Tag("boards")],
    Discriminator(kind_of),
]
"""A kind of input, told by its field `takes`."""

IMPOSSIBLE = -1e4
"""A logit whose probability is zero in float32 at any temperature that is ever found."""


class Contract(BaseModel):
    """The whole agreement between data and network; stored with the weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    framing: AnyFraming
    mean: tuple[float, ...]
    """Of each channel over the training split, on a scale of 0 to 1."""
    std: tuple[float, ...]
    class_names: tuple[str, ...]
    """In the order of the network's outputs."""
    temperature: float = Field(default=1.0, gt=0)
    """What the logits are divided by before they become probabilities."""

    @classmethod
    def measured(
        cls,
        framing: AnyFraming,
        values: Values,
        class_names: tuple[str, ...],
        *,
        train: NDArray[np.int64] | None = None,
    ) -> "Contract":
        """The contract of a network trained on values (N, *shape), or on those at `train` alone."""
        mean, std = framing.statistics(values, train)
        return cls(framing=framing, mean=mean, std=std, class_names=class_names)

    @classmethod
    def unit(cls, framing: AnyFraming, class_names: tuple[str, ...]) -> "Contract":
        """The contract of a network that takes pixels from 0 to 1, or what has no statistics."""
        count = framing.normalised
        return cls(
            framing=framing, mean=(0.0,) * count, std=(1.0,) * count, class_names=class_names
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

    def possible(self, logits: "Tensor", values: "Tensor") -> "Tensor":
        """The logits (N, classes), less the answers that an input rules out: illegal moves.

        `values` (N, *shape) are prepared, and not normalised. A low number stands there instead of
        minus infinity, which times 0 would be no number.
        """
        if not isinstance(self.framing, BoardFraming):
            return logits
        return logits.masked_fill(~self.framing.legal_moves(values), IMPOSSIBLE)


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


def derive_framing(
    data: Data, *, image_size: tuple[int, int] | None = None, channels: Literal[1, 3] | None = None
) -> tuple[AnyFraming, dict[str, str]]:
    """The framing that suits the data, and the reason for each choice.

    What only training items may say is still open in it: see `Framing.settled`.
    """
    match takes_of(data.train.raw):
        case "sentences":
            return derive_sentence_framing(data)
        case "boards":
            return derive_board_framing(data)
        case "pictures":
            return derive_picture_framing(data, image_size=image_size, channels=channels)
