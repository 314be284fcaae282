"""The pages on which the documents are followed, program by program.

/learn            the documents, and a search for a heading or a term: /learn?of=dropout
/learn/D2         the programs of one, each with a button that runs it and its result
"""

import asyncio

from nicegui import ui

from noonbit.course.path.program import Place, find_letter, find_programs, load_documents
from noonbit.errors import NoonbitError
from noonbit.studio.elements import warning, words
from noonbit.studio.language import Speech
from noonbit.studio.learn.code_text import add_text
from noonbit.studio.learn.program import ProgramPanel, has_run, index_of

HEAD = (
    '<link rel="stylesheet" href="/static/learn.css">'
    '<script type="module" src="/static/learn/elements.js"></script>'
)
LOOK_SECONDS = 0.5
"""Between two looks at what the commands have said."""


def build(speech: Speech) -> None:
    """Add the documents and the search."""
    ui.add_head_html(HEAD)
    words("h1", speech("page.learn"))
    words("p", speech("learn.about"))
    word = ui.context.client.request.query_params.get("of", "")
    field = ui.input(
        speech("learn.find"), value=word, placeholder=speech("learn.find_example")
    ).props("stack-label type=search")
    field.classes("network-data")
    found = ui.element("div").props('role="status"').classes("rows")

    def find() -> None:
        found.clear()
        with found:
            show_found(speech, field.value)

    field.on("keydown.enter", find)
    if word:
        find()
    words("h2", speech("learn.documents"))
    index = index_of(speech)
    with ui.element("ul").classes("cards"):
        for letter, document in load_documents().items():
            with ui.element("li"), ui.link(target=f"/learn/{letter}").classes("panel card"):
                words("b", f"{letter} · {document.title[index]}")
                words("span", speech("learn.programs", count=len(document.programs))).classes(
                    "aside"
                )


def show_found(speech: Speech, word: str) -> None:
    """Add the programs that a word finds, as links."""
    try:
        places = find_programs(word or "", speech.language)
    except NoonbitError as error:
        warning(str(error))
        return
    index = index_of(speech)
    words("p", speech("learn.found", count=len(places)))
    with ui.element("ul").classes("contents"):
        for place in places:
            with ui.element("li"):
                ui.link(
                    f"{place.letter} · {place.program.heading[index]}",
                    f"/learn/{place.letter}#{place.name}",
                )


async def build_document(speech: Speech, document: str) -> None:
    """Add the programs of a document."""
    letter = find_letter(document)
    if letter is None:
        ui.context.client.status_code = 404
        words("h1", speech("learn.no_document", name=document))
        ui.link(speech("learn.all"), "/learn")
        return
    ui.add_head_html(HEAD)
    index = index_of(speech)
    places = find_programs(letter)
    ui.link(speech("learn.all"), "/learn")
    words("h1", f"{letter} · {load_documents()[letter].title[index]}")
    words("p", speech("learn.long")).classes("aside")
    with ui.element("details").classes("panel"):
        words("summary", speech("learn.contents"))
        with ui.element("ol").classes("contents"):
            for place in places:
                with ui.element("li"):
                    ui.link(place.program.heading[index], f"#{place.name}")
    can_ask = await asyncio.to_thread(has_run)
    panels = []
    with ui.element("ol").classes("programs"):
        for place in places:
            panels.append(add_program(place, speech, index, can_ask_a_run=can_ask))

    async def look() -> None:
        found = await asyncio.to_thread(lambda: [panel.find() for panel in panels])
        for panel, latest in zip(panels, found, strict=True):
            panel.show(latest)

    ui.timer(LOOK_SECONDS, look)


def add_program(place: Place, speech: Speech, index: int, *, can_ask_a_run: bool) -> ProgramPanel:
    """Add one program, and return what shows its output."""
    program = place.program
    with ui.element("li").classes("panel program").props(f'id="{place.name}"'):
        words("h2", f"{place.number}. {program.heading[index]}")
        words("p", program.teaches[index])
        panel = ProgramPanel(place, speech, program.heading[index])
        panel.build(can_ask_a_run=can_ask_a_run)
        with ui.element("p").classes("next"):
            words("b", speech("learn.next"))
            add_text(program.next[index])
        if program.page:
            name = program.page.partition("?")[0].split("/")[1]
            ui.link(speech("learn.page", page=speech(f"page.{name}")), program.page)
    return panel
