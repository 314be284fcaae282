"""Pictures as the bytes of files."""

import io
import zlib

import numpy as np
from PIL import Image


def encode(image: Image.Image, form: str = "PNG") -> bytes:
    """The bytes of an image file."""
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


def noise_picture(width: int = 8, height: int = 8, *, seed: int = 0) -> bytes:
    """A grey PNG that holds noise."""
    levels = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    return encode(Image.fromarray(levels))


def empty_png(width: int, height: int) -> bytes:
    """The header of a PNG of any size, without its pixels."""
    picture = bytearray(noise_picture())
    picture[16:24] = width.to_bytes(4) + height.to_bytes(4)
    picture[29:33] = zlib.crc32(picture[12:29]).to_bytes(4)
    return bytes(picture)
