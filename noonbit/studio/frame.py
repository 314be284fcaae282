"""What every page has around its content: the head, the pages, language and theme.

Language and theme are kept in cookies, so the first byte of a page is already right; the switch of
the language loads the page again, which loses nothing, since all there is to know stands in run
folders.
"""

import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request
from nicegui import ui

from noonbit.language import LANGUAGES
from noonbit.studio.elements import words
from noonbit.studio.language import QUASAR_LANGUAGES, Speech, choose_language
from noonbit.studio.pages import PAGES, Page
from noonbit.studio.theme import THEME_ICONS, THEMES, theme_of

LANGUAGE_COOKIE = "noonbit_language"
HEAD = (
    '<link rel="stylesheet" href="/static/studio.css">'
    '<script type="module" src="/static/studio.js"></script>'
)


def register_pages() -> None:
    """Make every page of PAGES known to NiceGUI."""
    for page in PAGES:
        register(page)
    ui.page("/{path:path}")(show_no_page)  # the last, since it takes every path


def show_no_page(request: Request) -> None:
    """Say that a path leads nowhere."""
    ui.context.client.status_code = 404
    with framed(request, None) as speech:
        words("h1", speech("no_page"))
        ui.link(speech("to_the_start"), PAGES[0].path)


def register(page: Page) -> None:
    """Make one page known to NiceGUI."""

    @ui.page(page.path)
    async def show(request: Request) -> None:
        with framed(request, page) as speech:
            built = page.build(speech, **request.path_params)
            if inspect.isawaitable(built):
                await built


def speech_of(request: Request) -> Speech:
    """Return the language that whoever asks is spoken to in."""
    accepted = request.headers.get("accept-language", "")
    return Speech(choose_language(request.cookies.get(LANGUAGE_COOKIE), accepted))


@contextmanager
def framed(request: Request, page: Page | None) -> Iterator[Speech]:
    """Build the frame; what the block adds is the page's content."""
    speech, theme = speech_of(request), theme_of(request)
    client = ui.context.client
    own = copy.copy(client.page)  # NiceGUI has one object for all who ask
    own.language = QUASAR_LANGUAGES[speech.language]  # type: ignore[assignment]
    own.dark = THEMES[theme]
    client.page = own
    title = speech("studio")
    ui.page_title(f"{speech(page.title)} · {title}" if page else title)
    ui.add_head_html(HEAD)
    ui.colors(primary="#1f5f9e", secondary="#585d65", accent="#1f5f9e", negative="#a3280c")
    with ui.header().classes("studio-header"):
        words("a", speech("skip")).props('href="#content"').classes("skip")
        with ui.link(target="/").classes("brand"):
            ui.label("noonbit")
        navigation(speech, page)
        with ui.element("div").classes("switches"):
            language_switch(speech)
            theme_switch(speech, theme)
    with ui.element("main").props('id="content" tabindex="-1"').classes("content"):
        yield speech


def navigation(speech: Speech, page: Page | None) -> None:
    """Add the links to the pages."""
    with ui.element("nav").props(f'aria-label="{speech("pages")}"'):
        for each in PAGES:
            if not each.is_in_header:
                continue
            link = ui.link(speech(each.title), each.path)
            if page is not None and page.title == each.title:
                link.props('aria-current="page"')


def language_switch(speech: Speech) -> None:
    """Add a button for each language; a script of the page keeps the choice."""
    with (
        ui.element("div").props(f'role="group" aria-label="{speech("language")}"').classes("choice")
    ):
        for code, name in LANGUAGES.items():
            is_spoken = "true" if code == speech.language else "false"
            words("button", name).props(
                f'type="button" lang="{code}" aria-pressed="{is_spoken}" data-language="{code}"'
            )


def theme_switch(speech: Speech, theme: str) -> None:
    """Add a button that goes on to the next theme."""
    names = list(THEMES)
    dark = ui.dark_mode(THEMES[theme])

    def show(chosen: str) -> None:
        text = speech(f"theme.{chosen}")
        button.props(f'icon={THEME_ICONS[chosen]} aria-label="{text}" title="{text}"')

    def go_on() -> None:
        nonlocal theme
        theme = names[(names.index(theme) + 1) % len(names)]
        dark.set_value(THEMES[theme])
        ui.run_javascript(f"studioKeepTheme({theme!r})")
        show(theme)

    button = ui.button(on_click=go_on).props("flat round dense")
    show(theme)
