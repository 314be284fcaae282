"""Begin a training with the weights that others published.

The quick way: every picture passes the frozen network once, and a logistic regression on its
features becomes the last layer. That is epoch 1 of the run. With `finetune`, further epochs train
all layers, the first ones at a small share of the rate, and validation chooses among all of them.
"""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe
from noonbit.data import cache
from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.stratify import first_of_copies
from noonbit.errors import NoonbitError, UsageError
from noonbit.evaluation.out_of_distribution import OutOfDistributionRule
from noonbit.evaluation.temperature import best_temperature
from noonbit.pretrained.features import Features, features_of
from noonbit.pretrained.head import Head, fit_head
from noonbit.pretrained.network import PretrainedNetwork
from noonbit.pretrained.source import find_pretrained
from noonbit.runs.listing import ListedRun, list_runs
from noonbit.runs.run import Run
from noonbit.runs.run_json import read_run_json
from noonbit.system.runtime import Runtime
from noonbit.training.setup import InitialWeights, PreparedTraining
from noonbit.training.state import EpochMetrics

OF_THE_LOOP = (
    *("epochs", "time_budget", "patience", "batch_size", "optimizer", "learning_rate"),
    *("schedule", "warmup", "momentum", "weight_decay", "epsilon", "label_smoothing", "augment"),
    *("average_weights",),
)
"""Settings of the training loop, which a head alone does not need."""
FINETUNE = {"optimizer": "adamw", "learning_rate": 5e-4, "batch_size": 32}
"""Of the last layer; the first ones have a hundredth of the rate."""
FINETUNE_EPOCHS = 2
"""After the head."""


def with_pretrained_settings(recipe: Recipe) -> Recipe:
    """Return the recipe with the network, size and channels that published weights bring.

    Raises `UsageError` for settings that they do not go with, and `SourceNotFound` for weights that
    are not on this machine.
    """
    assert recipe.pretrained is not None  # noqa: S101 - the caller looked
    network = find_pretrained(recipe.pretrained, model=recipe.model)
    for name, only in (("channels", 3), ("normalise", None)):
        if getattr(recipe, name) not in (None, only):
            raise UsageError(
                f"--{name} {getattr(recipe, name)} does not go with --pretrained: its weights "
                f"expect colour pictures with their own statistics. Leave out --{name}."
            )
    brought: dict[str, Any] = {"model": network.name, "channels": 3}
    brought["image_size"] = recipe.image_size or network.layout.side
    if recipe.finetune:
        for name, value in {**FINETUNE, "epochs": 1 + FINETUNE_EPOCHS}.items():
            if getattr(recipe, name) is None:
                brought[name] = value
        if recipe.optimizer == "muon":
            raise UsageError(
                "--finetune trains the first layers at smaller rates, and muon has one for all. "
                "Leave out --optimizer, or take adamw or sgd."
            )
    else:
        for name in OF_THE_LOOP:
            if getattr(recipe, name) is not None:
                flag = f"--{name.replace('_', '-')}"
                raise UsageError(
                    f"{flag} is for training in steps, and --pretrained alone fits the last layer "
                    f"at once. Add --finetune, or leave out {flag}."
                )
        brought["epochs"] = 1
        if recipe.validation is None and recipe.fold is None and not recipe.chooses_rows:
            brought["validation"] = 0.0  # the strength of the head is cross-validated
    return Recipe.model_validate({**recipe.explicit_settings(), **brought})


def refuse_with_pretrained(
    recipe: Recipe, ensemble: EnsembleSettings, *, model: nn.Module | None, from_run: object | None
) -> None:
    """Raise `UsageError` for what begins in another way, and for members that would be alike."""
    if model is not None:
        raise UsageError("--pretrained brings its network; leave out the network of your own.")
    if from_run is not None:
        raise UsageError("A training begins with --from or with --pretrained; leave one out.")
    if ensemble.members is not None and not recipe.finetune:
        raise UsageError(
            "The members of an ensemble would all be alike: --pretrained fits the one best last "
            "layer. Leave out --members, or add --finetune."
        )


