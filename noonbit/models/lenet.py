"""LeNet-5, which read cheques.

LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998.

    conv 6 5x5 - pool - conv 16 5x5 - pool - dense 120 - dense 84 - dense 10     61,706 parameters

The common modern form: ReLU and max-pooling, fully connected channels, softmax instead of radial
basis functions. Images smaller than 32 pixels (MNIST's 28) are padded, as in the paper.
"""

from torch import nn

from noonbit.models.layers import FeedforwardNetwork, ImageSize, PadTo, output_count


def lenet5(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Two 5x5 convolutions, each pooled, and three dense layers."""
    features = nn.Sequential(
        PadTo(32, size),
        nn.Conv2d(channels, 6, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(6, 16, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
    )
    head = nn.Sequential(
        nn.Flatten(),
        nn.Linear(output_count(features, channels, size), 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, classes),
    )
    return FeedforwardNetwork(features, head)
