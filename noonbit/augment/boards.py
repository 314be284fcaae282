"""Boards under one of their eight symmetries each, and the point that is their label with them.

See `go.symmetries`, which says it for NumPy; here a batch of tensors is gathered at once.
"""

from functools import cache

import torch
from torch import Tensor

from noonbit.data.go.symmetries import INVERSES, sources


def turn_boards(planes: Tensor, symmetries: Tensor) -> Tensor:
    """(B, C, size, size) under symmetries (B,) from 0 to 7: the same shape and type."""
    count, channels, size, _ = planes.shape
    table, _ = tables(size, planes.device)
    from_points = table[symmetries][:, None, :].expand(-1, channels, -1)
    return planes.flatten(2).gather(2, from_points).view(count, channels, size, size)


def turn_points(points: Tensor, symmetries: Tensor, size: int) -> Tensor:
    """Where points (B,) go under symmetries (B,): int64 (B,)."""
    _, table = tables(size, points.device)
    return table[symmetries, points]


@cache
def tables(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Where the points under each symmetry come from and where they go: int64 (8, size * size).

    Made once: making them at each step would wait for a GPU.
    """
    table = sources(size)
    return torch.tensor(table, device=device), torch.tensor(table[INVERSES], device=device)
