"""Pieces that two or more model families share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.system.seeding import mixed

ImageSize: TypeAlias = tuple[int, int]
"""(height, width) in pixels."""
Builder: TypeAlias = Callable[[int, int, Any], nn.Module]
"""(number of classes, input channels, size) -> a freshly initialised network.

Of images and boards, size is (height, width). A sentence is an image of one row, (length,), whose
channels are the words; it comes as their numbers, since all other channels of a place are zero."""

SMALL = 100
"""Networks made for photographs of 224 pixels a side take their small-image form below this."""
HALVED = 48
"""Small images of at least this many pixels a side are halved at once: full size costs too much."""


def is_small(size: tuple[int, ...]) -> bool:
    """Whether the stem of a network for photographs would shrink such an image to nothing."""
    return min(size) < SMALL


def small_stride(size: ImageSize) -> int:
    """The first convolution's stride in small-image forms."""
    return 2 if min(size) >= HALVED else 1


class Network(nn.Module):
    """Feature maps, then a head that turns them into one logit a class.

    Explanations read the maps that `features` gives; nothing in any part works in place. Auxiliary
    heads, each named after the part of `features` it reads, are for training alone.
    """

    normalises_shares = False
    """Whether batch norm may see a thread's share of a batch instead of all of it."""

    def __init__(
        self,
        features: nn.Sequential,
        head: nn.Sequential,
        auxiliary: Mapping[str, nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.features = features
        self.head = head
        self.auxiliary = nn.ModuleDict(auxiliary or {})

    def forward(self, images: Tensor) -> Tensor:
        """Normalised float images (N, C, H, W) -> logits (N, classes)."""
        logits: Tensor = self.head(self.features(images))
        return logits

    def all_logits(self, images: Tensor) -> tuple[Tensor, ...]:
        """The logits, then those of every auxiliary head, each (N, classes)."""
        maps, auxiliary = images, []
        for name, part in self.features.named_children():
            maps = part(maps)
            if name in self.auxiliary:
                auxiliary.append(self.auxiliary[name](maps))
        return (self.head(maps), *auxiliary)


class PadTo(nn.Module):
    """Zero margins for images smaller than a network needs; larger ones pass untouched."""

    def __init__(self, least: int, size: ImageSize) -> None:
        super().__init__()
        missing_height, missing_width = (max(0, least - side) for side in size)
        left, top = missing_width // 2, missing_height // 2
        self.margins = (left, missing_width - left, top, missing_height - top)

    def forward(self, images: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, at least `least`, at least `least`)."""
        return F.pad(images, self.margins) if any(self.margins) else images

    def extra_repr(self) -> str:
        """The margins in the layer table."""
        return "left {}, right {}, top {}, bottom {}".format(*self.margins)


LEVELS = 1 << 16
"""Of the random numbers for dropout."""


class Dropout(nn.Dropout):
    """`nn.Dropout` with random numbers of its own, so that threads need not share one stream.

    Draws a 16-bit number a value, so the rate is exact to 1/65,536, and takes them from whole
    64-bit words: forward and backward cost 0.4 times as much as PyTorch's, whose random numbers
    were the most expensive operator of `deep-cnn`. Without a `seed` they come from PyTorch's own
    stream.
    """

    generator: torch.Generator | None = None

    def seed(self, seed: int) -> None:
        """Make the numbers from here on a function of `seed`."""
        if self.generator is None:
            self.generator = torch.Generator()
        self.generator.manual_seed(seed)

    def forward(self, values: Tensor) -> Tensor:
        """Any shape; in training, zero for a share `p` of the values, the others enlarged."""
        if not self.training or values.device.type != "cpu":
            return F.dropout(values, self.p, self.training)
        kept = like(values, self.numbers(values.numel())) >= self.least
        return values * kept.to(values.dtype).mul_(self.scale)

    def numbers(self, count: int) -> Tensor:
        """The next random numbers of 16 bits, for so many values: int16 (count,)."""
        words = torch.empty((count + 3) // 4, dtype=torch.int64)
        words.random_(-(1 << 63), None, generator=self.generator)
        return words.view(torch.int16)[:count]

    @property
    def least(self) -> int:
        """The smallest of them with which a value stays; none does at a rate of 1."""
        return round(self.p * LEVELS) - LEVELS // 2

    @property
    def scale(self) -> float:
        """What stays is multiplied by this, so that the mean stays too."""
        dropped = round(self.p * LEVELS)
        return LEVELS / (LEVELS - dropped) if dropped < LEVELS else 0.0


class PlainDropout(Dropout):
    """Dropout as it was first published (Hinton et al., 2012): what stays in training is not
    enlarged; instead, all values are multiplied by the share that stays when it is over."""

    def forward(self, values: Tensor) -> Tensor:
        """Any shape."""
        return super().forward(values) * (1 - self.p)


class LimitedLinear(nn.Linear):
    """A dense layer whose rows of weights are brought back to a length when they exceed it.

    As Hinton et al. (2012) limit them: after each step, not by a penalty on the way.
    """

    def __init__(self, inputs: int, outputs: int, *, limit: float) -> None:
        super().__init__(inputs, outputs)
        self.limit = limit

    @torch.no_grad()
    def settle(self) -> None:
        """See `Settles`."""
        lengths = self.weight.norm(dim=1, keepdim=True)
        self.weight.mul_((self.limit / lengths.clamp_min(1e-7)).clamp_max(1))

    def extra_repr(self) -> str:
        """The limit in the layer table."""
        return f"{super().extra_repr()}, limit={self.limit:g}"


@runtime_checkable
class Settles(Protocol):
    """A layer that has the last word on its weights after each step of the optimiser."""

    def settle(self) -> None:
        """Bring the weights to what the layer allows."""


def like(values: Tensor, flat: Tensor) -> Tensor:
    """`flat` in the shape of `values`, and in its memory order where that is channels_last."""
    if values.ndim == 4 and values.is_contiguous(memory_format=torch.channels_last):
        count, channels, height, width = values.shape
        return flat.view(count, height, width, channels).permute(0, 3, 1, 2)
    return flat.view(values.shape)


def seed_dropout(model: nn.Module, seed: int) -> None:
    """Give every `Dropout` of a network a stream of its own, all of them functions of `seed`."""
    seed_layers(dropout_layers(model), seed)


def dropout_layers(model: nn.Module) -> list[Dropout]:
    """Those of a network, in its order."""
    return [module for module in model.modules() if isinstance(module, Dropout)]


def seed_layers(layers: Sequence[Dropout], seed: int) -> None:
    """The same for layers that were looked for before: looking at each step costs more."""
    for index, layer in enumerate(layers):
        layer.seed(mixed(seed, "dropout", index))


def empty_batch(shape: tuple[int, ...], *, count: int = 1, device: torch.device) -> Tensor:
    """Inputs that say nothing: black images (count, C, H, W), or sentences (count, length) of words
    that nobody knows."""
    if len(shape) == 1:
        return torch.ones(count, *shape, dtype=torch.int32, device=device)
    return torch.zeros(count, *shape, device=device)


def output_count(features: nn.Module, channels: int, size: ImageSize) -> int:
    """How many numbers `features` gives for one image; what a dense layer after it needs."""
    training = features.training
    features.eval()
    with torch.no_grad():
        count = features(torch.zeros(1, channels, *size)).numel()
    features.train(training)
    return int(count)


def keras_init(network: Network) -> Network:
    """The same network with Keras's initial weights.

    Glorot uniform weights (Glorot and Bengio, 2010) and biases of zero.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def he_init(network: Network) -> Network:
    """The same network with weights that keep the size of signals through ReLU.

    Normal with variance 2 / inputs of a unit (He et al., "Delving deep into rectifiers", 2015), and
    biases of zero.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def response_norm() -> nn.LocalResponseNorm:
    """AlexNet's normalisation over 5 neighbouring maps, which VGG and GoogLeNet took over.

    The paper multiplies the sum of squares by 1e-4, PyTorch their mean.
    """
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
