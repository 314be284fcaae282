"""The one decoder: what a file is, how it comes out, and why it is refused."""

import io
import logging
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from noonbit.config.ranges import PIXEL_LIMIT
from noonbit.data.dataset import Picture
from noonbit.data.files import File, open_files
from noonbit.data.readers.pictures import (
    FORMATS,
    SUFFIXES,
    decode,
    flatten_to_mode,
    inspect,
    note_misnamed,
    scan,
)
from noonbit.errors import InputRefused

GREY = np.arange(12 * 8, dtype=np.uint8).reshape(12, 8)
COLOUR = np.stack([GREY, GREY + 50, GREY + 100], axis=-1)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def in_memory(content: bytes, name: str = "a.png") -> File:
    return File(name, len(content), lambda: io.BytesIO(content))


def refusal(content: bytes, name: str = "a.png") -> str:
    with pytest.raises(InputRefused) as error:
        decode(content, name)
    return error.value.reason


@pytest.mark.parametrize(
    ("image", "mode"),
    [
        (Image.fromarray(GREY), "L"),
        (Image.fromarray(COLOUR), "RGB"),
        (Image.fromarray(GREY).convert("1"), "L"),
        (Image.fromarray(GREY).convert("LA"), "L"),
        (Image.fromarray(COLOUR).convert("RGBA"), "RGB"),
        (Image.fromarray(GREY).convert("P"), "L"),
        (Image.fromarray(COLOUR).convert("P"), "RGB"),
        (Image.fromarray(GREY.astype(np.uint16) * 257), "L"),
    ],
)
def test_every_mode_comes_out_grey_or_colour_as_its_header_says(image, mode: str) -> None:
    content = encoded(image)
    picture = inspect(in_memory(content))
    assert (picture.width, picture.height) == (8, 12)
    assert picture.channels == {"L": 1, "RGB": 3}[mode]
    assert picture.read() == content
    decoded = decode(content, "a.png")
    assert (decoded.mode, decoded.size) == (mode, (8, 12))


@pytest.mark.parametrize("kind", ["BMP", "GIF", "TIFF"])
@pytest.mark.parametrize("pixels", [GREY, COLOUR])
def test_palettes_of_other_formats_agree_with_their_pixels(kind: str, pixels) -> None:
    content = encoded(Image.fromarray(pixels).convert("P"), kind)
    mode = decode(content, "a").mode
    assert mode == ("L" if pixels is GREY else "RGB")
    assert inspect(in_memory(content)).channels == len(mode)


def test_cmyk_photographs_become_colour() -> None:
    content = encoded(Image.fromarray(COLOUR).convert("CMYK"), "JPEG")
    assert inspect(in_memory(content)).channels == 3
    assert decode(content, "a.jpg").mode == "RGB"


def test_sixteen_bit_grey_is_scaled_to_eight() -> None:
    wide = np.array([[0, 257, 32768, 65535]], np.uint16)
    for kind in ("PNG", "TIFF"):
        pixels = np.asarray(decode(encoded(Image.fromarray(wide), kind), "a"))
        np.testing.assert_array_equal(pixels, [[0, 1, 128, 255]])


def test_transparency_becomes_white_paper_in_every_mode() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    clear.putpixel((1, 1), (0, 0, 0, 255))
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    for content in (
        encoded(clear),
        encoded(clear.convert("LA")),
        encoded(palette, transparency=0),
        encoded(palette, "GIF", transparency=0),
    ):
        assert np.asarray(decode(content, "a"))[0, 0].min() == 255
    assert np.asarray(decode(encoded(clear), "a"))[1, 1].max() == 0


def test_the_cameras_rotation_is_obeyed_and_swaps_the_size() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("JPEG", "PNG", "TIFF"):
        content = encoded(Image.fromarray(GREY), kind, exif=exif)
        picture = inspect(in_memory(content))
        assert (picture.width, picture.height) == (12, 8)
        image = decode(content, "a")
        assert image.size == (12, 8)
        assert np.abs(np.asarray(image).astype(int) - np.rot90(GREY, -1)).max() < 8


