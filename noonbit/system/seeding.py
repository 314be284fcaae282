"""Random numbers as functions of seed, purpose and number, so no generator state is stored."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def seed_torch(seed: int, device: torch.device) -> None:
    """Seed PyTorch's global generators of the CPU and of `device`.

    Without a GPU, `torch.manual_seed` queues a call with its stack trace for a later CUDA start: at
    every step that takes 0.2 ms and memory that is never freed.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


@contextmanager
def keep_random_state(device: torch.device) -> Iterator[None]:
    """Put the global random streams back after the block: Python's, NumPy's and PyTorch's."""
    state, numpy_state = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[] if device.type == "cpu" else [device]):
            yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)


def make_generator(seed: int, purpose: str, number: int = 0) -> torch.Generator:
    """Return a PyTorch generator that depends on `seed`, `purpose` and `number` alone.

    Different purposes give unrelated streams, for any seed; 0 and 1 are as good as large ones.
    """
    return torch.Generator().manual_seed(derive_seed(seed, purpose, number))


def make_numpy_generator(seed: int, purpose: str, number: int) -> np.random.Generator:
    """Return such a generator of NumPy's."""
    return np.random.default_rng(derive_seed(seed, purpose, number))


def derive_seed(seed: int, purpose: str, number: int) -> int:
    """Hash the arguments to a 63-bit seed; plain sums of small numbers would collide."""
    digest = hashlib.blake2b(f"{seed} {purpose} {number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
