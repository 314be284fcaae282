"""Learning rates by steps and by the clock; the clock here is one that a test turns."""

import math
from dataclasses import replace

import pytest
from small_training import PLAN, callbacks, carry_on, context_of, equal, images, start, weights

from noonbit.config.plan import Plan
from noonbit.training import learning_rate, loop
from noonbit.training.learning_rate import make_learning_rate
from noonbit.training.optim.schedules import make_schedule
from noonbit.training.state import TrainingState

STEPS = 5
"""Of an epoch: 45 images in batches of 10."""
BUDGET = replace(PLAN, epochs=math.inf, time_budget=20.0)


class Clock:
    """Stands still but where a test turns it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(learning_rate, "perf_counter", made)
    return made


def timed(
    clock: Clock,
    plan: Plan = BUDGET,
    *,
    state: TrainingState | None = None,
    step_seconds: float = 1.0,
    stop_after: float = math.inf,
    validation_items: int = 0,
) -> TrainingState:
    """Train where every step takes so long, until that many seconds are over."""
    state = state or start(plan)

    def turn(_: object) -> None:
        clock.now += step_seconds
        if plan.time_budget < math.inf:  # what is noted is what the step was taken with
            noted = state.timed_steps[state.epoch * STEPS + state.step - 1]
            assert state.optimizer.param_groups[0]["lr"] == noted.lr

    hooks = callbacks(on_step=turn, should_stop=lambda: clock.now - 100 >= stop_after)
    is_over = carry_on(state, plan, validation=images(validation_items), hooks=hooks)
    assert is_over == math.isinf(stop_after)
    return state


def rates(state: TrainingState) -> list[float]:
    return [step.lr for step in state.timed_steps]


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle"])
def test_without_a_budget_the_rate_is_that_of_the_steps(schedule):
    plan = replace(PLAN, schedule=schedule)
    expected = make_schedule(schedule, lr=0.05, warmup=0.2, steps=3 * STEPS)
    made = make_learning_rate(start(plan), context_of(plan), STEPS)
    assert [made.begin_step(i, i) for i in range(15)] == [expected(i) for i in range(15)]
    assert not made.is_time_over(10**9)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle"])
def test_with_a_budget_the_rate_goes_through_its_schedule_in_that_time(schedule, clock):
    state = timed(clock, replace(BUDGET, schedule=schedule))
    assert len(state.timed_steps) == 20
    expected = make_schedule(schedule, lr=0.05, warmup=0.2, steps=1000)
    assert rates(state) == pytest.approx([expected(50 * i) for i in range(20)])
    if schedule != "constant":
        assert rates(state)[-1] < 0.07 * PLAN.learning_rate


def test_the_rate_follows_the_time_that_is_left_when_the_machine_becomes_slow(clock):
    state = timed(clock, stop_after=10.0)
    state = timed(clock, state=state, step_seconds=2.5)
    assert [step.seconds for step in state.timed_steps] == [*range(10), 10, 12.5, 15, 17.5]
    assert rates(state)[-1] == pytest.approx(PLAN.learning_rate * 125 / 800)


@pytest.mark.parametrize(("step_seconds", "steps"), [(1.0, 3), (2.0, 1), (30.0, 1)])
def test_a_budget_shorter_than_an_epoch_ends_within_it(step_seconds, steps, clock):
    plan = replace(BUDGET, time_budget=3.0)
    state = timed(clock, plan, step_seconds=step_seconds)
    assert len(state.timed_steps) == steps
    (row,) = state.history
    assert row.loss > 0 and row.lr == rates(state)[-1]
    assert state.best_epoch == 1


def test_an_epoch_that_the_budget_cuts_is_a_row_over_the_items_that_were_seen(clock):
    plan = replace(BUDGET, time_budget=7.0, learning_rate=1e-30, augment="none")
    state = timed(clock, plan)
    assert [row.epoch for row in state.history] == [1, 2]
    assert state.history[1].items_per_second == pytest.approx(20 / state.history[1].seconds)
    assert state.history[1].loss == pytest.approx(state.history[0].loss, abs=0.2)


@pytest.mark.parametrize(
    ("validation_seconds", "in_all"),
    [(0.0, 20.0), (1.0, 20.0), (3.0, 20.0), (8.0, 24.0)],
)
def test_the_last_validation_is_part_of_the_budget_up_to_a_fifth_of_it(
    validation_seconds, in_all, clock, monkeypatch
):
    measure = loop.validate

    def validate(*arguments):
        clock.now += validation_seconds
        return measure(*arguments)

    monkeypatch.setattr(loop, "validate", validate)
    state = timed(clock, validation_items=15)
    assert clock.now - 100 == pytest.approx(in_all, abs=1.5)
    assert state.elapsed == clock.now - 100


def test_the_only_epoch_of_a_budget_too_short_for_validation_is_kept_without(clock):
    plan = replace(BUDGET, time_budget=3.0)
    state = timed(clock, plan, validation_items=150)
    assert len(state.timed_steps) == 3
    (row,) = state.history
    assert not row.is_validated and state.best_epoch == 1
    assert equal(state.best, weights(state))
    # What comes after it is better, as far as anybody knows.
    carry_on(state, replace(PLAN, epochs=2))
    assert state.history[1].is_validated and state.best_epoch == 2


def test_a_whole_first_epoch_is_validated_however_long_that_takes(clock):
    state = timed(clock, replace(BUDGET, time_budget=6.0), validation_items=150)
    assert [row.is_validated for row in state.history] == [True, True]


def test_a_budget_with_epochs_ends_with_whichever_comes_first_and_low_either_way(clock):
    few = timed(clock, replace(BUDGET, epochs=2))
    assert len(few.timed_steps) == 10
    assert rates(few)[-1] < 0.15 * PLAN.learning_rate
    clock.now = 100.0
    many = timed(clock, replace(BUDGET, epochs=100))
    assert len(many.timed_steps) == 20
    assert rates(many)[-1] < 0.07 * PLAN.learning_rate


def test_steps_that_are_noted_are_taken_again_with_the_same_bits(clock):
    whole = timed(clock, step_seconds=1.5)
    clock.now = 500.0
    again = start(BUDGET)
    again.timed_steps = list(whole.timed_steps)
    # As a faster machine would: the notes decide the rates, not its clock.
    hooks = callbacks(on_step=lambda _: setattr(clock, "now", clock.now + 0.01))
    state = timed_again(again, hooks)
    assert equal(weights(state), weights(whole))
    assert [row.lr for row in state.history][:2] == [row.lr for row in whole.history][:2]


def timed_again(state: TrainingState, hooks) -> TrainingState:
    """Take the noted steps and stop."""
    noted = len(state.timed_steps)
    hooks.should_stop = lambda: state.epoch * STEPS + state.step >= noted
    assert not carry_on(state, BUDGET, validation=images(0), hooks=hooks)
    assert len(state.timed_steps) == noted
    return state


def test_after_the_noted_steps_the_clock_goes_on_from_the_last_of_them(clock):
    state = timed(clock, stop_after=7.0)
    kept = list(state.timed_steps)
    fresh = start(BUDGET)
    fresh.timed_steps = kept[:]
    clock.now = 900.0
    timed(clock, state=fresh)
    assert fresh.timed_steps[:7] == kept
    assert [step.seconds for step in fresh.timed_steps] == pytest.approx(list(range(20)))


def test_a_stopped_and_resumed_budget_counts_both_sittings(clock):
    state = timed(clock, stop_after=8.0)
    assert state.elapsed == 8.0
    clock.now = 5000.0  # a night later
    timed(clock, state=state)
    assert len(state.timed_steps) == 20


def test_patience_ends_a_budget_too(clock):
    plan = replace(BUDGET, time_budget=1000.0, patience=2, learning_rate=1e-30)
    state = timed(clock, plan, validation_items=15)
    assert len(state.history) < 10
