"""The page on which a run answers what is drawn, opened, typed or played.

It shows the very page that `noonbit export RUN --to page` writes, so what is drawn here is prepared
and answered by the same code as there.
"""

import asyncio

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.draw.exported_page import WEIGHTS, exported_pages
from noonbit.studio.elements import warning, words
from noonbit.studio.find_training import find_training
from noonbit.studio.language import Speech
from noonbit.studio.run_list import accuracy_of, when
from noonbit.studio.state import studio
from noonbit.studio.theme import theme_of
from noonbit.studio.trainings import Training

MOST = 30
"""Runs that are offered, the latest."""


async def build(speech: Speech) -> None:
    """Add the runs to choose from."""
    words("h1", speech("page.draw"))
    words("p", speech("draw.choose")).classes("aside")
    trainings = await asyncio.to_thread(studio.trainings.list)
    with_weights = [each for each in trainings if (each.path / WEIGHTS).is_file()]
    if not with_weights:
        words("p", speech("draw.none"))
        ui.link(speech("draw.train_first"), "/train")
    with ui.element("ul").classes("cards"):
        for training in with_weights[:MOST]:
            show_card(training, speech)


def show_card(training: Training, speech: Speech) -> None:
    """Add a run to choose."""
    with ui.element("li"), ui.link(target=f"/draw/{training.name}").classes("panel card"):
        words("b", training.source)
        words("span", training.model)
        words("span", accuracy_of(training, speech) or speech(f"status.{training.status}"))
        words("span", when(training.created)).classes("aside")


def build_run(speech: Speech, run: str) -> None:
    """Add the page of a run, when it has been made."""
    training = find_training(run, speech, back=("draw.others", "/draw"))
    if training is None:
        return
    with ui.element("div").classes("watch-head"):
        words("h1", speech("draw.to", source=training.source))
        ui.link(speech("draw.others"), "/draw")
    theme = theme_of(ui.context.client.request)
    place = ui.element("div").classes("draw-place")
    with place, ui.element("div").classes("waiting").props('role="status"'):
        ui.spinner(size="2.5rem")
        words("p", speech("draw.making"))

    async def show() -> None:
        try:
            await exported_pages.make(training)
        except NoonbitError as error:
            place.clear()
            with place:
                warning(speech.engine(str(error)))
            return
        place.clear()
        with place:
            ui.element("iframe").classes("exported").props(
                f'src="/runs/{run}/page#language={speech.language}&theme={theme}" '
                f'title="{speech("draw.to", source=run)}" '
                'sandbox="allow-scripts allow-downloads" allow="camera"'
            )

    ui.timer(0, show, once=True)
