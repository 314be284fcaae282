"""Pictures that store more than 8 bits a channel: all of their levels, and what of them is white.

Files of 16 bits often hold 10, 12 or 14 of them, as their camera or scanner has. Read by the
file's own depth, such pictures would be nearly black, and lose most of their levels.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.ImageFile import _Tile

from noonbit.errors import InputRefused

FULL_WHITE = 65_535
"""The highest level of 16 bits."""
HIGHEST_LEVEL = 2**31 - 1
"""The highest level of a picture of 32 bits, as Pillow reads it."""
MOST_ABOVE = 0.01
"""The share of pixels that may lie above what white's number of bits can hold: a few broken ones.
With more of them, a picture is of another depth."""

_OTHER_BYTE = {
    "RGB;16B": "RGB;16L",
    "RGB;16L": "RGB;16B",
    "RGBA;16B": "RGBA;16L",
    "RGBA;16L": "RGBA;16B",
}
"""Pillow reads the high bytes of 16-bit colour; in the other byte order, the low ones."""


def bits_of(image: Image.Image) -> int:
    """Bits a channel, 8 or 16, of an opened picture; looks at the header only."""
    return 16 if is_deep_grey(image) or is_deep_colour(image) else 8


def is_deep_grey(image: Image.Image) -> bool:
    """Whether the mode is one of Pillow's for grey of more than 8 bits."""
    return image.mode.startswith("I")


def is_deep_colour(image: Image.Image) -> bool:
    """Whether the file holds 16 bits a channel, although Pillow's mode has 8."""
    tiles = getattr(image, "tile", ())
    return bool(tiles) and all(_raw_mode(tile) in _OTHER_BYTE for tile in tiles)


def white_level_of(highest: float) -> float:
    """The level that stands for white in pictures or arrays whose highest level is `highest`.

    1, 16 and 255 are the white of unit floats and masks, of the 4-bit digits of scikit-learn, and
    of bytes. Above them it is the highest level itself, unless it needs all of 16 bits.
    """
    for white in (1.0, 16.0, 255.0):
        if highest <= white:
            return white
    return float(FULL_WHITE) if FULL_WHITE / 2 < highest <= FULL_WHITE else highest


def highest_of_depth(white_level: float) -> float:
    """The highest number with as many bits as `white_level`, 4,095 for 4,080; of bytes, 255.

    Another picture of the same camera may have it, although no training picture did.
    """
    return white_level if white_level <= 255 else float((1 << int(white_level).bit_length()) - 1)


def levels_of(image: Image.Image, content: bytes) -> NDArray[np.int32]:
    """All levels of a deep picture, upright: (H, W), or (H, W, 3 or 4) of colour.

    `content` is the file that `image` was opened from; unused where the picture is grey.
    """
    high = np.asarray(ImageOps.exif_transpose(image)).astype(np.int32)
    if is_deep_grey(image):
        return high
    again = Image.open(io.BytesIO(content))
    again.tile = [_in_other_byte_order(tile) for tile in again.tile]
    low = np.asarray(ImageOps.exif_transpose(again))
    return np.asarray(high * 256 + low, np.int32)


def colours_of(levels: NDArray[np.int32]) -> NDArray[np.int32]:
    """The levels without those of an alpha channel."""
    return levels[..., :3] if levels.ndim == 3 else levels


def image_of_levels(levels: NDArray[np.int32], white_level: int, name: str) -> Image.Image:
    """Deep levels as a picture of 8 bits, in which `white_level` and what is above it is white.

    Alpha, a fourth channel, always has the whole range. Raises `InputRefused` for a picture that
    uses more bits than `white_level` has.
    """
    colours = colours_of(levels)
    most = highest_of_depth(white_level)
    if (colours > most).mean() > MOST_ABOVE:
        raise InputRefused(
            name,
            f"has levels up to {int(colours.max()):,}, where white is {white_level:,}",
        )
    pixels = (colours.astype(np.float32) / (white_level / 255) + 0.5).clip(0, 255).astype(np.uint8)
    if levels.ndim == 3 and levels.shape[2] == 4:
        pixels = np.dstack([pixels, (levels[..., 3] >> 8).astype(np.uint8)])
    return Image.fromarray(pixels)


def _raw_mode(tile: _Tile) -> object:
    # The arguments of a decoder are the raw mode, or begin with it.
    return tile.args[0] if isinstance(tile.args, tuple) and tile.args else tile.args


def _in_other_byte_order(tile: _Tile) -> _Tile:
    if isinstance(tile.args, tuple):
        return tile._replace(args=(_OTHER_BYTE[tile.args[0]], *tile.args[1:]))
    return tile._replace(args=_OTHER_BYTE[str(tile.args)])
