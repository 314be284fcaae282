"""Read and write weights and checkpoints, as safetensors files with JSON metadata.

No pickle, so reading a file never executes code from it.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn

from noonbit.errors import ArtefactError, ArtefactNotFound
from noonbit.system.files import write
from noonbit.training.state import EpochMetrics, TrainingState


def save_weights(path: Path, weights: dict[str, Tensor]) -> None:
    """Write a state dict as safetensors."""
    write(path, lambda temporary: save_tensors(temporary, weights, {}))


def load_state(model: nn.Module, weights: dict[str, Tensor], path: Path) -> None:
    """Load a state dict that was read from `path`; raises `ArtefactError` if it does not fit."""
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise ArtefactError(f"{path} does not fit the network: {reason}") from None


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return all tensors of a safetensors file, and its metadata.

    The bytes are read here, since safetensors opens no path that is not UTF-8. Raises
    `ArtefactError` for a file that is missing or damaged.
    """
    try:
        raw = path.read_bytes()
        tensors = load(raw)
        # The format begins with the length of a JSON header; see the docs of safetensors.
        header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
        return tensors, header.get("__metadata__", {})
    except FileNotFoundError:
        raise ArtefactNotFound(f"{path} is missing; the run folder is not complete.") from None
    except SafetensorError as error:
        raise ArtefactError(f"{path} is damaged: {error}. Restore it, or train again.") from None


def load_weights(path: Path, model: nn.Module) -> None:
    """Load weights into a network; raises `ArtefactError` if they are another network's."""
    load_state(model, read_tensors(path)[0], path)


def read_best_weights(path: Path) -> tuple[dict[str, Tensor], int]:
    """Return the state dict of the best epoch in a checkpoint, and its number; 0 if there is none.

    Raises `ArtefactError` for a file that is damaged or no checkpoint.
    """
    tensors, facts = read_checkpoint(path)
    prefix = "best."
    weights = {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
    best_epoch: int = facts["best_epoch"]
    return weights, best_epoch


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors of a checkpoint by group and name, and where the training stands.

    Raises `ArtefactError` for a file that is damaged or no checkpoint.
    """
    tensors, metadata = read_tensors(path)
    if "state" not in metadata:
        raise ArtefactError(f"{path} is no checkpoint: it does not say where a training stands.")
    facts: dict[str, Any] = json.loads(metadata["state"])
    return tensors, facts


def save_checkpoint(path: Path, state: TrainingState) -> None:
    """Atomically write everything that a training needs to continue bit for bit."""
    tensors = {f"model.{name}": value for name, value in state.model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in state.best.items()}
    tensors |= {f"average.{name}": value for name, value in state.average.items()}
    for index, slots in state.optimizer.state_dict()["state"].items():
        for name, value in slots.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{name}"] = value
    facts = {
        "epoch": state.epoch,
        "step": state.step,
        "sums": state.sums,
        "best_epoch": state.best_epoch,
        "elapsed": state.elapsed,
        "validation_seconds": state.validation_seconds,
        "history": [asdict(row) for row in state.history],
    }
    metadata = {"state": json.dumps(facts)}
    write(path, lambda temporary: save_tensors(temporary, tensors, metadata))


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """Write tensors in contiguous memory order, which other tools expect.

    Tensors are copied, since `save_file` rejects shared memory, such as tied weights. Raises
    `OSError` for a full disk.
    """
    plain = {
        name: value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
        for name, value in tensors.items()
    }
    try:
        save_file(plain, path, metadata)
    except SafetensorError as error:
        raise OSError(str(error)) from None


def load_checkpoint(path: Path, state: TrainingState) -> None:
    """Load a checkpoint into a fresh `TrainingState`.

    Raises `ArtefactError` for a file that is damaged, no checkpoint, or of another network.
    """
    tensors, facts = read_checkpoint(path)
    groups: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}, "average": {}, "optimizer": {}}
    for name, value in tensors.items():
        group, _, rest = name.partition(".")
        groups[group][rest] = value
    load_state(state.model, groups["model"], path)
    state.best, state.average = groups["best"], groups["average"]
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in groups["optimizer"].items():
        index, _, slot = name.partition(".")
        slots.setdefault(int(index), {})[slot] = value
    template = state.optimizer.state_dict()
    state.optimizer.load_state_dict({**template, "state": slots})
    for parameter, parameter_slots in state.optimizer.state.items():
        for slot, value in parameter_slots.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                # The fused optimisers read parameter and slot in one pass, in this memory order.
                parameter_slots[slot] = torch.empty_like(parameter).copy_(value)
    state.epoch, state.step, state.sums = facts["epoch"], facts["step"], facts["sums"]
    state.best_epoch = facts["best_epoch"]
    state.elapsed = facts.get("elapsed", 0.0)  # version 1 had none of these two
    state.validation_seconds = facts.get("validation_seconds")
    state.history = TypeAdapter(list[EpochMetrics]).validate_python(facts["history"])
