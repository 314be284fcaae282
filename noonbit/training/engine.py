"""Choose how a network is trained here: by a rule from network, machine and settings.

No stopwatch decides. A measurement beside a busy process was wrong by up to twelve times, and made
the bits of a seed depend on what else ran at its first training. docs/performance.md has the
figures behind the rule.
"""

from collections.abc import Mapping
from dataclasses import replace

from torch import nn

from noonbit.config.recipe import Engine, Recipe
from noonbit.errors import UsageError
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


def choose_engine(network: nn.Module, context: TrainingContext, recipe: Recipe) -> Runtime:
    """Return the runtime with the engine that trains `network`: the recipe's, or the fastest.

    Raises `UsageError` if the recipe's engine cannot train the network here.
    """
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
