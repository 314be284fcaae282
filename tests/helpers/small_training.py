"""A training that takes milliseconds: 45 images of three classes, and a network with everything
that could forget its state: convolutions, batch norm and dropout."""

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from noonbit.config.plan import Plan
from noonbit.config.recipe import OptimizerName
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.system.runtime import Runtime
from noonbit.training.loop import fit, init_training
from noonbit.training.state import Callbacks, StepProgress, TrainingContext, TrainingState

RUNTIME = Runtime(torch.device("cpu"), threads=1, precision="float32", reasons={})
CONTRACT = Contract(
    preprocessor=ImagePreprocessor(height=8, width=8, channels=1),
    mean=(0.5,),
    std=(0.3,),
    class_names=("left", "middle", "right"),
)
PLAN = Plan(
    model="small",
    epochs=3,
    batch_size=10,
    optimizer="sgd",
    learning_rate=0.05,
    schedule="one-cycle",
    warmup=0.2,
    momentum=0.9,
    weight_decay=1e-3,
    epsilon=1e-8,
    label_smoothing=0.1,
    augment="shift=1",
    normalise="standard",
    keep="accuracy",
    average_weights=0.0,
    test_time_augmentation="none",
    patience=math.inf,
    seed=0,
    time_budget=math.inf,
    reasons={},
)
LEARNING_RATES: dict[OptimizerName, float] = {
    "muon": 0.1,
    "sgd": 0.05,
    "adam": 0.01,
    "adamw": 0.01,
    "rmsprop": 0.003,
}


def network(*, seed: int = 0) -> nn.Module:
    """Convolution, batch norm, dropout and a dense layer for 8x8 grey images."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(128, 3),
    )


def images(count: int = 45, *, seed: int = 0) -> TensorDataset:
    """Noise with a brighter third: the class is which one."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    pixels = torch.randint(0, 120, (count, 1, 8, 8), generator=generator)
    for image, label in zip(pixels, labels.tolist(), strict=True):
        image[:, :, 3 * label : 3 * label + 2] += 100
    return TensorDataset(pixels.to(torch.uint8), labels)


def start(plan: Plan = PLAN, *, train: TensorDataset | None = None) -> TrainingState:
    """The state before the first step, its network made from the plan's seed."""
    return init_training(network(seed=plan.seed), context_of(plan, train=train))


def context_of(
    plan: Plan = PLAN,
    *,
    train: TensorDataset | None = None,
    validation: TensorDataset | None = None,
    runtime: Runtime = RUNTIME,
) -> TrainingContext:
    """A training on the small images."""
    return TrainingContext(
        CONTRACT,
        images() if train is None else train,
        images(15, seed=1) if validation is None else validation,
        plan,
        runtime,
    )


def callbacks(
    *,
    on_step: Callable[[StepProgress], object] = lambda progress: None,
    on_epoch: Callable[[TrainingState], object] = lambda state: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Callbacks:
    """Callbacks made of functions."""

    class Given(Callbacks):
        def on_step(self, progress: StepProgress) -> None:
            on_step(progress)

        def on_epoch(self, state: TrainingState) -> None:
            on_epoch(state)

        def should_stop(self) -> bool:
            return should_stop()

    return Given()


def carry_on(
    state: TrainingState,
    plan: Plan = PLAN,
    *,
    train: TensorDataset | None = None,
    validation: TensorDataset | None = None,
    hooks: Callbacks | None = None,
) -> bool:
    """`fit` on the small images."""
    context = context_of(plan, train=train, validation=validation)
    return fit(state, context, hooks or Callbacks())


def with_optimizer(name: OptimizerName) -> Plan:
    """The plan with another optimiser, at a learning rate that suits it."""
    return replace(PLAN, optimizer=name, learning_rate=LEARNING_RATES[name])


def weights(state: TrainingState) -> dict[str, Tensor]:
    """A copy of all that the network has learned, batch-norm statistics included."""
    return {name: value.clone() for name, value in state.model.state_dict().items()}


def equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether two state dicts are the same, bit for bit."""
    return one.keys() == other.keys() and all(
        torch.equal(value, other[name]) for name, value in one.items()
    )


def stop_at(epoch: int, step: int) -> Callbacks:
    """A request to stop, as Ctrl-C makes it, during this step (both from 1)."""
    seen: list[StepProgress] = []
    return callbacks(
        on_step=seen.append,
        should_stop=lambda: (seen[-1].epoch, seen[-1].step) == (epoch, step),
    )
