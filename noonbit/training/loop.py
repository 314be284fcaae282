"""The one training loop.

What differs between runs is data (a resolved `Recipe`) or a function made before the loop starts,
so the loop itself asks no questions about features. Order, augmentation and dropout are functions
of seed, epoch, item and step: a `State` is all that a resumed training needs to continue with the
same bits.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.augment import Augmentation, Draws, draw
from noonbit.config.plan import Plan
from noonbit.data.loader import Labelled
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import TrainingDiverged
from noonbit.models.layers import Settles
from noonbit.system.runtime import Runtime
from noonbit.system.seeding import generator_of, mixed
from noonbit.training.cuda_graph import step_of
from noonbit.training.ema import Average, averaged, begin_average, updating
from noonbit.training.gradients import Gradients, Lesson, gradients_of
from noonbit.training.optim.build import make_optimizer
from noonbit.training.optim.schedules import Schedule, make_schedule, set_lr

VALIDATION_BATCH = 500
LOOKED_AT = 2000
"""Training images that a network may see before its first step."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One line of a run's history."""

    epoch: int
    """From 1."""
    loss: float
    """Mean of the training loss, label smoothing and augmentation included."""
    accuracy: float
    """On the training items as augmented, while the weights changed."""
    val_loss: float
    val_accuracy: float
    lr: float
    """At the last step."""
    seconds: float
    items_per_second: float


@dataclass(frozen=True, slots=True)
class Step:
    """What a display can know in the middle of an epoch; reading a tensor waits for the device."""

    epoch: int
    step: int
    """Of this epoch, from 1."""
    steps: int
    loss: Tensor
    """Summed over the items of the epoch so far."""
    correct: Tensor
    batch_size: int


@dataclass
class State:
    """Where a training stands; what a checkpoint holds."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    epoch: int = 0
    """Finished ones."""
    step: int = 0
    """Finished ones of the epoch under way."""
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    """Loss, correct items and seconds of the epoch under way."""
    history: list[Epoch] = field(default_factory=list)
    average: Average = field(default_factory=dict)
    """Of the weights, where the plan keeps one: it is then what is validated and kept."""
    best: dict[str, Tensor] = field(default_factory=dict)
    """The weights of the epoch that the plan keeps."""
    best_epoch: int = 0


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a training tells the world; every one may be called often and should return soon."""

    on_step: Callable[[Step], None] = lambda step: None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None
    save: Callable[[State], None] = lambda state: None
    """Called after every epoch."""
    stopping: Callable[[], bool] = lambda: False
    """Whether to finish the step and leave."""


def fit(
    state: State,
    contract: Contract,
    train: Labelled,
    validation: Labelled,
    plan: Plan,
    runtime: Runtime,
    hooks: Hooks,
) -> bool:
    """Train `state.model` in place from where `state` stands; True when it came to its end.

    Returns False when a stop was asked for; `state` is then what a checkpoint should hold. Raises
    `TrainingDiverged` when a loss is not finite.
    """
    transforms = Augmentation.parse(plan.augment)
    lesson = Lesson(train, contract, transforms, plan.label_smoothing, runtime)
    with gradients_of(state.model, lesson) as gradients:
        take_step = step_of(state.optimizer, gradients)
        while not is_over(state, plan):
            draws = draw(
                transforms,
                seed=plan.seed,
                epoch=state.epoch,
                count=len(train),
                device=runtime.device,
            )
            if not train_epoch(
                state, gradients, take_step, draws, len(train), plan, runtime, hooks
            ):
                return False
            with averaged(state.model, state.average):
                loss, accuracy = validate(state.model, contract, validation, runtime)
                finish_epoch(state, len(train), plan, loss, accuracy)
            hooks.on_epoch(state.history[-1])
            hooks.save(state)
            if hooks.stopping():
                return is_over(state, plan)
    return True


def train_epoch(
    state: State,
    gradients: Gradients,
    take_step: Callable[[], object],
    draws: Draws,
    count: int,
    plan: Plan,
    runtime: Runtime,
    hooks: Hooks,
) -> bool:
    """One pass over `count` items, from where `state` stands; False when a stop was asked for."""
    optimizer, device, seed = state.optimizer, runtime.device, plan.seed
    steps = steps_per_epoch(count, plan.batch_size)
    lr_at = schedule_of(plan, steps)
    update_average = updating(state.average, state.model, plan.average_weights)
    state.model.train()
    order = shuffled(count, seed=seed, epoch=state.epoch).to(device)
    batches = order.split(plan.batch_size)[:steps]
    # On the device: nothing in the loop waits for it.
    loss_sum, correct = torch.tensor(state.sums[:2], dtype=torch.float64, device=device)
    started = runtime.clock() - state.sums[2]
    stopped = False

    for items in batches[state.step :]:
        step = state.epoch * steps + state.step
        set_lr(optimizer, lr_at(step))
        # Dropout is a function of seed and step, so nothing of a generator is ever stored.
        losses, right = gradients(items, draws, mixed(seed, "step", step))
        take_step()
        optimizer.zero_grad(set_to_none=True)
        update_average(step)
        loss_sum += losses
        correct += right
        state.step += 1
        hooks.on_step(Step(state.epoch + 1, state.step, steps, loss_sum, correct, plan.batch_size))
        stopped = hooks.stopping()
        if stopped:
            break

    state.sums = [loss_sum.item(), correct.item(), runtime.clock() - started]  # the one wait
    return not stopped


