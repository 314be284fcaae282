"""The page on which trainings are begun and found again."""

from noonbit.studio.elements import words
from noonbit.studio.language import Speech


def build(speech: Speech) -> None:
    """Add the page's content."""
    words("h1", speech("page.train"))
