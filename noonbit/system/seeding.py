"""Random numbers as functions of a seed, a purpose and a number, so no generator is ever stored."""

import hashlib

import torch


def seed_stream(seed: int, device: torch.device) -> None:
    """Set PyTorch's own stream of random numbers on the processor and on `device`.

    `torch.manual_seed` also notes a call, with its whole stack, for GPUs that may come to be used:
    without one, that took 0.2 ms and some memory for ever at every step.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


def generator_of(seed: int, purpose: str, number: int = 0) -> torch.Generator:
    """A stream of random numbers that is a function of the seed, what it is for, and a number.

    Streams for different purposes are unrelated, whatever the seed; 0 and 1 are as good as any.
    """
    return torch.Generator().manual_seed(mixed(seed, purpose, number))


def mixed(seed: int, purpose: str, number: int) -> int:
    """A seed of 63 bits; a digest, since plain sums of small numbers would give equal streams."""
    digest = hashlib.blake2b(f"{seed} {purpose} {number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
