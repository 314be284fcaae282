"""The gradient check: right gradients pass, wrong ones fail in the layer that has them."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.cli.main import run as command_line
from noonbit.course.byhand import documented_slope, exact_slope
from noonbit.course.gradcheck import TOLERANCE, check, check_byhand, random_batch
from noonbit.errors import UsageError
from noonbit.models.catalogue import MODELS, build
from noonbit.models.dropout import seed_dropout
from noonbit.models.layers import FeedforwardNetwork
from noonbit.models.resnet import ConvNorm, PaddedShortcut, Residual

# One of every kind of layer; the others are of the same ones, and slow.
SMALL = (
    "glimpse",  # a frozen stem
    "mlp",
    "cnn",
    "deep-cnn",  # dropout
    "sign-cnn",  # batch norm
    "lenet5",
)


@pytest.mark.parametrize("name", SMALL)
def test_the_gradients_of_the_catalogue_are_right(name: str) -> None:
    result = check(build(name, 3, 1, (8, 8)), *random_batch(3, (1, 8, 8)))
    assert result.passed
    assert result.worst < TOLERANCE
    assert all(layer.largest for layer in result.layers if layer.checked)


PICTURES = [name for name, entry in MODELS.items() if entry.input_kind == "pictures"]


def test_the_gradients_of_shortcuts_are_right() -> None:
    def block(channels: int, count: int, stride: int) -> nn.Module:
        path = nn.Sequential(
            ConvNorm(channels, count, 3, stride), nn.ReLU(), ConvNorm(count, count, 3)
        )
        same = nn.Identity() if stride == 1 else PaddedShortcut(channels, count, stride)
        return Residual(path, same)

    features = nn.Sequential(ConvNorm(1, 4, 3), block(4, 4, 1), block(4, 8, 2))
    head = nn.Sequential(nn.Flatten(), nn.Linear(8 * 3 * 3, 3))
    result = check(FeedforwardNetwork(features, head), *random_batch(3, (1, 6, 6)))
    assert result.passed, result.layers
    assert all(layer.largest for layer in result.layers if layer.checked)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in PICTURES if n not in SMALL])
def test_the_gradients_of_the_whole_catalogue_are_right(name: str) -> None:
    result = check(build(name, 3, 3, (9, 8)), *random_batch(3, (3, 9, 8)))
    assert result.passed, result.layers


@pytest.mark.parametrize(
    "name", [n for n, entry in MODELS.items() if entry.input_kind == "sentences"]
)
def test_the_gradients_of_networks_of_sentences_are_right(name: str) -> None:
    result = check(build(name, 3, 9, (6,)), *random_batch(3, (6,), words=9))
    assert result.passed, result.layers
    assert "images" not in [layer.name for layer in result.layers]


class Square(torch.autograd.Function):
    """x^2 with a factor in its backward pass, of which 2 is right."""

    @staticmethod
    def forward(context: Any, values: Tensor, factor: float) -> Tensor:
        context.save_for_backward(values)
        context.factor = factor
        return values**2

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (values,) = context.saved_tensors
        return context.factor * values * gradient, None


class Squared(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, values: Tensor) -> Tensor:
        return Square.apply(values, self.factor)


def squaring(factor: float) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), Squared(factor), nn.Flatten(), nn.Linear(4 * 4 * 4, 3)
    )


@pytest.mark.parametrize("factor", [0.0, 1.0, 2.02])
def test_a_wrong_backward_pass_is_caught_in_the_layers_before_it(factor: float) -> None:
    result = check(squaring(factor), *random_batch(3, (1, 6, 6)))
    assert not result.passed
    found = {layer.name: layer.passed for layer in result.layers}
    assert found == {"images": False, "0": False, "4": True}
    assert result.worst > 5e-3


def test_the_right_backward_pass_of_the_same_network_passes() -> None:
    assert check(squaring(2.0), *random_batch(3, (1, 6, 6))).passed


class Detached(nn.Module):
    """A branch whose gradient was cut off by mistake."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.cut = nn.Linear(16, 3), nn.Linear(16, 3)

    def forward(self, images: Tensor) -> Tensor:
        return self.used(images.flatten(1)) + self.cut(images.flatten(1)).detach()


