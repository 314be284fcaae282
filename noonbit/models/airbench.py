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

1,971,352 parameters learn; the stem's 288 weights and the norms' 1,152 scales do not. One
departure: the stem's bias learns to the end, where the record freezes it after three epochs to
spare the last part of the way back.
"""

from torch import Tensor, nn

from noonbit.models.glance import Glance, WhiteningStem
from noonbit.models.layers import ImageSize, PadTo, output_count

WIDTHS = (64, 256, 256)
SMALLEST = 25
"""Pixels a side, or the last pool would find less than its window."""
VARIANCE_FLOOR = 5e-4
"""Of the stem; the record's."""
FORGETTING = 0.4
"""The share of a batch in running statistics: a training of 200 steps has no time for 0.1."""
NORM_EPSILON = 1e-12


class ScaledLinear(nn.Linear):
    """A dense layer from weights of deviation 1, whose outputs are divided by its inputs' number.

    So logits begin small and no step moves them far: after 200 steps of 128 images of CIFAR-10 the
    network named 82.0 % of 2,000 test images, and 76.1 % with a plain dense layer (n = 1).
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, bias=False)
        nn.init.normal_(self.weight)

    def forward(self, values: Tensor) -> Tensor:
        """(N, inputs) -> (N, outputs)."""
        return super().forward(values) / self.in_features


def airbench(classes: int, channels: int, size: ImageSize) -> Glance:
    """The documented network for 32x32x3; others get margins, or a larger last map."""
    stem = WhiteningStem(
        channels, patch=2, stride=1, padding=0, bias=True, variance_floor=VARIANCE_FLOOR
    )
    layers: list[nn.Module] = [PadTo(SMALLEST, size), stem, nn.GELU()]
    inputs = stem.out_channels
    for width in WIDTHS:
        layers += [convolution(inputs, width), nn.MaxPool2d(2), norm(width), nn.GELU()]
        layers += [convolution(width, width), norm(width), nn.GELU()]
        inputs = width
    features = nn.Sequential(*layers, nn.MaxPool2d(3))
    count = output_count(features, channels, size)
    return Glance(stem, features, nn.Sequential(nn.Flatten(), ScaledLinear(count, classes)))


def convolution(inputs: int, width: int) -> nn.Conv2d:
    """3x3, without bias; its first filters begin by passing their input on."""
    made = nn.Conv2d(inputs, width, 3, padding=1, bias=False)
    nn.init.dirac_(made.weight.data[: min(inputs, width)])
    return made


def norm(width: int) -> nn.BatchNorm2d:
    """Batch norm that learns a bias and no scale."""
    made = nn.BatchNorm2d(width, eps=NORM_EPSILON, momentum=FORGETTING)
    made.weight.requires_grad_(False)
    return made
