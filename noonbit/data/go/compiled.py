"""The decorator of the functions that numba translates to machine code.

They are translated when one is first called (10 to 20 s in all) and kept beside their modules,
or in the user's cache folder where that cannot be written, so that later processes begin at once.
What is kept is renewed when a function's own file changes, not when a file does that it calls:
whoever edits `board.py` or `ladders.py` deletes `__pycache__/*.nb?`.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from noonbit.errors import MissingExtra

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """The function as machine code, which other threads run beside. Raises `MissingExtra`."""
    try:
        import numba
    except ImportError:
        raise MissingExtra("Go needs the package 'numba': pip install 'noonbit[go]'.") from None
    try:
        return cast(Function, numba.njit(function, cache=True, nogil=True))
    except RuntimeError:  # no folder can be written to
        return cast(Function, numba.njit(function, nogil=True))
