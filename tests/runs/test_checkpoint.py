"""Weights and checkpoints; a resumed training gives the same bits."""

import json
import math
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
from noonbit.config.recipe import OptimizerName
from noonbit.errors import ArtefactError, TrainingDiverged
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


@pytest.mark.parametrize("where", [-1, -100, -2_000])
def test_weights_of_which_one_bit_has_changed_are_called_damaged(where, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(path, network().state_dict())
    raw = bytearray(path.read_bytes())
    raw[where] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ArtefactError, match="is damaged: its values are not those that were writ"):
        load_weights(path, network())


def test_weights_without_a_checksum_are_taken(tmp_path):
    path, model = tmp_path / "weights.safetensors", network(seed=1)
    save_file(model.state_dict(), path)
    load_weights(path, network(seed=2))


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


def stopped_checkpoint(folder: Path, optimizer: OptimizerName = "adam") -> tuple[Path, Plan]:
    """The checkpoint of a training that was stopped in its second epoch, and its plan."""
    plan = with_optimizer(optimizer)
    state = start(plan)
    carry_on(state, plan, hooks=stop_at(2, 3))
    save_checkpoint(folder / "checkpoint.safetensors", state)
    return folder / "checkpoint.safetensors", plan


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"epoch": -1}, "epoch should be greater than or equal to 0"),
        ({"epoch": 2}, "it has 1 rows of history after 2 epochs"),
        ({"step": 0.5}, "step should be a valid integer"),
        ({"best_epoch": 2}, "it calls epoch 2 of 1 the best"),
        ({"best_epoch": 0}, "it calls epoch 0 of 1 the best"),
        ({"sums": [1.0, 2.0]}, "sums.2 is missing"),
        ({"sums": [1.0, -2.0, 0.0]}, "sums.1 should be greater than or equal to 0"),
        ({"elapsed": math.inf}, "elapsed should be a finite number"),
        ({"history": None}, "history should be a valid list"),
        ({"history": [{"epoch": 1}]}, "history.0.loss is missing"),
    ],
)
def test_where_a_training_cannot_stand_is_called_damaged(
    change: dict[str, object], reason: str, tmp_path: Path
) -> None:
    path, plan = stopped_checkpoint(tmp_path)
    tensors, metadata = read_tensors(path)
    save_file(tensors, path, {"state": json.dumps(json.loads(metadata["state"]) | change)})
    with pytest.raises(ArtefactError) as error:
        load_checkpoint(path, start(plan))
    assert str(error.value).startswith(f"{path} is damaged: {reason}")


@pytest.mark.parametrize("state", ["", "[]", "null", "[" * 100_000, "9" * 5_000])
def test_a_state_that_is_no_object_is_called_damaged(state: str, tmp_path: Path) -> None:
    path, plan = stopped_checkpoint(tmp_path)
    save_file(read_tensors(path)[0], path, {"state": state})
    with pytest.raises(ArtefactError, match="is damaged"):
        load_checkpoint(path, start(plan))


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("optimizer.0.exp_avg", None, "optimizer.0.exp_avg is missing"),
        ("optimizer.0.exp_avg", torch.zeros(3), "is float32 of 3, and the network has float32 of"),
        ("optimizer.0.step", torch.zeros((), dtype=torch.int64), "is int64 of one number, and"),
        ("optimizer.0.more", torch.zeros(3), "it has no optimizer.0.more"),
        ("optimizer.99.step", torch.zeros(()), "it has no parameter 99"),
        ("optimizer.x.step", torch.zeros(()), "is damaged"),
        ("other.weight", torch.zeros(3), "is damaged"),
        ("best.0.bias", torch.full((8,), math.nan), "0.bias has numbers that are not finite"),
        ("best.0.bias", torch.zeros(8).half(), "0.bias is float16 of 8, and the network has"),
        ("model.0.bias", None, "0.bias is missing"),
        ("average.0.bias", torch.zeros(8), "it has no 0.bias"),
    ],
)
def test_a_tensor_that_the_training_does_not_have_is_named(
    name: str, value: torch.Tensor | None, reason: str, tmp_path: Path
) -> None:
    path, plan = stopped_checkpoint(tmp_path)
    tensors, metadata = read_tensors(path)
    changed = {**tensors, name: value}
    save_file({key: each for key, each in changed.items() if each is not None}, path, metadata)
    with pytest.raises(ArtefactError) as error:
        load_checkpoint(path, start(plan))
    assert reason in str(error.value)


@pytest.mark.parametrize("group", ["best", "optimizer"])
def test_a_checkpoint_without_any_tensor_of_a_group_is_refused(group: str, tmp_path: Path) -> None:
    path, plan = stopped_checkpoint(tmp_path)
    tensors, metadata = read_tensors(path)
    kept = {name: value for name, value in tensors.items() if not name.startswith(group)}
    save_file(kept, path, metadata)
    with pytest.raises(ArtefactError, match="with 0 tensors|is missing"):
        load_checkpoint(path, start(plan))


def test_a_training_that_diverges_can_be_loaded_to_say_so(tmp_path: Path) -> None:
    path, plan = stopped_checkpoint(tmp_path)
    tensors, metadata = read_tensors(path)
    save_file({**tensors, "model.0.bias": torch.full((8,), math.nan)}, path, metadata)
    state = start(plan)
    load_checkpoint(path, state)
    with pytest.raises(TrainingDiverged):
        carry_on(state, plan)


@pytest.mark.parametrize("size", [0, 1, 2**32, 2**60, 2**64 - 1])
def test_a_header_that_lies_about_its_size_is_called_damaged(size: int, tmp_path: Path) -> None:
    path, _ = stopped_checkpoint(tmp_path)
    path.write_bytes(size.to_bytes(8, "little") + path.read_bytes()[8:])
    with pytest.raises(ArtefactError, match="is damaged"):
        read_tensors(path)
