"""Measure which engine and precision train a network fastest on this machine.

It depends on the network and the batch size: on one machine, `mlp` was 1.4 times as fast in float32
as in bfloat16, and `deep-cnn` half as fast. So each engine takes some steps of the training on a
copy of the network. The choice is stored in the user's cache, so that the same command gives the
same weights again, whatever the machine's load.
"""

import contextlib
import hashlib
import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from noonbit.augment import sample_parameters
from noonbit.config.plan import Plan
from noonbit.config.recipe import Engine, Precision, Recipe
from noonbit.data.loader import TensorDataset
from noonbit.errors import ArtefactError, UsageError
from noonbit.system.files import user_cache
from noonbit.system.hardware import processor_features
from noonbit.system.private import make_private_folder, read_value, store_value
from noonbit.system.runtime import Runtime
from noonbit.system.seeding import derive_seed
from noonbit.training.fused import amx, kernels
from noonbit.training.gradients import TrainStep, engines_for, make_gradients
from noonbit.training.loop import init_training, shuffle
from noonbit.training.state import TrainingContext

MIN_STEPS = 2000
"""Shorter trainings are not worth a measurement, which takes about fifty steps."""
ROUNDS, STEPS = 4, 3
"""Rounds are interleaved, so background load hits all candidates equally; the best one counts."""
MUCH_SLOWER = 1.6
"""A candidate this many times slower than the fastest is dropped after one round."""
BFLOAT16_GAIN = 1.05
"""bfloat16 has to be this many times as fast as float32, which is more accurate."""

ON_REQUEST: frozenset[Engine] = frozenset({"graph"})
"""Engines used only if the recipe names them: no GPU has run this one yet (docs/gpu.md)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The fastest engine and precision, and the measured speeds."""

    engine: Engine
    precision: Precision
    images_per_second: dict[str, float]
    """For each measured `engine precision`."""

    @property
    def reason(self) -> str:
        """The reason that is shown for the choice."""
        return f"the fastest of {len(self.images_per_second)} in a short measurement here"


CHOICE_ADAPTER = TypeAdapter(Choice)


def autotune_engine(network: nn.Module, context: TrainingContext, recipe: Recipe) -> Runtime:
    """Return the runtime with the engine and precision that train `network` fastest.

    Settings of the recipe are kept; raises `UsageError` if its engine cannot train the network.
    Short trainings and those on a GPU use the default engine without a measurement.
    """
    plan, runtime = context.plan, context.runtime
    candidates = list(list_candidates(network, plan, recipe, runtime))
    if not candidates:
        can = engines_for(network, plan.augmentation, runtime)
        needs_gpu = recipe.engine == "graph" and runtime.device.type != "cuda"
        raise UsageError(
            f"The engine {recipe.engine} cannot train {plan.model} here"
            + (", since it needs a GPU" if needs_gpu else "")
            + f"; {' and '.join(can)} can. Leave --engine out: the fastest is taken."
        )
    steps = plan.epochs * math.ceil(len(context.train) / plan.batch_size)
    if len(candidates) == 1 or min(steps, plan.steps_in_budget) < MIN_STEPS:
        reasons = {} if recipe.engine else {"engine": "what usually is the fastest"}
        return replace(candidates[0], reasons={**runtime.reasons, **reasons})
    path = choice_path(network, context, candidates)
    choice = read_choice(path, candidates)
    if choice is None:
        choice = measure_candidates(network, context, candidates)
        write_choice(path, choice)
    derived_names = {"engine"} - set(recipe.explicit_settings())
    if len({each.precision for each in candidates}) > 1:
        derived_names.add("precision")
    return replace(
        runtime,
        engine=choice.engine,
        precision=choice.precision,
        reasons={**runtime.reasons, **dict.fromkeys(sorted(derived_names), choice.reason)},
    )


def list_candidates(
    network: nn.Module, plan: Plan, recipe: Recipe, runtime: Runtime
) -> Iterator[Runtime]:
    """Yield the runtime with each precision and engine that the recipe and the machine allow."""
    transforms = plan.augmentation
    precisions: tuple[Precision, ...] = ("float32",)
    if recipe.precision is not None:
        precisions = (recipe.precision,)
    elif runtime.precision == "bfloat16":  # native on this processor
        precisions = ("bfloat16", "float32")
    for precision in precisions:
        candidate = replace(runtime, precision=precision)
        for engine in engines_for(network, transforms, candidate):
            if engine == recipe.engine or (recipe.engine is None and engine not in ON_REQUEST):
                yield replace(candidate, engine=engine)