def without_unused_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings for recipe.toml without those that did nothing.

    The statistics are those of the weights, and a head alone takes no step.
    """
    unused = ("normalise", *(() if settings["finetune"] else OF_THE_LOOP))
    return {name: value for name, value in settings.items() if name not in unused}


def find_beginning(
    recipe: Recipe, items: PreparedDataset
) -> tuple[PretrainedNetwork, InitialWeights] | None:
    """Return the published weights that a recipe begins with; None if it names none."""
    if recipe.pretrained is None:
        return None
    network = find_pretrained(recipe.pretrained, model=recipe.model)
    return network, initial_weights(network, items)


def initial_weights(network: PretrainedNetwork, items: PreparedDataset) -> InitialWeights:
    """Return the published weights and a random last layer, with their contract."""
    preprocessor, names = items.preprocessor, items.data.class_names
    if not isinstance(preprocessor, ImagePreprocessor):
        raise UsageError(
            f"--pretrained is for pictures, and here are {preprocessor.input_kind}. Leave it out."
        )
    weights = network.build(len(names), preprocessor.size).state_dict()
    return InitialWeights(weights, network.contract(preprocessor, names), network.origin.place)


@dataclass(frozen=True, slots=True)
class FittedHead:
    """A head on the features of a data set, and what it took."""

    head: Head
    features: Features
    """float32 (N, features), of all items."""
    seconds: float
    """For the features and the head."""

    def figures(self) -> dict[str, Any]:
        """Return what run.json keeps of it."""
        scores = self.head.cross_validated
        return {
            "features": self.features.shape[1],
            "penalty": self.head.penalty,
            "cross_validated_loss": None if scores is None else scores[0],
            "cross_validated_accuracy": None if scores is None else scores[1],
            "head_seconds": self.seconds,
        }


def describe_origin(network: PretrainedNetwork) -> dict[str, Any]:
    """Return what run.json keeps of the weights: what was borrowed, and from where."""
    return {
        "network": network.name,
        "names": network.layout.library,
        "tensors": len(network.weights),
        **asdict(network.origin),
    }


def find_from_nothing(run: Run) -> dict[str, Any] | None:
    """Return the best finished run in the same folder that began with random weights.

    It has the same source, classes and number of test items. None without one.
    """
    found: list[tuple[float, str]] = []
    beside: Sequence[ListedRun] = ()
    with suppress(NoonbitError):
        beside = list_runs(run.path.parent).runs
    for listed in beside:
        if listed.path == run.path or listed.accuracy is None:
            continue
        with suppress(NoonbitError):
            metadata = read_run_json(listed.path)
            if (
                "pretrained" not in metadata
                and "initial" not in metadata
                and metadata["source_path"] == run.metadata["source_path"]
                and metadata["data"]["classes"] == run.metadata["data"]["classes"]
                and metadata["data"]["counts"]["test"] == run.metadata["data"]["counts"]["test"]
            ):
                found.append((listed.accuracy, listed.name))
    if not found:
        return None
    accuracy, name = max(found)
    return {"from_nothing": name, "from_nothing_accuracy": accuracy}


def cache_features(
    recipe: Recipe,
    items: PreparedDataset,
    runtime: Runtime,
    *,
    on_progress: Callable[[int, int], None],
) -> None:
    """Compute what all members of a training need by all threads, once; they find it in the cache.

    Nothing without published weights, and where nothing is cached. Features that the cache refuses,
    for want of room, are computed all the same, and again by each member.
    """
    if recipe.pretrained is None or not cache.is_enabled():
        return
    network = find_pretrained(recipe.pretrained, model=recipe.model)
    compute_all_features(items, network, runtime, on_progress=on_progress)


def compute_all_features(
    items: PreparedDataset,
    network: PretrainedNetwork,
    runtime: Runtime,
    *,
    on_progress: Callable[[int, int], None] | None,
) -> Features:
    """Return the features (N, features) of items that were prepared for the network."""
    return features_of(
        cast("NDArray[np.uint8]", items.values),
        cast(ImagePreprocessor, items.preprocessor),
        network,
        runtime,
        on_progress=on_progress,
    )


def fit_pretrained_head(
    prepared: PreparedTraining,
    items: PreparedDataset,
    network: PretrainedNetwork,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> FittedHead:
    """Fit the head on the training items, and make it the last layer; this is epoch 1."""
    started = time.perf_counter()
    state, context = prepared.state, prepared.context
    features = compute_all_features(items, network, context.runtime, on_progress=on_progress)
    train = items.split.train
    labels = items.labels[train]
    head = fit_head(
        features[train],
        labels,
        len(items.data.class_names),
        context.runtime,
        groups=first_of_copies(len(items.labels), items.copies)[train],
        weights=balancing_weights(labels) if context.plan.balance else None,
        seed=context.plan.seed,
    )
    if context.plan.balance:
        head = head.with_frequencies_of(labels)
    layer = state.model.get_submodule("head")[-1]  # type: ignore[index]
    assert isinstance(layer, nn.Linear)  # noqa: S101 - of every family in LAYOUTS
    head.load_into(layer)
    seconds = time.perf_counter() - started
    loss, accuracy = measure(head, features, items, "train")
    val_loss, val_accuracy = measure(head, features, items, "validation")
    row = EpochMetrics(
        epoch=1,
        loss=loss,
        accuracy=accuracy,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        lr=0.0,
        seconds=seconds,
        items_per_second=len(train) / seconds,
    )
    state.history.append(row)
    state.epoch = state.best_epoch = 1
    state.best = {name: value.clone() for name, value in state.model.state_dict().items()}
    state.elapsed += seconds
    return FittedHead(head, features, seconds)


def balancing_weights(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return weights (n,) by which every class of `labels` (n,) counts as much as any other."""
    counts = np.bincount(labels)
    return (len(labels) / counts[labels]).astype(np.float32)


