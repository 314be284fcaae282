"""The training loop.

Optional features are functions that are built before the loop starts, so the loop has no branch for
them. Order, augmentation and dropout are functions of seed, epoch, item and step, so a
`TrainingState` is all that a resumed training needs to continue bit for bit.
"""

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from noonbit.augment import TransformParameters, sample_parameters
from noonbit.config.plan import Plan
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.errors import TrainingDiverged
from noonbit.models.layers import WeightConstraint
from noonbit.system.runtime import Runtime
from noonbit.system.seeding import derive_seed, make_generator
from noonbit.training.cuda_graph import make_optimizer_step
from noonbit.training.ema import init_average, make_average_update, swap_in_average
from noonbit.training.gradients import make_gradients
from noonbit.training.learning_rate import LearningRateBySteps, make_learning_rate
from noonbit.training.optim.build import make_optimizer
from noonbit.training.optim.schedules import set_lr
from noonbit.training.state import (
    Callbacks,
    EpochMetrics,
    StepProgress,
    TrainingContext,
    TrainingState,
)
from noonbit.training.steering import Steering, steps_per_epoch
from noonbit.training.train_step import Sums, TrainStep

VALIDATION_BATCH = 500
INIT_IMAGES = 2000
"""Training images for `init_from_data`."""


def fit(
    state: TrainingState,
    context: TrainingContext,
    callbacks: Callbacks = Callbacks(),  # noqa: B008 - stateless
) -> bool:
    """Train `state.model` in place, continuing from `state`; return whether the training is over.

    False means that `callbacks` asked to stop; `state` can then be saved as a checkpoint. Raises
    `TrainingDiverged` when a loss is not finite.
    """
    plan, train = context.plan, context.train
    steps = steps_per_epoch(len(train), plan.batch_size)
    train_step = TrainStep.of(context)
    learning_rate = make_learning_rate(state, context, steps)
    steering = Steering(state, context, learning_rate)
    with make_gradients(state.model, train_step) as gradients:
        optimizer_step = make_optimizer_step(state.optimizer, gradients)

        def take_step(items: Tensor, transform_parameters: TransformParameters, seed: int) -> Sums:
            sums = gradients(items, transform_parameters, seed)
            optimizer_step()
            state.optimizer.zero_grad(set_to_none=True)
            return sums

        while not is_over(state, context, learning_rate):
            transform_parameters = sample_parameters(
                plan.augmentation,
                seed=plan.seed,
                epoch=state.epoch,
                count=len(train),
                device=context.runtime.device,
            )
            if not train_epoch(
                state, context, steering, take_step, transform_parameters, callbacks
            ):
                return False
            is_cut = steering.steps_left() > 0  # by the time
            with swap_in_average(state.model, state.average):
                loss, accuracy = math.nan, math.nan
                if learning_rate.must_validate(is_cut=is_cut):
                    loss, accuracy = validate(
                        state.model, context.contract, context.validation, context.runtime
                    )
                    state.validation_seconds = learning_rate.elapsed() - state.elapsed
                finish_epoch(state, context, learning_rate, loss, accuracy)
            callbacks.on_epoch(state)
            if is_cut:  # even if the validation took less time than was kept for it
                return True
            if callbacks.should_stop():
                return is_over(state, context, learning_rate)
    return True


