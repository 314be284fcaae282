"""Short help for technical words: a question mark that opens a plain sentence.

It is the browser's own `details`, so the keyboard opens it and a screen reader says whether it is.
"""

from collections.abc import Mapping

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from noonbit.studio.elements import words
from noonbit.studio.language import Speech


def add_help(speech: Speech, about: str, sentences: Mapping[str, str]) -> TextElement:
    """Add the question mark of what is called `about`.

    `sentences` has the key of a sentence by the name that stands before it; one name that is empty
    is left out.
    """
    with words("details").classes("help") as help_element:
        said = speech("help.of", term=about)
        with words("summary") as mark:
            words("span", "?").props('aria-hidden="true"')
            words("span", said).classes("only-read")
        mark.props["title"] = said
        for name, key in sentences.items():
            with words("p"):
                if name:
                    words("b", f"{name}: ")
                words("span", speech(key))
    return help_element


def with_help(speech: Speech, label_key: str, help_key: str) -> ui.element:
    """Return a place for a field, beside which the help for its label stands."""
    place = ui.element("div").classes("with-help wide")
    with place:
        field = ui.element("div")
        add_help(speech, speech(label_key), {"": help_key})
    return field
