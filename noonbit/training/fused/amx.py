"""The matrix tiles of a processor that has them (Intel's AMX), for products of bfloat16.

    tiles = load()                        None on any other processor
    tiles.convolve(...)                   pointers and a geometry; nothing is checked

oneDNN uses the same instructions, but brings maps and weights into its own order for every product:
for the small maps and batches of these networks that takes longer than multiplying.
"""

import ctypes
from collections.abc import Callable
from ctypes import Structure, c_int64, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

from noonbit.system import cpp_extension

SOURCE = Path(__file__).with_name("amx.cpp")
SIDE = 32
"""Channels and filters are filled up with zeros to a multiple of this."""


class Geometry(Structure):
    """A convolution by steps of one pixel: (n, h, w, c) -> (n, h - kernel + 2 margin + 1, .., f).

    The last four are the distances, in numbers, of the weights' four axes in memory.
    """

    _fields_ = [
        (name, c_int64)
        for name in (
            *("n", "h", "w", "c", "f", "kernel", "margin"),
            *("by_filter", "by_channel", "by_row", "by_column"),
        )
    ]


Function: TypeAlias = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Tiles:
    """Products of bfloat16 maps (n, h, w, c) with float32 weights, which are rounded on the way."""

    convolve: Function
    """Maps, weights, bias or None, geometry -> maps."""
    convolve_back: Function
    """The gradient of what came out -> that of what came in."""
    convolve_weights: Function
    """What came in and the gradient of what came out -> float32 gradients of weights and bias."""


@cache
def load() -> Tiles | None:
    """The functions; None where processor, system or compiler have no tiles."""
    library = cpp_extension.load(SOURCE)
    if library is None or not library.tiles_ready():
        return None
    return Tiles(
        function(library, "convolve", 5),
        function(library, "convolve_back", 4),
        function(library, "convolve_weights", 5),
    )


def function(library: ctypes.CDLL, name: str, pointers: int) -> Function:
    """One of them, which takes so many pointers."""
    found = library[f"tiles_{name}"]
    found.argtypes, found.restype = (c_void_p,) * pointers, None
    return found


def suits(channels: int, filters: int) -> bool:
    """Whether so much of the tiles is filled that they are faster than oneDNN.

    Measured at batches of 32 to 512 and maps of 7 to 32 pixels: 16 channels to 16 filters took
    twice as long, 75 to 50 the same, 50 to 25 half as long.
    """
    filled = channels * filters
    return filled > 0.55 * filled_up(channels) * filled_up(filters)


def filled_up(count: int) -> int:
    """With the zeros."""
    return -(-count // SIDE) * SIDE
