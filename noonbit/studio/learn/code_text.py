"""Texts in which commands stand in backticks."""

from noonbit.studio.elements import words


def add_text(text: str) -> None:
    """Add a text in the present element, what stands in backticks as code."""
    for number, piece in enumerate(text.split("`")):
        if piece:
            words("code" if number % 2 else "span", piece)
