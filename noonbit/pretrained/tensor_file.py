"""Read the tensors of a file that may come from anybody, without running anything in it.

A safetensors file holds numbers alone; the package `safetensors` reads it, which the run folders
need anyway. A PyTorch pickle goes through `torch.load(weights_only=True)`, which builds tensors and
nothing else.
"""

import hashlib
import io
import pickle
import stat
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from noonbit.errors import UsageError

MOST_BYTES = 2**31
"""Of a file of weights: VGG's have half a gigabyte."""
WRAPPERS = ("state_dict", "model")
"""Under which training programs store the tensors of a network."""
PICKLE_STARTS = (b"PK", b"\x80")
"""A zip of pickle and numbers, or the pickle that PyTorch wrote before 1.6."""


def read_tensor_file(path: Path) -> tuple[dict[str, Tensor], str]:
    """Return the tensors by name, and the SHA-256 of the file.

    Raises `UsageError` for a file that is missing, damaged, or holds anything but tensors.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
            raise UsageError(
                f"{path} is no file of weights: --pretrained takes a regular file of at most "
                f"{MOST_BYTES:,} bytes."
            )
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None
    read = read_pickle if raw.startswith(PICKLE_STARTS) else read_safetensors
    return read(raw, path), hashlib.sha256(raw).hexdigest()


def read_safetensors(raw: bytes, path: Path) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file."""
    try:
        return load(raw)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} is neither a safetensors file nor a pickle of PyTorch ({error}). Get it again."
        ) from None


def read_pickle(raw: bytes, path: Path) -> dict[str, Tensor]:
    """Return the tensors of a PyTorch pickle, which may be wrapped as training programs do."""
    try:
        found = torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise UsageError(
            f"{path} holds more than tensors, and noonbit runs no code of a file. Save the "
            "network's state_dict alone, best as safetensors."
        ) from None
    except Exception as error:  # a damaged zip or pickle can raise anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"{path} is damaged: {reason[:200]}. Get it again.") from None
    for wrapper in WRAPPERS:
        if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    if not isinstance(found, dict) or not all(isinstance(each, Tensor) for each in found.values()):
        raise UsageError(
            f"{path} holds no table of tensors by name. Save the network's state_dict, best as "
            "safetensors."
        )
    return {str(name): tensor for name, tensor in found.items()}
