"""The networks of an introductory Keras course: MLP, CNN, deep CNN, and two for sign letters.

Counted for 28 x 28 x 1 images and 10 classes (24 for sign letters):

    name      layers                                                       parameters
    mlp       dense 256 x 3 - dense                                           335,114
    cnn       conv 32 - pool - conv 32 - pool - dense 256 - dense             217,194
    deep-cnn  (conv 32 x 2 - pool) (conv 64 x 2 - pool) - dense 256 - dense   329,962
    sign-dnn  dense 512 x 2 - dense                                           676,888
    sign-cnn  conv 75 - conv 50 - conv 25, each pooled - dense 512 - dense    264,049

The count of sign-cnn includes 300 batch-norm statistics, as Keras counts them. Two departures from
the text, neither of which changes the function: pooling comes before ReLU (they commute, and this
way ReLU costs a quarter), and softmax is part of the loss.
"""

from torch import nn

from noonbit.models.dropout import Dropout
from noonbit.models.layers import FeedforwardNetwork, ImageSize, PadTo, keras_init, output_count


def mlp(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Three hidden layers of 256 units."""
    inputs = channels * size[0] * size[1]
    hidden: list[nn.Module] = [nn.Flatten()]
    for width in (inputs, 256, 256):
        hidden += [nn.Linear(width, 256), nn.ReLU()]
    return keras_init(
        FeedforwardNetwork(nn.Sequential(*hidden), nn.Sequential(nn.Linear(256, classes)))
    )


def cnn(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Two unpadded 3x3 convolutions, each pooled, then 256 units."""
    features = nn.Sequential(
        PadTo(10, size),  # the smallest image of which two convolutions and pools leave a pixel
        nn.Conv2d(channels, 32, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
    )
    head = nn.Sequential(
        nn.Flatten(),
        nn.Linear(output_count(features, channels, size), 256),
        nn.ReLU(),
        nn.Linear(256, classes),
    )
    return keras_init(FeedforwardNetwork(features, head))


def deep_cnn(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Two blocks of two unpadded 3x3 convolutions; dropout after each and before the last layer."""
    features = nn.Sequential(PadTo(16, size))
    inputs = channels
    for width in (32, 64):
        features.extend(
            [
                nn.Conv2d(inputs, width, 3),
                nn.ReLU(),
                nn.Conv2d(width, width, 3),
                nn.MaxPool2d(2),
                nn.ReLU(),
                Dropout(0.25),
            ]
        )
        inputs = width
    head = nn.Sequential(
        nn.Flatten(),
        nn.Linear(output_count(features, channels, size), 256),
        nn.ReLU(),
        Dropout(0.5),
        nn.Linear(256, classes),
    )
    return keras_init(FeedforwardNetwork(features, head))


def sign_dnn(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Two hidden layers of 512 units, which overfit the sign letters."""
    features = nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * size[0] * size[1], 512),
        nn.ReLU(),
        nn.Linear(512, 512),
        nn.ReLU(),
    )
    return keras_init(FeedforwardNetwork(features, nn.Sequential(nn.Linear(512, classes))))


def sign_cnn(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Three padded 3x3 convolutions with batch norm; pools round the map's side up."""
    features = nn.Sequential()
    inputs = channels
    for width, dropout in ((75, 0.0), (50, 0.2), (25, 0.0)):
        features.extend([nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()])
        if dropout:
            features.append(Dropout(dropout))
        # Keras's momentum of 0.99 is PyTorch's 0.01; its epsilon is a hundred times PyTorch's.
        features.append(nn.BatchNorm2d(width, eps=1e-3, momentum=0.01))
        features.append(nn.MaxPool2d(2, ceil_mode=True))
        inputs = width
    head = nn.Sequential(
        nn.Flatten(),
        nn.Linear(output_count(features, channels, size), 512),
        nn.ReLU(),
        Dropout(0.3),
        nn.Linear(512, classes),
    )
    return keras_init(FeedforwardNetwork(features, head))
