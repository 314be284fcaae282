"""How the page shows an input and speaks of its kind: pictures as pictures, sentences as text."""

from dataclasses import dataclass
from typing import TypeAlias

from noonbit.data.prepared import Items
from noonbit.data.preprocess import BoardFraming, Framing, PictureFraming, SentenceFraming
from noonbit.report.thumbnails import Thumbnail, thumbnail


@dataclass(frozen=True, slots=True)
class Quote:
    """One sentence as a page shows it."""

    text: str
    description: str
    """What it stands for."""


Exhibit: TypeAlias = Thumbnail | Quote


def exhibit(items: Items, number: int, description: str) -> Exhibit:
    """The item of this number."""
    if items.framing.takes == "sentences":
        return Quote(items.text(number).strip(), description)
    if items.framing.takes == "boards":
        return Quote(items.names[number], description)
    return thumbnail(items.values[number], description)


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says of a kind of input."""

    noun: str
    """What one is called."""
    frame: str
    """What each is brought to."""
    brought: str
    """How others are brought to that."""
    elsewhere: str
    """What else than the source may be different of inputs."""
    belonging: str
    """Which of them belong together."""
    strange: str
    """One of none of the classes."""
    output: str
    """The axes of a layer's output."""
    content: str
    """What a fingerprint of the data is of."""


def words_of(framing: Framing) -> Words:
    """The words for the inputs of a run."""
    return Words(
        framing.noun,
        describe_frame(framing),
        brought(framing),
        *{
            "pictures": (
                "another camera, other hands, other light",
                "frames of one film, several by one person",
                "a picture of none of them",
                "channels × height × width, or units",
                "pixels",
            ),
            "sentences": (
                "another paper, other years, another subject",
                "of one text, several by one person",
                "a sentence about something else",
                "numbers × words, or units",
                "texts",
            ),
            "boards": (
                "weaker players, another time, handicap",
                "of one game; here games are never divided, but a player's games are alike",
                "a position in which a pass is best",
                "channels × height × width, or points",
                "moves",
            ),
        }[framing.takes],
    )


def describe_frame(framing: Framing) -> str:
    """`28 × 28 pixels, grey, light on dark`."""
    if isinstance(framing, PictureFraming):
        words = [
            f"{framing.width} × {framing.height} pixels",
            "grey" if framing.channels == 1 else "colour",
        ]
        return ", ".join(words + ([framing.polarity] if framing.polarity else []))
    if isinstance(framing, BoardFraming):
        return f"{framing.planes} planes of {framing.height} × {framing.width} points"
    assert isinstance(framing, SentenceFraming)  # noqa: S101 - there is no fourth kind
    return (
        f"the numbers of its words, lower case, at most {framing.length:,} of them, out of "
        f"{len(framing.words):,} words of the training sentences"
    )


def brought(framing: Framing) -> str:
    """How other inputs become such ones."""
    if isinstance(framing, BoardFraming):
        return "boards of another size are refused"
    if not isinstance(framing, PictureFraming):
        return "longer ones are shortened, and words that no training sentence has are passed over"
    return (
        ("cropped to the middle" if framing.fit == "crop" else "padded to the shape")
        + " and resized"
        + (", made grey" if framing.channels == 1 else ", grey ones made colour")
        + (", inverted where the border has the other brightness" if framing.polarity else "")
    )
