"""AlexNet, VGG, GoogLeNet and ResNet: the counts of the papers, and the forms for small images.

Counts and shapes are read from outlines, which hold no values: resnet152 needs no memory here.
"""

import json
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.cli import main
from noonbit.models.catalogue import MODELS, build, outline
from noonbit.models.layers import FeedforwardNetwork, ImageSize, response_norm
from noonbit.models.resnet import PaddedShortcut, Residual
from noonbit.models.summary import summarise

GOLDEN = {
    "alexnet": (227, 60_965_224),
    "vgg-a": (224, 132_863_336),
    "vgg-a-lrn": (224, 132_863_336),
    "vgg-b": (224, 133_047_848),
    "vgg-c": (224, 133_638_952),
    "vgg-d": (224, 138_357_544),
    "vgg-e": (224, 143_667_240),
    "googlenet": (224, 13_378_280),
    "efficientnet-lite0": (224, 4_652_008),
    "resnet18": (224, 11_689_512),
    "resnet34": (224, 21_797_672),
    "resnet50": (224, 25_557_032),
    "resnet101": (224, 44_549_160),
    "resnet152": (224, 60_192_808),
}
CIFAR_GOLDEN = {
    "resnet20": 269_722,
    "resnet32": 464_154,
    "resnet44": 658_586,
    "resnet56": 853_018,
    "resnet110": 1_727_962,
}
# One of every form; the others differ only in their number of layers.
FORMS = ("alexnet", "vgg-a-lrn", "vgg-c", "googlenet", "resnet18", "resnet50", "resnet20")


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def network(name: str, classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    model = outline(name, classes, channels, size)
    assert isinstance(model, FeedforwardNetwork)
    return model


@pytest.mark.parametrize(("name", "side", "parameters"), [(n, *GOLDEN[n]) for n in GOLDEN])
def test_the_parameters_for_photographs_are_those_of_the_paper(name, side, parameters) -> None:
    assert count(outline(name, 1000, 3, (side, side))) == parameters


@pytest.mark.parametrize(("name", "parameters"), CIFAR_GOLDEN.items())
def test_the_parameters_for_cifar_are_those_of_option_a(name: str, parameters: int) -> None:
    assert count(outline(name, 10, 3, (32, 32))) == parameters


def test_auxiliary_heads_are_counted_apart() -> None:
    summary = summarise(network("googlenet", 1000, 3, (224, 224)), (3, 224, 224))
    assert summary.parameters == 13_378_280
    assert summary.parameters - summary.auxiliary_parameters == 6_998_552
    assert sum(layer.parameters for layer in summary.layers) == 6_998_552


@pytest.mark.parametrize(
    ("name", "side", "multiply_adds"),
    [
        # 55x55x96x363 + 27x27x256x1200 + 13x13x(384x2304 + 384x1728 + 256x1728) + dense
        ("alexnet", 227, 724_406_816),
        ("vgg-d", 224, 15_470_264_320),
        ("resnet18", 224, 1_814_073_344),
        ("resnet50", 224, 4_089_184_256),
    ],
)
def test_the_multiply_adds_match_a_manual_count(name, side, multiply_adds) -> None:
    summary = summarise(outline(name, 1000, 3, (side, side)), (3, side, side))
    assert summary.multiply_adds == multiply_adds
    assert summary.layers[-1].output == (1000,)


def test_the_maps_for_photographs_have_the_sides_of_the_papers() -> None:
    photograph = torch.zeros(1, 3, 227, 227, device="meta")
    features = network("alexnet", 1000, 3, (227, 227)).eval().features
    assert features[:2](photograph).shape[1:] == (96, 55, 55)
    assert features[:5](photograph).shape[1:] == (96, 27, 27)
    assert features(photograph).shape[1:] == (256, 6, 6)
    maps = photograph[:, :, :224, :224]
    shapes = {}
    for name, part in network("googlenet", 1000, 3, (224, 224)).eval().features.named_children():
        maps = part(maps)
        shapes[name] = tuple(maps.shape[1:])
    assert shapes["stem"] == (192, 28, 28)
    assert (shapes["3b"], shapes["4a"]) == ((480, 14, 14), (512, 14, 14))
    assert (shapes["4e"], shapes["5b"]) == ((832, 7, 7), (1024, 7, 7))


@pytest.mark.parametrize(
    ("name", "side"),
    [
        *((name, 28) for name in FORMS),
        *(
            pytest.param(name, 28, marks=pytest.mark.slow)
            for name in (*GOLDEN, *CIFAR_GOLDEN)
            if name not in FORMS
        ),
        *((name, side) for name in FORMS for side in (32, 64)),
    ],
)
def test_small_images_give_a_logit_a_class(name: str, side: int) -> None:
    channels = 3 if side == 32 else 1
    model = outline(name, 24, channels, (side, side)).eval()
    assert model(torch.zeros(2, channels, side, side, device="meta")).shape == (2, 24)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        *product(FORMS, ((1, 1), (1, 40), (99, 120), (100, 131))),
        *product(("googlenet", "resnet50"), ((7, 9),)),
        *(
            pytest.param(name, size, marks=pytest.mark.slow)
            for name, size in product(FORMS, ((7, 9), (48, 47)))
            if size != (7, 9) or name not in ("googlenet", "resnet50")
        ),
    ],
)
def test_any_size_gives_a_logit_a_class(name: str, size: ImageSize) -> None:
    model = network(name, 5, 3, size).eval()
    for logits in model.all_logits(torch.zeros(2, 3, *size, device="meta")):
        assert logits.shape == (2, 5)


