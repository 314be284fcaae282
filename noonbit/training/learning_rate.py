"""What the learning rate of a training follows: its steps, or with a time budget the clock.

Without a budget, a training is a function of its seed. With one, the clock decides every rate and
the last step, so what it decided is noted for each step (`TrainingState.timed_steps`). A training
that was killed takes its noted steps once more at the noted rates, with the same bits, and then
goes on by the clock.
"""

import math
from time import perf_counter

from noonbit.config.plan import STEP_PASSES, Plan
from noonbit.training.optim.schedules import make_schedule
from noonbit.training.state import TimedStep, TrainingContext, TrainingState

TIME_SCALE = 1000
"""By the clock, a schedule goes through thousandths of the time instead of steps."""
MOST_FOR_VALIDATION = 0.2
"""The share of a time budget that is kept for the last validation, at most."""


class LearningRateBySteps:
    """The learning rate of a training that ends after a number of steps."""

    def __init__(self, state: TrainingState, plan: Plan, total: float) -> None:
        """`total` is the number of steps; `TIME_SCALE` stands for it where the clock counts."""
        self.state = state
        self.started = perf_counter() - state.elapsed
        self.schedule = make_schedule(
            plan.schedule, lr=plan.learning_rate, warmup=plan.warmup, steps=int(total)
        )

    def elapsed(self) -> float:
        """Return the seconds of the training so far, in all sittings.

        Without waiting for a GPU, which may have some work left.
        """
        return perf_counter() - self.started - self.state.paused_seconds

    def begin_step(self, step: int, planned_step: float) -> float:
        """Return the learning rate of a step, counted from 0 over all epochs, which begins now.

        `planned_step` is where the plan would be; it is another number only after somebody changed
        the batch size.
        """
        return self.schedule(planned_step)

    def rate_of(self, step: int, planned_step: float) -> float:
        """Return the learning rate of a step that was taken."""
        return self.schedule(planned_step)

    def is_time_over(self, step: int) -> bool:
        """Whether there is no time for this step."""
        return False

    def must_validate(self, *, is_cut: bool) -> bool:
        """Whether to validate the epoch that is over; `is_cut` says that the time ended it."""
        return True


class LearningRateByTime(LearningRateBySteps):
    """The learning rate of a training with a time budget.

    It is that of the share of the time that is over, or of the share of the planned steps, if there
    is a plan and it is nearer to its end. So the schedule is through whatever ends the training.
    """

    def __init__(
        self, state: TrainingState, plan: Plan, total: float, *, validation_items: int
    ) -> None:
        """`total` is the number of steps, infinite if the time alone ends the training."""
        super().__init__(state, plan, TIME_SCALE)
        self.total, self.budget = total, plan.time_budget
        self.validation_steps = validation_items / plan.batch_size
        self.last_step_seconds = 0.0

    def begin_step(self, step: int, planned_step: float) -> float:
        """See `LearningRateBySteps`."""
        noted = self.state.timed_steps
        if step < len(noted):  # taken before a kill, and now once more
            self.started = perf_counter() - self.state.paused_seconds - noted[step].seconds
        else:
            seconds = self.elapsed()
            share = max(
                planned_step / self.total, min(1.0, seconds / self.seconds_for_steps(seconds))
            )
            noted.append(TimedStep(seconds, self.schedule(TIME_SCALE * share)))
        return noted[step].lr

    def rate_of(self, step: int, planned_step: float) -> float:
        """See `LearningRateBySteps`."""
        return self.state.timed_steps[step].lr

    def is_time_over(self, step: int) -> bool:
        """Whether more than half of this step would be too late; never for the first step."""
        noted = self.state.timed_steps
        if step == 0 or step < len(noted):
            return False
        seconds = self.elapsed()
        if self.state.step:  # else a validation was between
            self.last_step_seconds = seconds - noted[-1].seconds
        return seconds + self.last_step_seconds / 2 >= self.seconds_for_steps(seconds)

    def must_validate(self, *, is_cut: bool) -> bool:
        """See `LearningRateBySteps`.

        Validation chooses between epochs, so the only one of a short budget can do without, and a
        budget of seconds may be too short for thousands of items.
        """
        return not (is_cut and self.is_too_short_to_validate(self.elapsed()))

    def is_too_short_to_validate(self, seconds: float) -> bool:
        """Whether a training that ends in this epoch does without validation."""
        expected = self.expected_validation_seconds(seconds)
        return not self.state.history and expected > MOST_FOR_VALIDATION * self.budget

    def seconds_for_steps(self, seconds: float) -> float:
        """Return the budget without the time of the last validation, if there will be one."""
        if self.is_too_short_to_validate(seconds):
            return self.budget
        expected = self.expected_validation_seconds(seconds)
        return self.budget - min(expected, MOST_FOR_VALIDATION * self.budget)

    def expected_validation_seconds(self, seconds: float) -> float:
        """Return how long a validation takes: as the last one, or a third of a step per batch."""
        noted, known = self.state.timed_steps, self.state.validation_seconds
        if known is not None:
            return known
        step_seconds = (seconds - noted[0].seconds) / len(noted) if noted else 0.0
        return self.validation_steps * step_seconds / STEP_PASSES


def make_learning_rate(
    state: TrainingState, context: TrainingContext, steps: int
) -> LearningRateBySteps:
    """Return the learning rate of a training with `steps` steps per epoch."""
    plan = context.plan
    total = steps * plan.epochs
    if math.isinf(plan.time_budget):
        return LearningRateBySteps(state, plan, total)
    return LearningRateByTime(state, plan, total, validation_items=len(context.validation))
