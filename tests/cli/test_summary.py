"""The layer table against one computed by hand, receptive fields, and training memory."""

import json
from copy import deepcopy
from pathlib import Path
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from noonbit.cli import main
from noonbit.cli.summary import human
from noonbit.config.recipe import OptimizerName
from noonbit.errors import UsageError
from noonbit.models.catalogue import build, outline
from noonbit.models.memory import training_memory
from noonbit.models.resnet import PaddedShortcut
from noonbit.models.summary import LayerSummary, summarise
from noonbit.training.optim.build import make_optimizer

# cnn for 28x28x1 and 10 classes. A convolution has (inputs x 3 x 3 + 1) x 32 parameters, and each
# value of its map costs as many multiply-adds as a filter has weights.
CNN = (
    LayerSummary("features.0", "PadTo", (1, 28, 28), 0, 0, (1, 1)),
    LayerSummary("features.1", "Conv2d", (32, 26, 26), 320, 26 * 26 * 32 * 9, (3, 3)),
    LayerSummary("features.2", "MaxPool2d", (32, 13, 13), 0, 0, (4, 4)),
    LayerSummary("features.3", "ReLU", (32, 13, 13), 0, 0, (4, 4)),
    LayerSummary("features.4", "Conv2d", (32, 11, 11), 9_248, 11 * 11 * 32 * 288, (8, 8)),
    LayerSummary("features.5", "MaxPool2d", (32, 5, 5), 0, 0, (10, 10)),
    LayerSummary("features.6", "ReLU", (32, 5, 5), 0, 0, (10, 10)),
    LayerSummary("head.0", "Flatten", (800,), 0, 0, None),
    LayerSummary("head.1", "Linear", (256,), 205_056, 204_800, None),
    LayerSummary("head.2", "ReLU", (256,), 0, 0, None),
    LayerSummary("head.3", "Linear", (10,), 2_570, 2_560, None),
)


def test_the_table_of_cnn_is_the_one_worked_out_by_hand() -> None:
    summary = summarise(build("cnn", 10, 1, (28, 28)), (1, 28, 28))
    assert summary.layers == CNN
    assert summary.parameters == summary.trainable_parameters == 217_194
    assert summary.multiply_adds == 194_688 + 1_115_136 + 204_800 + 2_560
    assert summary.batch_norm_statistics == 0
    assert summary.receptive_field == (10, 10)


def test_batch_norm_statistics_are_counted_where_the_source_counts_them() -> None:
    model = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4))
    without = summarise(model, (1, 5, 5))
    with_them = summarise(model, (1, 5, 5), counts_statistics=True)
    assert (without.parameters, with_them.parameters) == (36 + 8, 36 + 8 + 8)
    assert without.trainable_parameters == with_them.trainable_parameters == 44
    assert without.batch_norm_statistics == with_them.batch_norm_statistics == 8


def test_frozen_parameters_are_parameters_but_not_trainable() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.Linear(3, 2))
    model[1].requires_grad_(False)
    summary = summarise(model, (1, 2, 2))
    assert (summary.parameters, summary.trainable_parameters) == (15 + 8, 8)


def test_grouped_convolutions_cost_their_group_alone() -> None:
    summary = summarise(nn.Conv2d(6, 6, 3, groups=6, padding=1), (6, 4, 5))
    assert summary.multiply_adds == 6 * 4 * 5 * 9


def test_a_summary_leaves_the_network_as_it_was() -> None:
    model = build("sign-cnn", 24, 1, (28, 28)).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    summarise(model, (1, 28, 28))
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


class Picky(nn.Module):
    """Raises an error that a user's own code might raise."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def forward(self, images: Tensor) -> Tensor:
        """Never returns."""
        raise self.error


@pytest.mark.parametrize("kind", [RuntimeError, ValueError, IndexError, AssertionError])
def test_a_network_that_does_not_take_the_input_is_said(kind: type[Exception]) -> None:
    with pytest.raises(UsageError) as error:
        summarise(Picky(kind("at least 32 pixels")), (3, 20, 30))
    assert str(error.value) == (
        f"The network does not accept an input of 20x30x3 ({kind.__name__}: at least 32 pixels). "
        "Correct it."
    )


LAST_FIELDS = {
    "alexnet": (227, 195),
    "vgg-a": (224, 150),
    "vgg-d": (224, 212),
    "vgg-e": (224, 268),
    "googlenet": (224, 715),
    "resnet18": (224, 435),
    "resnet34": (224, 899),
    # 483 if the first 1x1 of a stage has the stride, as in the paper, and not its 3x3: the 3x3 then
    # reads units twice as far apart, which adds 8 + 16 + 32 pixels.
    "resnet50": (224, 427),
    "resnet20": (32, 81),
}


@pytest.mark.parametrize(("name", "side", "field"), [(n, *LAST_FIELDS[n]) for n in LAST_FIELDS])
def test_the_receptive_fields_of_the_architectures(name: str, side: int, field: int) -> None:
    summary = summarise(outline(name, 10, 3, (side, side)), (3, side, side))
    assert summary.receptive_field == (field, field)


def test_the_fields_of_vgg_are_those_of_the_literature() -> None:
    layers = summarise(outline("vgg-d", 10, 3, (224, 224)), (3, 224, 224)).layers
    maps = [layer for layer in layers if layer.kind in ("Conv2d", "MaxPool2d")]
    assert [layer.receptive_field[0] for layer in maps if layer.receptive_field] == [
        *(3, 5, 6, 10, 14, 16, 24, 32, 40, 44),
        *(60, 76, 92, 100, 132, 164, 196, 212),
    ]


class Branches(nn.Module):
    """Paths with different receptive fields, joined in three ways, with odd operator shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(1, 2, 1)
        self.wide = nn.Conv2d(1, 2, (5, 3), padding=(2, 1))
        self.dilated = nn.Conv2d(4, 4, 3, dilation=2)
        self.pool = nn.AvgPool2d((2, 3), stride=(2, 1))
        self.skip = PaddedShortcut(4, 6, 2)
        self.last = nn.Conv2d(6, 1, 3)

    def forward(self, images: Tensor) -> Tensor:
        maps = torch.cat([self.one(images), self.wide(images)], dim=1)
        maps = self.dilated(maps) * torch.ones(4, 1, 1) + maps[:, :, 2:-2, 2:-2]
        return self.last(self.skip(self.pool(maps)))


