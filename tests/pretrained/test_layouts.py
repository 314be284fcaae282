"""Our networks have the published tensors, one by one: names and shapes."""

import pytest
import torch

from noonbit.models.catalogue import outline
from noonbit.pretrained.layouts import LAYOUTS

NORM = {"weight", "bias", "running_mean", "running_var"}


def norm(name, channels):
    """The five tensors of a batch norm."""
    return {f"{name}.{each}": (channels,) for each in NORM} | {f"{name}.num_batches_tracked": ()}


def published_resnet(blocks, *, bottleneck):
    """torchvision's layout, written from its documented rule: not by our table."""
    tensors = {"conv1.weight": (64, 3, 7, 7), **norm("bn1", 64)}
    inputs = 64
    for stage, count in enumerate(blocks, start=1):
        width = 64 * 2 ** (stage - 1)
        outputs = 4 * width if bottleneck else width
        for index in range(count):
            name = f"layer{stage}.{index}"
            shapes = (
                [(width, inputs, 1, 1), (width, width, 3, 3), (outputs, width, 1, 1)]
                if bottleneck
                else [(width, inputs, 3, 3), (width, width, 3, 3)]
            )
            for number, shape in enumerate(shapes, start=1):
                tensors[f"{name}.conv{number}.weight"] = shape
                tensors |= norm(f"{name}.bn{number}", shape[0])
            if index == 0 and inputs != outputs:
                tensors[f"{name}.downsample.0.weight"] = (outputs, inputs, 1, 1)
                tensors |= norm(f"{name}.downsample.1", outputs)
            inputs = outputs
    return tensors | {"fc.weight": (1000, inputs), "fc.bias": (1000,)}


def published_vgg(stages):
    """torchvision's layout of VGG: a convolution and a ReLU each, a pool after each stage."""
    tensors, inputs, place = {}, 3, 0
    for width, count in zip((64, 128, 256, 512, 512), stages, strict=True):
        for _ in range(count):
            tensors[f"features.{place}.weight"] = (width, inputs, 3, 3)
            tensors[f"features.{place}.bias"] = (width,)
            inputs, place = width, place + 2
        place += 1
    for place, (outputs, count) in {0: (4096, 25088), 3: (4096, 4096), 6: (1000, 4096)}.items():
        tensors[f"classifier.{place}.weight"] = (outputs, count)
        tensors[f"classifier.{place}.bias"] = (outputs,)
    return tensors


LITE_BLOCKS = (
    # stage, kernel, wider, inputs, outputs
    *((0, 3, 1, 32, 16), (1, 3, 6, 16, 24), (1, 3, 6, 24, 24), (2, 5, 6, 24, 40)),
    *((2, 5, 6, 40, 40), (3, 3, 6, 40, 80), (3, 3, 6, 80, 80), (3, 3, 6, 80, 80)),
    *((4, 5, 6, 80, 112), (4, 5, 6, 112, 112), (4, 5, 6, 112, 112), (5, 5, 6, 112, 192)),
    *((5, 5, 6, 192, 192), (5, 5, 6, 192, 192), (5, 5, 6, 192, 192), (6, 3, 6, 192, 320)),
)


def lite_block(name, row, convolutions, norms):
    """The tensors of one block under a library's names."""
    _, kernel, wider, inputs, outputs = row
    width = inputs * wider
    shapes = [(width, 1, kernel, kernel), (outputs, width, 1, 1)]
    if wider > 1:
        shapes = [(width, inputs, 1, 1), *shapes]
    tensors = {}
    for layer, bn, shape in zip(convolutions, norms, shapes, strict=True):
        tensors[f"{name}.{layer}.weight"] = shape
        tensors |= norm(f"{name}.{bn}", shape[0])
    return tensors


def published_lite_of_authors():
    tensors = {"_conv_stem.weight": (32, 3, 3, 3), **norm("_bn0", 32)}
    for number, row in enumerate(LITE_BLOCKS):
        layers = ("_expand_conv", "_depthwise_conv", "_project_conv")
        first = 1 if row[2] == 1 else 0
        tensors |= lite_block(
            f"_blocks.{number}", row, layers[first:], ("_bn0", "_bn1", "_bn2")[first:]
        )
    tensors |= {"_conv_head.weight": (1280, 320, 1, 1), **norm("_bn1", 1280)}
    return tensors | {"_fc.weight": (1000, 1280), "_fc.bias": (1000,)}


def published_lite_of_timm():
    tensors = {"conv_stem.weight": (32, 3, 3, 3), **norm("bn1", 32)}
    index, before = 0, -1
    for row in LITE_BLOCKS:
        index = index + 1 if row[0] == before else 0
        before = row[0]
        layers = ("conv_dw", "conv_pw") if row[2] == 1 else ("conv_pw", "conv_dw", "conv_pwl")
        tensors |= lite_block(
            f"blocks.{row[0]}.{index}", row, layers, ("bn1", "bn2", "bn3")[: len(layers)]
        )
    tensors |= {"conv_head.weight": (1280, 320, 1, 1), **norm("bn2", 1280)}
    return tensors | {"classifier.weight": (1000, 1280), "classifier.bias": (1000,)}


PUBLISHED = {
    ("resnet18", "torchvision and timm"): published_resnet((2, 2, 2, 2), bottleneck=False),
    ("resnet34", "torchvision and timm"): published_resnet((3, 4, 6, 3), bottleneck=False),
    ("resnet50", "torchvision and timm"): published_resnet((3, 4, 6, 3), bottleneck=True),
    ("resnet101", "torchvision and timm"): published_resnet((3, 4, 23, 3), bottleneck=True),
    ("resnet152", "torchvision and timm"): published_resnet((3, 8, 36, 3), bottleneck=True),
    ("vgg-a", "torchvision"): published_vgg((1, 1, 2, 2, 2)),
    ("vgg-b", "torchvision"): published_vgg((2, 2, 2, 2, 2)),
    ("vgg-d", "torchvision"): published_vgg((2, 2, 3, 3, 3)),
    ("vgg-e", "torchvision"): published_vgg((2, 2, 4, 4, 4)),
    ("efficientnet-lite0", "efficientnet-pytorch"): published_lite_of_authors(),
    ("efficientnet-lite0", "timm (tf_efficientnet_lite0)"): published_lite_of_timm(),
}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda each: f"{each.network}-{each.library}")
def test_every_tensor_has_its_published_name_and_shape(layout):
    state = outline(layout.network, 1000, 3, (224, 224)).state_dict()
    renamed = {layout.rename(name): tuple(tensor.shape) for name, tensor in state.items()}

    assert len(renamed) == len(state)
    assert renamed == PUBLISHED[layout.network, layout.library]


def test_the_published_counts_are_those_that_are_known():
    counts = {key[0]: len(tensors) for key, tensors in PUBLISHED.items()}

    assert counts["resnet18"] == 122
    assert counts["resnet50"] == 320
    assert counts["efficientnet-lite0"] == 296
    parameters = outline("efficientnet-lite0", 1000, 3, (224, 224)).parameters()
    assert sum(each.numel() for each in parameters) == 4_652_008


def test_an_odd_pixel_is_padded_below_and_to_the_right():
    from noonbit.models.efficientnet_lite import SamePad

    assert SamePad(3, 2).margins(160) == (0, 1)
    assert SamePad(3, 2).margins(161) == (1, 1)
    assert SamePad(5, 2).margins(40) == (1, 2)
    assert SamePad(5, 2)(torch.zeros(1, 1, 40, 40)).shape == (1, 1, 43, 43)
