"""The networks of a lecture's TensorFlow labs.

Counted for 28 x 28 x 1 images and 10 classes; every convolution is 3x3 and padded, every pool
halves the side, rounded up (28, 14, 7, 4):

    name              layers                                                   parameters
    lab-cnn           conv 32 - conv 64, each pooled - dense                       50,090
    lab-deep-cnn      conv 32 - conv 64 - conv 128, each pooled - dense 625 x 2
                      - dense                                                   1,770,583
    lab-class-cnn     the same with initial filters a hundred times as large    1,770,583
    lab-layers-cnn    conv 32 - conv 64 - conv 128, each pooled - dense 2048
                      - dense                                                   4,309,514

All but lab-cnn have dropout after each pool and each hidden dense layer. The labs' text keeps 0.7
of the units, but the code of lab-layers-cnn passes 0.7 as the rate to drop. lab-layers-cnn keeps
0.7, as the text says; lab-layers-cnn-drop70 drops 0.7, as the code does.

The first three are initialised as in the labs: filters normal, dense weights Xavier uniform, dense
biases normal(0, 1). lab-layers-cnn has the defaults of TensorFlow's layers, which are Keras's.
"""

from torch import nn

from noonbit.models.dropout import Dropout
from noonbit.models.layers import FeedforwardNetwork, ImageSize, keras_init, output_count


def lab_cnn(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Two convolutions without biases, and one dense layer."""
    features = pooled_convolutions((channels, 32, 64), drop=0.0, bias=False)
    inputs = output_count(features, channels, size)
    head = nn.Sequential(nn.Flatten(), nn.Linear(inputs, classes))
    return lab_init(FeedforwardNetwork(features, head), deviation=0.01)


def lab_deep_cnn(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Three convolutions without biases, two hidden dense layers, and dropout."""
    return lab_init(build_deep(classes, channels, size), deviation=0.01)


def lab_class_cnn(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """lab-deep-cnn with filters normal(0, 1), as the class of the next lab has them."""
    return lab_init(build_deep(classes, channels, size), deviation=1.0)


def lab_layers_cnn(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Three convolutions with biases and a wide dense layer; dropout of 0.3."""
    return build_layers_cnn(classes, channels, size, drop=0.3)


def lab_layers_cnn_drop70(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """lab-layers-cnn with dropout of 0.7, as its code has it."""
    return build_layers_cnn(classes, channels, size, drop=0.7)


def build_deep(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Three convolutions without biases and two dense layers of 625 units."""
    features = pooled_convolutions((channels, 32, 64, 128), drop=0.3, bias=False)
    head = nn.Sequential(nn.Flatten())
    for inputs in (output_count(features, channels, size), 625):
        head.extend([nn.Linear(inputs, 625), nn.ReLU(), Dropout(0.3)])
    head.append(nn.Linear(625, classes))
    return FeedforwardNetwork(features, head)


def build_layers_cnn(
    classes: int, channels: int, size: ImageSize, *, drop: float
) -> FeedforwardNetwork:
    """Three convolutions with biases and one dense layer of 2,048 units."""
    features = pooled_convolutions((channels, 32, 64, 128), drop=drop, bias=True)
    head = nn.Sequential(
        nn.Flatten(),
        nn.Linear(output_count(features, channels, size), 2048),
        nn.ReLU(),
        Dropout(drop),
        nn.Linear(2048, classes),
    )
    return keras_init(FeedforwardNetwork(features, head))


def pooled_convolutions(widths: tuple[int, ...], *, drop: float, bias: bool) -> nn.Sequential:
    """Padded 3x3 convolutions from each width to the next, each with a pool that rounds up."""
    features = nn.Sequential()
    for inputs, width in zip(widths, widths[1:], strict=False):
        features.append(nn.Conv2d(inputs, width, 3, padding=1, bias=bias))
        features.extend([nn.MaxPool2d(2, ceil_mode=True), nn.ReLU()])
        if drop:
            features.append(Dropout(drop))
    return features


def lab_init(network: FeedforwardNetwork, *, deviation: float) -> FeedforwardNetwork:
    """Initialise as the labs do, filters with this standard deviation; return the network."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=deviation)
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.normal_(module.bias)
    return network
