"""noonbit as a contestant: the path of `noonbit train` from a recipe on, without validation."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from benchmarks.networks import TASKS
from benchmarks.side_by_side import stretches
from noonbit.config.plan import PlanInputs, derive
from noonbit.config.recipe import Recipe
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.models.catalogue import build
from noonbit.system.runtime import Runtime
from noonbit.training.engine import choose_engine
from noonbit.training.loop import fit, init_training
from noonbit.training.state import Callbacks, TrainingContext, TrainingState


def train(
    network: str, images: int, batch_size: int, precision: str, *, threads: int | None = None
) -> Iterator[int]:
    """The images of each epoch, after it."""

    def epochs(end_of_epoch: Callable[[], None]) -> None:
        # All in one thread: OpenMP keeps a pool for each that asks, and more threads than cores
        # wait for each other asleep.
        state, context = prepared(network, images, batch_size, precision, threads=threads)

        class EndOfEpoch(Callbacks):
            def on_epoch(self, state: TrainingState) -> None:
                end_of_epoch()

        fit(state, context, EndOfEpoch())

    return stretches(epochs, images)


def prepared(
    network: str, images: int, batch_size: int, precision: str | None, *, threads: int | None = None
) -> tuple[TrainingState, TrainingContext]:
    """A training before its first step; without a precision, noonbit chooses it with the engine."""
    task = TASKS[network]
    recipe = Recipe.from_settings(
        {
            "model": network,
            "epochs": 1_000_000,
            "batch_size": batch_size,
            "optimizer": task.optimizer,
            "learning_rate": task.learning_rate,
            "schedule": "constant",
            "warmup": 0.0,
            "momentum": 0.0,
            "weight_decay": 0.0,
            "label_smoothing": 0.0,
            "augment": "none",
            "normalise": "unit",
            "keep": "last",
            "precision": precision,
            "threads": threads,
        },
        origin="benchmarks/ours.py",
    )
    channels, height, width = task.shape
    preprocessor = ImagePreprocessor(height=height, width=width, channels=1 if channels == 1 else 3)
    contract = Contract.unit(preprocessor, tuple(map(str, range(task.classes))))
    pixels, labels = map(torch.from_numpy, task.random(images))
    train, nothing = TensorDataset(pixels, labels), TensorDataset(pixels[:0], labels[:0])
    runtime = Runtime.from_recipe(recipe)
    torch.manual_seed(recipe.seed)
    model = build(network, task.classes, channels, (height, width))
    # All that is derived is stated here, so size and difficulty decide nothing.
    plan = derive(recipe, PlanInputs(network, images, ("none", ""), 1, 1.0, "adam"))
    context = TrainingContext(contract, train, nothing, plan, runtime)
    context = replace(context, runtime=choose_engine(model, context, recipe))
    return init_training(model, context), context
