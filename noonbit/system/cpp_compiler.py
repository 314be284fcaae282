"""How this package's C++ files are compiled: for this processor, or for a level of processors.

Both the package and the hook that builds wheels (`hatch_build.py`) compile with this module, so it
imports nothing but the standard library, not even the rest of the package.
"""

import contextlib
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

LEVELS = ("x86-64-v3", "x86-64-v4")
"""Of the x86-64 psABI, by which libraries are chosen: with AVX2, and with AVX-512."""
COMPILERS = ("c++", "g++", "clang++")
SYSTEM = platform.system()
FLAGS = (
    *("-std=c++17", "-O3", "-fno-math-errno", "-fno-trapping-math"),
    *(() if SYSTEM == "Windows" else ("-fPIC",)),
    *(("-fopenmp",) if SYSTEM == "Linux" else ()),
)
LINK_FLAGS = ("-shared", *(("-static",) if SYSTEM == "Windows" else ()))
"""Without OpenMP's own library: its functions are found in the one that PyTorch has loaded, and
a process must have no second one."""
MACOS_FLAGS = ("-undefined", "dynamic_lookup")
IS_ARM = platform.machine().lower() in ("arm64", "aarch64")
TIMEOUT = 60
"""Seconds that one run of the compiler may take while somebody waits for a training."""
AMX = ("-mamx-tile", "-mamx-bf16", "-mavx512bf16")
"""Instructions that code may use beyond its level, since it asks the processor itself."""


def find_compiler() -> str | None:
    """Return the C++ compiler of this machine; None without one."""
    return next(filter(None, map(shutil.which, COMPILERS)), None)


def list_sources(package: Path) -> list[Path]:
    """Return all C++ files of the package: each becomes a library."""
    return sorted(package.rglob("*.cpp"))


def tunings(level: str | None) -> tuple[tuple[str, ...], ...]:
    """Return sets of flags for a level, or for this processor, the best first.

    The first set that the compiler accepts is used. 512-bit vectors are 1.2 to 2 times as fast
    here as the 256-bit vectors that compilers prefer.
    """
    if IS_ARM and level is None:
        return (("-mcpu=native",),)
    target = f"-march={level or 'native'}"
    wide = "-mprefer-vector-width=512"
    if level == "x86-64-v4":
        return (target, wide, *AMX), (target, wide), (target,)
    return (target, wide), (target,)


def compile_source(
    source: Path,
    compiler: str,
    tunings: Sequence[Sequence[str]],
    *,
    timeout: float | None = TIMEOUT,
) -> bytes | None:
    """Return the library of a file; None if it cannot be compiled, or not in `timeout` seconds."""
    with (
        contextlib.suppress(OSError, subprocess.TimeoutExpired),
        tempfile.TemporaryDirectory() as scratch,
    ):
        unlinked, library = Path(scratch) / "library.o", Path(scratch) / "library.so"
        for tuning in tunings:
            steps = (
                (*FLAGS, *tuning, "-c", str(source), "-o", str(unlinked)),
                (
                    *(*LINK_FLAGS, *(MACOS_FLAGS if SYSTEM == "Darwin" else ())),
                    *(str(unlinked), "-o", str(library)),
                ),
            )
            if all(succeeds([compiler, *arguments], timeout) for arguments in steps):
                return library.read_bytes()
    return None


def succeeds(command: Sequence[str], timeout: float | None) -> bool:
    """Whether a command ends with 0; raises `TimeoutExpired` where it takes too long."""
    result = subprocess.run(command, capture_output=True, timeout=timeout, check=False)
    return result.returncode == 0


def installed_library(source: Path, level: str) -> Path:
    """Return the place of a file's library for a level, beside the file."""
    return source.with_name(f"{source.stem}.{level}.so")


def compile_all(package: Path, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Compile all C++ files of the package for every level, into `folder`.

    Yields each library and its place in the package; none without a compiler, on other processors
    than x86-64, and of what cannot be compiled.
    """
    compiler = find_compiler()
    if compiler is None or platform.machine().lower() not in ("x86_64", "amd64"):
        return
    for source in list_sources(package):
        for level in LEVELS:
            content = compile_source(source, compiler, tunings(level), timeout=None)
            if content is not None:
                place = installed_library(source, level)
                library = folder / f"{len(list(folder.iterdir()))}-{place.name}"
                library.write_bytes(content)
                yield library, place
