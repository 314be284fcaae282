"""noonbit.training.ema: the moving average of the weights, on its own and in a training."""

from dataclasses import replace

import pytest
import torch
from small_training import PLAN, carry_on, equal, start, stop_at, weights
from torch import nn

from noonbit.runs.checkpoint import load_checkpoint, save_checkpoint
from noonbit.training.ema import init_average, make_average_update, swap_in_average

AVERAGED = replace(PLAN, average_weights=0.9)


def test_the_average_is_the_published_recursion() -> None:
    model = nn.Linear(2, 1)
    average = init_average(model, 0.9)
    update = make_average_update(average, model, 0.9)
    expected = model.weight.detach().clone()
    for step in range(200):
        with torch.no_grad():
            model.weight.normal_()
        update(step)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * model.weight.detach()
    assert torch.allclose(average["weight"], expected, atol=1e-5)


def test_the_average_is_swapped_in_and_out_again() -> None:
    model = nn.BatchNorm1d(2)
    average = init_average(model, 0.5)
    own = model.weight.detach().clone().add_(3)
    address = model.weight.data_ptr()
    with torch.no_grad():
        model.weight.copy_(own)
        model.running_mean.fill_(7.0)
    with pytest.raises(KeyError), swap_in_average(model, average):
        assert torch.equal(model.weight, average["weight"])
        assert model.running_mean.tolist() == [0.0, 0.0]
        raise KeyError
    assert torch.equal(model.weight, own)
    assert model.running_mean.tolist() == [7.0, 7.0]
    assert model.weight.data_ptr() == address


def test_without_a_decay_there_is_no_average_and_no_cost() -> None:
    model = nn.Linear(2, 1)
    average = init_average(model, 0.0)
    make_average_update(average, model, 0.0)(0)
    assert average == {}


def test_a_training_saves_averaged_weights_and_continues_with_its_own() -> None:
    plain, state = start(), start(AVERAGED)
    carry_on(plain)
    carry_on(state, AVERAGED)
    assert equal(weights(plain), weights(state))
    assert not equal(plain.best, state.best)
    if state.best_epoch == state.epoch:
        assert all(torch.equal(state.best[name], value) for name, value in state.average.items())
    assert [row.val_loss for row in plain.history] != [row.val_loss for row in state.history]
    assert [row.loss for row in plain.history] == [row.loss for row in state.history]


def test_a_resumed_average_is_identical(tmp_path) -> None:
    whole, stopped, resumed = start(AVERAGED), start(AVERAGED), start(AVERAGED)
    carry_on(whole, AVERAGED)
    assert not carry_on(stopped, AVERAGED, hooks=stop_at(2, 3))
    save_checkpoint(tmp_path / "checkpoint.safetensors", stopped)
    load_checkpoint(tmp_path / "checkpoint.safetensors", resumed)
    carry_on(resumed, AVERAGED)
    assert equal(whole.average, resumed.average)
    assert equal(whole.best, resumed.best)
