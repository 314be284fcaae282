"""The training loop."""

import math
from dataclasses import replace

import pytest
import torch
from small_training import (
    CONTRACT,
    PLAN,
    RUNTIME,
    callbacks,
    carry_on,
    context_of,
    equal,
    images,
    start,
    weights,
)
from torch import nn

from noonbit.errors import TrainingDiverged
from noonbit.evaluation.torch_inference import predict_probabilities
from noonbit.training.loop import init_training, is_best, shuffle, validate
from noonbit.training.state import EpochMetrics, TrainingState
from noonbit.training.steering import steps_per_epoch


def trained(plan=PLAN, **options) -> TrainingState:
    state = start(plan)
    assert carry_on(state, plan, **options)
    return state


def row(epoch: int, *, val_accuracy: float, val_loss: float) -> EpochMetrics:
    return EpochMetrics(epoch, 1.0, 0.5, val_loss, val_accuracy, 0.1, 1.0, 100.0)


def test_two_trainings_with_one_seed_have_the_same_bits():
    one, other = trained(), trained()
    assert equal(weights(one), weights(other))
    assert equal(one.best, other.best)
    assert [(r.loss, r.val_loss) for r in one.history] == [
        (r.loss, r.val_loss) for r in other.history
    ]


def test_another_seed_gives_other_weights():
    assert not equal(weights(trained()), weights(trained(replace(PLAN, seed=1))))


def test_the_seed_decides_dropout_whatever_the_generator_did_before():
    initial = start()
    again = start()
    torch.manual_seed(12345)
    carry_on(initial)
    torch.manual_seed(54321)
    carry_on(again)
    assert equal(weights(initial), weights(again))


def test_dropout_differs_from_step_to_step():
    kept = []
    state = start()
    state.model[5].register_forward_hook(
        lambda _, __, output: kept.append((output == 0).float().sum().item())
    )
    carry_on(state, replace(PLAN, epochs=1))
    assert len(set(kept)) > 1


def test_thirty_epochs_learn_the_training_images_by_heart():
    plan = replace(PLAN, epochs=30, augment="none", label_smoothing=0.0)
    state = trained(plan)
    loss, accuracy = validate(state.model, CONTRACT, images(), RUNTIME)
    assert accuracy == 1.0
    assert loss < 0.1
    assert state.history[-1].loss < state.history[0].loss / 4


@pytest.mark.parametrize(
    ("count", "batch_size", "steps"),
    [(40, 10, 4), (45, 10, 5), (42, 10, 5), (41, 10, 4), (3, 10, 1), (1, 10, 1)],
)
def test_a_ragged_last_batch_is_a_step_unless_it_is_a_single_image(count, batch_size, steps):
    assert steps_per_epoch(count, batch_size) == steps


@pytest.mark.parametrize(("count", "sizes"), [(45, [10] * 4 + [5]), (41, [10] * 4)])
def test_the_network_sees_the_ragged_batch_and_never_a_single_image(count, sizes):
    seen: list[int] = []
    state = start(train=images(count))
    state.model[0].register_forward_hook(
        lambda module, inputs, _: seen.append(len(inputs[0])) if module.training else None
    )
    carry_on(state, replace(PLAN, epochs=1), train=images(count))
    assert seen == sizes


def test_every_epoch_has_an_order_of_its_own_that_holds_every_item_once():
    first, second = shuffle(45, seed=0, epoch=0), shuffle(45, seed=0, epoch=1)
    assert sorted(first.tolist()) == list(range(45))
    assert not torch.equal(first, second)
    assert torch.equal(first, shuffle(45, seed=0, epoch=0))
    assert not torch.equal(first, shuffle(45, seed=1, epoch=0))


