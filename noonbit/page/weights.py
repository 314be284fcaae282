"""The weights of a page as bytes: float16 for what is large, float32 for what is small.

A float16 has 11 bits; each tensor's numbers are first divided by a power of two, so that its
largest is near float16's largest: none overflows, and none above 2^-28 of the largest loses bits.
Biases, statistics and other tensors of few numbers stay float32, which costs 1 % of the size.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

WeightsDtype: TypeAlias = Literal["float16", "float32"]
FEW = 1_024
"""Numbers of a tensor up to which it stays float32."""
HIGHEST_EXPONENT = 15
"""float16 holds numbers up to nearly two to the power of 16; a rounding may add a bit."""

IndexEntry: TypeAlias = dict[str, str | int]
"""name, dtype, count, offset (bytes), exponent; binary.js reads it."""


def encode_weights(
    weights: Mapping[str, NDArray[Any]], dtype: WeightsDtype
) -> tuple[list[IndexEntry], bytes]:
    """Return where each tensor lies, and the bytes, little endian, at offsets that 4 divides."""
    index: list[IndexEntry] = []
    content = bytearray()
    for name, values in weights.items():
        exponent = 0
        if values.dtype.kind != "f":
            kind, stored = "int32", values.astype("<i4")
        elif dtype == "float32" or values.size <= FEW:
            kind, stored = "float32", values.astype("<f4")
        else:
            kind, exponent = "float16", exponent_of(values)
            stored = scale(values, -exponent).astype("<f2")
        index.append(
            {
                "name": name,
                "dtype": kind,
                "count": int(values.size),
                "offset": len(content),
                "exponent": exponent,
            }
        )
        content += stored.tobytes()
        content += b"\0" * (-len(content) % 4)
    return index, bytes(content)


def exponent_of(values: NDArray[np.floating[Any]]) -> int:
    """The power of two by which numbers are divided before they become float16."""
    largest = float(np.abs(values).max())
    return int(np.frexp(largest)[1]) - HIGHEST_EXPONENT if largest else 0


def scale(values: NDArray[np.floating[Any]], exponent: int) -> NDArray[np.float64]:
    """Numbers times two to a power; exact."""
    scaled: NDArray[np.float64] = np.ldexp(values.astype(np.float64), exponent)
    return scaled


def round_weights(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The numbers that a page computes with, where it has these as float16."""
    exponent = exponent_of(values)
    return scale(scale(values, -exponent).astype(np.float16), exponent).astype(np.float32)
