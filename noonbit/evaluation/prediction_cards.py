"""Predictions as a notebook shows them: a card an input, with its picture and likeliest classes."""

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.preprocess.base import Values
from noonbit.errors import plural

MOST_SHOWN = 24
"""Inputs that a notebook shows."""
CLASSES_SHOWN = 3
"""Of each input."""
PICTURE_SIDE = 84
"""The height of a picture, in pixels of the screen."""
LONGEST_NAME = 60


def keep_pictures(values: Values, rows: NDArray[np.int64]) -> NDArray[np.uint8] | None:
    """Return the first `MOST_SHOWN` of the values at `rows`, uint8 (N, C, H, W).

    None where they are no pictures: these have one or three channels.
    """
    if not len(rows):
        return None
    shown: NDArray[Any] = np.asarray(values[rows[:MOST_SHOWN]])
    is_picture = shown.ndim == 4 and shown.dtype == np.uint8 and shown.shape[1] in (1, 3)
    return shown if is_picture else None


def draw_cards(
    names: Sequence[str],
    best: Sequence[Sequence[tuple[str, float]]],
    pictures: NDArray[np.uint8] | None,
    bad: Sequence[str],
) -> str:
    """Return the HTML of predictions: the first ones as cards, and how many more there are.

    `best` has the likeliest classes of each input, `bad` the names of those that are unreadable.
    """
    contents = card_contents(names, best, pictures)
    cards = "".join(f"<figure {CARD}>{content}</figure>" for content in contents)
    notes = []
    if len(names) > MOST_SHOWN:
        notes.append(f"The first {MOST_SHOWN} of {plural(len(names), 'prediction')}.")
    if bad:
        more = ", ..." if len(bad) > 5 else ""
        listed = ", ".join(map(shorten, bad[:5])) + more
        notes.append(f"{plural(len(bad), 'input')} could not be read: {listed}")
    return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{cards}</div>' + "".join(
        f"<p>{escape(note)}</p>" for note in notes
    )


CARD = 'style="margin:0;width:150px;font-size:12px;overflow-wrap:anywhere"'
BAR = "height:5px;background:#3b7dbd"


def card_contents(
    names: Sequence[str],
    best: Sequence[Sequence[tuple[str, float]]],
    pictures: NDArray[np.uint8] | None,
) -> Iterator[str]:
    """Yield the inside of each card."""
    for row, (name, classes) in enumerate(zip(names[:MOST_SHOWN], best, strict=False)):
        picture = ""
        if pictures is not None and row < len(pictures):
            picture = (
                f'<img src="{png_address(pictures[row])}" alt="{escape(shorten(name))}" '
                f'style="height:{PICTURE_SIDE}px;max-width:100%;image-rendering:pixelated"><br>'
            )
        bars = "".join(
            f"<div>{escape(shorten(label))} {share:.1%}</div>"
            f'<div style="{BAR};width:{100 * share:.0f}%"></div>'
            for label, share in classes
        )
        yield f"{picture}<small>{escape(shorten(name))}</small>{bars}"


def png_address(image: NDArray[np.uint8]) -> str:
    """Return an image (C, H, W) as a data: URL."""
    from noonbit.data.contact_sheet import to_pillow

    buffer = io.BytesIO()
    to_pillow(image).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def shorten(name: str) -> str:
    """Return a name, or its end."""
    return name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}"