def test_a_history_row_is_the_mean_of_its_epoch():
    plan = replace(PLAN, epochs=1, learning_rate=1e-30, augment="none", label_smoothing=0.0)
    state = start(plan)
    state.model[5] = nn.Identity()
    state.model[1] = nn.Identity()  # so that training and evaluation compute the same
    before = validate(state.model, CONTRACT, images(), RUNTIME)
    assert carry_on(state, plan)
    (only,) = state.history
    assert only.epoch == 1
    assert (only.loss, only.accuracy) == pytest.approx(before, rel=1e-5)
    validation = validate(state.model, CONTRACT, images(15, seed=1), RUNTIME)
    assert (only.val_loss, only.val_accuracy) == validation
    assert only.items_per_second == pytest.approx(45 / only.seconds)


def test_the_history_gives_the_learning_rate_of_the_last_step():
    state = trained(replace(PLAN, epochs=2, schedule="cosine", warmup=0.0))
    steps = 10
    expected = [PLAN.learning_rate * (1 + math.cos(math.pi * step / steps)) / 2 for step in (4, 9)]
    assert [r.lr for r in state.history] == pytest.approx(expected)


def test_validation_gives_the_accuracy_that_the_evaluation_gives():
    state = trained()
    split = images(15, seed=1)
    predicted = predict_probabilities(state.model, CONTRACT, split.values, RUNTIME).argmax(axis=1)
    share = (torch.from_numpy(predicted) == split.labels).double().mean().item()
    assert validate(state.model, CONTRACT, split, RUNTIME)[1] == share


def test_a_better_validation_accuracy_is_the_best_whatever_its_loss():
    state = TrainingState(nn.Identity(), torch.optim.SGD([torch.zeros(1)], lr=0.1))
    state.history, state.best_epoch = [row(1, val_accuracy=0.9, val_loss=0.1)], 1
    assert is_best(row(2, val_accuracy=0.91, val_loss=9.0), state, PLAN)
    assert not is_best(row(2, val_accuracy=0.89, val_loss=0.01), state, PLAN)


def test_a_tie_in_accuracy_is_decided_by_the_loss_and_a_full_tie_by_the_first():
    state = TrainingState(nn.Identity(), torch.optim.SGD([torch.zeros(1)], lr=0.1))
    state.history, state.best_epoch = [row(1, val_accuracy=0.9, val_loss=0.1)], 1
    assert is_best(row(2, val_accuracy=0.9, val_loss=0.09), state, PLAN)
    assert not is_best(row(2, val_accuracy=0.9, val_loss=0.1), state, PLAN)
    assert not is_best(row(2, val_accuracy=0.9, val_loss=0.11), state, PLAN)


def test_the_loss_decides_where_the_plan_says_so():
    state = TrainingState(nn.Identity(), torch.optim.SGD([torch.zeros(1)], lr=0.1))
    state.history, state.best_epoch = [row(1, val_accuracy=0.9, val_loss=0.1)], 1
    by_loss = replace(PLAN, keep="loss")
    assert is_best(row(2, val_accuracy=0.1, val_loss=0.09), state, by_loss)
    assert not is_best(row(2, val_accuracy=0.99, val_loss=0.11), state, by_loss)


def test_the_last_weights_are_kept_where_the_plan_says_so():
    state = trained(replace(PLAN, keep="last", epochs=4))
    assert state.best_epoch == 4
    assert equal(state.best, weights(state))


def test_the_best_weights_are_those_of_the_best_validation_epoch():
    kept = []
    state = start()
    hooks = callbacks(on_epoch=lambda _: kept.append(weights(state)))
    carry_on(state, replace(PLAN, epochs=6), hooks=hooks)
    ranked = max(state.history, key=lambda r: (r.val_accuracy, -r.val_loss, -r.epoch))
    assert state.best_epoch == ranked.epoch
    assert equal(state.best, kept[state.best_epoch - 1])


def test_without_validation_images_the_last_epoch_is_the_best():
    state = trained(validation=images(0))
    assert math.isnan(state.history[-1].val_loss)
    assert state.best_epoch == 3
    assert equal(state.best, weights(state))


