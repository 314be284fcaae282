"""Apply the changes of a training that somebody steers, each before its step.

Every change is noted with its step (`TrainingState.changes`), so a training that is resumed makes
it again at the same place, with the same bits. A training without changes pays one comparison a
step.
"""

from noonbit.config.recipe import Recipe
from noonbit.errors import UsageError, did_you_mean
from noonbit.training.changes import STEERED_SETTINGS, Change, SteeredSetting
from noonbit.training.learning_rate import LearningRateBySteps
from noonbit.training.optim.base import Optimizer
from noonbit.training.state import TrainingContext, TrainingState


class Steering:
    """The settings of the next step: the plan's, and what was changed since.

    A learning rate holds from its step on, and falls as the planned one falls below where it stood
    then: halfway down a schedule, a new rate goes down the other half.
    """

    def __init__(
        self, state: TrainingState, context: TrainingContext, learning_rate: LearningRateBySteps
    ) -> None:
        self.state, self.count = state, len(context.train)
        self.learning_rate = learning_rate
        self.planned_batch_size = context.plan.batch_size
        self.planned_steps = steps_per_epoch(self.count, context.plan.batch_size)
        self.batch_size = context.plan.batch_size
        self.applied = 0
        """Changes whose step was reached."""
        self.rate_change: Change | None = None

    def apply_changes(self) -> None:
        """Apply the changes that are due before the next step."""
        changes = self.state.changes
        while self.applied < len(changes) and changes[self.applied].step <= self.state.total_steps:
            change = changes[self.applied]
            match change.setting:
                case "learning_rate":
                    self.rate_change = change
                case "batch_size":
                    self.batch_size = int(change.value)
                case "momentum" | "weight_decay":
                    apply_to_optimizer(self.state.optimizer, change)
            self.applied += 1

    def steps_left(self) -> int:
        """Return the steps that the current epoch still has, with this batch size."""
        rest = self.count - self.state.items_seen
        if self.state.step:
            whole, last = divmod(rest, self.batch_size)
            return whole + (last > 1)
        return steps_per_epoch(rest, self.batch_size)

    def begin_step(self) -> float:
        """Return the learning rate of the next step, which begins now."""
        return self.steer(
            self.learning_rate.begin_step(
                self.state.total_steps, self.planned_step(self.state.epoch, self.state.items_seen)
            )
        )

    def next_rate(self) -> float:
        """Return the learning rate of the next step of a training without a time budget."""
        return self.steer(
            self.learning_rate.rate_of(
                self.state.total_steps, self.planned_step(self.state.epoch, self.state.items_seen)
            )
        )

    def steer(self, planned: float) -> float:
        """Return the rate that takes the place of the planned one."""
        change = self.rate_change
        if change is None:
            return planned
        epoch, share = divmod(change.epoch, 1)
        then = self.learning_rate.rate_of(
            change.step, self.planned_step(int(epoch), share * self.count)
        )
        return change.value * min(1.0, planned / then) if then > 0 else change.value

    def planned_step(self, epoch: int, items_seen: float) -> float:
        """Return how many steps the plan would have taken up to a place of the training."""
        return epoch * self.planned_steps + items_seen / self.planned_batch_size


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Return the batches per epoch, without a last batch of one image.

    Batch norm cannot train on one image, which has no variance.
    """
    whole, rest = divmod(count, batch_size)
    return max(1, whole + (rest > 1))


def apply_to_optimizer(optimizer: Optimizer, change: Change) -> None:
    """Apply a change of a setting that the optimiser keeps; nothing for others.

    A checkpoint has the groups and slots of its optimiser, so the changes before its step come
    before it is loaded.
    """
    match change.setting:
        case "momentum":
            optimizer.set_momentum(change.value)
        case "weight_decay":
            optimizer.set_weight_decay(change.value)
        case "learning_rate" | "batch_size":
            pass


def make_change(
    state: TrainingState, context: TrainingContext, setting: str, value: object
) -> Change:
    """Return a change before the next step; it is not applied yet.

    Raises `UsageError` for a setting or a value that this training cannot take.
    """
    if setting not in STEERED_SETTINGS:
        raise UsageError(
            f"{setting!r} cannot be changed while a training runs."
            f"{did_you_mean(setting, STEERED_SETTINGS)} These can: {', '.join(STEERED_SETTINGS)}."
        )
    if state.changes and state.changes[-1].step > state.total_steps:
        raise UsageError(
            f"The training takes its steps up to {state.changes[-1].step:,} once more, with the "
            "changes that they had. Change settings after that."
        )
    known: SteeredSetting = setting
    number = getattr(Recipe.from_settings({known: value}, origin="a change"), known)
    if context.runtime.engine == "graph" and known != "learning_rate":
        raise UsageError(
            f"The engine graph repeats the steps that it captured, so {known} stays. "
            "Train with --engine autograd to change it."
        )
    match known:
        case "momentum":
            state.optimizer.require_momentum()
        case "weight_decay":
            state.optimizer.require_weight_decay()
        case "learning_rate" | "batch_size":
            pass
    count = len(context.train)
    return Change(
        state.total_steps, state.epoch + min(state.items_seen / count, 1.0), known, float(number)
    )
