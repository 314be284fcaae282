"""Transform Go boards, and the points that are their labels, by the board's eight symmetries.

The tensor version of `go.symmetries`, which numbers the symmetries.
"""

from functools import cache

import torch
from torch import Tensor

from noonbit.data.go.symmetries import INVERSES, source_points


def turn_boards(planes: Tensor, symmetries: Tensor) -> Tensor:
    """Turn each board (B, C, size, size) by its symmetry (B,), 0 to 7; keeps shape and dtype."""
    count, channels, size, _ = planes.shape
    table, _ = symmetry_tables(size, planes.device)
    from_points = table[symmetries][:, None, :].expand(-1, channels, -1)
    return planes.flatten(2).gather(2, from_points).view(count, channels, size, size)


def turn_points(points: Tensor, symmetries: Tensor, size: int) -> Tensor:
    """Return where each point (B,) goes under its symmetry (B,): int64 (B,)."""
    _, table = symmetry_tables(size, points.device)
    return table[symmetries, points]


@cache
def symmetry_tables(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return, for each symmetry, where points come from and where they go: int64 (8, size * size).

    Cached, since copying a table to a GPU at every step would wait for its queued work.
    """
    table = source_points(size)
    return torch.tensor(table, device=device), torch.tensor(table[INVERSES], device=device)