def test_patience_stops_after_so_many_epochs_without_a_better_one():
    plan = replace(PLAN, epochs=50, learning_rate=1e-30, patience=3)
    state = start(plan)
    state.model[1] = nn.Identity()  # its running statistics would still change
    assert carry_on(state, plan)
    assert state.best_epoch == 1
    assert len(state.history) == 4


def test_a_training_whose_patience_has_run_out_does_not_go_on_when_resumed():
    plan = replace(PLAN, epochs=50, learning_rate=1e-30, patience=3)
    state = start(plan)
    state.model[1] = nn.Identity()
    carry_on(state, plan)
    assert carry_on(state, plan)
    assert len(state.history) == 4


def test_the_time_budget_ends_the_training():
    state = trained(replace(PLAN, epochs=1000, time_budget=1e-9))
    assert len(state.history) == 1


def test_a_loss_that_is_not_a_number_stops_with_what_to_try():
    plan = replace(PLAN, learning_rate=1e20)
    with pytest.raises(TrainingDiverged) as error:
        trained(plan)
    assert str(error.value) == (
        "The loss became nan in epoch 1 with a learning rate of 1e+20. "
        "Try --learning-rate 2e+19, or a longer --warmup than 0.2."
    )


def test_the_advice_is_a_plain_number():
    plan = replace(PLAN, learning_rate=1000.0)
    state = start(plan)
    with pytest.raises(TrainingDiverged, match=r"Try --learning-rate 200, or"):
        spoil_after(state, epochs=0)
        carry_on(state, plan)


def spoil_after(state: TrainingState, *, epochs: int) -> None:
    """Make the network answer nan in training, once so many epochs are done."""

    def spoil(module: nn.Module, _: object, output: torch.Tensor) -> torch.Tensor | None:
        return output * math.nan if module.training and state.epoch >= epochs else None

    state.model[0].register_forward_hook(spoil)


def test_a_late_loss_that_is_not_a_number_keeps_the_epochs_before_it():
    state = start()
    spoil_after(state, epochs=2)
    with pytest.raises(TrainingDiverged, match="The loss became nan in epoch 3 "):
        carry_on(state)
    assert [r.epoch for r in state.history] == [1, 2]
    assert all(value.isfinite().all() for value in state.best.values())


def test_weights_that_the_last_step_broke_are_noticed_by_the_validation():
    class Breaking(nn.Module):
        """Right until its one step is taken, and infinite after it."""

        def __init__(self) -> None:
            super().__init__()
            self.dense = nn.Linear(64, 3)

        def forward(self, maps: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = self.dense(maps.flatten(1))
            return result if self.training else result / 0

    plan = replace(PLAN, epochs=1, batch_size=45)
    state = init_training(Breaking(), context_of(plan))
    with pytest.raises(TrainingDiverged, match="The validation loss became nan in epoch 1 "):
        carry_on(state, plan)


def test_a_step_tells_the_mean_loss_and_its_place():
    steps = []
    state = start()
    carry_on(state, replace(PLAN, epochs=1), hooks=callbacks(on_step=steps.append))
    assert [(one.epoch, one.step, one.steps) for one in steps] == [(1, i, 5) for i in range(1, 6)]
    assert steps[-1].loss.item() / 45 == pytest.approx(state.history[0].loss)


def test_a_stop_between_epochs_says_that_the_training_is_not_over():
    state = start()
    hooks = callbacks(should_stop=lambda: len(state.history) == 1)
    assert not carry_on(state, hooks=hooks)
    assert (state.epoch, state.step) == (1, 0)


def test_a_stop_after_the_last_epoch_is_no_interruption():
    state = start()
    assert carry_on(state, hooks=callbacks(should_stop=lambda: len(state.history) == 3))


def test_a_network_that_wants_to_see_images_first_sees_them_normalised():
    class Looking(nn.Linear):
        def init_from_data(self, looked: torch.Tensor) -> None:
            self.seen = looked

    model = Looking(64, 3)
    init_training(model, context_of())
    assert torch.equal(model.seen, CONTRACT.normalise(images().values))