@pytest.mark.parametrize("name", FORMS)
def test_gradients_reach_every_parameter_and_nothing_works_in_place(name: str) -> None:
    torch.manual_seed(0)
    model = build(name, 3, 1, (16, 16))
    assert isinstance(model, FeedforwardNetwork)
    outputs: list[tuple[Tensor, int]] = []
    for module in model.modules():
        module.register_forward_hook(
            lambda _module, _inputs, output: outputs.append((output, output._version))
        )
    images, labels = torch.randn(2, 1, 16, 16), torch.tensor([0, 2])
    torch.stack(
        [F.cross_entropy(each, labels) for each in model.all_logits(images)]
    ).sum().backward()
    for parameter_name, parameter in model.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
    assert all(output._version == version for output, version in outputs)
    assert not any(getattr(module, "inplace", False) for module in model.modules())


@pytest.mark.parametrize("name", [name for name in FORMS if name not in ("vgg-c", "resnet18")])
def test_initial_weights_are_a_function_of_the_seed(name: str) -> None:
    states = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        states.append(build(name, 3, 1, (8, 8)).state_dict())
    first, again, other = states
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_auxiliary_heads_are_used_in_training_only() -> None:
    model = build("googlenet", 3, 1, (16, 16)).train()
    assert isinstance(model, FeedforwardNetwork)
    images = torch.randn(2, 1, 16, 16)
    model(images).sum().backward()
    assert all(parameter.grad is None for parameter in model.auxiliary.parameters())
    logits, first, second = model.eval().all_logits(images)
    assert torch.equal(logits, model(images))
    assert logits.shape == first.shape == second.shape
    assert not torch.equal(first, second)


def test_a_network_without_auxiliary_heads_has_its_logits_alone() -> None:
    model = build("lenet5", 3, 1, (28, 28)).eval()
    assert isinstance(model, FeedforwardNetwork)
    images = torch.randn(2, 1, 28, 28)
    (logits,) = model.all_logits(images)
    assert torch.equal(logits, model(images))