def is_head_alone(prepared: PreparedTraining) -> bool:
    """Whether the network answers as the head on frozen features does.

    Its weights are those of the head, and no views are averaged. Only then do its folds' answers
    tell the temperature, and what is unlike the training items.
    """
    return prepared.state.best_epoch == 1 and prepared.context.plan.test_time_augmentation == "none"


def measure(
    head: Head, features: Features, items: PreparedDataset, part: str
) -> tuple[float, float]:
    """Return mean loss and accuracy of a part of the split; NaN for an empty one."""
    rows = items.indices(part)
    if not len(rows):
        return math.nan, math.nan
    logits, labels = head.apply(features[rows]), torch.from_numpy(items.labels[rows])
    return (
        float(F.cross_entropy(logits, labels)),
        float((logits.argmax(dim=1) == labels).float().mean()),
    )


def calibrate_by_folds(
    contract: Contract, head: Head, items: PreparedDataset, *, unknown: bool
) -> tuple[Contract, OutOfDistributionRule | None]:
    """Return the contract with the temperature of the folds' answers, and their rule of doubt.

    Each item is answered by a head that did not learn from it, so no item needs to be set aside.
    With `unknown`, nothing is named below the threshold of the rule. Without folds, the contract as
    it is, and no rule.
    """
    if head.logits is None:
        return contract, None
    labels = items.labels[items.split.train]
    temperature = best_temperature(head.logits.numpy(), labels)
    rule = OutOfDistributionRule.fit(
        contract.preprocessor, (head.logits / temperature).softmax(dim=1).numpy()
    )
    update = {
        "temperature": temperature,
        "unknown_below": rule.threshold if unknown and rule is not None else None,
    }
    return contract.model_copy(update=update), rule
