"""Contact sheets: images side by side, each with a title under it.

    draw_grid(pixels, ["real 3\npredicted 8", ...]).save("errors.png")

Drawn with Pillow alone: importing matplotlib takes longer than drawing a hundred images (20 ms).
Small images are enlarged by an integer factor without smoothing, so that every pixel is visible.
"""

from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from noonbit.system.files import write
from noonbit.system.fonts import choose_font

PICTURE_SIDE = 96
"""Target for the longer side of an enlarged image, in pixels."""
WIDEST_TITLE = 160
"""Maximum width of a title in pixels, unless the image itself is wider."""
LONGEST_LINE, MOST_LINES = 500, 6
"""Letters of a title's line that are measured, and lines that are drawn: a class may have any name,
and the rest of a longer one would not be seen."""
FONT_SIZE = 12
LINE_HEIGHT = 16
MARGIN = 12

BACKGROUND, BORDER, INK = "#f4f4f2", "#c4c4c0", "#222222"


def write_png(path: Path, picture: Image.Image) -> None:
    """Write an image as a PNG file, atomically. Raises `ArtefactError`."""
    write(path, lambda temporary: picture.save(temporary, "PNG"))


def draw_grid(
    pixels: NDArray[np.uint8],
    titles: Sequence[str],
    *,
    columns: int = 10,
    scale: int | None = None,
) -> Image.Image:
    """Draw images row by row, each with its title under it.

    `pixels` is uint8 (N, C, H, W) with one or three channels. `titles` are N texts of one or more
    lines; a line that is too wide ends in an ellipsis. `scale` is the integer enlargement factor;
    by default the longer side becomes about 96 pixels.
    """
    count, _, height, width = pixels.shape
    assert len(titles) == count  # noqa: S101 - a caller's bug, not a user's
    scale = scale or choose_scale(height, width)
    font = choose_font("".join(titles), FONT_SIZE)
    texts = [
        [replace_unprintable(line[:LONGEST_LINE]) for line in title.splitlines()[:MOST_LINES]]
        for title in titles
    ]
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
                truncate_to_width(line, font, cell_width - MARGIN),
                fill=INK,
                font=font,
                anchor="ma",
            )
    return sheet


def enlarge(image: NDArray[np.uint8], scale: int) -> Image.Image:
    """Convert uint8 (C, H, W) to a Pillow image; each pixel becomes a `scale` x `scale` square."""
    picture = to_pillow(image)
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)


def to_pillow(image: NDArray[np.uint8]) -> Image.Image:
    """Convert uint8 (C, H, W) with one or three channels to a Pillow image, mode L or RGB."""
    bands = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    return Image.fromarray(np.ascontiguousarray(bands))


def choose_scale(height: int, width: int, *, side: int = PICTURE_SIDE) -> int:
    """Return the integer factor, at least 1, that brings the longer side closest to `side`."""
    return max(1, round(side / max(height, width)))


def replace_unprintable(line: str) -> str:
    """Replace what FreeType cannot draw by spaces: control characters and lone surrogates."""
    return "".join(c if c.isprintable() else " " for c in line)


def truncate_to_width(
    line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int
) -> str:
    """Cut a line to at most `width` pixels; a line that is cut ends in an ellipsis."""
    if font.getlength(line) <= width:
        return line
    fits, too_many = 0, len(line)
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if font.getlength(f"{line[:middle]}…") <= width:
            fits = middle
        else:
            too_many = middle
    return f"{line[:fits]}…"
