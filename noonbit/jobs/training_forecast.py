"""How long a training will take on this machine, measured just before its first step.

    forecast = forecast_training(prepared, items, recipe)
    forecast.seconds                 about 100.0, with its epochs, validations and the test

A few steps are taken on a copy of the network by the engine that was chosen, for a quarter of
a second; so another program that runs now is counted with. The rest is arithmetic. What `--fast`
would take is counted (`jobs.forecast`), and scaled by what the measurement and the count of this
training differ by.
"""

import math
from copy import deepcopy
from dataclasses import dataclass, replace

import torch

from noonbit.augment import sample_parameters
from noonbit.config.plan import STEP_PASSES
from noonbit.config.recipe import Recipe
from noonbit.data.loader import TensorDataset
from noonbit.data.prepared import PreparedDataset
from noonbit.jobs.forecast import forecast_network
from noonbit.models.custom import refuse_failures_in_training
from noonbit.models.forecast import Work, duration
from noonbit.models.layers import FeedforwardNetwork
from noonbit.models.tta import count_views
from noonbit.system.multiply_rate import multiply_adds_per_second
from noonbit.training.gradients import make_gradients
from noonbit.training.loop import init_training, shuffle
from noonbit.training.setup import PreparedTraining
from noonbit.training.train_step import Gradients, TrainStep

SHORT_SECONDS = 3.0
"""Trainings that take less, as far as can be counted, are not worth a forecast."""
STEP_SECONDS = 0.1
"""How long a measured step may take, about: of a large batch only a part is measured."""
MEASURED_SECONDS = 0.2
LEAST_BATCH = 16
FAST_NETWORK = "glimpse"
"""What `noonbit train --fast` trains."""
WORTH_NAMING = 0.5
"""`--fast` is named if it takes at most this share of the time."""


@dataclass(frozen=True, slots=True)
class TrainingForecast:
    """What a training takes from its first step to its tested network."""

    seconds: float
    epochs: float
    """The number that it takes; not a whole one if the time budget ends it."""
    planned_epochs: float
    """Infinite if the time budget alone ends it."""
    time_budget: float
    """Seconds; infinite without one."""
    may_stop_early: bool
    """Whether `patience` may end it before."""
    fast_seconds: float | None
    """What `--fast` would take on the same data; None where it is no choice."""

    def __str__(self) -> str:
        """`about 100 s here, 7 epochs; --fast takes about 10 s`."""
        here = f"{'at most ' if self.may_stop_early else ''}about {duration(self.seconds)} here"
        if self.is_cut:
            planned = "" if math.isinf(self.planned_epochs) else f" of {self.planned_epochs:g}"
            budget = f"the time budget of {self.time_budget:g} s holds about"
            return f"{here}; {budget} {self.epochs:.2g}{planned} epochs"
        noun = "epoch" if self.epochs == 1 else "epochs"
        fast = "" if self.fast_seconds is None else duration(self.fast_seconds)
        return f"{here}, {self.epochs:g} {noun}" + (f"; --fast takes about {fast}" if fast else "")

    @property
    def is_cut(self) -> bool:
        """Whether the time budget ends it before the last epoch."""
        return self.epochs < self.planned_epochs


