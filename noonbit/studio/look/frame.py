"""What the pages of a run share: their styles and scripts, and the run that an address names."""

from pathlib import Path
from urllib.parse import quote

from nicegui import ui

from noonbit.studio.elements import words
from noonbit.studio.find_training import find_training
from noonbit.studio.language import Speech
from noonbit.studio.trainings import Training

HEAD = (
    '<link rel="stylesheet" href="/static/look.css">'
    '<script type="module" src="/static/look.js"></script>'
)


def address_of(training: Training) -> str:
    """Return the address of a run's page; its folder may be called anything, such as `50 %?`."""
    return f"/look/{quote(training.name, safe='')}"


def short_source(training: Training) -> str:
    """Return the data of a run without the folders that they lie in."""
    return Path(training.source).name or training.name


def is_tested(training: Training) -> bool:
    """Whether a run has its test figures."""
    return training.status == "finished" and training.result is not None


def find_tested(run: str, speech: Speech) -> Training | None:
    """Return the run that a path names; else say on the page what is in the way."""
    training = find_training(run, speech, back=("look.others", "/look"))
    if training is None or is_tested(training):
        return training
    words("h1", training.source or run)
    words("p", speech("look.untested", name=run))
    ui.link(speech("look.watch"), f"/train/{run}")
    ui.link(speech("look.others"), "/look")
    return None
