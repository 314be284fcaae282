"""Files that are either whole or not there: atomic writes, weights, checkpoints.

Weights are safetensors and facts are JSON: nothing that noonbit writes or reads is executed code.
"""

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from noonbit.errors import ArtefactError
from noonbit.fit import Epoch, State


def write(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a temporary file beside `path`, then put it in place in one step.

    Raises `ArtefactError` where the disk is full or the folder cannot be written; `path` is then
    as it was before.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        fill(temporary)
        temporary.chmod(0o666 & ~current_umask())
        os.replace(temporary, path)
    except (OSError, SafetensorError) as error:
        raise ArtefactError(unwritable(path, error)) from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def current_umask() -> int:
    """The process's mask; mkstemp's files are private, a run's files follow the user's habit."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def unwritable(path: Path, error: Exception) -> str:
    """Why a file could not be written, and what to do."""
    number = getattr(error, "errno", None)
    if number == errno.ENOSPC or "No space left" in str(error):
        return f"The disk is full: {path} could not be written. Free some space, or choose --out."
    if number in (errno.EACCES, errno.EROFS, errno.EPERM):
        return f"{path.parent} cannot be written to: {error}. Choose another folder with --out."
    return f"{path} could not be written: {error}."


def write_text(path: Path, text: str) -> None:
    """Put text in place, UTF-8."""
    write(path, lambda temporary: void(temporary.write_text(text, encoding="utf-8")))


def write_json(path: Path, value: Any) -> None:
    """Put plain values in place; infinities and the like become null, since JSON has none."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def void(_: object) -> None:
    """Drop a result that a callback's type does not want."""


def read_json(path: Path) -> Any:
    """What `write_json` wrote; raises `ArtefactError` for anything else."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtefactError(f"{path} is missing; the run folder is not complete.") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ArtefactError(f"{path} is damaged: {error}. Restore it, or train again.") from None


def save_weights(path: Path, weights: dict[str, Tensor]) -> None:
    """A state dict as safetensors, in the plain memory order that other tools expect."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
    write(path, lambda temporary: save_file(tensors, temporary))


def load_weights(path: Path, model: nn.Module) -> None:
    """Fill a network from `save_weights`; raises `ArtefactError` where they do not belong together."""
    tensors, _ = read_tensors(path)
    try:
        model.load_state_dict(tensors)
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


def save_checkpoint(path: Path, state: State) -> None:
    """Everything a training needs to continue with the same bits, in one atomic file."""
    tensors = {f"model.{name}": value for name, value in state.model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in state.best.items()}
    for index, slots in state.optimizer.state_dict()["state"].items():
        for name, value in slots.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{name}"] = value
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    metadata = {"state": json.dumps(state.facts())}
    write(path, lambda temporary: save_file(plain, temporary, metadata))


def load_checkpoint(path: Path, state: State) -> None:
    """Bring a fresh `State` to where the checkpoint stands."""
    tensors, metadata = read_tensors(path)
    groups: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}, "optimizer": {}}
    for name, value in tensors.items():
        group, _, rest = name.partition(".")
        groups[group][rest] = value
    state.model.load_state_dict(groups["model"])
    state.best = groups["best"]
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
    names = [column.name for column in fields(Epoch)]
    state.epoch, state.step, state.sums = facts["epoch"], facts["step"], facts["sums"]
    state.best_epoch = facts["best_epoch"]
    state.history = [Epoch(**{name: row[name] for name in names}) for row in facts["history"]]
