"""Read and write weights and checkpoints, as safetensors files with JSON metadata.

No pickle, so reading a file never executes code from it.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NamedTuple, Self

import torch
from pydantic import BaseModel, Field, TypeAdapter, model_validator
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from noonbit.errors import ArtefactError
from noonbit.system.artefacts import RESTORE, damaged, parse_artefact, read_artefact, refuse
from noonbit.system.files import write
from noonbit.training.optim.base import Optimizer
from noonbit.training.state import (
    Amount,
    EpochMetrics,
    TrainingState,
    history_contradiction,
)
from noonbit.training.steering import apply_to_optimizer

MOST_TENSOR_BYTES = 2**34
"""Of a file of weights or a checkpoint: four billion numbers."""
CHECKSUM = "crc32"
"""In the metadata of weights.safetensors; files of earlier versions, and of other tools, have none.
Checkpoints have none either, since a training would wait for it at every one."""


def save_weights(path: Path, weights: dict[str, Tensor]) -> None:
    """Write a state dict as safetensors, with its checksum."""
    metadata = {CHECKSUM: checksum(weights)}
    write(path, lambda temporary: save_tensors(temporary, weights, metadata))


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """Return the CRC-32 of names and values, which a damaged bit changes; 1 ms for 1 MB."""
    total = 0
    for name in sorted(tensors):
        values = tensors[name].detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        total = zlib.crc32(values.numpy().data, zlib.crc32(name.encode(), total))
    return f"{total:08x}"


def load_state(model: nn.Module, weights: dict[str, Tensor], path: Path) -> None:
    """Load a state dict that was read from `path`; raises `ArtefactError` if it does not fit."""
    own = model.state_dict()
    require_fitting(weights, own, path)
    require_finite(weights, path, own)
    with damaged(path):
        model.load_state_dict(weights)


def require_finite(
    tensors: Mapping[str, Tensor], path: Path, own: Mapping[str, Tensor] | None = None
) -> None:
    """Raise `ArtefactError` if a value of `path` is not finite; 30 ms for 60 million weights.

    Constants of a network may be infinite, if they are the same in its `own` tensors.
    """
    for name, tensor in tensors.items():
        if not is_finite(tensor) and (own is None or not are_same(tensor, own[name])):
            refuse(path, f"{name} has numbers that are not finite")


def require_fitting(tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], path: Path) -> None:
    """Raise `ArtefactError` unless tensors of `path` have names, shapes and types of `own` ones."""
    for name in {**own, **tensors}:
        reason = None
        if name not in tensors:
            reason = f"{name} is missing"
        elif name not in own:
            reason = f"it has no {name}"
        elif is_lazy(own[name]):
            continue
        elif (found := describe(tensors[name])) != (wanted := describe(own[name])):
            reason = f"{name} is {found}, and the network has {wanted}"
        if reason is not None:
            raise ArtefactError(f"{path} does not fit the network: {reason}. {RESTORE}")


def describe(tensor: Tensor) -> str:
    """Return the type and shape of a tensor: `float32 of 64x1x3x3`."""
    shape = "x".join(map(str, tensor.shape)) or "one number"
    return f"{str(tensor.dtype).removeprefix('torch.')} of {shape}"


def is_finite(tensor: Tensor) -> bool:
    """Whether no value is nan or infinite."""
    # A sum reads the values once and writes nothing; that of finite ones may still overflow.
    return bool(tensor.sum().isfinite() or tensor.isfinite().all())


def are_same(tensor: Tensor, own: Tensor) -> bool:
    """Whether both have the same values, also those that are not finite."""
    return torch.allclose(tensor, own.cpu(), rtol=0, atol=0, equal_nan=True)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return all tensors of a safetensors file, and its metadata.

    The bytes are read here, since safetensors opens no path that is not UTF-8. Raises
    `ArtefactError` for a file that is missing or damaged.
    """
    raw = read_artefact(path, most_bytes=MOST_TENSOR_BYTES)
    with damaged(path):
        tensors = load(raw)
        # The format begins with the length of a JSON header; see the docs of safetensors.
        header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
        metadata: dict[str, str] = header.get("__metadata__", {})
        if CHECKSUM in metadata and metadata[CHECKSUM] != checksum(tensors):
            refuse(path, "its values are not those that were written, as their checksum shows")
    return tensors, metadata


def load_weights(path: Path, model: nn.Module) -> None:
    """Load weights into a network; raises `ArtefactError` if they are another network's."""
    load_state(model, read_tensors(path)[0], path)


