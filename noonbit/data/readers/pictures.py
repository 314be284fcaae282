"""Decode image files; the format is determined by the content, never by the file name.

    inspect(file) -> Picture                 reads the header only, about 0.05 ms
    scan(files) -> pictures, bad items       the same for many files
    decode(content, name) -> PIL image       mode L or RGB, upright, opaque, 8 bit

All three agree on which images are grey, on the orientation, and on which files are refused.
"""

import ctypes
import io
import logging
import threading
import warnings
from collections import Counter
from collections.abc import Sequence
from functools import cache as run_once
from pathlib import PurePosixPath
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError, _imaging

from noonbit.config.ranges import PIXEL_LIMIT
from noonbit.data.dataset import BadItem, Part, Picture, Pictures
from noonbit.data.files import File, suffix_of
from noonbit.data.readers.bit_depth import (
    FULL_WHITE,
    bits_of,
    colours_of,
    image_of_levels,
    is_deep_colour,
    is_deep_grey,
    levels_of,
)
from noonbit.errors import InputRefused, plural, refuse_as

FLATTENED_AT_ONCE = 4_000_000
"""Pixels of a transparent image that are flattened together, which takes 12 bytes for each."""

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "AVIF", "ICO", "JPEG2000", "TIFF", "WEBP")
"""The formats Pillow may try, in this order. Others have no reliable signature, and EPS starts
Ghostscript. For any but the first five, Pillow imports all its plugins, which takes 0.1 s."""

