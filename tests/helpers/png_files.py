"""PNG files of every colour type and depth, which Pillow can read but not write."""

import struct
import zlib
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel, by colour type: grey, colour, palette, grey and alpha, colour and alpha."""
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
KINDS = [
    (colour_type, bits, interlaced)
    for colour_type, depths in DEPTHS.items()
    for bits, interlaced in product(depths, (False, True))
]
"""All of them: colour type, bits a sample, interlaced."""
ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""First column and row of each pass, and the steps to the next."""


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk with its length and checksum."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def png_file(
    samples: NDArray[np.int64],
    bits: int,
    colour_type: int,
    chunks: Sequence[tuple[bytes, bytes]] = (),
    *,
    interlaced: bool = False,
    filters: Sequence[int] = (0, 1, 2, 3, 4),
) -> bytes:
    """Encode samples (H, W, samples a pixel): `chunks` before the pixels, `filters` by turns."""
    height, width, _ = samples.shape
    passes = ADAM7 if interlaced else ((0, 0, 1, 1),)
    data = b"".join(
        pack_rows(samples[top::down, left::right], bits, filters)
        for left, top, right, down in passes
    )
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, int(interlaced))
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def pack_rows(samples: NDArray[np.int64], bits: int, filters: Sequence[int]) -> bytes:
    """The filtered rows of a pass, each with its filter's number."""
    height, width, per_pixel = samples.shape
    if not width:
        return b""
    step = max(1, per_pixel * bits // 8)
    above = np.zeros(0, np.uint8)
    out = b""
    for number in range(height):
        row = pack_samples(samples[number].ravel(), bits)
        above = above if above.size else np.zeros_like(row)
        kind = filters[number % len(filters)]
        out += bytes([kind]) + (row - predict_row(kind, row, above, step)).tobytes()
        above = row
    return out


def pack_samples(samples: NDArray[np.int64], bits: int) -> NDArray[np.uint8]:
    """Samples of a row as bytes, the highest bits first."""
    if bits == 16:
        return samples.astype(">u2").view(np.uint8)
    digits = np.unpackbits(samples.astype(np.uint8)[:, None], axis=1)[:, 8 - bits :]
    return np.packbits(digits)


def predict_row(
    kind: int, row: NDArray[np.uint8], above: NDArray[np.uint8], step: int
) -> NDArray[np.uint8]:
    """What a filter subtracts: none, left, above, their mean, or Paeth's choice."""
    left, corner = (
        np.concatenate([np.zeros(step, np.uint8), line])[: len(row)].astype(np.int64)
        for line in (row, above)
    )
    up = above.astype(np.int64)
    if kind == 4:
        estimate = left + up - corner
        distances = np.abs(np.stack([left, up, corner]) - estimate)
        predicted = np.choose(distances.argmin(axis=0), [left, up, corner])
    else:
        predicted = (np.zeros_like(up), left, up, (left + up) // 2)[kind]
    return predicted.astype(np.uint8)