def test_a_gradient_that_is_missing_is_caught() -> None:
    result = check(Detached(), *random_batch(3, (1, 4, 4)))
    found = {layer.name: layer for layer in result.layers}
    assert found["used"].passed
    assert not found["cut"].passed
    assert (found["cut"].largest, found["cut"].worst) == (0.0, pytest.approx(1.0))


class Forgetful(torch.autograd.Function):
    """Batch norm whose backward pass ignores that the statistics depend on the batch."""

    @staticmethod
    def forward(context: Any, maps: Tensor) -> Tensor:
        deviation = maps.std(dim=(0, 2, 3), keepdim=True)
        context.save_for_backward(deviation)
        return (maps - maps.mean(dim=(0, 2, 3), keepdim=True)) / deviation

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        (deviation,) = context.saved_tensors
        return gradient / deviation


class ForgetfulNorm(nn.Module):
    def forward(self, maps: Tensor) -> Tensor:
        return Forgetful.apply(maps)


def test_a_batch_norm_that_forgets_its_statistics_is_caught() -> None:
    def network(norm: nn.Module) -> nn.Module:
        return nn.Sequential(nn.Conv2d(1, 4, 3), norm, nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))

    batch = random_batch(3, (1, 6, 6))
    assert check(network(nn.BatchNorm2d(4)), *batch).passed
    assert not check(network(ForgetfulNorm()), *batch).passed


def test_a_bias_before_batch_norm_has_no_slope_and_passes() -> None:
    for seed in range(3):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(32, 3))
        model[0].weight.requires_grad_(False)
        result = check(model, *random_batch(3, (1, 6, 6)))
        assert result.worst < TOLERANCE / 10
        assert result.layers[1].largest < 1e-12


class NearKink(nn.Module):
    """ReLU of values at a `distance` from its kink."""

    def __init__(self, distance: float) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(1, 1))
        self.distance = distance

    def forward(self, images: Tensor) -> Tensor:
        signs = torch.tensor([1.0, -1.0, 1.0]).to(images)
        return F.relu(self.shift + self.distance * signs) * 5 + images.flatten(1)[:, :3]


@pytest.mark.parametrize("distance", [1e-2, 5e-6, 5e-7])
def test_a_kink_within_the_first_step_does_not_count_as_a_mistake(distance: float) -> None:
    result = check(NearKink(distance), *random_batch(3, (1, 4, 4)))
    assert result.passed
    assert result.layers[1].largest > 0.1


