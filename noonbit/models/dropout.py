"""Dropout whose random numbers are a function of a seed, and where a network's layers get it.

`training.gradients` seeds the layers before each step, from the plan's seed and the step's number.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.system.seeding import derive_seed

LEVELS = 1 << 16
"""Values of a 16-bit random number, by which dropout decides."""


class Dropout(nn.Dropout):
    """`nn.Dropout` with its own random stream, so that threads need not share one.

    Draws 16 bits a value, so the rate is exact to 1/65,536, in whole 64-bit words: forward and
    backward take 0.4 times as long as PyTorch's, whose random numbers were the most expensive
    operator of `deep-cnn`. Before the first `seed` they come from PyTorch's global stream.
    """

    next_seed: int | None = None

    def seed(self, seed: int) -> None:
        """Make the next draw a function of `seed`; later ones count on from it."""
        self.next_seed = seed

    def take_seed(self) -> int:
        """Return the seed of the next draw."""
        if self.next_seed is None:
            return int(torch.empty((), dtype=torch.int64).random_())
        self.next_seed += 1
        return self.next_seed - 1

    def forward(self, values: Tensor) -> Tensor:
        """Any shape; in training, zero a fraction `p` of the values and scale up the others."""
        if not self.training or values.device.type != "cpu":
            return F.dropout(values, self.p, self.training)
        kept = reshape_like(values, self.random_bits(values.numel())) >= self.threshold
        return values * kept.to(values.dtype).mul_(self.scale)

    def random_bits(self, count: int) -> Tensor:
        """Draw 16 random bits for each of `count` values: int16 (count,)."""
        generator = torch.Generator().manual_seed(self.take_seed())
        words = self.empty_words(count).random_(-(1 << 63), None, generator=generator)
        return words.view(torch.int16)[:count]

    def empty_words(self, count: int) -> Tensor:
        """Return memory for 16 random bits for each of `count` values, in 64-bit words."""
        return torch.empty((count + 3) // 4, dtype=torch.int64)

    @property
    def threshold(self) -> int:
        """The smallest random number that keeps a value; beyond int16 at a rate of 1."""
        return round(self.p * LEVELS) - LEVELS // 2

    @property
    def scale(self) -> float:
        """The factor on kept values, which preserves the mean."""
        dropped = round(self.p * LEVELS)
        return LEVELS / (LEVELS - dropped) if dropped < LEVELS else 0.0


class PlainDropout(Dropout):
    """Dropout as first published (Hinton et al., 2012): nothing is scaled up in training; instead,
    all values are multiplied by the keep rate at inference."""

    def forward(self, values: Tensor) -> Tensor:
        """Any shape; see `Dropout`."""
        return super().forward(values) * (1 - self.p)


def reshape_like(values: Tensor, flat: Tensor) -> Tensor:
    """View `flat` in the shape of `values`, and in its memory order if that is channels_last."""
    if values.ndim == 4 and values.is_contiguous(memory_format=torch.channels_last):
        count, channels, height, width = values.shape
        return flat.view(count, height, width, channels).permute(0, 3, 1, 2)
    return flat.view(values.shape)


def seed_dropout(model: nn.Module, seed: int) -> None:
    """Seed every `Dropout` of a network, each with its own seed derived from `seed`."""
    seed_layers(dropout_layers(model), seed)


def dropout_layers(model: nn.Module) -> list[Dropout]:
    """The `Dropout` layers of a network, in module order."""
    return [module for module in model.modules() if isinstance(module, Dropout)]


def seed_layers(layers: Sequence[Dropout], seed: int) -> None:
    """`seed_dropout` for layers found before, as searching the modules at each step is slower."""
    for index, layer in enumerate(layers):
        layer.seed(derive_seed(seed, "dropout", index))
