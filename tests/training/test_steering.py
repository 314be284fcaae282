"""A training whose settings change while it runs, and the bits that it has then."""

import math
from dataclasses import replace

import pytest
from small_training import (
    PLAN,
    callbacks,
    carry_on,
    context_of,
    equal,
    start,
    stop_at,
    weights,
    with_optimizer,
)

from noonbit.errors import UsageError
from noonbit.runs.checkpoint import load_checkpoint, save_checkpoint
from noonbit.training.changes import Change
from noonbit.training.steering import make_change, steps_per_epoch

STEPS = 5  # of an epoch: 45 images in batches of 10
CONSTANT = replace(PLAN, schedule="constant", warmup=0.0)


def change_at(step, setting, value):
    """A change before this step, counted with the planned batch size."""
    epochs, steps = divmod(step, STEPS)
    return Change(step, epochs + steps * PLAN.batch_size / 45, setting, value)


def rates(plan, changes):
    """The learning rate of each step of a training with these changes."""
    state, seen = start(plan), []
    state.changes = list(changes)
    carry_on(state, plan, hooks=callbacks(on_step=lambda _: seen.append(state.lr)))
    return seen


def batches(plan, changes):
    """(epoch, items so far) after each step of a training with these changes."""
    state, seen = start(plan), []
    state.changes = list(changes)
    carry_on(state, plan, hooks=callbacks(on_step=lambda p: seen.append((p.epoch, p.seen))))
    return seen


def test_a_learning_rate_holds_from_its_step_on():
    assert rates(CONSTANT, [change_at(7, "learning_rate", 0.08)]) == [0.05] * 7 + [0.08] * 8


def test_a_learning_rate_falls_as_the_planned_one_falls_from_there():
    planned = rates(PLAN, [])
    steered = rates(PLAN, [change_at(7, "learning_rate", 0.03)])
    assert steered[:7] == planned[:7]
    assert steered[7:] == pytest.approx([0.03 * rate / planned[7] for rate in planned[7:]])


def test_a_learning_rate_that_comes_in_the_warmup_does_not_rise_with_it():
    plan = replace(PLAN, warmup=0.6)
    steered = rates(plan, [change_at(2, "learning_rate", 0.03)])
    assert max(steered) == steered[2] == pytest.approx(0.03)
    assert steered[-1] < 0.03


def test_the_last_of_several_learning_rates_counts():
    changes = [change_at(3, "learning_rate", 0.08), change_at(3, "learning_rate", 0.02)]
    assert rates(CONSTANT, changes)[3:] == [0.02] * 12


def test_another_batch_size_takes_the_rest_of_the_epoch_and_leaves_no_item_out():
    seen = batches(replace(PLAN, epochs=2), [change_at(2, "batch_size", 20)])
    assert seen == [(1, 10), (1, 20), (1, 40), (1, 45), (2, 20), (2, 40), (2, 45)]


def test_a_last_batch_of_one_image_is_left_out_at_any_batch_size():
    seen = batches(replace(PLAN, epochs=1), [change_at(2, "batch_size", 8)])
    assert seen == [(1, 10), (1, 20), (1, 28), (1, 36), (1, 44)]


def test_another_batch_size_leaves_the_schedule_at_its_share_of_the_epochs():
    planned = rates(PLAN, [])
    halved = rates(PLAN, [change_at(0, "batch_size", 5)])
    assert len(halved) == 27
    assert halved[18::2] == pytest.approx(planned[10:])


@pytest.mark.parametrize(
    "changes",
    [
        [change_at(4, "learning_rate", 0.08), change_at(9, "learning_rate", 0.01)],
        [change_at(2, "batch_size", 7), change_at(8, "batch_size", 23)],
        [change_at(6, "momentum", 0.5)],
        [change_at(6, "weight_decay", 0.1)],
    ],
    ids=lambda changes: changes[0].setting,
)
def test_a_steered_training_that_is_stopped_has_the_bits_of_one_that_never_was(changes, tmp_path):
    through = start()
    through.changes = list(changes)
    assert carry_on(through)
    unsteered = start()
    carry_on(unsteered)
    assert not equal(weights(through), weights(unsteered))

    for stop in ((1, 1), (2, 1), (2, 2), (2, 4)):
        stopped = start()
        stopped.changes = list(changes)
        assert not carry_on(stopped, hooks=stop_at(*stop))
        save_checkpoint(tmp_path / "checkpoint.safetensors", stopped)
        resumed = start()
        resumed.changes = list(changes)
        load_checkpoint(tmp_path / "checkpoint.safetensors", resumed)
        assert carry_on(resumed)
        assert equal(weights(resumed), weights(through)), stop
        assert [row.lr for row in resumed.history] == [row.lr for row in through.history], stop


