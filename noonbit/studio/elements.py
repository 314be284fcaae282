"""Elements of a page that NiceGUI has no class for."""

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement


def words(tag: str, text: str = "") -> TextElement:
    """Return an element of HTML with a text: `words("h1", "Train")`."""
    return TextElement(tag=tag, text=text)


def warning(sentence: str) -> TextElement:
    """Return a sentence that stays on the page and is read out at once."""
    return words("p", sentence).classes("warning").props('role="alert"')


def say_error(sentence: str) -> None:
    """Say what is wrong, until it is closed."""
    ui.notify(sentence, type="negative", timeout=0, close_button="✕", multi_line=True)