def measure_candidates(
    network: nn.Module, context: TrainingContext, candidates: list[Runtime]
) -> Choice:
    """Time some steps of every candidate, each on a copy of the network, and choose."""
    best = dict.fromkeys(range(len(candidates)), 0.0)  # images a second
    trials = [Trial(network, replace(context, runtime=candidate)) for candidate in candidates]
    for trial in trials:
        trial.time_steps(2)  # warm-up: libraries choose their kernels in the first step
    for _ in range(ROUNDS):
        for index, speed in list(best.items()):
            if speed == 0 or speed * MUCH_SLOWER >= max(best.values()):
                best[index] = max(speed, trials[index].time_steps(STEPS))

    def weighted_speed(index: int) -> float:
        return best[index] * (BFLOAT16_GAIN if candidates[index].precision == "float32" else 1.0)

    chosen = candidates[max(best, key=weighted_speed)]
    assert chosen.engine is not None  # noqa: S101 - all candidates name one
    speeds = {
        f"{candidates[index].engine} {candidates[index].precision}": round(speed, 1)
        for index, speed in best.items()
    }
    return Choice(chosen.engine, chosen.precision, speeds)


class Trial:
    """A copy of a network that takes steps of its training."""

    def __init__(self, network: nn.Module, context: TrainingContext) -> None:
        plan, train, self.runtime = context.plan, context.train, context.runtime
        count = min(len(train), 8 * plan.batch_size)
        probe = TensorDataset(train.values[slice(count)], train.labels[:count])
        context = replace(context, train=probe)
        self.state = init_training(deepcopy(network), context)
        self.train_step = TrainStep.of(context)
        self.transform_parameters = sample_parameters(
            plan.augmentation, seed=0, epoch=0, count=count, device=self.runtime.device
        )
        self.batches = shuffle(count, seed=0, epoch=0).split(plan.batch_size)

    def time_steps(self, count: int) -> float:
        """Take `count` steps and return images per second."""
        self.state.model.train()
        images = 0
        with make_gradients(self.state.model, self.train_step) as gradients:
            started = self.runtime.clock()
            for number in range(count):
                items = self.batches[number % len(self.batches)]
                gradients(items, self.transform_parameters, derive_seed(0, "trial", number))
                self.state.optimizer.step()
                self.state.optimizer.zero_grad(set_to_none=True)
                images += len(items)
            return images / (self.runtime.clock() - started)


def choice_path(network: nn.Module, context: TrainingContext, candidates: list[Runtime]) -> Path:
    """Return the file of the choice for this kind of training on this kind of machine."""
    contract, plan = context.contract, context.plan
    key = (
        kernels.SOURCE.read_text(),
        amx.SOURCE.read_text(),
        processor_features(),
        torch.__version__,
        str(network),
        contract.preprocessor.shape,
        len(contract.class_names),
        plan.batch_size,
        plan.optimizer,
        plan.augment,
        [(each.engine, each.precision, each.threads) for each in candidates],
    )
    digest = hashlib.sha256(repr(key).encode()).hexdigest()[:32]
    return user_cache() / "engines" / f"{digest}.json"


def read_choice(path: Path, candidates: list[Runtime]) -> Choice | None:
    """Read a stored choice of these candidates; None if there is none, or it cannot be trusted."""
    try:
        choice = CHOICE_ADAPTER.validate_python(read_value(path))
    except ValidationError:
        return None
    can = {(each.engine, each.precision) for each in candidates}
    is_measured = all(map(math.isfinite, choice.images_per_second.values()))
    return choice if is_measured and (choice.engine, choice.precision) in can else None


def write_choice(path: Path, choice: Choice) -> None:
    """Store a choice; errors are ignored, and the next training measures again."""
    with contextlib.suppress(OSError, ArtefactError):
        make_private_folder(path.parent)
        store_value(path, asdict(choice))
