"""The two networks that a course's slides compare: dense layers and convolutions.

Counted for 28 x 28 x 1 images and 10 classes:

    name        layers                                      parameters
    slides-dnn  dense 512 - dense                              407,050
    slides-cnn  conv 32 - conv 64 - pool - dense 128 - dense 1,199,882

Both have Keras's default initial weights, as in the slides.
"""

from torch import nn

from noonbit.models.dropout import Dropout
from noonbit.models.layers import FeedforwardNetwork, ImageSize, PadTo, keras_init, output_count


def slides_dnn(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """One hidden layer of 512 units."""
    inputs = channels * size[0] * size[1]
    features = nn.Sequential(nn.Flatten(), nn.Linear(inputs, 512), nn.ReLU())
    return keras_init(FeedforwardNetwork(features, nn.Sequential(nn.Linear(512, classes))))


def slides_cnn(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Two unpadded 3x3 convolutions, one pool, then 128 units; dropout after both parts."""
    features = nn.Sequential(
        PadTo(6, size),  # the smallest image of which both convolutions and the pool leave a pixel
        nn.Conv2d(channels, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        Dropout(0.25),
    )
    head = nn.Sequential(
        nn.Flatten(),
        nn.Linear(output_count(features, channels, size), 128),
        nn.ReLU(),
        Dropout(0.5),
        nn.Linear(128, classes),
    )
    return keras_init(FeedforwardNetwork(features, head))
