"""The network of a run: built from what run.json says of it, with its best weights.

Best by validation; of a training that is not finished, the best so far, out of its checkpoint. An
ensemble is one network too, an `Ensemble` of all members.
"""

import math
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from noonbit.errors import ArtefactError, UsageError
from noonbit.models.catalogue import build_for, outline_for
from noonbit.models.ensemble import Ensemble, Member
from noonbit.models.tta import with_tta
from noonbit.runs.checkpoint import (
    load_state,
    read_checkpoint,
    read_tensors,
    require_finite,
    require_fitting,
)
from noonbit.runs.find import RUN_JSON
from noonbit.runs.network_code import name_to_build
from noonbit.runs.stored_run import CHECKPOINT, CONTRACT, RECIPE, StoredRun
from noonbit.system.artefacts import damaged, refuse, settings_of

LARGE_INPUT = 2**16
"""Values of an input from which a dense layer may take gigabytes, if the contract is not the
weights': they are then compared before the network is built."""


def load_network(run: StoredRun) -> nn.Module:
    """Return the network of a run with its best weights, on the CPU, in evaluation mode.

    Raises `ArtefactError` if it cannot be built, or if there are no weights that fit it.
    """
    if not run.is_ensemble:
        require_rebuildable(run)
    weights, _ = best_weights(run)
    if run.is_without_code and math.prod(run.contract.preprocessor.shape) > LARGE_INPUT:
        require_fitting(weights, outline(run).state_dict(), run.weights_path)
    network = assemble(run, partial(build_network, run))
    load_state(network, weights, run.weights_path)
    if not isinstance(network, Ensemble):
        return with_test_time_augmentation(run, network)
    for member in network.members:
        if not (member.get_buffer("temperature") > 0 and (member.get_buffer("std") > 0).all()):
            refuse(run.weights_path, "a member has a temperature or a deviation of 0 or less")
    return network.eval()


def assemble(run: StoredRun, build: Callable[[Mapping[str, Any]], nn.Module]) -> nn.Module:
    """Make the untrained network of what `build` makes of a network in run.json."""
    model = run.metadata["model"]
    if not run.is_ensemble:
        return build(model)
    channels = run.contract.preprocessor.normalised_channels
    with settings_of(run.path / RUN_JSON):
        return Ensemble(
            [
                Member.blank(with_tta(build(member), member["views"]), channels)
                for member in model["members"]
            ],
            model["combine"],
        )


def build_network(run: StoredRun, entry: Mapping[str, Any]) -> nn.Module:
    """Build a network for the run's inputs and classes, freshly initialised.

    `entry` is `model` of run.json, or one of its members. Raises `ArtefactError` if it cannot be
    built, or is code that the user has not trusted.
    """
    name = name_to_build(run.path, entry)
    try:
        return build_for(run.contract.preprocessor, name, len(run.class_names))
    except UsageError as error:
        raise ArtefactError(f"The network of {run.path.name} cannot be built: {error}") from error


def outline(run: StoredRun) -> nn.Module:
    """Return the network without its numbers: weights are checked by it before it takes memory.

    For some networks, PyTorch imports its compiler for that (2 s).
    """
    contract, path = run.contract, run.path / CONTRACT
    with settings_of(path), damaged(path), torch.device("meta"):
        return assemble(
            run,
            lambda entry: outline_for(
                contract.preprocessor, name_to_build(run.path, entry), len(contract.class_names)
            ),
        )


def with_test_time_augmentation(run: StoredRun, model: nn.Module) -> nn.Module:
    """Wrap a trained network in the recipe's test-time augmentation; in evaluation mode."""
    with settings_of(run.path / RECIPE):
        return with_tta(model, run.recipe.test_time_augmentation or "none").eval()


def require_rebuildable(run: StoredRun) -> None:
    """Raise `ArtefactError` for a network that was given as a Python object."""
    if run.metadata["model"]["python"]:
        raise ArtefactError(
            f"{run.path.name} was trained with the Python object "
            f"{run.metadata['model']['name']}, which a folder cannot keep. Load it with "
            "noonbit.load_run(path, model=your_module), or continue it with "
            "noonbit.resume(path, model=your_module)."
        )


def best_weights(run: StoredRun) -> tuple[dict[str, Tensor], int | None]:
    """Return the state dict of the best epoch, so far if the training is not finished.

    Also the number of that epoch; None for an ensemble. Raises `ArtefactError` if there are no
    weights yet, or those of another network.
    """
    best_epoch: int | None
    if run.is_finished:
        weights, _ = read_tensors(run.weights_path)
        best_epoch = run.metadata["result"].get("best_epoch")
    else:
        require_best_so_far(run)
        checkpoint = read_checkpoint(run.weights_path)
        weights, best_epoch = checkpoint.best, checkpoint.state.best_epoch
    if run.is_without_code:
        require_finite(weights, run.weights_path)
    return weights, best_epoch


def require_best_so_far(run: StoredRun) -> None:
    """Raise `ArtefactError` if a run that is not finished has no weights to answer with."""
    status = run.metadata["status"]
    again = f"Continue its training with: noonbit train --resume {run.word}"
    reason = f"its status is {status}"
    if status == "diverged":
        again = "Train anew with a smaller --learning-rate."
    elif run.is_ensemble:
        reason = "not all of its networks are trained"
    elif os.path.lexists(run.path / CHECKPOINT):
        if read_checkpoint(run.path / CHECKPOINT).state.best_epoch:
            return
        reason = "its first epoch is not over"
    raise ArtefactError(f"{run.path.name} has no weights yet: {reason}. {again}")


def load_best_weights(run: StoredRun, model: nn.Module) -> None:
    """Load `best_weights` into a network; raises `ArtefactError` if they do not fit."""
    load_state(model, best_weights(run)[0], run.weights_path)