def seen_by_a_unit(model: nn.Module, shape: tuple[int, int, int]) -> tuple[int, int]:
    """Count the rows and columns of pixels with a gradient from the middle unit."""
    model = deepcopy(model).double().eval()
    for name, module in list(model.named_modules()):
        # Every weight positive, and nothing that lets only some pixels pass.
        if isinstance(module, nn.MaxPool2d):
            mean = nn.AvgPool2d(module.kernel_size, module.stride, module.padding, module.ceil_mode)
            model.set_submodule(name, mean)
        elif isinstance(module, nn.ReLU | nn.SiLU | nn.BatchNorm2d):
            model.set_submodule(name, nn.Identity())
    for parameter in model.parameters():
        nn.init.constant_(parameter, 1 / parameter[0].numel())
    image = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    maps = model(image)
    maps[0, :, maps.shape[2] // 2, maps.shape[3] // 2].sum().backward()
    assert image.grad is not None
    rows, columns = image.grad[0].sum(dim=0).nonzero().T
    return int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1


@pytest.mark.parametrize(
    "name",
    [
        *("glance", "airbench", "cnn", "deep-cnn", "sign-cnn", "lenet5", "slides-cnn", "lab-cnn"),
        "resnet20",
    ],
)
def test_the_receptive_field_is_what_a_unit_sees(name: str) -> None:
    features = build(name, 2, 1, (28, 28)).get_submodule("features")
    shape = (1, 100, 104)  # larger than all fields, so that no margin hides a part of one
    assert summarise(features, shape).receptive_field == seen_by_a_unit(features, shape)


def test_alexnet_and_inceptions_see_what_their_widest_path_sees() -> None:
    for name, parts in (("alexnet", 9), ("googlenet", 4)):
        features = build(name, 2, 1, (64, 64)).get_submodule("features")[:parts]
        shape = (1, 128, 128)
        field = summarise(features, shape).receptive_field
        assert field == seen_by_a_unit(features, shape)


def test_branches_strides_and_dilation_are_followed_through_operators() -> None:
    shape = (1, 40, 44)
    fields = {row.name: row.receptive_field for row in summarise(Branches(), shape).layers}
    assert fields["wide"] == (5, 3)
    assert fields["dilated"] == (9, 7)
    assert fields["pool"] == (10, 9)
    assert fields["last"] == (18, 13)
    assert seen_by_a_unit(Branches(), shape) == (18, 13)


def test_where_the_map_is_gone_there_is_no_receptive_field() -> None:
    assert summarise(build("mlp", 10, 1, (28, 28)), (1, 28, 28)).receptive_field is None

    class Squeeze(nn.Module):
        """Scales maps by a mean over the whole image, so its units see all of it."""

        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)
            self.mean = nn.AdaptiveAvgPool2d(1)
            self.after = nn.Conv2d(2, 2, 3)

        def forward(self, images: Tensor) -> Tensor:
            maps = self.conv(images)
            return self.after(maps * self.mean(maps))

    fields = {row.name: row.receptive_field for row in summarise(Squeeze(), (1, 9, 9)).layers}
    assert fields == {"conv": (3, 3), "mean": None, "after": None}


def test_outlines_have_the_same_fields_as_networks() -> None:
    tables = [
        summarise(make("resnet18", 3, 1, (28, 28)), (1, 28, 28)).layers for make in (build, outline)
    ]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("name", ["mlp", "cnn", "sign-cnn", "glance", "resnet20"])
def test_the_activations_are_what_a_training_step_keeps(name: str) -> None:
    images = 4
    model = build(name, 10, 1, (28, 28)).train()
    batch = torch.zeros(images, 1, 28, 28)
    own = {t.data_ptr() for t in (batch, *model.parameters(), *model.buffers())}
    kept: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        logits = model(batch)
    total = sum(t.untyped_storage().nbytes() for place, t in kept.items() if place not in own)
    assert logits.shape == (images, 10)
    memory = training_memory(outline(name, 10, 1, (28, 28)), (1, 28, 28), "adamw")
    assert memory.activations == pytest.approx(total / images, rel=0.01)


