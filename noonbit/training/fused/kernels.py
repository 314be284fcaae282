"""The C++ kernels by name, as a program calls them.

kernels = load(torch.float32)         None without a compiler

Every kernel takes the addresses of its arguments (call.h), so nothing is declared twice: the
library says which kernels it has, and how each argument is passed.
"""

import ctypes
from collections.abc import Callable, Iterator, Mapping
from ctypes import POINTER, Structure, Union, c_char_p, c_double, c_int64, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from noonbit.system import cpp_extension
from noonbit.training.fused import amx, operators

SOURCE = Path(__file__).with_name("kernels.cpp")
RUNNER = Path(__file__).with_name("program.cpp")


class Value(Union):
    """An argument of a call."""

    _fields_ = [("pointer", c_void_p), ("integer", c_int64), ("number", c_double)]


class Kernel(Structure):
    """A kernel of a library.

    `kinds` has a letter for each argument: p for a pointer, i for an integer, n for a number, and v
    for a `Value` in which the kernel stores something.
    """

    _fields_ = [("name", c_char_p), ("kinds", c_char_p), ("call", c_void_p)]


@dataclass(frozen=True, slots=True)
class Kernels:
    """The kernels for one dtype, and how a list of calls runs."""

    by_name: Mapping[str, Kernel]
    has_amx: bool
    runner: ctypes.CDLL
    """program.cpp: runs a program, or a team of threads with one each."""
    last_refusal: Callable[[], bytes]
    """Why PyTorch refused the last call that it refused, if it said so."""


@cache
def load(dtype: torch.dtype) -> Kernels | None:
    """Load the kernels; None if they are switched off or cannot be compiled, or if PyTorch's own
    operators are not to be found."""
    library, runner = cpp_extension.load(SOURCE), load_runner()
    pytorch = operators.load()
    if library is None or runner is None or pytorch is None:
        return None
    tiles = amx.load() if dtype == torch.bfloat16 else None
    tables = [library[f"{str(dtype).removeprefix('torch.')}_kernels"], pytorch.kernels]
    if tiles is not None:
        tables.append(tiles.kernels)
    by_name = {each.name.decode(): each for table in tables for each in list_kernels(table)}
    return Kernels(by_name, tiles is not None, runner, pytorch.last_refusal)


def load_runner() -> ctypes.CDLL | None:
    """Load program.cpp, and declare its functions."""
    runner = cpp_extension.load(RUNNER)
    if runner is None:
        return None
    for name, arguments, result in (
        ("run_program", (c_void_p,), None),
        ("new_team", (), c_void_p),
        ("serve_team", (c_void_p, c_int64), None),
        ("run_team", (c_void_p, c_void_p, c_int64, c_int64), None),
        ("end_team", (c_void_p,), None),
        ("delete_team", (c_void_p,), None),
    ):
        function = getattr(runner, name)  # which ctypes keeps, other than `runner[name]`
        function.argtypes, function.restype = arguments, result
    return runner


def list_kernels(table: Callable[[], object]) -> Iterator[Kernel]:
    """Yield the kernels of a library's table, which ends with one without a name."""
    table.restype = POINTER(Kernel)  # type: ignore[attr-defined]
    kernels = table()
    index = 0
    while kernels[index].name:  # type: ignore[index]
        yield kernels[index]  # type: ignore[index]
        index += 1
