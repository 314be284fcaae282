"""Shifts by whole pixels and flips: an image's own rows and columns in another order."""

from ctypes import c_int64, c_void_p
from pathlib import Path

import torch
from torch import Tensor

from noonbit.augment.draws import Draws
from noonbit.system import cpp_extension
from noonbit.system.runtime import constant

SOURCE = Path(__file__).with_name("shift_flip.cpp")


def move(pixels: Tensor, draws: Draws) -> Tensor:
    """Shift and mirror by indexing alone; the bytes stay the bytes that they were."""
    height, width = pixels.shape[2:]
    device = pixels.device
    offset = pixels_of(draws.offset, height, width).round().long()
    rows = torch.arange(height, device=device) + offset[:, :1]
    columns = torch.arange(width, device=device) + offset[:, 1:]
    rows, columns = mirror(rows, height), mirror(columns, width)
    rows = torch.where(draws.upside_down[:, None], height - 1 - rows, rows)
    columns = torch.where(draws.flipped[:, None], width - 1 - columns, columns)
    return select(pixels, rows, columns)


def select(pixels: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Images (B, C, H, W) from rows (B, H) and columns (B, W) of their own, both int64.

    A compiled loop takes a third of the time of `gather` with its index for every pixel: 74 us
    instead of 245 for 256 images of 28x28 on one thread.
    """
    library = cpp_extension.load(SOURCE) if pixels.device.type == "cpu" else None
    if library is None or pixels.dtype != torch.uint8:
        return select_by_operators(pixels, rows, columns)
    pixels = pixels.contiguous()
    selected = torch.empty_like(pixels)
    tensors = (pixels, rows.contiguous(), columns.contiguous(), selected)
    pointers = [c_void_p(each.data_ptr()) for each in tensors]
    library.select_bytes(*pointers, *map(c_int64, pixels.shape))
    return selected


def select_by_operators(pixels: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """`select` on any device, of any type and without a compiler."""
    count, channels, height, width = pixels.shape
    flat = (rows[:, :, None] * width + columns[:, None, :]).view(count, 1, height * width)
    selected = pixels.reshape(count, channels, -1).gather(2, flat.expand(-1, channels, -1))
    return selected.view(count, channels, height, width)


def mirror(index: Tensor, size: int) -> Tensor:
    """Bring positions beyond an edge back inside, as a mirror along the image's border would."""
    folded = index.remainder(2 * size)
    return torch.minimum(folded, 2 * size - 1 - folded)


def pixels_of(offset: Tensor, height: int, width: int) -> Tensor:
    """Offsets in pixels, where those below 1 are shares of a side: no other is but 0."""
    if not offset.is_floating_point():
        return offset
    sides = constant((height, width), offset.device, offset.dtype)
    return torch.where(offset.abs() < 1, offset * sides, offset)
