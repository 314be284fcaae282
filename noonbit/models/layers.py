"""Layers, initialisers and helpers that several model families share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.system.seeding import derive_seed

ImageSize: TypeAlias = tuple[int, int]
"""(height, width) in pixels."""
Builder: TypeAlias = Callable[[int, int, Any], nn.Module]
"""(number of classes, input channels, size) -> a freshly initialised network.

For images and boards, size is (height, width). For sentences it is (length,), and the channels are
the words of the vocabulary: a sentence is a one-hot row, passed as word indices."""

SMALL_SIDE = 100
"""Networks made for photographs of 224 pixels a side have a small-image form below this."""
HALVED_SIDE = 48
"""From this many pixels a side on, small-image forms start with stride 2: stride 1 is too slow."""


def is_small(size: tuple[int, ...]) -> bool:
    """Whether networks for photographs take their small-image form for this size."""
    return min(size) < SMALL_SIDE


def small_stride(size: ImageSize) -> int:
    """The first convolution's stride in small-image forms."""
    return 2 if min(size) >= HALVED_SIDE else 1


class FeedforwardNetwork(nn.Module):
    """Features, then a head that turns them into one logit a class.

    Explanations read the output of `features`, so no module works in place. Auxiliary heads, each
    named after the part of `features` it reads, are used in training only.
    """

    normalises_shares = False
    """Whether batch norm may use the statistics of one thread's share of a batch."""

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
    """Pads images smaller than a network needs with zeros; larger ones pass unchanged."""

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
"""Values of a 16-bit random number, by which dropout decides."""


class Dropout(nn.Dropout):
    """`nn.Dropout` with its own random stream, so that threads need not share one.

    Draws 16 bits a value, so the rate is exact to 1/65,536, in whole 64-bit words: forward and
    backward take 0.4 times as long as PyTorch's, whose random numbers were the most expensive
    operator of `deep-cnn`. Before the first `seed` they come from PyTorch's global stream.
    """

    generator: torch.Generator | None = None

    def seed(self, seed: int) -> None:
        """Restart the layer's own stream at `seed`."""
        if self.generator is None:
            self.generator = torch.Generator()
        self.generator.manual_seed(seed)

    def forward(self, values: Tensor) -> Tensor:
        """Any shape; in training, zero a fraction `p` of the values and scale up the others."""
        if not self.training or values.device.type != "cpu":
            return F.dropout(values, self.p, self.training)
        kept = reshape_like(values, self.random_bits(values.numel())) >= self.threshold
        return values * kept.to(values.dtype).mul_(self.scale)

    def random_bits(self, count: int) -> Tensor:
        """Draw 16 random bits for each of `count` values: int16 (count,)."""
        words = torch.empty((count + 3) // 4, dtype=torch.int64)
        words.random_(-(1 << 63), None, generator=self.generator)
        return words.view(torch.int16)[:count]

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


class MaxNormLinear(nn.Linear):
    """A dense layer that limits the L2 norm of each row of weights.

    Rows are rescaled after each step, as in Hinton et al. (2012); there is no penalty in the loss.
    """

    def __init__(self, inputs: int, outputs: int, *, limit: float) -> None:
        super().__init__(inputs, outputs)
        self.limit = limit

    @torch.no_grad()
    def apply_constraint(self) -> None:
        """See `WeightConstraint`."""
        norms = self.weight.norm(dim=1, keepdim=True)
        self.weight.mul_((self.limit / norms.clamp_min(1e-7)).clamp_max(1))

    def extra_repr(self) -> str:
        """The limit in the layer table."""
        return f"{super().extra_repr()}, limit={self.limit:g}"


@runtime_checkable
class WeightConstraint(Protocol):
    """A layer that constrains its weights after each step of the optimiser."""

    def apply_constraint(self) -> None:
        """Project the weights onto the allowed set, in place."""


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


def empty_batch(
    shape: tuple[int, ...], *, of_words: bool | None = None, count: int = 1, device: torch.device
) -> Tensor:
    """Placeholder inputs: zeros (count, *shape), or sentences (count, length) of unknown words.

    `of_words` says which; by default a shape of one axis is a sentence.
    """
    if of_words or (of_words is None and len(shape) == 1):
        return torch.ones(count, *shape, dtype=torch.int32, device=device)
    return torch.zeros(count, *shape, device=device)


def output_count(features: nn.Module, channels: int, size: ImageSize) -> int:
    """The number of values that `features` outputs for one image: the inputs of a dense layer."""
    training = features.training
    features.eval()
    with torch.no_grad():
        count = features(torch.zeros(1, channels, *size)).numel()
    features.train(training)
    return int(count)


def keras_init(network: FeedforwardNetwork) -> FeedforwardNetwork:
    """Initialise as Keras does, and return the network.

    Glorot uniform weights (Glorot and Bengio, 2010) and biases of zero.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def he_init(network: FeedforwardNetwork) -> FeedforwardNetwork:
    """Initialise so that ReLU layers preserve the variance of their inputs; return the network.

    Normal weights of variance 2 / fan-in (He et al., "Delving deep into rectifiers", 2015) and
    biases of zero.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def response_norm() -> nn.LocalResponseNorm:
    """AlexNet's local response normalisation over 5 channels, also in VGG and GoogLeNet.

    The paper multiplies the sum of squares by 1e-4; PyTorch multiplies their mean, hence 5e-4.
    """
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)
