"""noonbit as a contestant: the path of `noonbit train` from a recipe on, without validation."""

from collections.abc import Callable, Iterator

import torch

from benchmarks.networks import TASKS
from benchmarks.side_by_side import stretches
from noonbit.config.plan import Task, derive
from noonbit.config.recipe import Recipe
from noonbit.data.loader import Labelled
from noonbit.data.preprocess import PictureFraming
from noonbit.data.preprocess.contract import Contract
from noonbit.models.catalogue import build
from noonbit.system.runtime import Runtime
from noonbit.training.autotune import settle_engine
from noonbit.training.loop import Hooks, begin, fit


def train(
    network: str, images: int, batch_size: int, precision: str, *, threads: int | None = None
) -> Iterator[int]:
    """The images of each epoch, after it."""
    task = TASKS[network]
    recipe = Recipe.checked(
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
    framing = PictureFraming(height=height, width=width, channels=1 if channels == 1 else 3)
    contract = Contract.unit(framing, tuple(map(str, range(task.classes))))
    pixels, labels = map(torch.from_numpy, task.random(images))
    train, nothing = Labelled(pixels, labels), Labelled(pixels[:0], labels[:0])

    def epochs(end_of_epoch: Callable[[], None]) -> None:
        # All in one thread: OpenMP keeps a pool for each that asks, and more threads than cores
        # wait for each other asleep.
        runtime = Runtime.wanted(recipe)
        torch.manual_seed(recipe.seed)
        model = build(network, task.classes, channels, (height, width))
        # All that is derived is stated here, so size and difficulty decide nothing.
        plan = derive(recipe, Task(network, images, ("none", ""), 1, 1.0, "adam"))
        runtime = settle_engine(model, contract, train, plan, recipe, runtime)
        state = begin(model, contract, train, plan, runtime)
        hooks = Hooks(on_epoch=lambda row: end_of_epoch())
        fit(state, contract, train, nothing, plan, runtime, hooks)

    return stretches(epochs, images)