def test_the_first_frame_of_an_animation_counts() -> None:
    frames = [Image.new("L", (5, 5), value) for value in (10, 200)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.asarray(decode(content, "a.gif")).max() == 10


def test_a_gif_named_jpg_is_read_and_noted() -> None:
    content = encoded(Image.fromarray(GREY), "GIF")
    pictures, bad = scan([in_memory(content, f"{i}.jpg") for i in range(3)])
    assert not bad and {picture.format for picture in pictures} == {"GIF"}
    assert note_misnamed(pictures) == ("3 files are GIF although named .jpg.",)
    assert note_misnamed(pictures[:1]) == ("1 file is GIF although named .jpg.",)
    assert note_misnamed([Picture("a.JPG", bytes, 1, 1, 1, "JPEG")]) == ()


def test_a_truncated_picture_is_refused_with_its_bytes() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (100, 100), np.uint8)
    for kind in ("JPEG", "PNG", "GIF", "TIFF"):
        content = encoded(Image.fromarray(noise), kind)[:3112]
        assert refusal(content, "train/cat/0041.jpg") == "is cut off after 3,112 bytes"


def test_what_is_not_an_image_is_refused_with_its_beginning() -> None:
    assert refusal(b"hello world") == "is not an image (it begins with b'hello wo')"
    assert refusal(b"") == "is empty (0 bytes)"
    assert refusal(b"%!PS-Adobe-3.0 EPSF-3.0").startswith("is not an image")


def test_a_cut_header_is_refused_by_scan() -> None:
    content = encoded(Image.fromarray(COLOUR), "JPEG")[:30]
    pictures, (bad,) = scan([in_memory(content, "a.jpg")])
    assert not pictures
    assert str(bad) == "a.jpg is cut off after 30 bytes"


@pytest.mark.parametrize("side", [8_001, 12_000, 20_000])
def test_a_picture_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    content = encoded(Image.new("1", (side, side)))
    reason = refusal(content)
    assert reason.endswith(f"at most {PIXEL_LIMIT:,} are decoded")
    assert scan([in_memory(content)])[1][0].reason == reason


def test_decimal_pixels_are_refused() -> None:
    content = encoded(Image.fromarray(GREY.astype(np.float32)), "TIFF")
    assert refusal(content).startswith("holds decimal pixel values")


def test_warnings_stay_inside_also_on_threads() -> None:
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    content = encoded(palette, transparency=bytes([0, 128]))
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: decode(content, "a"), range(200)))
    assert warnings.filters == before


def test_what_libraries_print_of_a_damaged_tiff_stays_inside(
    capfd: pytest.CaptureFixture[str],
) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 2, (40, 40)) > 0)
    content = bytearray(encoded(noise, "TIFF", compression="group4"))
    content[100:130] = b"\x55\xaa" * 15
    decode(bytes(content), "scan.tif")
    assert capfd.readouterr() == ("", "")


def test_what_pillow_logs_stays_inside(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    decode(encoded(Image.fromarray(GREY)), "a.png")
    logging.getLogger("PIL.TiffImagePlugin").error("More samples per pixel than can be decoded")
    assert capfd.readouterr() == ("", "")


def test_every_suffix_names_a_format_that_is_read() -> None:
    assert set(SUFFIXES.values()) <= {*FORMATS, "HEIF"}


def test_three_thousand_photographs_are_scanned(shared_data) -> None:
    files = open_files(Path(shared_data("dogs-vs-cats-small")))
    jpegs = [file for file in files if file.name.endswith(".jpg")]
    pictures, bad = scan(jpegs)
    assert len(pictures) == 3000 and not bad
    assert {picture.channels for picture in pictures} == {3}
    image = decode(pictures[0].read(), pictures[0].name)
    assert image.size == (pictures[0].width, pictures[0].height)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_large_transparent_picture_is_flattened_in_bands(mode: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (23, 17, 4), np.uint8)
    image = Image.fromarray(pixels, "RGBA")
    if mode == "P":
        image = image.convert("RGB").quantize(16)
        image.info["transparency"] = bytes(range(0, 256, 16))
    elif mode == "LA":
        image = image.convert("LA")
    whole = flatten_to_mode(image, "RGB")
    for at_once in (1, 50, 17 * 22):
        banded = flatten_to_mode(image, "RGB", at_once=at_once)
        assert banded.tobytes() == whole.tobytes()
    assert whole.tobytes() != image.convert("RGBA").convert("RGB").tobytes()
