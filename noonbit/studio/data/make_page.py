"""The page on which a data set is drawn, photographed or put together from files (make.js)."""

import json

from nicegui import ui

from noonbit.studio.elements import words
from noonbit.studio.language import Speech

HEAD = (
    '<link rel="stylesheet" href="/static/data.css">'
    '<script src="/pad.js"></script>'
    '<script type="module" src="/static/make.js"></script>'
)


def build(speech: Speech) -> None:
    """Add the page's content; the pictures stay in the browser until they are saved."""
    ui.add_head_html(HEAD)
    with ui.element("div").classes("watch-head"):
        words("h1", speech("make.title"))
        ui.link(speech("view.others"), "/data")
    maker = ui.element("picture-sets")
    maker.props["texts"] = json.dumps(speech.templates("make.") | speech.templates("drop."))
