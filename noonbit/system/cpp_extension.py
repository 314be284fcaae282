"""Compile this package's C++ files for this processor and load them.

    library = load(Path(__file__).with_name("kernels.cpp"))     # None if there is no compiler

Compiling takes 1 to 3 s per file, once for each processor and source text. The libraries are kept
in the user's cache folder, or in a temporary folder of this process if that cannot be written. They
share PyTorch's OpenMP threads: a process has only one OpenMP runtime.
"""

import atexit
import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from noonbit.system.files import user_cache
from noonbit.system.hardware import processor_features

SWITCH = "NOONBIT_KERNELS"
"""The environment variable that turns compiled code off, if set to `off`."""
COMPILERS = ("c++", "g++", "clang++")
FLAGS = (
    *("-std=c++17", "-O3", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC"),
    *(("-fopenmp",) if platform.system() == "Linux" else ()),
)
IS_ARM = platform.machine().lower() in ("arm64", "aarch64")
TUNINGS = (
    (("-mcpu=native",),)
    if IS_ARM
    else (("-march=native", "-mprefer-vector-width=512"), ("-march=native",))
)
"""Flags that target this processor; the first set that the compiler accepts is used. 512-bit
vectors are 1.2 to 2 times as fast here as the 256-bit vectors that compilers prefer."""
TIMEOUT = 60
"""Seconds that one run of the compiler may take."""


@cache
def load(source: Path) -> ctypes.CDLL | None:
    """Load a file's functions; None if they are turned off or cannot be compiled."""
    if os.environ.get(SWITCH, "").lower() == "off":
        return None
    library = compile_library(source)
    if library is None:
        return None
    try:
        return ctypes.CDLL(str(library))
    except OSError:  # built for another system, or damaged
        library.unlink(missing_ok=True)
        library = compile_library(source)
        return None if library is None else ctypes.CDLL(str(library))


def compile_library(source: Path) -> Path | None:
    """Return the path of this processor's library, compiling it if needed; None if impossible."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None or platform.system() == "Windows":
        return None
    key = (source.read_bytes(), repr((FLAGS, TUNINGS)).encode(), processor_features().encode())
    name = f"{source.stem}-{hashlib.sha256(b' '.join(key)).hexdigest()[:32]}.so"
    library = user_cache() / name
    if library.exists() or compile_into(library, source, compiler):
        return library
    library = scratch_folder() / name
    return library if library.exists() or compile_into(library, source, compiler) else None


@cache
def scratch_folder() -> Path:
    """Create a temporary folder for this process, used if the cache folder cannot be written."""
    folder = tempfile.mkdtemp(prefix="noonbit-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def compile_into(library: Path, source: Path, compiler: str) -> bool:
    """Compile to a temporary file and rename it to `library`; return whether that succeeded.

    The rename is atomic, so several processes may compile the same library at once.
    """
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as scratch:
            output = Path(scratch) / library.name
            for tuning in TUNINGS:
                command = [compiler, *FLAGS, *tuning, str(source), "-o", str(output)]
                result = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
                if result.returncode == 0:
                    output.replace(library)
                    return True
    except (OSError, subprocess.TimeoutExpired):
        pass
    return False
