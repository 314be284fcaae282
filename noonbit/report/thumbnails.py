"""Small pictures inside the page, as base64 PNG."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.data.contact_sheet import enlarge

LARGEST_SIDE = 64
"""Pixels; larger images are shrunk, so that the page stays a small file (16 KB each at most)."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One picture as a page shows it."""

    address: str
    """A data: address."""
    description: str
    """What it shows, for those who do not see it."""


def thumbnail(image: NDArray[np.uint8], description: str) -> Thumbnail:
    """uint8 (C, H, W) as a picture at its own size, or smaller; the page enlarges it."""
    picture = enlarge(image, 1)
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.BOX)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return Thumbnail(f"data:image/png;base64,{encoded}", description)
