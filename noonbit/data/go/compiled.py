"""The decorator for functions that numba compiles to machine code.

A function is compiled on its first call (10 to 20 s for all of them). numba caches the machine code
beside the module, or in the user's cache folder if that is read-only. The cache is invalidated if
the function's own file changes, but not if a function that it calls changes in another file: after
editing `board.py` or `ladders.py`, delete `__pycache__/*.nb?`.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from noonbit.errors import MissingExtra

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile a function, which then runs without the GIL. Raises `MissingExtra` without numba."""
    try:
        import numba
    except ImportError:
        raise MissingExtra("Go needs the package 'numba': pip install 'noonbit[go]'.") from None
    try:
        return cast(Function, numba.njit(function, cache=True, nogil=True))
    except RuntimeError:  # no cache folder is writable
        return cast(Function, numba.njit(function, nogil=True))
