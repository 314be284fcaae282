"""Intel's AMX: matrix products of bfloat16 on a processor's tile registers.

    kernels = load()                      None on any other processor
    kernels.convolve(...)                 pointers and a geometry; nothing is checked

oneDNN uses the same instructions, but reorders maps and weights for every product: for small maps
and batches that takes longer than the multiplication.
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
CHANNEL_BLOCK = 32
"""Channels and filters are padded with zeros to a multiple of this."""


class Geometry(Structure):
    """A convolution of stride 1: (n, h, w, c) -> (n, h - kernel + 2 margin + 1, .., f).

    The last four fields are the weight's strides, in elements. `margin` is the zero padding.
    """

    _fields_ = [
        (name, c_int64)
        for name in (
            *("n", "h", "w", "c", "f", "kernel", "margin"),
            *("by_filter", "by_channel", "by_row", "by_column"),
        )
    ]


AmxFunction: TypeAlias = Callable[..., None]


@dataclass(frozen=True, slots=True)
class AmxKernels:
    """Convolutions of bfloat16 maps (n, h, w, c) with float32 weights, rounded to bfloat16."""

    convolve: AmxFunction
    """Maps, weights, bias or None, geometry -> maps."""
    convolve_back: AmxFunction
    """The output's gradient -> the input's gradient."""
    convolve_weights: AmxFunction
    """The input and the output's gradient -> float32 gradients of weights and bias."""


@cache
def load() -> AmxKernels | None:
    """Load the kernels; None if the processor, the system or the compiler has no AMX."""
    library = cpp_extension.load(SOURCE)
    if library is None or not library.tiles_ready():
        return None
    return AmxKernels(
        bind_function(library, "convolve", pointers=5),
        bind_function(library, "convolve_back", pointers=4),
        bind_function(library, "convolve_weights", pointers=5),
    )


def bind_function(library: ctypes.CDLL, name: str, *, pointers: int) -> AmxFunction:
    """Declare the signature of a function of the library that takes so many pointers."""
    function = library[f"tiles_{name}"]
    function.argtypes, function.restype = (c_void_p,) * pointers, None
    return function


def fills_tiles(channels: int, filters: int) -> bool:
    """Whether channels and filters fill enough of the tiles to be faster than oneDNN.

    At batches of 32 to 512 and maps of 7 to 32 pixels, 16 channels to 16 filters took twice as long
    as oneDNN, 75 to 50 the same, 50 to 25 half as long.
    """
    return channels * filters > 0.55 * round_up(channels) * round_up(filters)


def round_up(count: int) -> int:
    """Round up to whole channel blocks."""
    return -(-count // CHANNEL_BLOCK) * CHANNEL_BLOCK
