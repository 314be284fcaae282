"""Intel's AMX: matrix products of bfloat16 on a processor's tile registers.

library = load()                      None on any other processor

oneDNN uses the same instructions, but reorders maps and weights for every product: for small maps
and batches that takes longer than the multiplication.
"""

import ctypes
from functools import cache
from pathlib import Path

from noonbit.system import cpp_extension

SOURCE = Path(__file__).with_name("amx.cpp")
CHANNEL_BLOCK = 32
"""Channels and filters are padded with zeros to a multiple of this."""


@cache
def load() -> ctypes.CDLL | None:
    """Load the kernels; None if the processor, the system or the compiler has no AMX."""
    library = cpp_extension.load(SOURCE)
    return library if library is not None and library.tiles_ready() else None


def fills_tiles(channels: int, filters: int) -> bool:
    """Whether channels and filters fill enough of the tiles to be faster than oneDNN.

    At batches of 32 to 512 and maps of 7 to 32 pixels, 16 channels to 16 filters took twice as long
    as oneDNN, 75 to 50 the same, 50 to 25 half as long.
    """
    return channels * filters > 0.55 * round_up(channels) * round_up(filters)


def round_up(count: int) -> int:
    """Round up to whole channel blocks."""
    return -(-count // CHANNEL_BLOCK) * CHANNEL_BLOCK
