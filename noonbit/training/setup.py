"""What is decided for a training before its first step: the network, the plan, the contract."""

import math
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from noonbit.augment import Augmentation
from noonbit.augment.label_safety import meaning_warnings
from noonbit.config.plan import Plan, Task, derive
from noonbit.config.recipe import Recipe
from noonbit.data.loader import Labelled
from noonbit.data.prepared import Items
from noonbit.data.preprocess import Framing, SentenceFraming
from noonbit.data.preprocess.contract import Contract
from noonbit.data.word_vectors import read_vectors
from noonbit.errors import UsageError
from noonbit.models.catalogue import MODELS, build_for
from noonbit.models.sentence import WordVectors
from noonbit.models.summary import summarise
from noonbit.models.tta import viewed
from noonbit.system.runtime import Runtime
from noonbit.training.loop import Hooks, begin, fit


def build_seeded(name: str, items: Items, seed: int) -> nn.Module:
    """A network whose initial weights are a function of the seed."""
    torch.manual_seed(seed)
    return build_for(items.framing, name, len(items.data.class_names))


def begin_words(network: nn.Module, recipe: Recipe, items: Items) -> dict[str, str]:
    """Give a network the word vectors that the recipe names; how many there are, as a reason.

    Raises `UsageError` where the network has no use for them, or cannot do without.
    """
    words = next((each for each in network.modules() if isinstance(each, WordVectors)), None)
    if recipe.vectors is None:
        if words is not None and words.needs_vectors:
            raise UsageError(
                "This network keeps word vectors as they are, so it needs some: add --vectors "
                "FILE, of word2vec or GloVe, or take sentence-cnn, which learns its own."
            )
        return {}
    if words is None or not isinstance(items.framing, SentenceFraming):
        raise UsageError(
            "--vectors is for networks with a table of words: sentence-cnn and its forms."
        )
    vectors, found = read_vectors(Path(recipe.vectors), items.framing.words)
    words.start_from(vectors, found)
    return {"vectors": f"it has {found.sum():,} of the {len(found):,} words"}


def contract_for(items: Items, plan: Plan) -> Contract:
    """The contract before it is calibrated."""
    if plan.normalise == "unit":
        return Contract.unit(items.framing, items.data.class_names)
    return items.contract


def plan_for(recipe: Recipe, items: Items, network: nn.Module, name: str) -> Plan:
    """The recipe with every open setting decided for these items and this network, and checked."""
    framing = items.framing
    may_mirror = not meaning_warnings(Augmentation(flip=True), items.data.class_names)
    task = Task(
        model=name,
        items=len(items.split.train),
        augmentation=framing.augmentation(may_mirror=may_mirror),
        multiply_adds=summarise(network, framing.shape).multiply_adds,
        difficulty=items.difficulty,
    )
    if name in MODELS:
        entry = MODELS[name]
        task = replace(
            task,
            optimizer=entry.optimizer,
            learning_rate=entry.learning_rate,
            effort=entry.effort,
            documented=entry.documented,
            because=entry.because or f"as {entry.source} has it",
        )
    plan = derive(recipe, task)
    require_boards(Augmentation.parse(plan.augment), plan, framing)
    viewed(network, plan.test_time_augmentation)
    return plan


def require_boards(transforms: Augmentation, plan: Plan, framing: Framing) -> None:
    """Raise `UsageError` for the symmetries of a board with anything else."""
    views = plan.test_time_augmentation.strip()
    if framing.takes != "boards" and (transforms.symmetries or views == "symmetries"):
        raise UsageError(
            f"The symmetries are those of a board, and here are {framing.takes}. "
            "Use flip, vertical_flip or rotation."
        )


def fit_budget(
    plan: Plan, contract: Contract, train: Labelled, network: nn.Module, runtime: Runtime
) -> Plan:
    """As many epochs as the time budget holds, by a measurement on a copy of the network."""
    first = slice(plan.batch_size * 8)
    probe = Labelled(train.values[first], train.labels[first])
    # One epoch to warm caches up, one to measure.
    timed = replace(plan, epochs=2, time_budget=math.inf)
    state = begin(deepcopy(network), contract, probe, timed, runtime)
    fit(state, contract, probe, probe, timed, runtime, Hooks())
    speed = state.history[-1].items_per_second
    epochs = max(1, int(0.95 * plan.time_budget * speed / len(train)))
    reason = f"{plan.time_budget:g} s at a measured {speed:,.0f} items/s"
    return replace(plan, epochs=epochs, reasons={**plan.reasons, "epochs": reason})
