"""The page on which a run answers what is drawn."""

from noonbit.studio.elements import words
from noonbit.studio.language import Speech


def build(speech: Speech) -> None:
    """Add the page's content."""
    words("h1", speech("page.draw"))