def test_response_norm_is_the_formula_of_the_paper() -> None:
    torch.manual_seed(0)
    maps = 30 * torch.randn(1, 9, 2, 2)
    expected = torch.empty_like(maps)
    for index in range(9):
        squares = maps[:, max(0, index - 2) : index + 3].square().sum(dim=1)
        expected[:, index] = maps[:, index] / (2 + 1e-4 * squares) ** 0.75
    assert torch.allclose(response_norm()(maps), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("vgg-a", "3P 3P 33P 33P 33P"),
        ("vgg-a-lrn", "3NP 3P 33P 33P 33P"),
        ("vgg-b", "33P 33P 33P 33P 33P"),
        ("vgg-c", "33P 33P 331P 331P 331P"),
        ("vgg-d", "33P 33P 333P 333P 333P"),
        ("vgg-e", "33P 33P 3333P 3333P 3333P"),
    ],
)
def test_the_stages_of_vgg_are_those_of_the_table(name: str, table: str) -> None:
    read = ""
    for layer in network(name, 10, 3, (32, 32)).features:
        if isinstance(layer, nn.Conv2d):
            read += str(layer.kernel_size[0])
        elif isinstance(layer, nn.LocalResponseNorm):
            read += "N"
        elif isinstance(layer, nn.MaxPool2d):
            read += "P "
    assert read.rstrip() == table


def test_alexnet_begins_with_the_numbers_of_the_paper_at_its_own_size() -> None:
    torch.manual_seed(0)
    model = build("alexnet", 10, 3, (100, 100))
    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert [layer.bias.mean().item() for layer in layers if layer.bias is not None] == [
        *(0, 1, 0, 1, 1),
        *(1, 1, 0),
    ]
    for layer in layers[:-1]:
        assert layer.weight.std().item() == pytest.approx(0.01, rel=0.02)


def test_the_groups_of_alexnet_do_not_see_each_other() -> None:
    conv = build("alexnet", 10, 3, (32, 32)).get_submodule("features.5")
    maps = torch.randn(1, 96, 4, 4)
    other = maps.clone()
    other[:, 48:] = 0
    assert torch.equal(conv(maps)[:, :128], conv(other)[:, :128])
    assert not torch.allclose(conv(maps)[:, 128:], conv(other)[:, 128:])


def test_initial_weights_have_hes_deviation() -> None:
    torch.manual_seed(0)
    convs = [m for m in build("vgg-d", 10, 3, (32, 32)).modules() if isinstance(m, nn.Conv2d)]
    for conv in convs:
        deviation = (2 / conv.weight[0].numel()) ** 0.5
        assert conv.weight.std().item() == pytest.approx(deviation, rel=0.05)


def test_a_residual_block_begins_as_its_shortcut() -> None:
    model = build("resnet50", 10, 3, (32, 32))
    blocks = [module for module in model.modules() if isinstance(module, Residual)]
    assert len(blocks) == 16
    maps = torch.randn(2, 256, 4, 4)
    assert torch.equal(blocks[1](maps), maps.relu())
    assert blocks[3](maps).shape == (2, 512, 2, 2)


def test_the_shortcut_without_parameters_skips_pixels_and_adds_empty_maps() -> None:
    maps = torch.arange(2 * 9).reshape(1, 2, 3, 3).float() + 1
    passed_on = PaddedShortcut(2, 4, 2)(maps)
    assert passed_on.shape == (1, 4, 2, 2)
    assert torch.equal(passed_on[:, 1:3], maps[:, :, ::2, ::2])
    assert not passed_on[:, (0, 3)].any()


def test_only_forms_for_small_images_say_what_they_change() -> None:
    saying = {name for name, entry in MODELS.items() if entry.changes((64, 64))}
    assert saying == set(GOLDEN) - {"efficientnet-lite0"}  # which has one form for every size
    assert not any(entry.changes((100, 120)) for entry in MODELS.values())


def test_the_command_tells_the_auxiliary_heads_and_the_small_form(capsys) -> None:
    assert main.run(["summary", "googlenet"]) == 0
    out, err = capsys.readouterr()
    assert "\nof them in heads for training alone 4,350,228\n" in out
    assert f"\nsmall-image form: {MODELS['googlenet'].small_form}\n" in err
    assert main.run(["summary", "alexnet", "--input=227x227x3", "--classes=1000", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["parameters"] == 60_965_224
    assert "small-image form" not in err
