"""Which engine and precision train a network fastest on this machine: a short measurement, kept.

No rule tells it: on one machine, `mlp` was 1.4 times as fast in float32 as in bfloat16 and
`deep-cnn` half as fast; batches of 32 want both threads on one operator, large ones a share each.
So some steps of the training at hand are taken with every engine, on a copy, and the answer is kept
in the user's cache folder: the same command gives the same bits again, on a busy day too.
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
from noonbit.system.files import user_cache, write_json
from noonbit.system.hardware import processor_features
from noonbit.system.runtime import Runtime
from noonbit.system.seeding import derive_seed
from noonbit.training.fused import amx, kernels
from noonbit.training.gradients import TrainStep, engines_for, make_gradients
from noonbit.training.loop import init_training, shuffle
from noonbit.training.state import TrainingContext

LEAST_STEPS = 2000
"""Of a training that is worth a measurement, which takes some fifty."""
ROUNDS, STEPS = 4, 3
"""Interleaved, so that what else the machine does meets all alike; the best round counts."""
MUCH_SLOWER = 1.6
"""Times the fastest, after one round: not measured further."""
BFLOAT16_GAIN = 1.05
"""Times as fast bfloat16 has to be to be taken: float32 is the more exact."""

ASKED_FOR: frozenset[Engine] = frozenset({"graph"})
"""Taken only where a recipe names them: no GPU has run this one yet (docs/gpu.md)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was found fastest, and what it was compared with."""

    engine: Engine
    precision: Precision
    images_per_second: dict[str, float]
    """Of every engine and precision that was measured."""

    @property
    def reason(self) -> str:
        """For people."""
        return f"the fastest of {len(self.images_per_second)} in a short measurement here"


CHOICE = TypeAdapter(Choice)


def autotune_engine(network: nn.Module, context: TrainingContext, recipe: Recipe) -> Runtime:
    """The runtime with the engine, and the precision, that train `network` fastest.

    What the recipe states stays; raises `UsageError` where that cannot be. Short trainings are not
    worth a measurement and take what is usually fastest, as those on a GPU do.
    """
    plan, runtime = context.plan, context.runtime
    candidates = list(candidates_of(network, plan, recipe, runtime))
    if not candidates:
        can = engines_for(network, plan.augmentation, runtime)
        needs_gpu = recipe.engine == "graph" and runtime.device.type != "cuda"
        raise UsageError(
            f"The engine {recipe.engine} cannot train {plan.model} here"
            + (", since it needs a GPU" if needs_gpu else "")
            + f"; {' and '.join(can)} can. Leave --engine out: the fastest is taken."
        )
    steps = plan.epochs * math.ceil(len(context.train) / plan.batch_size)
    if len(candidates) == 1 or steps < LEAST_STEPS:
        usual = "what usually is the fastest"
        reasons = {} if recipe.engine else {"engine": usual}
        return replace(candidates[0], reasons={**runtime.reasons, **reasons})
    path = choice_path(network, context, candidates)
    choice = read_choice(path)
    if choice is None:
        choice = measure_candidates(network, context, candidates)
        write_choice(path, choice)
    open_names = {"engine"} - set(recipe.explicit_settings())
    if len({each.precision for each in candidates}) > 1:
        open_names.add("precision")
    return replace(
        runtime,
        engine=choice.engine,
        precision=choice.precision,
        reasons={**runtime.reasons, **dict.fromkeys(sorted(open_names), choice.reason)},
    )


def candidates_of(
    network: nn.Module, plan: Plan, recipe: Recipe, runtime: Runtime
) -> Iterator[Runtime]:
    """The runtime in all forms that the recipe and the machine allow."""
    transforms = plan.augmentation
    precisions: tuple[Precision, ...] = ("float32",)
    if recipe.precision is not None:
        precisions = (recipe.precision,)
    elif runtime.precision == "bfloat16":  # which the processor multiplies natively
        precisions = ("bfloat16", "float32")
    for precision in precisions:
        form = replace(runtime, precision=precision)
        for engine in engines_for(network, transforms, form):
            if engine == recipe.engine or (recipe.engine is None and engine not in ASKED_FOR):
                yield replace(form, engine=engine)


def measure_candidates(
    network: nn.Module, context: TrainingContext, candidates: list[Runtime]
) -> Choice:
    """Take some steps with every candidate, each on a copy of the network."""
    best = dict.fromkeys(range(len(candidates)), 0.0)  # images a second
    trials = [Trial(network, replace(context, runtime=candidate)) for candidate in candidates]
    for trial in trials:
        trial.steps(2)  # libraries choose their kernels in the first one
    for _ in range(ROUNDS):
        for index, speed in list(best.items()):
            if speed == 0 or speed * MUCH_SLOWER >= max(best.values()):
                best[index] = max(speed, trials[index].steps(STEPS))

    def worth(index: int) -> float:
        return best[index] * (BFLOAT16_GAIN if candidates[index].precision == "float32" else 1.0)

    chosen = candidates[max(best, key=worth)]
    assert chosen.engine is not None  # noqa: S101 - all candidates name one
    speeds = {
        f"{candidates[index].engine} {candidates[index].precision}": round(speed, 1)
        for index, speed in best.items()
    }
    return Choice(chosen.engine, chosen.precision, speeds)


class Trial:
    """A copy of a network that can take steps of its training."""

    def __init__(self, network: nn.Module, context: TrainingContext) -> None:
        plan, train, self.runtime = context.plan, context.train, context.runtime
        count = min(len(train), 8 * plan.batch_size)
        probe = TensorDataset(train.values[slice(count)], train.labels[:count])
        context = replace(context, train=probe)
        self.state = init_training(deepcopy(network), context)
        self.train_step = TrainStep.of(context)
        self.parameters = sample_parameters(
            plan.augmentation, seed=0, epoch=0, count=count, device=self.runtime.device
        )
        self.batches = shuffle(count, seed=0, epoch=0).split(plan.batch_size)

    def steps(self, count: int) -> float:
        """Take so many steps; images per second."""
        self.state.model.train()
        images = 0
        with make_gradients(self.state.model, self.train_step) as gradients:
            started = self.runtime.clock()
            for number in range(count):
                items = self.batches[number % len(self.batches)]
                gradients(items, self.parameters, derive_seed(0, "trial", number))
                self.state.optimizer.step()
                self.state.optimizer.zero_grad(set_to_none=True)
                images += len(items)
            return images / (self.runtime.clock() - started)


def choice_path(
    network: nn.Module, context: TrainingContext, candidates: list[Runtime]
) -> Path:
    """Where the choice for such a training on such a machine lies."""
    contract, plan = context.contract, context.plan
    facts = (
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
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:32]
    return user_cache() / "engines" / f"{digest}.json"


def read_choice(place: Path) -> Choice | None:
    """The choice that was made before; None where there is none that can be read."""
    try:
        return CHOICE.validate_json(place.read_bytes())
    except (OSError, ValidationError):
        return None


def write_choice(place: Path, choice: Choice) -> None:
    """Write a choice down; where that cannot be, the next training measures again."""
    with contextlib.suppress(OSError, ArtefactError):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_json(place, asdict(choice))
