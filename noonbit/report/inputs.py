"""How the report shows an input: as a picture, as its text, or by its name."""

from dataclasses import dataclass
from typing import TypeAlias

from noonbit.data.prepared import PreparedDataset
from noonbit.report.thumbnails import Thumbnail, thumbnail
from noonbit.report.translation import Translator


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


def describe_confusion(
    items: PreparedDataset, real: str, predicted: str, translate: Translator
) -> str:
    """Return the description of an item of one class that was taken for another."""
    noun = translate.look_up(items.preprocessor.noun)
    return translate(
        "%(noun)s of %(real)s taken for %(predicted)s", noun=noun, real=real, predicted=predicted
    )