class StoredState(BaseModel):
    """Where a training stands, as a checkpoint says it in JSON; see `TrainingState`."""

    epoch: Annotated[int, Field(ge=0)]
    step: Annotated[int, Field(ge=0)]
    items_seen: Annotated[int, Field(ge=0)]
    total_steps: Annotated[int, Field(ge=0)]
    lr: Amount
    sums: tuple[float, Amount, Amount]
    """The loss of an epoch that diverges may be anything."""
    best_epoch: int
    elapsed: Amount = 0.0  # version 1 had none of these two
    validation_seconds: Amount | None = None
    history: list[EpochMetrics]

    @model_validator(mode="after")
    def check_epochs(self) -> Self:
        """Every epoch has a row, and one of them is the best."""
        if (reason := history_contradiction(self.history)) is not None:
            raise ValueError(reason)
        if self.total_steps < self.step or bool(self.items_seen) != bool(self.step):
            raise ValueError(
                f"has {self.step} steps of an epoch with {self.items_seen} items, and "
                f"{self.total_steps} steps in all"
            )
        if len(self.history) != self.epoch:
            raise ValueError(f"has {len(self.history)} rows of history after {self.epoch} epochs")
        if not min(self.epoch, 1) <= self.best_epoch <= self.epoch:
            raise ValueError(f"calls epoch {self.best_epoch} of {self.epoch} the best")
        return self


STATE_ADAPTER = TypeAdapter(StoredState)


class Checkpoint(NamedTuple):
    """What a checkpoint file holds."""

    state: StoredState
    model: dict[str, Tensor]
    best: dict[str, Tensor]
    average: dict[str, Tensor]
    slots: dict[int, dict[str, Tensor]]
    """Of the optimiser, by the number of a parameter."""


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; raises `ArtefactError` for a file that is damaged or no checkpoint."""
    tensors, metadata = read_tensors(path)
    if "state" not in metadata:
        raise ArtefactError(f"{path} is no checkpoint: it does not say where a training stands.")
    with damaged(path):
        facts = json.loads(metadata["state"])
    state = parse_artefact(STATE_ADAPTER, facts, path)
    groups: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}, "average": {}, "optimizer": {}}
    with damaged(path):
        for name, value in tensors.items():
            group, _, rest = name.partition(".")
            groups[group][rest] = value
        slots: dict[int, dict[str, Tensor]] = {}
        for name, value in groups.pop("optimizer").items():
            number, _, slot = name.partition(".")
            slots.setdefault(int(number), {})[slot] = value
    if bool(groups["best"]) != bool(state.best_epoch):
        refuse(path, f"epoch {state.best_epoch} is the best, with {len(groups['best'])} tensors")
    return Checkpoint(state, **groups, slots=slots)


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
        "items_seen": state.items_seen,
        "total_steps": state.total_steps,
        "lr": state.lr,
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
    """Load a checkpoint into a fresh `TrainingState`, which has its changes already.

    Raises `ArtefactError` for a file that is damaged, no checkpoint, or of another network.
    """
    stored = read_checkpoint(path)
    own = state.model.state_dict()
    # The latest weights may be those of a training that diverges.
    require_fitting(stored.model, own, path)
    require_fitting(stored.average, state.average, path)
    if stored.best:
        require_fitting(stored.best, own, path)
        require_finite(stored.best, path, own)
    for change in state.changes:
        if change.step < stored.state.total_steps:  # one at the next step came after this file
            apply_to_optimizer(state.optimizer, change)
    load_slots(stored, state.optimizer, path)
    with damaged(path):
        state.model.load_state_dict(stored.model)
    state.best, state.average = stored.best, stored.average
    state.epoch, state.step = stored.state.epoch, stored.state.step
    state.items_seen, state.total_steps = stored.state.items_seen, stored.state.total_steps
    state.lr = stored.state.lr
    state.sums, state.best_epoch = list(stored.state.sums), stored.state.best_epoch
    state.elapsed = stored.state.elapsed
    state.validation_seconds = stored.state.validation_seconds
    state.history = stored.state.history


def load_slots(stored: Checkpoint, optimizer: Optimizer, path: Path) -> None:
    """Load the slots of a checkpoint into an optimiser.

    Raises `ArtefactError` if it has others. A parameter that never had a gradient has none.
    """
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    if not stored.slots and stored.state.total_steps:
        stored.slots[0] = {}  # after a step there are some, unless the optimiser keeps none
    for number, slots in stored.slots.items():
        if not 0 <= number < len(parameters):
            raise ArtefactError(
                f"{path} does not fit the network: it has no parameter {number}. {RESTORE}"
            )
        prefix = f"optimizer.{number}."
        require_fitting(
            {prefix + slot: value for slot, value in slots.items()},
            {
                prefix + slot: value
                for slot, value in optimizer.init_state(parameters[number]).items()
            },
            path,
        )
    with damaged(path):
        template = optimizer.state_dict()
        # One that keeps nothing so far may keep something later, and must find no empty slots.
        kept = {number: each for number, each in stored.slots.items() if each}
        optimizer.load_state_dict({**template, "state": kept})
    for parameter, slots in optimizer.state.items():
        for slot, value in slots.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                # The fused optimisers read parameter and slot in one pass, in this memory order.
                slots[slot] = torch.empty_like(parameter).copy_(value)
