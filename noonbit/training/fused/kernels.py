"""The C++ kernels of `kernels.cpp` as Python functions.

kernels = load()                      None without a compiler
kernels["float32"].pool(...)          pointers and sizes; nothing is checked
"""

import ctypes
from collections.abc import Callable
from ctypes import Structure, c_double, c_float, c_int32, c_int64, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from torch import Tensor

from noonbit.system import cpp_extension

SOURCE = Path(__file__).with_name("kernels.cpp")

ActivationName: TypeAlias = Literal["none", "relu", "silu"]
ACTIVATIONS: dict[ActivationName, int] = {"none": 0, "relu": 1, "silu": 2}


class WindowArguments(Structure):
    """A pool of side x side windows: maps (n, h, w, c) -> (n, oh, ow, c)."""

    _fields_ = [(name, c_int64) for name in ("n", "h", "w", "c", "side", "stride", "oh", "ow")]


class FirstArguments(Structure):
    """A convolution over few channels with its pool: (n, h, w, c_in) -> (n, oh, ow, c_out).

    The weights are (kernel, kernel, c_in, padded), where `padded` is c_out rounded up to a multiple
    of `Kernels.lanes`. `h` and `w` include the margins; `side` is the pool's, 1 without one.
    """

    _fields_ = [
        *((name, c_int64) for name in ("n", "h", "w", "c_in", "c_out", "padded")),
        ("kernel", c_int64),
        ("side", c_int64),
        ("oh", c_int64),
        ("ow", c_int64),
        ("relu", c_int32),
    ]


class NormArguments(Structure):
    """A batch norm over `rows` pixels of `c` channels, and the activation after it.

    With `shares` above 1, these are the rows of one share of a batch, and `sums` and `meeting` are
    what its threads have in common; see `SynchronisedNorms`.
    """

    _fields_ = [
        ("rows", c_int64),
        ("c", c_int64),
        ("gamma", c_void_p),
        ("beta", c_void_p),
        ("epsilon", c_float),
        ("momentum", c_float),
        ("running_mean", c_void_p),
        ("running_variance", c_void_p),
        ("saved", c_void_p),
        ("activation", c_int32),
        ("share", c_int64),
        ("shares", c_int64),
        ("sums", c_void_p),
        ("meeting", c_void_p),
        ("batch_rows", c_double),
    ]


Kernel: TypeAlias = Callable[..., None]
ARGUMENTS = {
    "normalise_bytes": (c_void_p, c_void_p, c_int64, c_int64, c_int64, c_void_p, c_void_p),
    "normalise_floats": (c_void_p, c_void_p, c_int64, c_int64, c_int64, c_void_p, c_void_p),
    "activate": (c_void_p, c_void_p, c_int64, c_int32, c_void_p, c_int32, c_float),
    "rectify_back": (c_void_p, c_void_p, c_void_p, c_int64, c_float),
    "pool": (c_void_p, c_void_p, c_void_p, c_void_p, c_int32, c_void_p, c_int32, c_float),
    "pool_back": (c_void_p, c_void_p, c_void_p, c_void_p, c_float),
    "first": (*(c_void_p,) * 7, c_int32, c_float),
    "first_back": (*(c_void_p,) * 4, c_float, c_void_p, c_void_p),
    "transpose": (c_void_p, c_void_p, c_int64, c_int64, c_int64),
    "norm": (c_void_p, c_void_p, c_void_p, c_void_p),
    "norm_back": (c_void_p,) * 8,
    "cross_entropy": (
        *(c_void_p, c_void_p, c_void_p, c_int64, c_int64),
        *(c_float, c_float, c_void_p, c_void_p),
    ),
}
"""The argument types of each kernel; see kernels.cpp."""


@dataclass(frozen=True, slots=True)
class Kernels:
    """The kernels for one dtype; all maps are (n, h, w, c) in memory."""

    normalise_bytes: Kernel
    """uint8 (n, c, h, w) -> maps: less each channel's mean, divided by its standard deviation."""
    normalise_floats: Kernel
    """The same from float32."""
    activate: Kernel
    """An activation, then dropout if random bits are given."""
    rectify_back: Kernel
    """The backward pass of ReLU and dropout."""
    pool: Kernel
    """The maximum of each window and its position, then optionally ReLU and dropout."""
    pool_back: Kernel
    first: Kernel
    """A convolution over the images, with its pool, ReLU and dropout."""
    first_back: Kernel
    transpose: Kernel
    """Matrices (n, rows, columns) -> (n, columns, rows)."""
    norm: Kernel
    norm_back: Kernel
    cross_entropy: Kernel
    """The loss, the number of correct answers, and the gradient of the logits."""
    lanes: int
    """The numbers in one register, to a multiple of which `first` wants its filters padded."""
    new_meeting: Callable[[], int]
    """Where threads wait for each other within `norm` and `norm_back`; returns its address."""
    abandon_meeting: Callable[[int], None]
    """For a thread that failed: nobody waits there any more."""
    delete_meeting: Callable[[int], None]

    @classmethod
    def of(cls, library: ctypes.CDLL, type_name: str) -> "Kernels":
        """The library's kernels for `float32` or `bfloat16`."""
        kernels = {}
        for name, arguments in ARGUMENTS.items():
            kernel = getattr(library, f"{type_name}_{name}")
            kernel.argtypes, kernel.restype = arguments, None
            kernels[name] = kernel
        library.new_meeting.restype = c_void_p
        library.abandon_meeting.argtypes = library.delete_meeting.argtypes = (c_void_p,)
        library.abandon_meeting.restype = library.delete_meeting.restype = None
        return cls(
            **kernels,
            lanes=library.lanes(),
            new_meeting=library.new_meeting,
            abandon_meeting=library.abandon_meeting,
            delete_meeting=library.delete_meeting,
        )


@cache
def load() -> dict[str, Kernels] | None:
    """Load the kernels by dtype name; None if they are switched off or cannot be compiled."""
    library = cpp_extension.load(SOURCE)
    if library is None:
        return None
    return {name: Kernels.of(library, name) for name in ("float32", "bfloat16")}


def data_pointer(tensor: Tensor | None) -> int | None:
    """The tensor's address as a kernel takes it; None for no tensor."""
    return None if tensor is None else tensor.data_ptr()