@pytest.mark.parametrize("optimizer", get_args(OptimizerName))
def test_the_optimiser_remembers_as_much_as_it_says(optimizer: OptimizerName) -> None:
    model = build("glance", 10, 1, (8, 8))
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.grad = torch.zeros_like(parameter)
    stepping = make_optimizer(
        model, optimizer, lr=0.1, momentum=0.9, weight_decay=0.0, epsilon=1e-7
    )
    stepping.step()
    state = [value for entry in stepping.state.values() for value in entry.values()]
    held = sum(v.numel() * v.element_size() for v in state if isinstance(v, Tensor) and v.ndim)
    memory = training_memory(model, (1, 8, 8), optimizer)
    assert memory.optimizer_state == held
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert memory.gradients == 4 * learned
    assert memory.of_batch(10) - memory.of_batch(7) == 3 * memory.activations


def test_counting_memory_leaves_the_network_as_it_was() -> None:
    model = build("sign-cnn", 24, 1, (28, 28)).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    training_memory(model, (1, 28, 28), "adamw")
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_network_that_fails_in_training_alone_is_said() -> None:
    class Picky(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            if self.training:
                raise ValueError("no")
            return images

    with pytest.raises(UsageError) as error:
        training_memory(Picky(), (1, 2, 2), "adamw")
    assert str(error.value) == (
        "The network does not accept 4 images in training (ValueError: no). Correct it."
    )


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1 kB"),
        (868_776, "869 kB"),
        (999_600, "1 MB"),
        (1_740_000, "1.74 MB"),
        (39_400_000_000, "39.4 GB"),
        (2e15, "2e+03 TB"),
    ],
)
def test_bytes_are_written_for_people(count: float, text: str) -> None:
    assert human(count) == text


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main.run(["summary", *arguments])
    return code, *capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        (("mlp",), 335_114),
        (("cnn", "--input", "28x28x1", "--classes", "10"), 217_194),
        (("deep-cnn",), 329_962),
        (("sign-cnn", "--classes", "24"), 264_049),
        (("lenet5", "--input", "28x28"), 61_706),
    ],
)
def test_the_command_gives_the_documented_counts_as_json(capsys, arguments, parameters) -> None:
    code, out, _ = run(capsys, *arguments, "--json")
    assert code == 0
    assert json.loads(out)["parameters"] == parameters


def test_the_json_holds_the_whole_table(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "cnn", "--input", "32x40x3", "--classes", "5", "--json")
    table = json.loads(out)
    assert (table["model"], table["input"], table["classes"]) == ("cnn", [32, 40, 3], 5)
    assert table["layers"][1] == {
        "name": "features.1",
        "kind": "Conv2d",
        "output": [32, 30, 38],
        "parameters": 32 * (27 + 1),
        "multiply_adds": 32 * 30 * 38 * 27,
        "receptive_field": [3, 3],
    }
    assert table["layers"][-1]["output"] == [5]
    assert table["multiply_adds"] == sum(layer["multiply_adds"] for layer in table["layers"])


def test_the_printed_table_has_shapes_counts_and_the_next_command(capsys) -> None:
    code, out, err = run(capsys, "cnn")
    assert code == 0
    row = next(line for line in out.splitlines() if "features.4" in line)
    cells = "features.4 Conv2d 32 x 11 x 11 9,248 1,115,136 8 x 8"
    assert row.split() == cells.split()
    assert "\nparameters 217,194\nmultiply-adds 1,517,184 an image\n" in out
    assert "\nreceptive field 10 x 10 pixels, of the last map's units\n" in out
    assert "noonbit train digits --model cnn" in err


def test_only_counts_with_statistics_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    note = "(batch-norm statistics included)"
    assert f"parameters 264,049 {note}" in run(capsys, "sign-cnn", "--classes", "24")[1]
    # glance has frozen parameters and batch norm, but counts only parameters.
    assert note not in run(capsys, "glance")[1]


@pytest.mark.parametrize("text", ["28", "28x28x", "axb", "0x28x1", "28x28x1x1", "28x-3"])
def test_a_wrong_size_is_refused_with_the_form(capsys, text: str) -> None:
    code, out, err = run(capsys, "cnn", f"--input={text}")
    assert (code, out) == (2, "")
    assert err == (
        f"error: --input {text} is not a size; write height x width x channels, such as 28x28x1, "
        "in up to 12 digits each.\n"
    )


def test_a_users_own_network_that_fails_is_no_bug_of_noonbit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from torch import nn\n"
        "def net(classes, channels, size):\n"
        "    return nn.Sequential(nn.Flatten(start_dim=9), nn.Linear(3, classes))\n"
    )
    code, _, err = run(capsys, f"{path}:net")
    assert code == 2
    assert err.startswith("error: The network does not accept an input of 28x28x1 (IndexError: ")
