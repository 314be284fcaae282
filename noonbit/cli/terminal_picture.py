"""Pictures on a terminal, drawn with characters."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.text import Text

from noonbit.data.contact_sheet import to_pillow

MOST_CHARACTERS = 40
"""Pixels of a side of a picture on the terminal, each two characters wide."""
SHADES = " ░▒▓█"


def picture_text(image: NDArray[np.uint8]) -> Text:
    """Draw an image, uint8 (C, H, W), with characters; large ones are shrunk.

    On a terminal each pixel has its colour. Elsewhere, lighter pixels are fuller characters.
    """
    picture = to_pillow(image)
    picture.thumbnail((MOST_CHARACTERS, MOST_CHARACTERS), Image.Resampling.BOX)
    text = Text(no_wrap=True)
    levels = np.asarray(picture.convert("L"))
    for colours, greys in zip(np.asarray(picture.convert("RGB")), levels, strict=True):
        for (red, green, blue), grey in zip(colours, greys, strict=True):
            colour = f"#{red:02x}{green:02x}{blue:02x}"
            text.append(2 * SHADES[int(grey) * len(SHADES) // 256], f"{colour} on {colour}")
        text.append("\n")
    return text