SUFFIXES = {
    ".avif": "AVIF",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".heic": "HEIF",
    ".heif": "HEIF",
    ".ico": "ICO",
    ".jfif": "JPEG",
    ".jp2": "JPEG2000",
    ".jpeg": "JPEG",
    ".jpg": "JPEG",
    ".pbm": "PPM",
    ".pgm": "PPM",
    ".png": "PNG",
    ".pnm": "PPM",
    ".ppm": "PPM",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
"""The format that a file name suggests; used for notes and to list candidates, never to decode."""

_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""The word at byte 8 of a HEIF file."""
_GREY_MODES = {"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "F"}
_SIDEWAYS = {5, 6, 7, 8}  # EXIF orientations that swap width and height


@run_once
def _silence_pillow() -> None:
    """Keep Pillow's log off stderr, and what libtiff, which it has loaded, prints there by itself.

    None of these lines says which file it is about; our sentences do. Where a build of Pillow hides
    libtiff's functions, its lines stay.
    """
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    library = ctypes.CDLL(_imaging.__file__)
    for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        if (set_handler := getattr(library, name, None)) is not None:
            set_handler(None)


class _PillowWarningsIgnored:
    """Ignores Pillow's warnings while any thread is inside the context; errors cover what they say.

    `warnings.catch_warnings` alone would leave its filters behind if two threads overlap.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                _silence_pillow()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(None, None, None)


_pillow_warnings_ignored = _PillowWarningsIgnored()


def inspect(file: File) -> Picture:
    """Read the header of an image file. Raises `InputRefused`."""
    with _pillow_warnings_ignored:
        return _inspect(file)


def scan(files: Sequence[File]) -> tuple[list[Picture], list[BadItem]]:
    """Inspect many files, in order; 3,000 JPEGs take 0.15 s on one thread (0.35 s on two)."""
    pictures, bad = [], []
    with _pillow_warnings_ignored:
        for file in files:
            try:
                pictures.append(_inspect(file))
            except InputRefused as error:
                bad.append(BadItem(file.name, error.reason))
    return pictures, bad


def note_misnamed(pictures: Sequence[Picture]) -> tuple[str, ...]:
    """Describe files whose content does not match their name, in notes for the user."""
    wrong = Counter(
        (picture.format, PurePosixPath(picture.name).suffix)
        for picture in pictures
        if SUFFIXES.get(suffix_of(picture.name), picture.format) != picture.format
    )
    return tuple(
        f"{plural(count, 'file')} {'is' if count == 1 else 'are'} {found} although named {suffix}."
        for (found, suffix), count in sorted(wrong.items())
    )


def unlabelled_part(pictures: Sequence[Picture]) -> Part:
    """Build a part of images without labels."""
    return Part(Pictures(pictures), None, [picture.name for picture in pictures])


def decode(content: bytes, name: str, *, white_level: int = FULL_WHITE) -> Image.Image:
    """Decode an image file to mode L or RGB, 8 bit; of an animation, the first frame.

    The EXIF orientation is applied. Transparency is flattened onto white, as transparent drawings
    and logos usually have dark lines. 16 bits are scaled to 8, so that `white_level` becomes white.
    Raises `InputRefused`.
    """
    with _pillow_warnings_ignored:
        image = _open(io.BytesIO(content), name, len(content))
        try:
            if white_level != FULL_WHITE and is_deep_colour(image):
                image = image_of_levels(levels_of(image, content), white_level, name)
            return _to_grey_or_rgb(image, white_level, name)
        except InputRefused:
            raise
        except Exception as error:  # whatever a codec raises is a fact about the file
            raise InputRefused(name, _explain_error(error, len(content))) from None


def convert_image(image: Image.Image, name: str, *, white_level: int = FULL_WHITE) -> Image.Image:
    """Convert an image opened elsewhere to what `decode` returns. Raises `InputRefused`."""
    _refuse_unfit(image, name)
    with _pillow_warnings_ignored:
        try:
            return _to_grey_or_rgb(image, white_level, name)
        except InputRefused:
            raise
        except Exception as error:  # Pillow decodes an image on first use
            raise InputRefused(name, f"cannot be decoded ({error})") from None


def highest_level(content: bytes, name: str) -> int:
    """Return the highest level of a picture of 16 bits, as its file holds it.

    Raises `InputRefused`.
    """
    with _pillow_warnings_ignored:
        image = _open(io.BytesIO(content), name, len(content))
        try:
            return int(colours_of(levels_of(image, content)).max())
        except Exception as error:  # whatever a codec raises is a fact about the file
            raise InputRefused(name, _explain_error(error, len(content))) from None


def _inspect(file: File) -> Picture:
    with refuse_as(file.name, "cannot be read"), file.open() as stream:
        image = _open(stream, file.name, file.size)
        try:
            sideways = _orientation(image) in _SIDEWAYS
            channels = 1 if _is_grey(image) else 3
        except Exception as error:  # whatever a codec raises is a fact about the file
            raise InputRefused(file.name, _explain_error(error, file.size)) from None
        width, height = image.size[::-1] if sideways else image.size
        return Picture(
            file.name,
            file.read,
            width,
            height,
            channels,
            _format(image),
            file.stamp,
            bits_of(image),
        )


def _open(stream: BinaryIO, name: str, size: int) -> Image.Image:
    if size == 0:
        raise InputRefused(name, "is empty (0 bytes)")
    try:
        image = _open_known(stream, name)
    except InputRefused:
        raise
    except UnidentifiedImageError:
        stream.seek(0)
        raise InputRefused(name, f"is not an image (it begins with {stream.read(8)!r})") from None
    except Image.DecompressionBombError:
        reason = f"has more than {2 * Image.MAX_IMAGE_PIXELS:,} pixels"  # type: ignore[operator]
        raise InputRefused(name, f"{reason}; at most {PIXEL_LIMIT:,} are decoded") from None
    except Exception as error:  # whatever a codec raises is a fact about the file
        raise InputRefused(name, _explain_error(error, size)) from None
    _refuse_unfit(image, name)
    return image


def _open_known(stream: BinaryIO, name: str) -> Image.Image:
    """Open an image of `FORMATS`, or of HEIF. Raises `InputRefused`, and what Pillow raises."""
    try:
        return Image.open(stream, formats=FORMATS)
    except UnidentifiedImageError:
        stream.seek(0)
        begin = stream.read(12)
        stream.seek(0)
        if begin[4:8] != b"ftyp" or begin[8:12] not in _HEIF_BRANDS:
            raise
    if not register_heif():
        raise InputRefused(
            name,
            "is a photograph in HEIF, as iPhones save them. Install noonbit[heif], which reads "
            "it, or save it as JPEG (on the iPhone: Settings, Camera, Formats, Most Compatible)",
        )
    return Image.open(stream, formats=("HEIF",))


@run_once
def register_heif() -> bool:
    """Have Pillow read HEIF, if the extra `heif` is installed; returns whether it is."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def heif_version() -> str:
    """Return the version of what reads HEIF; empty without it. Does not import it."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import

    try:
        return version("pillow-heif")
    except PackageNotFoundError:
        return ""


def _refuse_unfit(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > PIXEL_LIMIT:
        raise InputRefused(
            name,
            f"has {width:,} x {height:,} pixels; at most {PIXEL_LIMIT:,} are decoded",
        )
    if image.mode == "F":
        raise InputRefused(name, "holds decimal pixel values (mode F), which have no fixed white")


def _to_grey_or_rgb(image: Image.Image, white_level: int, name: str) -> Image.Image:
    if is_deep_grey(image):
        return image_of_levels(levels_of(image, b""), white_level, name)
    grey = _is_grey(image)
    return flatten_to_mode(ImageOps.exif_transpose(image), "L" if grey else "RGB")


def _explain_error(error: Exception, size: int) -> str:
    text = str(error)
    if "truncated" in text.lower() or isinstance(error, EOFError):
        return f"is cut off after {plural(size, 'byte')}"
    return f"cannot be decoded ({text or type(error).__name__})"


def _format(image: Image.Image) -> str:
    # Pillow alone has a name of its own for multi-picture JPEGs, as some cameras write them.
    return "JPEG" if image.format == "MPO" else str(image.format)


def _is_grey(image: Image.Image) -> bool:
    """Whether the mode is grey or the palette holds only greys; does not look at the pixels."""
    if image.palette is None:
        return image.mode in _GREY_MODES
    order, entries = image.palette.getdata()  # Image.getpalette would decode the image
    colours = np.frombuffer(entries, np.uint8)
    if order.endswith(";L"):  # TIFF: all reds, all greens, all blues
        colours = colours.reshape(3, -1).T
    else:
        colours = colours.reshape(-1, len(order))[:, :3]
    return bool((colours == colours[:, :1]).all())


def _orientation(image: Image.Image) -> int:
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # getexif would decode the whole image to look for it
    if image.format == "TIFF":
        return 1  # Pillow has applied it to the size already
    return int(image.getexif().get(ExifTags.Base.Orientation, 1))


def flatten_to_mode(
    image: Image.Image, mode: str, *, at_once: int = FLATTENED_AT_ONCE
) -> Image.Image:
    """Convert an image, on white paper where it is transparent, in bands of `at_once` pixels."""
    if not image.has_transparency_data:
        return image.convert(mode)
    width, height = image.size
    if width * height <= at_once:
        return _put_on_white(image).convert(mode)
    flat = Image.new(mode, image.size)
    rows = max(1, at_once // width)
    for top in range(0, height, rows):
        band = (0, top, width, min(height, top + rows))
        flat.paste(_put_on_white(image.crop(band)).convert(mode), band)
    return flat


def _put_on_white(image: Image.Image) -> Image.Image:
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
