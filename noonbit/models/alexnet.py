"""AlexNet: the network that won ImageNet in 2012.

Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks".

    conv 96 11x11 / 4 - norm - pool - conv 256 5x5 - norm - pool - conv 384 - conv 384 - conv 256
    - pool - dense 4096 x 2 - dense                                          60,965,224 parameters

Counted for 227 x 227 x 3 and 1,000 classes. The second, fourth and fifth convolution have the two
groups of the two graphics cards it was trained on; pools are 3x3 with stride 2 and overlap.

Below 100 pixels a side: the first convolution is 5x5 with stride 1 (2 from 48 pixels on) and
padded, the dense layers have 512 units, and the initial weights are He's. The paper's suit filters
of 363 inputs; with 25, memorising 16 digits takes 42 steps instead of 11.
"""

from torch import nn

from noonbit.models.dropout import Dropout
from noonbit.models.layers import (
    FeedforwardNetwork,
    ImageSize,
    PadTo,
    he_init,
    is_small,
    output_count,
    response_norm,
    small_stride,
)

SMALL_FORM = "first convolution 5x5 with stride 1 (2 from 48 pixels on), dense layers of 512"


def alexnet(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Five convolutions and three dense layers."""
    small = is_small(size)
    features = nn.Sequential(
        PadTo(15, size),  # the smallest image of which three overlapping pools leave a pixel
        nn.Conv2d(channels, 96, 5, small_stride(size), padding=2)
        if small
        else nn.Conv2d(channels, 96, 11, 4),
        nn.ReLU(),
        response_norm(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(96, 256, 5, padding=2, groups=2),
        nn.ReLU(),
        response_norm(),
        nn.MaxPool2d(3, 2),
        nn.Conv2d(256, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1, groups=2),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1, groups=2),
        nn.MaxPool2d(3, 2),
        nn.ReLU(),
    )
    width = 512 if small else 4096
    head = nn.Sequential(nn.Flatten())
    for inputs in (output_count(features, channels, size), width):
        head.extend([Dropout(0.5), nn.Linear(inputs, width), nn.ReLU()])
    head.append(nn.Linear(width, classes))
    network = FeedforwardNetwork(features, head)
    return he_init(network) if small else paper_init(network)


def paper_init(network: FeedforwardNetwork) -> FeedforwardNetwork:
    """Initialise weights from normal(0, 0.01) and biases as the paper does; return the network.

    Biases are 1 in the second, fourth and fifth convolution and the hidden dense layers, so that
    ReLU passes most inputs at first; 0 elsewhere.
    """
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    for layer, bias in zip(layers, (0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0), strict=True):
        nn.init.normal_(layer.weight, std=0.01)
        if layer.bias is not None:
            nn.init.constant_(layer.bias, bias)
    return network
