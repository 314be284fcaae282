"""EfficientNet-Lite0: depthwise convolutions, for processors; the usual network to borrow.

Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019, in the
Lite form of its authors (2020): ReLU6 instead of swish, no squeeze-and-excite, and a first and last
convolution that no model of the family widens.

    name             blocks                of                                      parameters
    efficientnet-lite0  1, 2, 2, 3, 3, 4, 1   1x1 (6 times wider), 3x3 or 5x5       4,652,008
                                              of single channels, 1x1

counted for 1,000 classes. It has 385 million multiply-adds at 224 pixels a side, 127 at 128. A map
is padded as TensorFlow does it: where a stride of 2 leaves an odd pixel, below and to the right.

One departure: no block is left out at random in training (the authors' stochastic depth).
"""

from collections import OrderedDict

import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.models.dropout import Dropout
from noonbit.models.layers import FeedforwardNetwork, ImageSize, he_init

STEM, HEAD = 32, 1280
EPSILON, MOMENTUM = 1e-3, 0.01
"""Of batch norm, as its authors have them."""
STAGES = (
    # kernel, stride, how many times wider inside, channels, blocks
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


class SamePad(nn.Module):
    """Pads a map with zeros so that a convolution gives size / stride pixels, rounded up.

    An odd pixel goes below and to the right, as TensorFlow's padding "SAME" has it.
    """

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, h, w) -> (N, C, h + margins, w + margins)."""
        (top, bottom), (left, right) = map(self.margins, maps.shape[-2:])
        return F.pad(maps, (left, right, top, bottom))

    def margins(self, side: int) -> tuple[int, int]:
        """The zeros before and after `side` pixels."""
        missing = max(0, (-(-side // self.stride) - 1) * self.stride + self.kernel - side)
        return missing // 2, missing - missing // 2

    def extra_repr(self) -> str:
        """The convolution that it is for, in the layer table."""
        return f"kernel {self.kernel}, stride {self.stride}"


def conv_norm(
    inputs: int, outputs: int, kernel: int = 1, stride: int = 1, *, groups: int = 1
) -> nn.Sequential:
    """A convolution without bias that keeps the size, up to its stride, and batch norm."""
    padding = kernel // 2 if stride == 1 else 0
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if stride > 1:
        layers["pad"] = SamePad(kernel, stride)
    layers["conv"] = nn.Conv2d(
        inputs, outputs, kernel, stride, padding=padding, groups=groups, bias=False
    )
    layers["norm"] = nn.BatchNorm2d(outputs, eps=EPSILON, momentum=MOMENTUM)
    return nn.Sequential(layers)


class InvertedResidual(nn.Module):
    """Widen, filter each channel by itself, narrow; add the input where the shapes agree.

    Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", 2018.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, wider: int) -> None:
        super().__init__()
        width = inputs * wider
        path: OrderedDict[str, nn.Module] = OrderedDict()
        if wider > 1:
            path["expand"] = conv_norm(inputs, width)
            path["expand_act"] = nn.ReLU6()
        path["depthwise"] = conv_norm(width, width, kernel, stride, groups=width)
        path["depthwise_act"] = nn.ReLU6()
        path["project"] = conv_norm(width, outputs)
        self.path = nn.Sequential(path)
        self.adds_input = stride == 1 and inputs == outputs

    def forward(self, maps: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, h / stride, w / stride), rounded up."""
        result: Tensor = self.path(maps)
        return result + maps if self.adds_input else result


def efficientnet_lite0(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """The smallest network of the Lite family; it takes images of any size."""
    features = nn.Sequential(conv_norm(channels, STEM, 3, 2), nn.ReLU6())
    inputs = STEM
    for kernel, stride, wider, outputs, blocks in STAGES:
        for index in range(blocks):
            features.append(
                InvertedResidual(inputs, outputs, kernel, stride if index == 0 else 1, wider)
            )
            inputs = outputs
    features.extend([conv_norm(inputs, HEAD), nn.ReLU6()])
    head = nn.Sequential(
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), Dropout(0.2), nn.Linear(HEAD, classes)
    )
    return he_init(FeedforwardNetwork(features, head))
