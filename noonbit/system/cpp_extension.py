"""C++ files of this package: compiled once for this processor, then loaded.

    library = load(Path(__file__).with_name("kernels.cpp"))     None where there is no compiler

Compiling takes 1 to 3 s a file, once for each processor and version; the libraries lie in the
user's cache folder, or in a temporary one for this process alone. They use the threads that
PyTorch's operators use, and as many: both are the process's one OpenMP.
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
"""An environment variable: `off` does without compiled code."""
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
"""For the processor at hand, the first that a compiler takes. Vectors of 512 bits are 1.2 to 2
times as fast here as those of 256 that compilers prefer."""
TIMEOUT = 60
"""Seconds for a compiler."""


@cache
def load(source: Path) -> ctypes.CDLL | None:
    """A file's functions; None where they are switched off or cannot be compiled."""
    if os.environ.get(SWITCH, "").lower() == "off":
        return None
    library = compiled(source)
    if library is None:
        return None
    try:
        return ctypes.CDLL(str(library))
    except OSError:  # of another system, or damaged
        library.unlink(missing_ok=True)
        library = compiled(source)
        return None if library is None else ctypes.CDLL(str(library))


def compiled(source: Path) -> Path | None:
    """The library for this processor, compiled if it is not there yet."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None or platform.system() == "Windows":
        return None
    facts = (source.read_bytes(), repr((FLAGS, TUNINGS)).encode(), processor_features().encode())
    name = f"{source.stem}-{hashlib.sha256(b' '.join(facts)).hexdigest()[:32]}.so"
    library = user_cache() / name
    if library.exists() or compile_into(library, source, compiler):
        return library
    library = scratch_folder() / name
    return library if library.exists() or compile_into(library, source, compiler) else None


@cache
def scratch_folder() -> Path:
    """For this process alone, where the cache folder cannot be written."""
    folder = tempfile.mkdtemp(prefix="noonbit-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def compile_into(library: Path, source: Path, compiler: str) -> bool:
    """Compile beside its place and move it there in one step: several processes may do so."""
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as scratch:
            made = Path(scratch) / library.name
            for tuning in TUNINGS:
                command = [compiler, *FLAGS, *tuning, str(source), "-o", str(made)]
                done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False)
                if done.returncode == 0:
                    made.replace(library)
                    return True
    except (OSError, subprocess.TimeoutExpired):
        pass
    return False