def train_epoch(
    state: TrainingState,
    context: TrainingContext,
    steering: Steering,
    take_step: Callable[[Tensor, TransformParameters, int], Sums],
    transform_parameters: TransformParameters,
    callbacks: Callbacks,
) -> bool:
    """Train for the rest of the epoch that `state` is in, or until the time is over.

    False when `callbacks` asked to stop.
    """
    plan, runtime = context.plan, context.runtime
    device, seed = runtime.device, plan.seed
    learning_rate = steering.learning_rate
    update_average = make_average_update(state.average, state.model, plan.average_weights)
    state.model.train()
    order = order_items(context, epoch=state.epoch).to(device)
    # Summed on the device, so that no step synchronises with it.
    loss_sum, correct = torch.tensor(state.sums[:2], dtype=torch.float64, device=device)
    started = runtime.clock() - state.paused_seconds - state.sums[2]
    is_stopped = False

    while True:
        steering.apply_changes()
        step, steps_left = state.total_steps, steering.steps_left()
        if not steps_left or (state.step and learning_rate.is_time_over(step)):
            break
        state.lr = steering.begin_step()
        set_lr(state.optimizer, state.lr)
        items = order[state.items_seen : state.items_seen + steering.batch_size]
        # Dropout is a function of seed and step, so no generator state is ever stored.
        losses, right = take_step(items, transform_parameters, derive_seed(seed, "step", step))
        update_average(step)
        loss_sum += losses
        correct += right
        state.step += 1
        state.total_steps += 1
        state.items_seen += len(items)
        state.elapsed = learning_rate.elapsed()
        callbacks.on_step(
            StepProgress(
                state.epoch + 1,
                state.step,
                state.step + steps_left - 1,
                state.items_seen,
                loss_sum,
                correct,
                steering.batch_size,
                state.elapsed,
            )
        )
        is_stopped = callbacks.should_stop()
        if is_stopped:
            break

    # The only synchronisation with the device in an epoch.
    seconds = runtime.clock() - state.paused_seconds - started
    state.sums = [loss_sum.item(), correct.item(), seconds]
    state.elapsed = learning_rate.elapsed()
    return not is_stopped


def finish_epoch(
    state: TrainingState,
    context: TrainingContext,
    learning_rate: LearningRateBySteps,
    val_loss: float,
    val_accuracy: float,
) -> None:
    """Append the metrics of an epoch to the history, and keep the best weights.

    The epoch may have ended early, with a time budget. Raises `TrainingDiverged` when a loss is not
    finite.
    """
    plan, seen = context.plan, state.items_seen
    loss_sum, correct, seconds = state.sums
    require_finite(loss_sum / seen, "loss", state, plan)
    if not math.isnan(val_accuracy):
        # The last step may diverge after the last training loss was computed.
        require_finite(val_loss, "validation loss", state, plan)
    row = EpochMetrics(
        epoch=state.epoch + 1,
        loss=loss_sum / seen,
        accuracy=correct / seen,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        lr=state.lr,
        seconds=seconds,
        items_per_second=seen / seconds,
    )
    state.history.append(row)
    if is_best(row, state, plan):
        state.best_epoch = row.epoch
        state.best = {name: value.clone() for name, value in state.model.state_dict().items()}
    state.epoch, state.step, state.items_seen = row.epoch, 0, 0
    state.sums = [0.0, 0.0, 0.0]
    state.elapsed = learning_rate.elapsed()


def is_over(
    state: TrainingState, context: TrainingContext, learning_rate: LearningRateBySteps
) -> bool:
    """Whether the epochs, the patience or the time budget are used up; checked between epochs."""
    plan = context.plan
    return (
        state.epoch >= plan.epochs
        or state.epoch - state.best_epoch >= plan.patience
        or (state.step == 0 and learning_rate.is_time_over(state.total_steps))
    )


def require_finite(loss: float, name: str, state: TrainingState, plan: Plan) -> None:
    """Raise `TrainingDiverged` with advice for a loss that is infinite or NaN."""
    if not math.isfinite(loss):
        rate = next(
            (each.value for each in reversed(state.changes) if each.setting == "learning_rate"),
            plan.learning_rate,
        )
        raise TrainingDiverged(
            f"The {name} became {loss} in epoch {state.epoch + 1} with a learning rate of "
            f"{rate:g}. Try --learning-rate {float(f'{rate / 5:.1g}'):g}, "
            f"or a longer --warmup than {plan.warmup:g}."
        )


@runtime_checkable
class InitFromData(Protocol):
    """A network whose initial weights depend on training images."""

    def init_from_data(self, images: Tensor) -> None:
        """Initialise the weights from normalised float32 images (N, C, H, W)."""


