"""Find this package's C++ files as libraries, or compile them for this processor, and load them.

    library = load(Path(__file__).with_name("kernels.cpp"))     # None if there is no compiler

A wheel brings a library for each level of processors, beside the file. Without one that fits, the
file is compiled, which takes 1 to 3 s per file, once for each processor and source text. These
libraries are kept in the user's cache, or in a temporary folder of this process if that cannot be
used. Those that start threads (`noonbit.augment`) share PyTorch's: a process has only one OpenMP
runtime.

A library is code, and half of one kills the process that loads it. So a kept one is loaded only if
nobody else can have written it (see `system.private`) and it has the checksum stored beside it,
which takes 1 ms; else it is compiled anew.
"""

import atexit
import contextlib
import ctypes
import hashlib
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

from noonbit.errors import ArtefactError, UsageError
from noonbit.system.cpp_compiler import (
    FLAGS,
    LEVELS,
    compile_source,
    find_compiler,
    installed_library,
    list_sources,
    tunings,
)
from noonbit.system.files import user_cache, write
from noonbit.system.hardware import processor_features, x86_64_levels
from noonbit.system.private import make_private_folder, read_private, read_value, store_value

SWITCH = "NOONBIT_KERNELS"
"""The environment variable that turns compiled code off, if set to `off`. A level of processors
(`LEVELS`) compiles for all processors of that level instead of for this one."""


@cache
def load(source: Path) -> ctypes.CDLL | None:
    """Load a file's functions; None if they are turned off or cannot be compiled."""
    if chosen_level() == "off":
        return None
    for library in chain(find_installed(source), find_or_compile(source)):
        with contextlib.suppress(OSError):  # such as a folder from which nothing may be executed
            return ctypes.CDLL(str(library))
    return None


def chosen_level() -> str:
    """Return what `SWITCH` says: nothing, `off` or one of `LEVELS`; else raises `UsageError`."""
    level = os.environ.get(SWITCH, "").lower()
    if level not in ("", "off", *LEVELS):
        raise UsageError(f"{SWITCH} is {level!r}; it may be off, {' or '.join(LEVELS)}, or unset.")
    if level in LEVELS and level not in x86_64_levels():
        raise UsageError(f"{SWITCH} is {level}, whose instructions this processor does not have.")
    return level


def find_installed(source: Path) -> Iterator[Path]:
    """Yield a wheel's libraries of a file for this processor, the newest level first."""
    level = chosen_level()
    for each in (level,) if level else reversed(x86_64_levels()):
        if (library := installed_library(source, each)).exists():
            yield library


def has_installed(source: Path) -> bool:
    """Whether a wheel brought a library of a file for this processor."""
    return next(find_installed(source), None) is not None


def describe_missing() -> str | None:
    """Return what it costs that no library can be had here; None where they can, or are off."""
    sources = list_sources(Path(__file__).parents[1])
    if chosen_level() == "off" or find_compiler() is not None or any(map(has_installed, sources)):
        return None
    return (
        "noonbit's compiled loops are not here: this installation brought none for this processor, "
        "and there is no C++ compiler. Everything works; `cnn` and `mlp` took 1.6 and 1.4 times as "
        "long to train in float32 where that was measured, and 2.6 and 1.9 times in bfloat16. A "
        "wheel for this platform, or g++ or clang, brings them."
    )


def find_or_compile(source: Path) -> Iterator[Path]:
    """Yield the places of this processor's library, until one can be loaded; none if impossible."""
    compiler = find_compiler()
    if compiler is None or platform.system() == "Windows":
        return
    targets = tunings(chosen_level() or None)
    machine = repr((FLAGS, targets, processor_features(), platform.libc_ver()))
    headers = b"".join(each.read_bytes() for each in sorted(source.parent.glob("*.h")))
    digest = hashlib.sha256(source.read_bytes() + headers + machine.encode()).hexdigest()
    name = f"{source.stem}-{digest[:32]}.so"
    if is_whole(cache_folder() / name):
        yield cache_folder() / name
    content = compile_source(source, compiler, targets)
    for choose_folder in (cache_folder, scratch_folder):
        if content is not None and store_library(choose_folder() / name, content):
            yield choose_folder() / name


def cache_folder() -> Path:
    """Return the folder of the libraries."""
    return user_cache() / "libraries"


def checksum_path(library: Path) -> Path:
    """Return the file with a library's checksum."""
    return library.with_suffix(".json")


def is_whole(library: Path) -> bool:
    """Whether a library is there, private to this user, and as it was compiled."""
    content = read_private(library)
    return content is not None and read_value(checksum_path(library)) == checksum_of(content)


def checksum_of(content: bytes) -> dict[str, str]:
    """Return what is stored of a library's content."""
    return {"sha256": hashlib.sha256(content).hexdigest()}


@cache
def scratch_folder() -> Path:
    """Create a temporary folder for this process, used if the cache cannot be."""
    folder = tempfile.mkdtemp(prefix="noonbit-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def store_library(library: Path, content: bytes) -> bool:
    """Write a library and its checksum to a private folder; return whether that succeeded.

    Both are replaced atomically, the checksum last, so several processes may store the same library
    at once: if the two do not belong together in the end, the next process compiles it again.
    """
    try:
        make_private_folder(library.parent)
        write(library, lambda path: path.write_bytes(content), cached=True)
        store_value(checksum_path(library), checksum_of(content))
    except (OSError, ArtefactError):
        return False
    return True
