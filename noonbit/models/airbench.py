"""airbench: the network of the CIFAR-10 speed records.

Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024; the widths and layers of
`airbench94_muon`, whose public log has 94.01 % after 8 epochs.

    a frozen stem that whitens patches of 2x2 - GELU - 3 blocks - max-pool 3 - scaled dense

    block: conv 3x3 - max-pool 2 - batch norm - GELU - conv 3x3 - batch norm - GELU

    block    maps    map of a 32x32 image
    stem     24      31x31
    1        64      15x15
    2        256     7x7
    3        256     3x3, and 1x1 after the last pool

1,971,352 parameters are trained; the stem's 288 weights and the norms' 1,152 scales are not. One
departure: the stem's bias is trained to the end, where the speed record freezes it after three
epochs to shorten the backward pass.
"""

from torch import Tensor, nn

from noonbit.models.glance import Glance, WhiteningStem
from noonbit.models.layers import ImageSize, PadTo, output_count

WIDTHS = (64, 256, 256)
SMALLEST_SIDE = 25
"""Pixels; on a smaller image, the last pool's window would not fit its map."""
VARIANCE_FLOOR = 5e-4
"""The stem's, as in the speed record."""
NORM_MOMENTUM = 0.4
"""Weight of a batch in the running statistics: 0.1 is too slow for a training of 200 steps."""
NORM_EPSILON = 1e-12


class ScaledLinear(nn.Linear):
    """A dense layer with initial weights normal(0, 1), whose output is divided by its input count.

    This keeps logits small: after 200 steps of 128 images of CIFAR-10, test accuracy was 82.0 %,
    and 76.1 % with a plain dense layer (one run each, 2,000 images).
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, bias=False)
        nn.init.normal_(self.weight)

    def forward(self, values: Tensor) -> Tensor:
        """(N, inputs) -> (N, outputs)."""
        return super().forward(values) / self.in_features


def airbench(classes: int, channels: int, size: ImageSize) -> Glance:
    """The documented network at 32x32x3; small images are padded, larger ones have larger maps."""
    stem = WhiteningStem(
        channels, patch=2, stride=1, padding=0, bias=True, variance_floor=VARIANCE_FLOOR
    )
    layers: list[nn.Module] = [PadTo(SMALLEST_SIDE, size), stem, nn.GELU()]
    inputs = stem.out_channels
    for width in WIDTHS:
        layers += [make_convolution(inputs, width), nn.MaxPool2d(2), make_norm(width), nn.GELU()]
        layers += [make_convolution(width, width), make_norm(width), nn.GELU()]
        inputs = width
    features = nn.Sequential(*layers, nn.MaxPool2d(3))
    count = output_count(features, channels, size)
    return Glance(stem, features, nn.Sequential(nn.Flatten(), ScaledLinear(count, classes)))


def make_convolution(inputs: int, width: int) -> nn.Conv2d:
    """Create a 3x3 convolution without bias, whose first filters start as the identity."""
    convolution = nn.Conv2d(inputs, width, 3, padding=1, bias=False)
    nn.init.dirac_(convolution.weight.data[: min(inputs, width)])
    return convolution


def make_norm(width: int) -> nn.BatchNorm2d:
    """Create a batch norm with a trained bias and a fixed scale of 1."""
    norm = nn.BatchNorm2d(width, eps=NORM_EPSILON, momentum=NORM_MOMENTUM)
    norm.weight.requires_grad_(False)
    return norm
