"""Take a MATLAB file of version 5 apart, and check its structure before SciPy reads it.

A file is a header of 128 bytes and elements; an element is a type, its count of bytes, and these;
that of an array holds elements again (MAT-File Format, MathWorks). SciPy looks up types in a table
in C without asking whether they are in it, goes into arrays inside each other as deep as a file
says, and makes room for as many cells as it states: a damaged byte could kill the process. The
check takes microseconds an array.
"""

import struct
import zlib
from collections.abc import Iterator
from math import prod

from noonbit.data.compression import ALWAYS_ALLOWED_SIZE, GROWTH_LIMIT, refuse_bomb

HEADER_BYTES = 128
DEEPEST = 64
"""Arrays inside each other, such as cells in structures; five are usual."""
FREE_CELLS = 2**20
"""Items that an array may state beyond its bytes: structures without fields have none."""
_ARRAY, _COMPRESSED, _INT32 = 14, 15, 5
_NUMBERS = frozenset((*range(1, 8), 9, 12, 13, 16, 17, 18))
_CELL, _STRUCTURE, _OBJECT, _SPARSE, _FUNCTION, _OPAQUE = 1, 2, 3, 5, 16, 17
_COMPLEX = 0x800
_HOLDS_ARRAYS = (_CELL, _STRUCTURE, _OBJECT, _FUNCTION, _OPAQUE)


def split_elements(raw: bytes, name: str) -> Iterator[bytes]:
    """Yield each element of a file, uncompressed, as a file of its own.

    Raises `ValueError` or what zlib raises for a damaged file, and `DataError` for a bomb.
    """
    order = ">" if raw[126:128] == b"MI" else "<"
    header, at, unpacked = raw[:HEADER_BYTES], HEADER_BYTES, 0
    most = max(ALWAYS_ALLOWED_SIZE, GROWTH_LIMIT * len(raw))
    while at < len(raw):
        kind, size = struct.unpack_from(f"{order}II", raw, at)
        element = raw[at : at + 8 + size]
        if len(element) < 8 + size:
            raise ValueError(f"{8 + size - len(element):,} bytes are missing at its end")
        if kind == _COMPRESSED:
            element = zlib.decompressobj().decompress(element[8:], most + 1)
            kind, _ = struct.unpack_from(f"{order}II", element)
        unpacked += len(element)
        refuse_bomb(name, len(raw), unpacked)
        if kind == _ARRAY:
            _check_array(memoryview(element)[8:], order, DEEPEST)
            yield header + element
        at += 8 + size


def _check_array(array: memoryview, order: str, deepest: int) -> None:
    """Raise `ValueError` for an array of types or sizes that cannot be."""
    if not deepest:
        raise ValueError(f"it holds more than {DEEPEST} arrays inside each other")
    at = number = kind_of_array = flags = 0
    while at < len(array):
        kind, size = struct.unpack_from(f"{order}II", array, at)
        begin, step = at + 8, 8 + size + -size % 8
        if kind >> 16:  # a small element has its type, size and bytes in eight bytes
            kind, size, begin, step = kind & 0xFFFF, kind >> 16, at + 4, 8
        content = array[begin : begin + size]
        if len(content) < size or (step == 8 and begin == at + 4 and size > 4):
            raise ValueError(f"an element states {size:,} bytes, and has {len(content):,}")
        if kind == _ARRAY and number > 1 and kind_of_array in _HOLDS_ARRAYS:
            _check_array(content, order, deepest - 1)
        elif kind not in _NUMBERS:
            raise ValueError(f"an element is of the type {kind}, which is none here")
        if number == 0:
            (flags,) = struct.unpack_from(f"{order}I", content)
            kind_of_array = flags & 0xFF
        elif number == 1 and kind == _INT32 and kind_of_array != _SPARSE:
            shape = struct.unpack(f"{order}{size // 4}i", content[: size // 4 * 4])
            if min(shape, default=0) < 0 or prod(shape) > len(array) + FREE_CELLS:
                raise ValueError(f"{len(array):,} bytes are stated to be of the shape {shape}")
        at, number = at + step, number + 1
    if kind_of_array not in _HOLDS_ARRAYS:
        # Flags, shape, name and values; rows and columns of a sparse one; imaginary parts.
        least = 4 + 2 * (kind_of_array == _SPARSE) + bool(flags & _COMPLEX)
        if number < least:
            raise ValueError(f"an array has {number} of its {least} elements")
