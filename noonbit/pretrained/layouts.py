"""The names that torchvision, timm and others give to the tensors of our networks.

    LAYOUTS    one entry a published naming of a network: our name -> the published one

Only networks whose tensors agree one by one are here. torchvision's AlexNet and GoogLeNet are other
networks than those of the papers that the catalogue has.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from noonbit.models.efficientnet_lite import STAGES
from noonbit.models.resnet import FORMS

Statistics = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Mean and deviation of each channel, on a scale of 0 to 1."""
IMAGENET: Statistics = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CENTRED: Statistics = ((127 / 255,) * 3, (128 / 255,) * 3)
"""Of TensorFlow's EfficientNet-Lite: pixels of 0 to 255 become -1 to 1."""

SIDE = 160
"""Pixels a side at which features are computed. On 2,000 dogs and cats, 128 gave 95.6 %, 160 gave
96.7 % for 1.6 times the time; the weights were trained at 224, which takes 3 times as long."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How one library names the tensors of one network."""

    network: str
    library: str
    rename: Callable[[str], str]
    """Our name of a tensor -> the published one."""
    statistics: Statistics
    """By which its inputs were normalised."""
    side: int
    """Pixels a side that the features are computed at."""


def torchvision_resnet(depth: int) -> Callable[[str], str]:
    """The names of torchvision's ResNet, which timm has too: `layer1.0.conv1.weight`."""
    blocks = [
        f"layer{stage}.{index}"
        for stage, count in enumerate(FORMS[depth][2], start=1)
        for index in range(count)
    ]

    def rename(name: str) -> str:
        if (match := re.fullmatch(r"head\.2\.(.+)", name)) is not None:
            return f"fc.{match[1]}"
        if (match := re.fullmatch(r"features\.0\.0\.(conv|norm)\.(.+)", name)) is not None:
            return f"{'conv1' if match[1] == 'conv' else 'bn1'}.{match[2]}"
        match = re.fullmatch(r"features\.(\d+)\.(shortcut|path\.\d)\.(conv|norm)\.(.+)", name)
        assert match is not None, name  # noqa: S101 - all names of the family
        block, place, layer, rest = blocks[int(match[1]) - 1], match[2], match[3], match[4]
        if place == "shortcut":
            return f"{block}.downsample.{0 if layer == 'conv' else 1}.{rest}"
        number = int(place[-1]) // 2 + 1  # ReLUs stand between
        return f"{block}.{'conv' if layer == 'conv' else 'bn'}{number}.{rest}"

    return rename


def torchvision_vgg(name: str) -> str:
    """The names of torchvision's VGG: convolutions as ours, the dense layers `classifier`."""
    for ours, published in (("head.1.", "0"), ("head.4.", "3"), ("head.7.", "6")):
        if name.startswith(ours):
            return f"classifier.{published}.{name.removeprefix(ours)}"
    return name


def split_lite(name: str) -> tuple[int, str, str, str]:
    """Part 0 (stem) to 18 (head), part of a block, `conv` or `norm`, and the rest of our name."""
    match = re.fullmatch(r"features\.(\d+)\.(?:path\.(\w+)\.)?(conv|norm)\.(.+)", name)
    assert match is not None, name  # noqa: S101 - all names of the family
    return int(match[1]), match[2] or "", match[3], match[4]


def authors_lite(name: str) -> str:
    """The names of the first translations from TensorFlow: `_blocks.0._depthwise_conv.weight`."""
    if name.startswith("head.3."):
        return name.replace("head.3", "_fc")
    number, place, layer, rest = split_lite(name)
    if number == 0:
        return f"{'_conv_stem' if layer == 'conv' else '_bn0'}.{rest}"
    if not place:
        return f"{'_conv_head' if layer == 'conv' else '_bn1'}.{rest}"
    norm = {"expand": "_bn0", "depthwise": "_bn1", "project": "_bn2"}[place]
    return f"_blocks.{number - 2}.{f'_{place}_conv' if layer == 'conv' else norm}.{rest}"


def timm_lite(name: str) -> str:
    """The names of timm: `blocks.1.0.conv_pwl.weight`; the first block has no `conv_pwl`."""
    if name.startswith("head.3."):
        return name.replace("head.3", "classifier")
    number, place, layer, rest = split_lite(name)
    if number == 0:
        return f"{'conv_stem' if layer == 'conv' else 'bn1'}.{rest}"
    if not place:
        return f"{'conv_head' if layer == 'conv' else 'bn2'}.{rest}"
    blocks = [(stage, index) for stage, row in enumerate(STAGES) for index in range(row[-1])]
    stage, index = blocks[number - 2]
    places = ("depthwise", "project") if stage == 0 else ("expand", "depthwise", "project")
    convolutions = ("conv_dw", "conv_pw") if stage == 0 else ("conv_pw", "conv_dw", "conv_pwl")
    which = places.index(place)
    layer_name = convolutions[which] if layer == "conv" else f"bn{which + 1}"
    return f"blocks.{stage}.{index}.{layer_name}.{rest}"


def all_layouts() -> Iterator[Layout]:
    """Yield every published naming that is known here."""
    yield Layout("efficientnet-lite0", "efficientnet-pytorch", authors_lite, CENTRED, SIDE)
    yield Layout("efficientnet-lite0", "timm (tf_efficientnet_lite0)", timm_lite, CENTRED, SIDE)
    for depth in FORMS:
        yield Layout(
            f"resnet{depth}", "torchvision and timm", torchvision_resnet(depth), IMAGENET, SIDE
        )
    for name in "abde":  # torchvision's vgg11, vgg13, vgg16, vgg19; dense layers fix the size
        yield Layout(f"vgg-{name}", "torchvision", torchvision_vgg, IMAGENET, 224)


LAYOUTS = tuple(all_layouts())