def finish_epoch(
    state: State, count: int, plan: Plan, val_loss: float, val_accuracy: float
) -> None:
    """Turn the sums of an epoch over `count` items into a row of history; keep the best weights."""
    steps = steps_per_epoch(count, plan.batch_size)
    loss_sum, correct, seconds = state.sums
    seen = min(count, steps * plan.batch_size)
    require_finite(loss_sum / seen, "loss", state.epoch + 1, plan)
    if not math.isnan(val_accuracy):
        # The last step can break the weights after the last training loss was taken.
        require_finite(val_loss, "validation loss", state.epoch + 1, plan)
    row = Epoch(
        epoch=state.epoch + 1,
        loss=loss_sum / seen,
        accuracy=correct / seen,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        lr=schedule_of(plan, steps)((state.epoch + 1) * steps - 1),
        seconds=seconds,
        items_per_second=seen / seconds,
    )
    state.history.append(row)
    if is_best(row, state, plan):
        state.best_epoch = row.epoch
        state.best = {name: value.clone() for name, value in state.model.state_dict().items()}
    state.epoch, state.step, state.sums = row.epoch, 0, [0.0, 0.0, 0.0]


def schedule_of(plan: Plan, steps: int) -> Schedule:
    """The learning rate at each step of the whole training, `steps` of them an epoch."""
    return make_schedule(
        plan.schedule, lr=plan.learning_rate, warmup=plan.warmup, steps=steps * plan.epochs
    )


def is_over(state: State, plan: Plan) -> bool:
    """Whether the epochs, the patience or the time have run out; asked between epochs."""
    spent = sum(row.seconds for row in state.history)
    return (
        state.epoch >= plan.epochs
        or state.epoch - state.best_epoch >= plan.patience
        or spent >= plan.time_budget
    )


def require_finite(loss: float, name: str, epoch: int, plan: Plan) -> None:
    """Raise `TrainingDiverged`, saying what to try, for a loss that is infinite or not a number."""
    if not math.isfinite(loss):
        rate = plan.learning_rate
        raise TrainingDiverged(
            f"The {name} became {loss} in epoch {epoch} with a learning rate of {rate:g}. "
            f"Try --learning-rate {float(f'{rate / 5:.1g}'):g}, "
            f"or a longer --warmup than {plan.warmup:g}."
        )


@runtime_checkable
class LooksFirst(Protocol):
    """A network that wants to see training images before its first step."""

    def look_at(self, images: Tensor) -> None:
        """Normalised float32 images (N, C, H, W)."""


def begin(
    model: nn.Module, contract: Contract, train: Labelled, plan: Plan, runtime: Runtime
) -> State:
    """The state before the first step."""
    runtime.place(model)
    if isinstance(model, LooksFirst):
        model.look_at(contract.normalise(train.values[:LOOKED_AT]))
    optimizer = make_optimizer(
        model,
        plan.optimizer,
        lr=plan.learning_rate,
        momentum=plan.momentum,
        weight_decay=plan.weight_decay,
        epsilon=plan.epsilon,
        dtype=runtime.dtype,
    )
    # Asked by the optimiser itself, so the loop has no step of its own for it.
    for layer in model.modules():
        if isinstance(layer, Settles):
            optimizer.register_step_post_hook(lambda *_, settle=layer.settle: settle())
    return State(model, optimizer, average=begin_average(model, plan.average_weights))


def steps_per_epoch(count: int, batch_size: int) -> int:
    """Batches of one epoch, the ragged last one included unless it is a single image.

    One image alone has no variance, so batch norm could not train on it.
    """
    whole, rest = divmod(count, batch_size)
    return max(1, whole + (rest > 1))


def shuffled(count: int, *, seed: int, epoch: int) -> Tensor:
    """The order of the items in an epoch (from 0); int64 (count,)."""
    return torch.randperm(count, generator=generator_of(seed, "order", epoch))


def validate(
    model: nn.Module, contract: Contract, split: Labelled, runtime: Runtime
) -> tuple[float, float]:
    """Mean loss and accuracy in the training's own precision, which is what chooses the epoch."""
    if not len(split):
        return math.nan, math.nan
    model.eval()
    firsts = range(0, len(split), VALIDATION_BATCH)

    def measure(first: int) -> tuple[Tensor, Tensor]:
        batch = slice(first, first + VALIDATION_BATCH)
        values, labels = split.values[batch], split.labels[batch]
        with torch.inference_mode(), runtime.autocast():
            logits = model(contract.normalise(values))
            loss = F.cross_entropy(logits.float(), labels, reduction="sum")
        return loss.double(), (logits.argmax(dim=1) == labels).sum()

    losses, correct = zip(*runtime.spread(measure, firsts), strict=True)
    return (
        torch.stack(losses).sum().item() / len(split),
        torch.stack(correct).sum().item() / len(split),
    )


def is_best(row: Epoch, state: State, plan: Plan) -> bool:
    """Whether an epoch's weights are the ones to keep so far; see `Recipe.keep`.

    Ties of accuracy are decided by loss. Without a validation split the last epoch is kept.
    """
    if plan.keep == "last" or not state.best_epoch or math.isnan(row.val_accuracy):
        return True
    best = state.history[state.best_epoch - 1]
    if plan.keep == "loss":
        return row.val_loss < best.val_loss
    return (row.val_accuracy, -row.val_loss) > (best.val_accuracy, -best.val_loss)
