"""The rule that chooses an engine."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from noonbit.config.plan import Plan, PlanInputs, derive
from noonbit.config.recipe import Precision, Recipe
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.errors import UsageError
from noonbit.models.catalogue import build
from noonbit.system.runtime import Runtime
from noonbit.training.engine import choose_engine
from noonbit.training.state import TrainingContext

COUNT = 64
NOTHING = TensorDataset(torch.zeros(0, 1, 12, 12), torch.zeros(0, dtype=torch.int64))


def chosen(
    recipe: Recipe,
    *,
    model: str = "mlp",
    threads: int = 2,
    device: str = "cpu",
    precision: Precision = "float32",
) -> Runtime:
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, 1, 12, 12)).astype(np.uint8)
    train = TensorDataset(torch.from_numpy(pixels), torch.arange(COUNT) % 3)
    contract = Contract.fit(
        ImagePreprocessor(height=12, width=12, channels=1), pixels, ("a", "b", "c")
    )
    runtime = Runtime(torch.device(device), threads, precision, {"threads": "two"})
    context = TrainingContext(contract, train, NOTHING, plan_of(recipe, model), runtime)
    return choose_engine(build(model, 3, 1, (12, 12)), context, recipe)


def plan_of(recipe: Recipe, model: str) -> Plan:
    task = PlanInputs(model, COUNT, ("none", ""), 10**5, 0.1, "sgd")
    return replace(derive(recipe, task), batch_size=32)


def test_the_rule_says_its_reason() -> None:
    runtime = chosen(Recipe())
    assert runtime.engine == "chain-shares"
    assert runtime.reasons == {
        "threads": "two",
        "engine": "compiled layers; each thread takes a share of a batch, if it is large enough",
    }


def test_one_thread_takes_whole_batches() -> None:
    assert chosen(Recipe(), model="sign-cnn").engine == "chain-shares"
    assert chosen(Recipe(), threads=1).engine == "chain"


def test_what_the_recipe_states_is_taken() -> None:
    runtime = chosen(Recipe(engine="autograd"))
    assert runtime.engine == "autograd"
    assert runtime.reasons == {"threads": "two"}


def test_an_engine_that_cannot_train_the_network_is_refused() -> None:
    with pytest.raises(
        UsageError, match="The engine autograd-shares cannot train sign-cnn here; .*autograd can"
    ):
        chosen(Recipe(engine="autograd-shares"), model="sign-cnn")


def test_a_recording_is_only_replayed_where_a_recipe_asks_for_it() -> None:
    assert chosen(Recipe(), device="cuda").engine == "autograd"
    assert chosen(Recipe(engine="graph"), device="cuda").engine == "graph"
    with pytest.raises(
        UsageError, match="The engine graph cannot train mlp here, since it needs a GPU; chain"
    ):
        chosen(Recipe(engine="graph"))


def test_bfloat16_is_left_where_rounding_the_weights_takes_longer_than_it_saves() -> None:
    """By autograd, which rounds them anew at each step: `mlp` multiplies each once an item."""
    rounded = chosen(Recipe(engine="autograd"), precision="bfloat16")
    assert rounded.precision == "float32"
    assert "too few times" in rounded.reasons["precision"]
    assert chosen(Recipe(engine="chain"), precision="bfloat16").precision == "bfloat16"
    often = chosen(Recipe(engine="autograd"), model="cnn", precision="bfloat16")
    assert often.precision == "bfloat16"
    stated = Recipe(engine="autograd", precision="bfloat16")
    assert chosen(stated, precision="bfloat16").precision == "bfloat16"
    assert chosen(Recipe(), device="cuda", precision="bfloat16").precision == "bfloat16"
