"""VGG: deep networks of small filters, in the six configurations of the paper's table.

Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014.
Counted for 224 x 224 x 3 images and 1,000 classes:

    name       convolutions a stage                                  parameters
    vgg-a      1, 1, 2, 2, 2                                        132,863,336
    vgg-a-lrn  the same, response norm after the first              132,863,336
    vgg-b      2, 2, 2, 2, 2                                        133,047,848
    vgg-c      2, 2, 3, 3, 3, the third of a stage 1x1              133,638,952
    vgg-d      2, 2, 3, 3, 3                                        138,357,544
    vgg-e      2, 2, 4, 4, 4                                        143,667,240

The stages have 64, 128, 256, 512, 512 channels and end in a pool, which comes before the last ReLU
(they commute); two dense layers of 4,096 units follow. The paper trained A first and initialised
the deeper ones with its layers; He's initial weights, of 2015, make that unnecessary.

Below 100 pixels a side: a stage whose map is one pixel high or wide does not pool, and the dense
layers have 512 units.
"""

from torch import nn

from noonbit.models.dropout import Dropout
from noonbit.models.layers import (
    FeedforwardNetwork,
    ImageSize,
    he_init,
    is_small,
    output_count,
    response_norm,
)

SMALL_FORM = "no pool on a map of one pixel, dense layers of 512"
WIDTHS = (64, 128, 256, 512, 512)
KERNELS: dict[str, tuple[tuple[int, ...], ...]] = {
    "A": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "A-LRN": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "B": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "C": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "D": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "E": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
"""Kernel sizes of each stage's convolutions."""


def vgg(configuration: str, classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """The network of one column of the table: A, A-LRN, B, C, D or E."""
    features = nn.Sequential()
    inputs, side = channels, min(size)
    for width, kernels in zip(WIDTHS, KERNELS[configuration], strict=True):
        for kernel in kernels:
            features.append(nn.Conv2d(inputs, width, kernel, padding=kernel // 2))
            features.append(nn.ReLU())
            inputs = width
        normalised = configuration == "A-LRN" and width == WIDTHS[0]
        if normalised:
            features.append(response_norm())
        if side >= 2:
            # Response norm is between ReLU and pool, so here the pool cannot come before ReLU.
            features.insert(len(features) - (0 if normalised else 1), nn.MaxPool2d(2))
            side //= 2
    units = 512 if is_small(size) else 4096
    head = nn.Sequential(nn.Flatten())
    for count in (output_count(features, channels, size), units):
        head.extend([nn.Linear(count, units), nn.ReLU(), Dropout(0.5)])
    head.append(nn.Linear(units, classes))
    return he_init(FeedforwardNetwork(features, head))
