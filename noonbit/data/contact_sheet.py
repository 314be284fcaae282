"""Pictures side by side with a title under each: contact sheets and sheets of mistakes.

    grid(pixels, ["real 3\npredicted 8", ...]).save("errors.png")

Drawn with Pillow alone, since starting matplotlib would cost more than a sheet of a hundred images
(20 ms). Small images are enlarged by whole factors without smoothing, so every pixel can be seen.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from noonbit.system.files import write

PICTURE_SIDE = 96
"""Pixels that the longer side of a small image is enlarged to, as near as whole factors come."""
WIDEST_TITLE = 160
"""Pixels that a title may take before it is cut, where the picture itself is not wider."""
FONT_SIZE = 12
LINE_HEIGHT = 16
MARGIN = 12

BACKGROUND, BORDER, INK = "#f4f4f2", "#c4c4c0", "#222222"

EAST_ASIAN_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansKR-Regular.ttf",
    "NanumGothic.ttf",
    "AppleSDGothicNeo.ttc",
    "malgun.ttf",
    "DroidSansFallbackFull.ttf",
    "unifont.ttf",
)
"""With Korean, Chinese and Japanese glyphs, on Linux, macOS or Windows, by file name."""
FIRST_EAST_ASIAN = "\u1100"
"""From the Hangul jamo on, the font that comes with matplotlib has hardly any glyphs."""


def write_png(path: Path, picture: Image.Image) -> None:
    """A picture as a PNG file, whole or not at all."""
    write(path, lambda temporary: picture.save(temporary, "PNG"))


def grid(
    pixels: NDArray[np.uint8],
    titles: Sequence[str],
    *,
    columns: int = 10,
    scale: int | None = None,
) -> Image.Image:
    """A sheet of pictures, row by row, each with its title under it.

    `pixels` is uint8 (N, C, H, W) with one or three channels, `titles` has N texts of one or more
    lines; a line that is wider than its place ends in an ellipsis. `scale` is the whole factor of
    enlargement; by default the longer side comes near 96 pixels.
    """
    count, _, height, width = pixels.shape
    assert len(titles) == count  # noqa: S101 - a caller's bug, not a user's
    scale = scale or fitting_scale(height, width)
    font = font_for("".join(titles))
    texts = [[clean(line) for line in title.splitlines()] for title in titles]
    widest = max((font.getlength(line) for lines in texts for line in lines), default=0.0)
    cell_width = max(width * scale, min(ceil(widest), WIDEST_TITLE)) + MARGIN
    lines_high = max(map(len, texts), default=0) * LINE_HEIGHT
    cell_height = height * scale + lines_high + MARGIN + 4
    columns = max(1, min(columns, count))
    sheet = Image.new(
        "RGB",
        (columns * cell_width + MARGIN, ceil(count / columns) * cell_height + MARGIN),
        BACKGROUND,
    )
    draw = ImageDraw.Draw(sheet)
    for index, (image, lines) in enumerate(zip(pixels, texts, strict=True)):
        row, column = divmod(index, columns)
        left = MARGIN + column * cell_width
        top = MARGIN + row * cell_height
        indent = (cell_width - MARGIN - width * scale) // 2
        draw.rectangle(
            (left + indent - 1, top - 1, left + indent + width * scale, top + height * scale),
            outline=BORDER,
        )
        sheet.paste(enlarge(image, scale), (left + indent, top))
        for number, line in enumerate(lines):
            draw.text(
                (left + (cell_width - MARGIN) / 2, top + height * scale + 4 + number * LINE_HEIGHT),
                shorten(line, font, cell_width - MARGIN),
                fill=INK,
                font=font,
                anchor="ma",
            )
    return sheet


def enlarge(image: NDArray[np.uint8], scale: int) -> Image.Image:
    """uint8 (C, H, W) as a picture in which each pixel is a square of `scale` pixels."""
    bands = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    picture = Image.fromarray(np.ascontiguousarray(bands))
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def fitting_scale(height: int, width: int, *, side: int = PICTURE_SIDE) -> int:
    """The whole factor that brings the longer side nearest to `side` pixels; at least 1."""
    return max(1, round(side / max(height, width)))


@lru_cache
def font_at(path: str) -> ImageFont.FreeTypeFont:
    """A font file by its path, or by its name where the system keeps fonts."""
    return ImageFont.truetype(path, FONT_SIZE)


def font_for(text: str) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font with the glyphs of `text`, as far as one is here; missing ones become boxes."""
    candidates = EAST_ASIAN_FONTS if max(text, default="") >= FIRST_EAST_ASIAN else ()
    for name in (*candidates, str(bundled_font())):
        try:
            return font_at(name)
        except OSError:
            continue
    return ImageFont.load_default(FONT_SIZE)


def bundled_font() -> Path:
    """DejaVu Sans (Latin, Greek, Cyrillic and more), which comes with matplotlib."""
    package = find_spec("matplotlib")
    places = (package and package.submodule_search_locations) or [""]
    return Path(places[0]) / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"


def clean(line: str) -> str:
    """One line without what FreeType cannot draw: control characters and lone surrogates."""
    return "".join(c if c.isprintable() else " " for c in line)


def shorten(line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """The line, or its beginning with an ellipsis so that it is at most `width` pixels wide."""
    if font.getlength(line) <= width:
        return line
    while line and font.getlength(f"{line}…") > width:
        line = line[:-1]
    return f"{line}…"
