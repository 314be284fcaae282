"""Choose the engine and the precision of a training, by a rule from network, machine and settings.

No stopwatch decides. A measurement beside a busy process was wrong by up to twelve times, and made
the bits of a seed depend on what else ran at its first training. docs/performance.md has the
figures behind the rule.
"""

from collections.abc import Mapping
from dataclasses import replace

from torch import nn

from noonbit.config.recipe import Engine, Recipe
from noonbit.errors import UsageError
from noonbit.models.summary import summarise
from noonbit.system.runtime import Runtime
from noonbit.training.gradients import engines_for
from noonbit.training.state import TrainingContext

REASONS: Mapping[Engine, str] = {
    "chain-shares": "compiled layers; each thread takes a share of a batch, if it is large enough",
    "autograd-shares": "each thread takes a share of a batch, if it is large enough",
    "chain": "compiled layers",
    "autograd": "PyTorch's own, for this network",
}
"""Why an engine is the first of `engines_for`."""
MIN_USES_OF_A_WEIGHT = 64
"""Multiplications of a weight a step, on average, with which bfloat16 may be faster by autograd,
which rounds all weights anew at each step. `mlp` in float32 was 1.3 times as fast at 32 of them,
and in bfloat16 1.2 times as fast at 128."""


def choose_engine(network: nn.Module, context: TrainingContext, recipe: Recipe) -> Runtime:
    """Return the runtime with the engine that trains `network`: the recipe's, or the fastest.

    A precision that the recipe leaves open becomes float32 where that is faster with this engine.
    Raises `UsageError` if the recipe's engine cannot train the network here.
    """
    runtime = name_engine(network, context, recipe)
    if recipe.precision is None and loses_by_bfloat16(network, context, runtime):
        reason = "faster here: each weight is multiplied too few times a step to be rounded first"
        reasons = {**runtime.reasons, "precision": reason}
        return replace(runtime, precision="float32", reasons=reasons)
    return runtime


def loses_by_bfloat16(network: nn.Module, context: TrainingContext, runtime: Runtime) -> bool:
    """Whether rounding the weights of a step takes longer than bfloat16 saves."""
    if runtime.precision == "float32" or runtime.device.type != "cpu":
        return False
    if runtime.engine not in ("autograd", "autograd-shares"):
        return False
    preprocessor = context.contract.preprocessor
    layers = summarise(network, preprocessor.shape, of_words=preprocessor.of_words).layers
    weights = sum(layer.parameters for layer in layers if layer.multiply_adds)
    multiply_adds = sum(layer.multiply_adds for layer in layers)
    return context.plan.batch_size * multiply_adds < MIN_USES_OF_A_WEIGHT * weights


def name_engine(network: nn.Module, context: TrainingContext, recipe: Recipe) -> Runtime:
    """Return the runtime with its engine; raises as `choose_engine`."""
    plan, runtime = context.plan, context.runtime
    can = engines_for(network, plan.augmentation, runtime)
    engine = recipe.engine
    if engine is None:
        return replace(
            runtime, engine=can[0], reasons={**runtime.reasons, "engine": REASONS[can[0]]}
        )
    if engine not in can:
        needs_gpu = engine == "graph" and runtime.device.type != "cuda"
        raise UsageError(
            f"The engine {engine} cannot train {plan.model} here"
            + (", since it needs a GPU" if needs_gpu else "")
            + f"; {' and '.join(can)} can. Leave --engine out: the fastest is taken."
        )
    return replace(runtime, engine=engine)
