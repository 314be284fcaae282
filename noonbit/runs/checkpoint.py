"""Weights and checkpoints: safetensors with JSON inside.

Nothing that noonbit writes or reads is executed code.
"""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from noonbit.errors import ArtefactError
from noonbit.system.files import write
from noonbit.training.state import EpochMetrics, TrainingState


def save_weights(path: Path, weights: dict[str, Tensor]) -> None:
    """A state dict as safetensors."""
    write(path, lambda temporary: save_tensors(temporary, weights, {}))


def load_weights(path: Path, model: nn.Module) -> None:
    """Fill a network from `save_weights`; raises `ArtefactError` where it is another network."""
    fill(model, read_tensors(path)[0], path)


def fill(model: nn.Module, weights: dict[str, Tensor], path: Path) -> None:
    """Put the weights read from `path` into a network; refuses those of another one."""
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise ArtefactError(f"{path} does not fit the network: {reason}") from None


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors of a safetensors file, and its metadata."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except FileNotFoundError:
        raise ArtefactError(f"{path} is missing; the run folder is not complete.") from None
    except SafetensorError as error:
        raise ArtefactError(f"{path} is damaged: {error}. Restore it, or train again.") from None


def save_checkpoint(path: Path, state: TrainingState) -> None:
    """Everything a training needs to continue with the same bits, in one atomic file."""
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
        "history": [asdict(row) for row in state.history],
    }
    metadata = {"state": json.dumps(facts)}
    write(path, lambda temporary: save_tensors(temporary, tensors, metadata))


def save_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """safetensors' own save, in the plain memory order that other tools expect.

    Copies, since it refuses tensors that share memory, as tied weights do. Its error for a full
    disk is made the usual one.
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
    """Bring a fresh `TrainingState` to where the checkpoint stands.

    Raises `ArtefactError` for a file that is damaged, no checkpoint, or of another network.
    """
    tensors, metadata = read_tensors(path)
    if "state" not in metadata:
        raise ArtefactError(f"{path} is no checkpoint: it does not say where a training stands.")
    groups: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}, "average": {}, "optimizer": {}}
    for name, value in tensors.items():
        group, _, rest = name.partition(".")
        groups[group][rest] = value
    fill(state.model, groups["model"], path)
    state.best, state.average = groups["best"], groups["average"]
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in groups["optimizer"].items():
        index, _, slot = name.partition(".")
        slots.setdefault(int(index), {})[slot] = value
    template = state.optimizer.state_dict()
    state.optimizer.load_state_dict({**template, "state": slots})
    for parameter, kept in state.optimizer.state.items():
        for slot, value in kept.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                # Fused kernels read parameter and slot in one pass: same memory order, same bits.
                kept[slot] = torch.empty_like(parameter).copy_(value)
    facts = json.loads(metadata["state"])
    state.epoch, state.step, state.sums = facts["epoch"], facts["step"], facts["sums"]
    state.best_epoch = facts["best_epoch"]
    state.history = TypeAdapter(list[EpochMetrics]).validate_python(facts["history"])
