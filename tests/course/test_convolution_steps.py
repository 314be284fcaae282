"""A convolution and a pool worked out place by place are those of PyTorch."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from noonbit.cli.main import run as command_line
from noonbit.course.arithmetic import place
from noonbit.course.convolution_steps import MOST_PLACES, parse_grid, work_out
from noonbit.errors import UsageError

GRID = np.random.default_rng(0).normal(size=(6, 5))


def results(steps, shape):
    return np.array([step.result for step in steps]).reshape(shape)


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 1), (2, "valid"), (1, "same")])
def test_a_convolution_is_that_of_pytorch(stride, padding) -> None:
    weights = np.random.default_rng(1).normal(size=(3, 3))
    layer = place((6, 5, 1), 3, stride, padding, 1)
    zeros = {0: 0, 1: 1, "valid": 0, "same": 1}[padding]
    expected = F.conv2d(
        torch.from_numpy(GRID)[None, None],
        torch.from_numpy(weights)[None, None],
        stride=stride,
        padding=zeros,
    )[0, 0].numpy()
    assert results(work_out(layer, GRID, weights), layer.output[:2]) == pytest.approx(expected)


def test_a_pool_is_that_of_pytorch_and_its_padding_is_no_number() -> None:
    layer = place((6, 5, 1), 3, 1, 1, None)
    low = GRID - 100.0  # zeros of the padding would win
    expected = F.max_pool2d(torch.from_numpy(low)[None, None], 3, 1, 1)[0, 0].numpy()
    assert results(work_out(layer, low, None), layer.output[:2]) == pytest.approx(expected)


def test_the_labs_three_by_three_picture_is_worked_out_in_words(capsys) -> None:
    numbers = ["--pixels", "1 2 3 / 4 5 6 / 7 8 9", "--weights", "1 1 / 1 -1"]
    assert command_line(["arithmetic", "3x3", "--kernel", "2", *numbers]) == 0
    printed = capsys.readouterr().out
    assert "row 0, column 1   2*1 + 3*1 + 5*1 + 6*(-1) = 4" in printed
    assert printed.endswith("\noutput\n 2  4\n 8 10\n")
    same = ["--padding", "same", "--json", *numbers]
    assert command_line(["arithmetic", "3x3", "--kernel", "2", *same]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert len(steps) == 9 and steps[-1]["arithmetic"] == "9*1 + 0*1 + 0*1 + 0*(-1) = 9"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--pixels", "1 2 / 3"], "--weights; give the other"),
        (["--pixels", "1 2 / 3", "--weights", "1"], "--pixels '1 2 / 3' is no grid"),
        (["--pixels", "1 nan / 3 4", "--weights", "1"], "is no grid"),
        (["--pixels", "1 2 / 3 4", "--weights", "1 / 1"], "has 2x2 numbers, and 3x3 are needed"),
        (["--pool", "--weights", "1 1 / 1 1"], "--weights has no use with --pool"),
    ],
)
def test_what_cannot_be_worked_out_is_said(flags, sentence, capsys) -> None:
    assert command_line(["arithmetic", "3x3", "--kernel", "2", *flags]) == 2
    assert sentence in capsys.readouterr().err


def test_colours_and_too_many_places_are_refused() -> None:
    with pytest.raises(UsageError, match="for one channel, and the image is 6x5x3"):
        work_out(place((6, 5, 3), 3, 1, 0, 1), GRID, np.ones((3, 3)))
    side = int(MOST_PLACES**0.5) + 1
    with pytest.raises(UsageError, match="at most 1,000 are worked out"):
        work_out(place((side, side, 1), 1, 1, 0, 1), np.ones((side, side)), np.ones((1, 1)))


def test_a_grid_is_rows_of_numbers() -> None:
    assert parse_grid("1 2.5 / -3 4", "--pixels").tolist() == [[1, 2.5], [-3, 4]]
