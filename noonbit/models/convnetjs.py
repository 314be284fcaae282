"""The network that trains on CIFAR-10 in a browser page.

Karpathy, "ConvNetJS CIFAR-10 demo", 2014.

    conv 16 5x5 - pool - conv 20 5x5 - pool - conv 20 5x5 - pool - dense    22,466 parameters

Counted for 32 x 32 x 3 images and 10 classes. The page trains it with Adadelta, four images a step
and a weight decay of 0.0001; the experiment `convnetjs` does the same.
"""

import math

from torch import nn

from noonbit.models.layers import FeedforwardNetwork, ImageSize, PadTo, output_count


def convnetjs(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Three padded 5x5 convolutions, each pooled, and one dense layer."""
    features = nn.Sequential(PadTo(8, size))
    inputs = channels
    for width in (16, 20, 20):
        features.extend([nn.Conv2d(inputs, width, 5, padding=2), nn.MaxPool2d(2), nn.ReLU()])
        inputs = width
    count = output_count(features, channels, size)
    network = FeedforwardNetwork(features, nn.Sequential(nn.Flatten(), nn.Linear(count, classes)))
    # Weights are normal with variance 1 / fan-in; ReLU units get a small positive bias.
    for name, values in network.named_parameters():
        if name.endswith("weight"):
            nn.init.normal_(values, std=math.sqrt(1 / values[0].numel()))
        else:
            nn.init.constant_(values, 0.0 if name.startswith("head") else 0.1)
    return network
