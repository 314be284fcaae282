"""Small pictures inside the page, as base64 PNG."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.data.contact_sheet import enlarge

LARGEST_SIDE = 64
"""Pixels; larger images are shrunk, which bounds each to 16 KB in the page."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An inline picture."""

    address: str
    """A data: URL."""
    description: str
    """The alternative text."""


def thumbnail(image: NDArray[np.uint8], description: str) -> Thumbnail:
    """Return an image, uint8 (C, H, W), at its own size or smaller; the page enlarges it."""
    picture = enlarge(image, 1)
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.BOX)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return Thumbnail(f"data:image/png;base64,{encoded}", description)
