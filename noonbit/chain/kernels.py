"""The C++ kernels beside this file: compiled once for this processor, then loaded.

    kernels = load()                      None where there is no compiler
    kernels.float32.pool(...)             numbers of bytes, pointers; nothing is checked

Compiling takes 2 to 3 s, once for each processor and version; the library lies in the user's cache
folder, or in a temporary one for this process alone. It uses the threads that PyTorch's operators
use, and as many: both are the process's one OpenMP.
"""

import atexit
import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from ctypes import Structure, c_float, c_int32, c_int64, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from noonbit.data.cache import user_cache
from noonbit.runtime import processor_features

SOURCE = Path(__file__).with_name("kernels.cpp")
SWITCH = "NOONBIT_KERNELS"
"""An environment variable: `off` does without them."""
COMPILERS = ("c++", "g++", "clang++")
FLAGS = (
    *("-std=c++17", "-O3", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC"),
    *(("-fopenmp",) if platform.system() == "Linux" else ()),
)
TUNINGS = (("-march=native", "-mprefer-vector-width=512"), ("-march=native",), ("-mcpu=native",))
"""For the processor at hand, the first that a compiler takes. Vectors of 512 bits are 1.2 to 2
times as fast here as those of 256 that compilers prefer."""
TIMEOUT = 60
"""Seconds for a compiler."""

ActivationName: TypeAlias = Literal["none", "relu", "silu"]
ACTIVATIONS: dict[ActivationName, int] = {"none": 0, "relu": 1, "silu": 2}


class Window(Structure):
    """The geometry of a pool: maps (n, h, w, c) -> (n, oh, ow, c), windows of side x side."""

    _fields_ = [(name, c_int64) for name in ("n", "h", "w", "c", "side", "stride", "oh", "ow")]


class First(Structure):
    """A convolution over few channels with its pool: (n, h, w, c_in) -> (n, oh, ow, c_out).

    Its weights are (kernel, kernel, c_in, padded): c_out filled up to whole vectors of `LANES`.
    """

    LANES = 16

    _fields_ = [
        *((name, c_int64) for name in ("n", "h", "w", "c_in", "c_out", "padded")),
        ("kernel", c_int64),
        ("side", c_int64),
        ("oh", c_int64),
        ("ow", c_int64),
        ("relu", c_int32),
    ]


class Norm(Structure):
    """A batch norm over maps of `rows` pixels and `c` channels, and the activation after it."""

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
    "norm": (c_void_p, c_void_p, c_void_p, c_void_p),
    "norm_back": (c_void_p,) * 8,
    "cross_entropy": (
        *(c_void_p, c_void_p, c_void_p, c_int64, c_int64),
        *(c_float, c_float, c_void_p, c_void_p),
    ),
}
"""Of each kernel; see kernels.cpp."""


@dataclass(frozen=True, slots=True)
class Kernels:
    """The kernels for one type of numbers; all maps are (n, h, w, c) in memory."""

    normalise_bytes: Kernel
    """uint8 (n, c, h, w) -> maps, less the mean and divided by the deviation of each channel."""
    normalise_floats: Kernel
    """The same from float32."""
    activate: Kernel
    """An activation, then dropout where its random numbers are given."""
    rectify_back: Kernel
    """The way back through ReLU and dropout."""
    pool: Kernel
    """The maximum of each window and its place, then ReLU and dropout where they are wanted."""
    pool_back: Kernel
    first: Kernel
    """A convolution over the images themselves, its pool, activation and dropout."""
    first_back: Kernel
    norm: Kernel
    norm_back: Kernel
    cross_entropy: Kernel
    """Loss, correct answers, and the gradient of the logits."""

    @classmethod
    def of(cls, library: ctypes.CDLL, type_name: str) -> "Kernels":
        """Those of `float32` or `bfloat16`."""
        kernels = {}
        for name, arguments in ARGUMENTS.items():
            kernel = getattr(library, f"{type_name}_{name}")
            kernel.argtypes, kernel.restype = arguments, None
            kernels[name] = kernel
        return cls(**kernels)


@cache
def load() -> dict[str, Kernels] | None:
    """The kernels by type; None where they are switched off or cannot be compiled."""
    if os.environ.get(SWITCH, "").lower() == "off":
        return None
    library = compiled()
    if library is None:
        return None
    try:
        loaded = ctypes.CDLL(str(library))
    except OSError:  # of another system, or damaged
        library.unlink(missing_ok=True)
        library = compiled()
        if library is None:
            return None
        loaded = ctypes.CDLL(str(library))
    return {name: Kernels.of(loaded, name) for name in ("float32", "bfloat16")}


def compiled() -> Path | None:
    """The library for this processor, compiled if it is not there yet."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None or platform.system() == "Windows":
        return None
    source = SOURCE.read_bytes()
    facts = (source, repr((FLAGS, TUNINGS)).encode(), processor_features().encode())
    name = f"kernels-{hashlib.sha256(b' '.join(facts)).hexdigest()[:32]}.so"
    library = user_cache() / name
    if library.exists() or compile_into(library, compiler):
        return library
    library = scratch_folder() / name
    return library if library.exists() or compile_into(library, compiler) else None


@cache
def scratch_folder() -> Path:
    """For this process alone, where the cache folder cannot be written."""
    folder = tempfile.mkdtemp(prefix="noonbit-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def compile_into(library: Path, compiler: str) -> bool:
    """Compile beside its place and move it there in one step: several processes may do so."""
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as scratch:
            made = Path(scratch) / "kernels.so"
            for tuning in TUNINGS:
                command = [compiler, *FLAGS, *tuning, str(SOURCE), "-o", str(made)]
                done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
                if done.returncode == 0:
                    made.replace(library)
                    return True
    except (OSError, subprocess.TimeoutExpired):
        pass
    return False