@pytest.mark.parametrize(
    ("plan", "change"),
    [
        (replace(PLAN, momentum=0.0), change_at(6, "momentum", 0.9)),
        (replace(PLAN, weight_decay=0.0), change_at(6, "weight_decay", 0.1)),
        (replace(with_optimizer("adamw"), weight_decay=0.0), change_at(6, "weight_decay", 0.1)),
        (replace(with_optimizer("muon"), weight_decay=0.0), change_at(6, "weight_decay", 0.1)),
        (with_optimizer("muon"), change_at(6, "momentum", 0.3)),
    ],
    ids=lambda value: value.setting if isinstance(value, Change) else value.optimizer,
)
def test_a_setting_that_the_optimiser_began_without_survives_a_checkpoint(plan, change, tmp_path):
    def steered():
        state = start(plan)
        state.changes = [change]
        return state

    through, unsteered = steered(), start(plan)
    carry_on(through, plan)
    carry_on(unsteered, plan)
    assert not equal(weights(through), weights(unsteered))
    for stop in ((2, 1), (2, 3)):  # before the change, and after it
        stopped, resumed = steered(), steered()
        carry_on(stopped, plan, hooks=stop_at(*stop))
        save_checkpoint(tmp_path / "checkpoint.safetensors", stopped)
        load_checkpoint(tmp_path / "checkpoint.safetensors", resumed)
        carry_on(resumed, plan)
        assert equal(weights(resumed), weights(through)), stop


def test_biases_and_norms_keep_a_weight_decay_of_zero():
    state = start(replace(PLAN, weight_decay=0.0))
    state.optimizer.set_weight_decay(0.25)
    for group in state.optimizer.param_groups:
        assert {value.ndim > 1 for value in group["params"]} == {group["weight_decay"] == 0.25}


def test_a_change_knows_the_place_at_which_it_was_made():
    state, context = start(), context_of()
    carry_on(state, hooks=stop_at(2, 2))
    assert make_change(state, context, "momentum", 0.5) == (7, 1 + 20 / 45, "momentum", 0.5)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("learning_rate", 0, "above 0"),
        ("learning_rate", math.nan, "learning_rate"),
        ("learning_rate", "fast", "learning_rate"),
        ("momentum", 1.5, "momentum"),
        ("weight_decay", -1, "weight_decay"),
        ("batch_size", 2.5, "batch_size"),
        ("batch_size", 1, "batch_size"),
        ("momentun", 0.5, "momentum"),
        ("seed", 3, "cannot be changed while a training runs"),
        ("__class__", 3, "cannot be changed while a training runs"),
    ],
)
def test_what_no_training_can_take_is_refused_in_words(setting, value, sentence):
    with pytest.raises(UsageError, match=sentence):
        make_change(start(), context_of(), setting, value)


def test_an_optimiser_without_momentum_says_which_have_one():
    plan = with_optimizer("adamw")
    with pytest.raises(UsageError, match="sgd and muon"):
        make_change(start(plan), context_of(plan), "momentum", 0.5)


def test_steps_that_are_taken_once_more_keep_their_changes():
    state = start()
    state.changes = [change_at(9, "learning_rate", 0.1)]
    with pytest.raises(UsageError, match="up to 9 once more"):
        make_change(state, context_of(), "learning_rate", 0.2)


def test_a_time_budget_is_steered_too():
    plan = replace(PLAN, time_budget=1000.0)  # ends by its epochs
    state, seen = start(plan), []
    state.changes = [change_at(7, "learning_rate", 0.08)]
    carry_on(state, plan, hooks=callbacks(on_step=lambda _: seen.append(state.lr)))
    noted = [step.lr for step in state.timed_steps]
    assert seen[:7] == noted[:7]
    assert seen[7:] == pytest.approx([0.08 * lr / noted[7] for lr in noted[7:]])


def test_a_pause_is_no_time_of_the_training():
    state = start()

    def pause(progress):
        state.paused_seconds += 1000.0

    carry_on(state, hooks=callbacks(on_step=pause))
    assert state.elapsed < 100
    assert all(row.seconds < 100 for row in state.history)


def test_steps_per_epoch_leave_out_a_last_batch_of_one():
    assert [steps_per_epoch(45, size) for size in (10, 11, 44, 45, 100)] == [5, 4, 1, 1, 1]
