"""A test item as the page holds it, so that the page can make the network's input again.

    item_of(items, 17)          "a gripping film" | BoardItem | "iVBORw0KGgo..."

The page checks itself with twenty of them against the answers that Python gave. Of a sentence it
gets the text and of a board the moves, which are small, so the self-check covers the page's
preparation too. Of a picture it gets the prepared pixels as PNG, not the file: those of a source
may be megabytes each, of a format that a browser does not read (TIFF, HEIF), or no files at all
(IDX, CSV), and preparing prepared pixels again is not always the identity (a drawing would be
centred twice). So its pixels go to the network as they are; the preparation of pictures is held by
tests alone. PNG is lossless, and Pillow writes no colour profile that a browser could apply.
"""

import base64
import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from noonbit.data.contact_sheet import to_pillow
from noonbit.data.dataset import InputKind
from noonbit.data.prepared import PreparedDataset
from noonbit.errors import UsageError

if TYPE_CHECKING:  # it needs numba, which only boards do
    from noonbit.page.board_items import BoardItem


PageItem: TypeAlias = "str | BoardItem"
"""A picture's prepared pixels as PNG in base64, a sentence's text, or a position."""


def picture_item(items: PreparedDataset, number: int) -> str:
    """Return the prepared pixels of a picture, grey or RGB, as PNG in base64."""
    file = io.BytesIO()
    to_pillow(np.asarray(items.values[number])).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode("ascii")


def sentence_item(items: PreparedDataset, number: int) -> str:
    """Return the text of a sentence as in the source."""
    return items.text(number)


def position_item(items: PreparedDataset, number: int) -> "BoardItem":
    """Return a position of Go with all that came before it."""
    from noonbit.page.board_items import board_item

    return board_item(items, number)


ITEMS: Mapping[InputKind, Callable[[PreparedDataset, int], PageItem]] = {
    "pictures": picture_item,
    "sentences": sentence_item,
    "boards": position_item,
}


def item_of(items: PreparedDataset, number: int) -> PageItem:
    """Return an item by its number; raises `UsageError` for a kind of input without a page."""
    kind = items.preprocessor.input_kind
    if kind not in ITEMS:
        raise UsageError(f"A page takes {', '.join(ITEMS)}, and this network takes {kind}.")
    return ITEMS[kind](items, number)
