"""Elements of a page that NiceGUI has no class for."""

from nicegui.elements.mixins.text_element import TextElement


def words(tag: str, text: str = "") -> TextElement:
    """Return an element of HTML with a text: `words("h1", "Train")`."""
    return TextElement(tag=tag, text=text)