def forecast_training(
    prepared: PreparedTraining, items: PreparedDataset, recipe: Recipe | None
) -> TrainingForecast | None:
    """Forecast a training from where its state stands, by a short measurement.

    `recipe` is what was asked; without it `--fast` is not forecast.

    None for one of a few seconds, and for a network of the caller's own, which may not be copied.
    """
    state, context = prepared.state, prepared.context
    plan = context.plan
    if not isinstance(state.model, FeedforwardNetwork):
        return None
    layers = prepared.summary.layers
    rate = multiply_adds_per_second()
    counted = Work.of(layers).seconds_per_item(plan.batch_size, rate)
    train, validation, test = (
        len(part) for part in (items.split.train, items.split.validation, items.split.test)
    )
    views = count_views(plan.test_time_augmentation)
    # In items that train: one that is only asked takes the way forward alone.
    epoch_items = train + validation / STEP_PASSES
    end_items = views * (validation + test) / STEP_PASSES
    left = plan.epochs - state.epoch - state.items_seen / max(1, train)
    budget = max(0.0, plan.time_budget - state.elapsed)
    if min(counted * (left * epoch_items + end_items), budget) < SHORT_SECONDS:
        return None
    with refuse_failures_in_training(prepared.file):
        measured = measure_seconds_per_item(prepared)
    epochs = min(left, budget / (measured * epoch_items))
    seconds = measured * (epochs * epoch_items + end_items)
    return TrainingForecast(
        seconds,
        state.epoch + epochs if epochs < left else plan.epochs,
        plan.epochs,
        plan.time_budget,
        math.isfinite(plan.patience),
        fast_seconds(items, recipe, seconds, measured / counted),
    )


def measure_seconds_per_item(prepared: PreparedTraining) -> float:
    """Return the seconds of an item in training, by some steps on a copy of the network.

    Neither the state nor PyTorch's random stream is changed.
    """
    most = prepared.context.plan.batch_size
    with torch.random.fork_rng(devices=[]):
        batch_size = min(LEAST_BATCH, most)
        trial = Trial(prepared, batch_size)
        seconds = trial.time_steps(0)
        if batch_size < most and batch_size * seconds < STEP_SECONDS:
            batch_size = min(most, round(STEP_SECONDS / seconds))
            trial = Trial(prepared, batch_size)
        return trial.time_steps(MEASURED_SECONDS)


class Trial:
    """A copy of a training's network that takes steps of a batch of its own size."""

    def __init__(self, prepared: PreparedTraining, batch_size: int) -> None:
        context, train = prepared.context, prepared.context.train
        count = min(len(train), 4 * batch_size)
        probe = slice(count)
        context = replace(
            context,
            plan=replace(context.plan, batch_size=batch_size),
            train=TensorDataset(train.values[probe], train.labels[probe]),
        )
        self.runtime, plan = context.runtime, context.plan
        self.state = init_training(deepcopy(prepared.state.model), context)
        self.train_step = TrainStep.of(context)
        self.transform_parameters = sample_parameters(
            plan.augmentation, seed=0, epoch=0, count=count, device=self.runtime.device
        )
        self.batch = shuffle(count, seed=0, epoch=0)[:batch_size].to(self.runtime.device)

    def time_steps(self, seconds: float) -> float:
        """Take steps for so many seconds, at least one, and return the seconds of an item."""
        self.state.model.train()
        clock = self.runtime.clock
        times: list[float] = []
        with make_gradients(self.state.model, self.train_step) as gradients:
            self.take_step(gradients)  # libraries choose their kernels
            started = clock()
            # Steps have the same size, so the mean time of an item is the mean of the times.
            while not times or clock() - started < seconds:
                begun = clock()
                self.take_step(gradients)
                times.append((clock() - begun) / len(self.batch))
        return sum(times) / len(times)

    def take_step(self, gradients: Gradients) -> None:
        """Take a step."""
        gradients(self.batch, self.transform_parameters, 0)
        self.state.optimizer.step()
        self.state.optimizer.zero_grad(set_to_none=True)


def fast_seconds(
    items: PreparedDataset, recipe: Recipe | None, seconds: float, correction: float
) -> float | None:
    """Return what `--fast` takes by counting, times a correction; None where it is no choice."""
    if recipe is None or recipe.model == FAST_NETWORK or recipe.time_budget is not None:
        return None
    if items.preprocessor.input_kind != "pictures":
        return None
    fast = forecast_network(FAST_NETWORK, items, recipe.model_copy(update={"model": FAST_NETWORK}))
    expected = correction * fast.seconds
    return expected if expected <= WORTH_NAMING * seconds else None
