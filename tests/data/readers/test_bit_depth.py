import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from noonbit.data.files import File
from noonbit.data.readers.bit_depth import FULL_WHITE, highest_of_depth, white_level_of
from noonbit.data.readers.pictures import convert_image, decode, highest_level, inspect
from noonbit.errors import InputRefused

LEVELS = np.linspace(0, 4080, 48).astype(np.uint16).reshape(6, 8)


def grey(levels: np.ndarray, kind: str = "PNG") -> bytes:
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, kind)
    return stream.getvalue()


def colour_png(levels: np.ndarray) -> bytes:
    """(H, W, 3 or 4) of 16 bits, which Pillow cannot write; the layout is the specification's."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    height, width, channels = levels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    chunks = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def colour_tiff(levels: np.ndarray, order: str) -> bytes:
    """(H, W, 3) of 16 bits in one strip; the TIFF 6.0 specification has the layout."""
    height, width, _ = levels.shape
    data, bits_at = levels.astype(f"{order}u2").tobytes(), 8 + 2 + 12 * 9 + 4
    tags = {256: width, 257: height, 258: (3, bits_at), 259: 1, 262: 2, 273: bits_at + 6, 277: 3}
    tags |= {278: height, 279: len(data)}
    entries = b""
    for tag, value in tags.items():
        count, value = value if isinstance(value, tuple) else (1, value)
        entries += struct.pack(f"{order}HHII", tag, 3 if count > 1 else 4, count, value)
    start = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}IH", 8, len(tags))
    return start + entries + struct.pack(f"{order}I3H", 0, 16, 16, 16) + data


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_twelve_bits_of_grey_keep_what_eight_can_hold(kind: str) -> None:
    content = grey(LEVELS, kind)
    assert highest_level(content, "a") == 4080
    pixels = np.asarray(decode(content, "a", white_level=4080))
    np.testing.assert_array_equal(pixels, np.floor(LEVELS / 16 + 0.5))
    opened = convert_image(Image.open(io.BytesIO(content)), "a", white_level=4080)
    np.testing.assert_array_equal(np.asarray(opened), pixels)


COLOUR = np.stack([LEVELS, LEVELS[::-1], 4080 - LEVELS], axis=-1)


@pytest.mark.parametrize(
    "content",
    [colour_png(COLOUR), colour_tiff(COLOUR, "<"), colour_tiff(COLOUR, ">")],
    ids=["PNG", "TIFF", "TIFF, high byte first"],
)
def test_twelve_bits_of_colour_keep_what_eight_can_hold(content: bytes) -> None:
    picture = inspect(File("a", len(content), lambda: io.BytesIO(content)))
    assert (picture.channels, picture.bits) == (3, 16)
    assert highest_level(content, "a") == 4080
    pixels = np.asarray(decode(content, "a", white_level=4080))
    np.testing.assert_array_equal(pixels, np.floor(COLOUR / 16 + 0.5))


def test_transparency_has_all_of_its_range_whatever_white_is() -> None:
    ink = np.zeros((2, 2, 4), np.uint16)
    ink[:, 0, 3] = FULL_WHITE  # opaque ink on the left, nothing on the right
    pixels = np.asarray(decode(colour_png(ink), "a", white_level=4080))
    assert pixels[:, 0].max() == 0 and pixels[:, 1].min() == 255


def test_the_header_says_how_many_bits_there_are() -> None:
    for content, bits in ((grey(LEVELS), 16), (grey(LEVELS.astype(np.uint8)), 8)):
        assert inspect(File("a", len(content), lambda c=content: io.BytesIO(c))).bits == bits


def test_a_picture_of_more_bits_is_refused_and_a_few_broken_pixels_are_white() -> None:
    with pytest.raises(InputRefused, match=r"a has levels up to 65,280, where white is 4,080\."):
        decode(grey(LEVELS * 16), "a", white_level=4080)
    broken = np.zeros((20, 20), np.uint16)
    broken[0, 0] = FULL_WHITE
    assert np.asarray(decode(grey(broken), "a", white_level=4080)).max() == 255
    assert np.asarray(decode(grey(LEVELS + 15), "a", white_level=4080)).max() == 255


@pytest.mark.parametrize(
    ("highest", "white"),
    [(1, 1), (9, 16), (200, 255), (1020, 1020), (4095, 4095), (16_383, 16_383)]
    + [(32_768, 65_535), (65_535, 65_535), (70_000, 70_000)],
)
def test_white_is_the_highest_level_of_unusual_depths(highest: int, white: int) -> None:
    assert white_level_of(highest) == white


def test_another_picture_of_the_same_depth_may_be_lighter() -> None:
    assert [highest_of_depth(white) for white in (1, 16, 255, 1020, 4080, 65_535)] == [
        *(1, 16, 255, 1023, 4095, 65_535)
    ]
