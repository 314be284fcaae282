"""The page on which data are chosen: a known set, a path on this machine, files, or what was made.

Each leads to /data/view?data=SOURCE (data_view_page.py).
"""

import asyncio
import json
from urllib.parse import urlencode

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.data.upload import MOST_BYTES, MOST_FILES
from noonbit.studio.elements import say_error, warning, words
from noonbit.studio.language import Speech
from noonbit.studio.state import studio

MOST_OWN = 50
"""Data sets that are listed."""
HEAD = (
    '<link rel="stylesheet" href="/static/data.css">'
    '<script type="module" src="/static/drop.js"></script>'
)


def view_path(source: str) -> str:
    """Return the address of the page that shows a source."""
    return f"/data/view?{urlencode({'data': source})}"


async def build(speech: Speech) -> None:
    """Add the page's content."""
    ui.add_head_html(HEAD)
    words("h1", speech("page.data"))
    with ui.element("div").classes("data-columns"):
        with ui.element("section").classes("panel").props('aria-labelledby="open"'):
            words("h2", speech("data.open")).props('id="open"')
            await show_choices(speech)
            words("h3", speech("data.upload"))
            show_drop(speech)
        with ui.element("div").classes("rows"):
            with ui.link(target="/data/make").classes("panel card"):
                words("b", speech("data.make"))
                words("span", speech("data.make_help"))
            with ui.element("section").classes("panel").props('aria-labelledby="own"'):
                words("h2", speech("data.own")).props('id="own"')
                await show_own(speech)


async def show_choices(speech: Speech) -> None:
    """Add the known data sets, and the field for a path."""
    try:
        known = await asyncio.to_thread(studio.known_data)
    except NoonbitError as error:
        known = {}
        warning(speech.engine(str(error)))
    if known:
        options = {name: f"{name} · {speech.engine(title)}" for name, title in known.items()}
        with ui.element("div").classes("field-and-button"):
            choice = ui.select(options, label=speech("data.known"), value=next(iter(known)))
            ui.button(
                speech("data.look"), on_click=lambda: ui.navigate.to(view_path(choice.value))
            ).props("unelevated")

    def look() -> None:
        typed = str(path.value or "").strip()
        if typed:
            ui.navigate.to(view_path(typed))
        else:
            say_error(speech("data.no_path"))

    with ui.element("div").classes("field-and-button"):
        path = ui.input(speech("data.path")).on("keydown.enter", look)
        ui.button(speech("data.look_path"), on_click=look).props("outline")


def show_drop(speech: Speech) -> None:
    """Add the place where files are dropped; drop.js fills it."""
    place = ui.element("file-drop")
    place.props["texts"] = json.dumps(speech.templates("drop."))
    place.props["limits"] = json.dumps({"bytes": MOST_BYTES, "files": MOST_FILES})


async def show_own(speech: Speech) -> None:
    """Add what lies in the studio's folder."""
    folder = await asyncio.to_thread(studio.data_sets.folder.absolute)
    words("p", speech("data.own_help", folder=folder)).classes("aside")
    own = await asyncio.to_thread(studio.data_sets.list)
    if not own:
        words("p", speech("data.own_none"))
    with ui.element("ul").classes("own-data"):
        for each in own[:MOST_OWN]:
            with ui.element("li"):
                ui.link(each.name, view_path(each.source))
    if len(own) > MOST_OWN:
        words("p", speech("data.own_more", count=len(own) - MOST_OWN)).classes("aside")
