"""Strides: where the numbers of an array lie that is stored in row-major order."""

from collections.abc import Sequence
from math import prod


def contiguous_strides(shape: Sequence[int]) -> list[int]:
    """How many numbers lie between neighbours along each axis."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


def broadcast_strides(shape: Sequence[int], to: Sequence[int]) -> list[int]:
    """The strides by which an array is read as one of another shape; 0 where it is repeated."""
    padded = [1] * (len(to) - len(shape)) + list(shape)
    return [
        0 if side == 1 else stride
        for side, stride in zip(padded, contiguous_strides(padded), strict=True)
    ]
