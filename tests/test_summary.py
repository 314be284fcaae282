"""The layer table, against a table that was worked out by hand."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from noonbit import cli
from noonbit.errors import ArtefactError
from noonbit.models import build
from noonbit.models.summary import Layer, summarise

# cnn for 28x28x1 and 10 classes: (inputs x 3 x 3 + 1) x 32 parameters a convolution, and as many
# multiply-adds a value of its map as a filter has weights.
CNN = (
    Layer("features.0", "PadTo", (1, 28, 28), 0, 0),
    Layer("features.1", "Conv2d", (32, 26, 26), 320, 26 * 26 * 32 * 9),
    Layer("features.2", "MaxPool2d", (32, 13, 13), 0, 0),
    Layer("features.3", "ReLU", (32, 13, 13), 0, 0),
    Layer("features.4", "Conv2d", (32, 11, 11), 9_248, 11 * 11 * 32 * 288),
    Layer("features.5", "MaxPool2d", (32, 5, 5), 0, 0),
    Layer("features.6", "ReLU", (32, 5, 5), 0, 0),
    Layer("head.0", "Flatten", (800,), 0, 0),
    Layer("head.1", "Linear", (256,), 205_056, 204_800),
    Layer("head.2", "ReLU", (256,), 0, 0),
    Layer("head.3", "Linear", (10,), 2_570, 2_560),
)


def test_the_table_of_cnn_is_the_one_worked_out_by_hand() -> None:
    summary = summarise(build("cnn", 10, 1, (28, 28)), (1, 28, 28))
    assert summary.layers == CNN
    assert summary.parameters == summary.trainable_parameters == 217_194
    assert summary.multiply_adds == 194_688 + 1_115_136 + 204_800 + 2_560
    assert summary.batch_norm_statistics == 0


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
    """Raises what a user's own code might."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def forward(self, images: Tensor) -> Tensor:
        """Never returns."""
        raise self.error


@pytest.mark.parametrize("kind", [RuntimeError, ValueError, IndexError, AssertionError])
def test_a_network_that_does_not_take_the_input_is_said(kind: type[Exception]) -> None:
    with pytest.raises(ArtefactError) as error:
        summarise(Picky(kind("at least 32 pixels")), (3, 20, 30))
    assert str(error.value) == (
        "The network does not accept an input of 20x30x3: at least 32 pixels"
    )


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.run(["summary", *arguments])
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
    }
    assert table["layers"][-1]["output"] == [5]
    assert table["multiply_adds"] == sum(layer["multiply_adds"] for layer in table["layers"])


def test_the_printed_table_has_shapes_counts_and_the_next_command(capsys) -> None:
    code, out, err = run(capsys, "cnn")
    assert code == 0
    row = next(line for line in out.splitlines() if "features.4" in line)
    assert row.split() == ["features.4", "Conv2d", "32", "x", "11", "x", "11", "9,248", "1,115,136"]
    assert "\nparameters 217,194\nmultiply-adds 1,517,184 an image\n" in out
    assert "noonbit train digits --model cnn" in err


def test_only_counts_with_statistics_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    note = "(batch-norm statistics included)"
    assert f"parameters 264,049 {note}" in run(capsys, "sign-cnn", "--classes", "24")[1]
    # glance has frozen parameters and batch norm, but counts parameters alone.
    assert note not in run(capsys, "glance")[1]


@pytest.mark.parametrize("text", ["28", "28x28x", "axb", "0x28x1", "28x28x1x1", "28x-3"])
def test_a_wrong_size_is_refused_with_the_form(capsys, text: str) -> None:
    code, out, err = run(capsys, "cnn", f"--input={text}")
    assert (code, out) == (2, "")
    assert err == (
        f"error: --input {text} is not a size; write height x width x channels, such as 28x28x1.\n"
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
    assert code == 4
    assert err.startswith("error: The network does not accept an input of 28x28x1: ")