class Random(nn.Module):
    """A user's network with both kinds of dropout, module and function."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(36, 20)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(20, 3)

    def forward(self, images: Tensor) -> Tensor:
        hidden = self.drop(torch.tanh(self.dense(images.flatten(1))))
        return self.out(F.dropout(hidden, 0.3))


def test_dropout_of_any_kind_draws_the_same_mask_at_each_pass() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    assert check(Random(), *random_batch(3, (1, 6, 6))).passed
    after_build = torch.random.get_rng_state()
    torch.random.set_rng_state(before)
    Random()
    assert torch.equal(torch.random.get_rng_state(), after_build), "the check leaves it as it was"


def test_a_network_whose_dropout_was_in_training_passes_too() -> None:
    model = build("deep-cnn", 3, 1, (8, 8)).train()
    seed_dropout(model, 7)
    model(random_batch(3, (1, 8, 8))[0].float())
    assert check(model, *random_batch(3, (1, 8, 8))).passed


def test_auxiliary_heads_are_checked_with_the_rest() -> None:
    def network() -> FeedforwardNetwork:
        head = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
        side = nn.Sequential(Squared(1.0), nn.Flatten(), nn.Linear(64, 3))
        features = nn.Sequential()
        features.add_module("maps", nn.Conv2d(1, 4, 3))
        return FeedforwardNetwork(features, head, {"maps": side})

    result = check(network(), *random_batch(3, (1, 6, 6)))
    found = {layer.name: layer.passed for layer in result.layers}
    assert found["head.1"] and found["auxiliary.maps.2"]
    assert not found["features.maps"]


def test_frozen_layers_are_named_and_not_checked() -> None:
    model = squaring(2.0)
    model[0].requires_grad_(False)
    result = check(model, *random_batch(3, (1, 6, 6)))
    frozen = next(layer for layer in result.layers if layer.name == "0")
    assert (frozen.checked, frozen.parameters, frozen.passed) == (0, 0, True)


def test_the_network_is_left_as_it_was() -> None:
    model = build("sign-cnn", 3, 1, (8, 8)).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    check(model, *random_batch(3, (1, 8, 8)))
    assert not model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_deep_networks_are_checked_in_layers_evenly_spread() -> None:
    model = nn.Sequential(nn.Flatten(), *(nn.Linear(9, 9) for _ in range(150)))
    result = check(model, *random_batch(9, (1, 3, 3)))
    assert result.layers_in_all == 151
    assert 40 <= len(result.layers) < 60
    names = [int(layer.name) for layer in result.layers[1:]]
    assert (names[0], names[-1]) == (1, 150)
    assert max(b - a for a, b in zip(names, names[1:], strict=False)) <= 5


def test_a_network_that_cannot_take_float64_is_said() -> None:
    class Picky(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.flatten(1) @ torch.ones(16, 3)

    with pytest.raises(UsageError) as error:
        check(Picky(), *random_batch(3, (1, 4, 4)))
    assert str(error.value).startswith(
        "The network cannot be trained in float64 on [4, 1, 4, 4] (RuntimeError: expected m1 "
    )


def test_the_documents_backward_pass_is_no_gradient_and_the_exact_one_is() -> None:
    first, second = check_byhand(64, 3, documented_slope).layers
    assert first.worst > 0.4 and second.passed
    assert check_byhand(64, 3, exact_slope).passed


@pytest.mark.parametrize("model", ["cnn", "byhand-exact"])
def test_the_command_prints_every_layer_and_what_is_good(capsys, model: str) -> None:
    assert command_line(["gradcheck", model]) == 0
    out, err = capsys.readouterr()
    rows = out.splitlines()
    assert rows[0].split()[:2] == ["layer", "kind"]
    assert all(row.rstrip().endswith("right") for row in rows[1 : rows.index("")])
    assert "above 1e-05 is a mistake" in out
    assert "next     noonbit" in err


def test_the_command_fails_where_a_gradient_is_wrong(capsys) -> None:
    assert command_line(["gradcheck", "byhand"]) == 5
    out, err = capsys.readouterr()
    assert "wrong" in out
    assert "The gradient is wrong in 1 of 2 layers: first (worst relative error" in err
    assert "ReLU's output, not its input" in err


def test_the_command_gives_json(capsys) -> None:
    arguments = ["gradcheck", "glimpse", "--input", "9x8x3", "--classes", "4", "--json"]
    assert command_line(arguments) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["passed"], result["input"], result["classes"]) == (True, [9, 8, 3], 4)
    assert result["worst"] == max(layer["worst"] for layer in result["layers"])
    frozen = [layer["name"] for layer in result["layers"] if not layer["checked"]]
    assert frozen == ["features.0"]


def test_a_network_of_ones_own_with_a_wrong_backward_pass_is_found(capsys, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import torch\n"
        "from torch import nn\n"
        "class Clip(torch.autograd.Function):\n"
        "    @staticmethod\n"
        "    def forward(context, values):\n"
        "        return values.clamp(-0.5, 0.5)\n"
        "    @staticmethod\n"
        "    def backward(context, gradient):\n"
        "        return gradient\n"
        "class Clipped(nn.Module):\n"
        "    def forward(self, values):\n"
        "        return Clip.apply(values)\n"
        "def net(classes, channels, size):\n"
        "    pixels = channels * size[0] * size[1]\n"
        "    return nn.Sequential(\n"
        "        nn.Flatten(), nn.Linear(pixels, 9), Clipped(), nn.Linear(9, classes)\n"
        "    )\n"
    )
    assert command_line(["gradcheck", f"{path}:net"]) == 5
    assert "Look first at 1 and what follows it." in capsys.readouterr().err


def test_the_network_by_hand_is_grey(capsys) -> None:
    assert command_line(["gradcheck", "byhand", "--input", "8x8x3"]) == 2
    assert "byhand takes grey images; write --input 8x8x1." in capsys.readouterr().err
