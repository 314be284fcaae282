"""Layers, initialisers and helpers that several model families share."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

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
