"""Weights and checkpoints; a resumed training gives the same bits."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from small_training import (
    PLAN,
    callbacks,
    carry_on,
    equal,
    network,
    start,
    stop_at,
    weights,
    with_optimizer,
)
from torch import nn

from noonbit.config.plan import Plan
from noonbit.errors import ArtefactError
from noonbit.runs.checkpoint import (
    load_checkpoint,
    load_weights,
    read_tensors,
    save_checkpoint,
    save_weights,
)
from noonbit.training.state import Callbacks

OPTIMIZERS = ["muon", "sgd", "adam", "adamw", "rmsprop"]


def assert_resumes_with_the_same_bits(plan: Plan, hooks: Callbacks, folder: Path) -> None:
    """Train once without a stop; once with one, through a file and a fresh state."""
    whole = start(plan)
    assert carry_on(whole, plan)

    stopped = start(plan)
    assert not carry_on(stopped, plan, hooks=hooks)
    save_checkpoint(folder / "checkpoint.safetensors", stopped)
    continued = start(plan)
    load_checkpoint(folder / "checkpoint.safetensors", continued)
    assert carry_on(continued, plan)

    assert equal(weights(continued), weights(whole))
    assert equal(continued.best, whole.best)
    assert continued.best_epoch == whole.best_epoch
    assert [replace(r, seconds=0, items_per_second=0) for r in continued.history] == [
        replace(r, seconds=0, items_per_second=0) for r in whole.history
    ]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_stop_in_the_middle_of_an_epoch_changes_no_bit(optimizer, tmp_path):
    assert_resumes_with_the_same_bits(with_optimizer(optimizer), stop_at(2, 3), tmp_path)


def test_a_stop_at_the_last_step_of_an_epoch_changes_no_bit(tmp_path):
    assert_resumes_with_the_same_bits(PLAN, stop_at(2, 5), tmp_path)


def test_a_stop_at_the_first_step_changes_no_bit(tmp_path):
    assert_resumes_with_the_same_bits(PLAN, stop_at(1, 1), tmp_path)


def test_a_stop_between_two_epochs_changes_no_bit(tmp_path):
    rows = []
    hooks = callbacks(on_epoch=rows.append, should_stop=lambda: len(rows) == 2)
    assert_resumes_with_the_same_bits(PLAN, hooks, tmp_path)


def test_stops_at_every_step_change_no_bit(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    whole = start()
    carry_on(whole)
    for _ in range(100):
        state = start()
        if path.exists():
            load_checkpoint(path, state)
        if carry_on(state, hooks=callbacks(should_stop=lambda: True)):
            break
        save_checkpoint(path, state)
    assert equal(weights(state), weights(whole))


def test_a_checkpoint_holds_the_best_weights_and_the_history_beside_the_latest(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    stopped = start()
    carry_on(stopped, hooks=stop_at(3, 2))
    save_checkpoint(path, stopped)
    loaded = start()
    load_checkpoint(path, loaded)
    assert equal(weights(loaded), weights(stopped))
    assert equal(loaded.best, stopped.best)
    assert not equal(loaded.best, weights(loaded))
    assert (loaded.epoch, loaded.step, loaded.sums) == (2, 2, stopped.sums)
    assert (loaded.best_epoch, loaded.history) == (stopped.best_epoch, stopped.history)


def test_weights_come_back_bit_for_bit(tmp_path):
    model, other = network(seed=1), network(seed=2)
    save_weights(tmp_path / "weights.safetensors", model.state_dict())
    load_weights(tmp_path / "weights.safetensors", other)
    assert equal(model.state_dict(), other.state_dict())


def test_weights_are_stored_in_the_plain_memory_order(tmp_path):
    model = network().to(memory_format=torch.channels_last)
    save_weights(tmp_path / "weights.safetensors", model.state_dict())
    tensors, _ = read_tensors(tmp_path / "weights.safetensors")
    assert all(value.is_contiguous() for value in tensors.values())
    assert equal(tensors, model.state_dict())


def test_tied_weights_are_stored_under_both_names(tmp_path):
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    save_weights(tmp_path / "weights.safetensors", model.state_dict())
    tensors, _ = read_tensors(tmp_path / "weights.safetensors")
    assert torch.equal(tensors["0.weight"], tensors["1.weight"])


def test_the_weights_of_another_network_are_refused_by_name(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(path, nn.Linear(3, 3).state_dict())
    with pytest.raises(ArtefactError) as error:
        load_weights(path, network())
    assert str(error.value) == (
        f"{path} does not fit the network: 0.weight is missing. Restore it, or train again."
    )


def test_the_checkpoint_of_another_network_is_refused(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    state = start()
    save_checkpoint(path, state)
    state.model[7] = nn.Linear(128, 4)
    with pytest.raises(
        ArtefactError, match=r"7\.weight is float32 of 3x128, and the network has float32 of 4x128"
    ):
        load_checkpoint(path, state)


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(ArtefactError, match=r"weights.safetensors is missing; the run folder"):
        load_weights(tmp_path / "weights.safetensors", network())


@pytest.mark.parametrize("kept", [0, 7, 100, 1000])
def test_cut_weights_are_called_damaged(kept, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(path, network().state_dict())
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ArtefactError, match=r"is damaged .* Restore it, or train again\."):
        load_weights(path, network())


def test_a_pickle_is_no_checkpoint_and_nothing_of_it_is_executed(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    marker = tmp_path / "executed"
    path.write_bytes(b"cpathlib\nPath\n(S'" + str(marker).encode() + b"'\ntR.")
    with pytest.raises(ArtefactError, match="is damaged"):
        load_checkpoint(path, start())
    assert not marker.exists()


def test_bare_weights_are_no_checkpoint(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    save_file({"weight": torch.zeros(1)}, path)
    with pytest.raises(ArtefactError, match="is no checkpoint"):
        load_checkpoint(path, start())
