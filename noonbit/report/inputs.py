"""How the report shows an input: as a picture, as its text, or by its name."""

from dataclasses import dataclass
from typing import TypeAlias

from noonbit.data.prepared import PreparedDataset
from noonbit.report.thumbnails import Thumbnail, thumbnail


@dataclass(frozen=True, slots=True)
class Quote:
    """One input as text."""

    text: str
    description: str
    """What it shows, as a tooltip."""


ShownInput: TypeAlias = Thumbnail | Quote


def show_input(items: PreparedDataset, number: int, description: str) -> ShownInput:
    """Return an item as its kind of input is shown."""
    match items.preprocessor.shown_as:
        case "picture":
            return thumbnail(items.values[number], description)
        case "text":
            return Quote(items.text(number).strip(), description)
        case "name":
            return Quote(items.names[number], description)