def init_training(
    model: nn.Module,
    context: TrainingContext,
    weights: dict[str, Tensor] | None = None,
    *,
    rates_by_depth: bool = False,
) -> TrainingState:
    """Return the state before the first step, with the network on its device.

    `weights` is a state dict to begin with instead of the network's own initial weights. With
    `rates_by_depth`, the first layers learn least.
    """
    plan, runtime = context.plan, context.runtime
    runtime.to_device(model)
    if isinstance(model, InitFromData):
        model.init_from_data(context.contract.normalise(context.train.values[:INIT_IMAGES]))
    if weights is not None:
        model.load_state_dict(weights)
    optimizer = make_optimizer(
        model,
        plan.optimizer,
        lr=plan.learning_rate,
        momentum=plan.momentum,
        weight_decay=plan.weight_decay,
        epsilon=plan.epsilon,
        dtype=runtime.dtype,
        rates_by_depth=rates_by_depth,
    )
    # As an optimiser hook, so the loop needs no branch for weight constraints.
    for layer in model.modules():
        if isinstance(layer, WeightConstraint):
            optimizer.register_step_post_hook(
                lambda *_, apply_constraint=layer.apply_constraint: apply_constraint()
            )
    return TrainingState(model, optimizer, average=init_average(model, plan.average_weights))


def order_items(context: TrainingContext, *, epoch: int) -> Tensor:
    """Return the items of an epoch (from 0) in order, int64 (items,): all, or balanced."""
    plan, count = context.plan, len(context.train)
    if not plan.balance:
        return shuffle(count, seed=plan.seed, epoch=epoch)
    return draw_balanced(context.train.labels.cpu(), seed=plan.seed, epoch=epoch)


def draw_balanced(labels: Tensor, *, seed: int, epoch: int) -> Tensor:
    """Return as many items as there are, int64 (N,), every class of `labels` (N,) equally often.

    A class goes through a shuffled order of its items, again and again where it has few, so in an
    epoch no item of it comes twice more often than another.
    """
    generator = make_generator(seed, "order", epoch)
    classes = labels.unique().tolist()
    shares = torch.arange(len(labels)).tensor_split(len(classes))
    # Which classes get the remainder changes from epoch to epoch.
    sizes = [len(shares[place]) for place in torch.randperm(len(classes), generator=generator)]
    drawn = []
    for label, size in zip(classes, sizes, strict=True):
        own = torch.nonzero(labels == label).flatten()
        rounds = -(-size // len(own))
        drawn.append(
            torch.cat([own[torch.randperm(len(own), generator=generator)] for _ in range(rounds)])[
                :size
            ]
        )
    items = torch.cat(drawn)
    return items[torch.randperm(len(items), generator=generator)]


def shuffle(count: int, *, seed: int, epoch: int) -> Tensor:
    """Return the order of the items in an epoch (from 0); int64 (count,)."""
    return torch.randperm(count, generator=make_generator(seed, "order", epoch))


def validate(
    model: nn.Module, contract: Contract, split: TensorDataset, runtime: Runtime
) -> tuple[float, float]:
    """Return mean loss and accuracy in the training's precision; NaN for an empty split."""
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

    losses, correct = zip(*runtime.map_threads(measure, firsts), strict=True)
    return (
        torch.stack(losses).sum().item() / len(split),
        torch.stack(correct).sum().item() / len(split),
    )


def is_best(row: EpochMetrics, state: TrainingState, plan: Plan) -> bool:
    """Whether an epoch's weights are the best so far by `Recipe.keep`.

    Ties of accuracy are broken by the loss. Without a validation split the last epoch is kept, and
    an epoch that was not validated is kept until the next one.
    """
    if plan.keep == "last" or not state.best_epoch or math.isnan(row.val_accuracy):
        return True
    best = state.history[state.best_epoch - 1]
    if math.isnan(best.val_accuracy):
        return True
    if plan.keep == "loss":
        return row.val_loss < best.val_loss
    return (row.val_accuracy, -row.val_loss) > (best.val_accuracy, -best.val_loss)
