"""The list of runs, which follows what happens in their folder."""

import asyncio
from datetime import datetime

from nicegui import ui

from noonbit.studio.elements import words
from noonbit.studio.language import Speech
from noonbit.studio.look.frame import address_of
from noonbit.studio.state import studio
from noonbit.studio.trainings import Training

SECONDS = 2.0
"""Between two looks."""
MOST = 100
"""Rows."""


def show_runs(speech: Speech) -> None:
    """Add the list."""
    shown: list[Training] | None = None

    @ui.refreshable
    def rows(trainings: list[Training]) -> None:
        if not trainings and shown is not None:
            words("p", speech("runs.none")).classes("aside")
        with ui.element("ul").classes("runs"):
            for training in trainings[:MOST]:
                show_run(training, speech)
        if len(trainings) > MOST:
            words("p", speech("runs.more", count=len(trainings) - MOST)).classes("aside")

    async def look() -> None:
        nonlocal shown
        found = await asyncio.to_thread(studio.trainings.list)
        if found != shown:
            shown = found
            rows.refresh(found)

    rows([])
    ui.timer(SECONDS, look)


def show_run(training: Training, speech: Speech) -> None:
    """Add a row."""
    with ui.element("li"):
        with ui.link(target=f"/train/{training.name}").classes("run"):
            with ui.element("span").classes("run-names"):
                words("b", training.source or training.name)
                words("span", training.model)
            show_status(training, speech)
            with ui.element("span").classes("aside run-facts"):
                words("span", when(training.created))
                words("span", accuracy_of(training, speech)).classes("number")
        if training.status == "finished" and training.result is not None:
            link = ui.link(speech("look.into"), address_of(training)).classes("aside run-look")
            link.props["aria-label"] = speech("look.into_named", name=training.name)


def show_status(training: Training, speech: Speech) -> None:
    """Add the status as a word in its colour."""
    words("span", speech(f"status.{training.status}")).classes(f"status {training.status}")


def when(time: str) -> str:
    """`2026-11-22 14:15`; what is no time is left out."""
    try:
        return f"{datetime.fromisoformat(time).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return ""


def accuracy_of(training: Training, speech: Speech) -> str:
    """`98.6 % right`, of a run that has been tested."""
    accuracy = (training.result or {}).get("accuracy")
    return speech("runs.accuracy", accuracy=f"{accuracy:.1%}") if accuracy is not None else ""
