"""A moment of a training as one binary frame: a JSON header, and all pictures in one atlas.

    uint32       length of the header in bytes, little-endian
    header       JSON in UTF-8, padded with spaces to a multiple of four bytes
    pixels       uint8, atlas height x atlas width, row by row

A picture of the header is a tile: where it lies in the atlas, and which values 0 and 255 stand for.
One frame is one file that is replaced as a whole, and one message to a page, so numbers and
pictures are always of the same step.
"""

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ATLAS_WIDTH = 512
"""Pixels, unless a tile is wider."""
MOST_COLUMNS = 32
"""Maps beside each other in a tile."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Maps of one size in the atlas: `count` of them, `columns` in a row, without gaps."""

    x: int
    y: int
    width: int
    """Of one map, in pixels."""
    height: int
    columns: int
    count: int
    channels: int
    """3 for colour pictures, whose planes lie side by side in this order: red, green, blue."""
    low: float
    """The value that 0 stands for; 255 stands for `high`."""
    high: float
    signed: bool
    """Whether `low` is -`high`, so that 127.5 stands for zero."""


class Atlas:
    """Collects tiles, and puts them below each other in rows as high as their highest tile."""

    def __init__(self) -> None:
        self.blocks: list[tuple[int, int, NDArray[np.uint8]]] = []
        self.x, self.y, self.row_height, self.width = 0, 0, 0, ATLAS_WIDTH

    def add(
        self,
        maps: NDArray[np.float32],
        *,
        signed: bool = False,
        value_range: tuple[float, float] | None = None,
        columns: int | None = None,
    ) -> Tile:
        """Add maps (count, h, w) or colour pictures (count, 3, h, w), and return their tile.

        They are scaled by their own range, or by `value_range`. Values that are not finite count
        as zero; a network that diverges has them.
        """
        channels = 3 if maps.ndim == 4 else 1
        count, height, width = len(maps), *maps.shape[-2:]
        low, high = range_of(maps, signed=signed) if value_range is None else value_range
        levels = to_bytes(maps, low, high)
        if channels == 3:  # the planes side by side
            levels = levels.transpose(0, 2, 1, 3).reshape(count, height, 3 * width)
        columns = min(count, columns or columns_for(channels * width))
        block = lay_out(levels, columns)
        if self.x and self.x + block.shape[1] > ATLAS_WIDTH:
            self.x, self.y, self.row_height = 0, self.y + self.row_height, 0
        tile = Tile(self.x, self.y, width, height, columns, count, channels, low, high, signed)
        self.blocks.append((self.x, self.y, block))
        self.x += block.shape[1]
        self.width = max(self.width, self.x)
        self.row_height = max(self.row_height, block.shape[0])
        return tile

    def pixels(self) -> NDArray[np.uint8]:
        """Return the atlas, uint8 (height, width)."""
        pixels = np.zeros((self.y + self.row_height, self.width), np.uint8)
        for x, y, block in self.blocks:
            pixels[y : y + block.shape[0], x : x + block.shape[1]] = block
        return pixels


def columns_for(width: int) -> int:
    """Return how many maps of a width stand in a row of the atlas."""
    return max(1, min(MOST_COLUMNS, ATLAS_WIDTH // width))


def range_of(maps: NDArray[np.float32], *, signed: bool) -> tuple[float, float]:
    """Return the lowest and highest finite value, (0, 0) without any; symmetric if signed."""
    low, high = (float(maps.min()), float(maps.max())) if maps.size else (0.0, 0.0)
    if not np.isfinite(low) or not np.isfinite(high):
        finite = maps[np.isfinite(maps)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if signed:
        high = max(-low, high)
        low = -high
    return low, high


def to_bytes(maps: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    """Scale values so that `low` becomes 0 and `high` 255."""
    if not high > low:
        return np.zeros(maps.shape, np.uint8) if high <= 0 else np.full(maps.shape, 255, np.uint8)
    scaled = (maps - low) * (255.0 / (high - low)) + 0.5
    if not np.isfinite(scaled).all():
        scaled = np.nan_to_num(scaled, nan=(0 - low) * 255.0 / (high - low), posinf=255, neginf=0)
    return scaled.clip(0, 255).astype(np.uint8)


def lay_out(maps: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Put maps (count, h, w) beside and below each other: (rows * h, columns * w)."""
    count, height, width = maps.shape
    rows = -(-count // columns)
    if rows * columns != count:
        filled = np.zeros((rows * columns, height, width), np.uint8)
        filled[:count] = maps
        maps = filled
    return (
        maps.reshape(rows, columns, height, width)
        .transpose(0, 2, 1, 3)
        .reshape(rows * height, columns * width)
    )


def fields_of(tile: Tile) -> dict[str, Any]:
    """Return a tile for JSON. `dataclasses.asdict`, which copies, takes ten times as long."""
    return {name: getattr(tile, name) for name in Tile.__slots__}


def encode_frame(header: dict[str, Any], pixels: NDArray[np.uint8]) -> bytes:
    """Return the bytes of a frame; `header` may hold tiles."""
    size = {"height": pixels.shape[0], "width": pixels.shape[1]}
    text = json.dumps(
        {**header, "atlas": size}, default=fields_of, separators=(",", ":"), allow_nan=False
    ).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<I", len(text)) + text + pixels.tobytes()


def decode_frame(frame: bytes) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """Return header and atlas of a frame; raises `ValueError` for what is none."""
    (length,) = struct.unpack_from("<I", frame) if len(frame) >= 4 else (len(frame),)
    header: dict[str, Any] = json.loads(frame[4 : 4 + length])
    height, width = header["atlas"]["height"], header["atlas"]["width"]
    pixels = np.frombuffer(frame, np.uint8, offset=4 + length)
    if pixels.size != height * width:
        raise ValueError(f"has {pixels.size} pixels for an atlas of {height} x {width}")
    return header, pixels.reshape(height, width)


def maps_of(tile: Tile, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the maps of a tile: (count, h, w), or (count, 3, h, w) for colour."""
    width = tile.channels * tile.width
    rows = -(-tile.count // tile.columns)
    block = pixels[tile.y : tile.y + rows * tile.height, tile.x : tile.x + tile.columns * width]
    maps = block.reshape(rows, tile.height, tile.columns, width).transpose(0, 2, 1, 3)
    maps = maps.reshape(-1, tile.height, width)[: tile.count]
    if tile.channels == 1:
        return maps
    planes = maps.reshape(tile.count, tile.height, 3, tile.width)
    return planes.transpose(0, 2, 1, 3)
