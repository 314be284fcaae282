"""The training that a page is about, by the name in its address."""

from nicegui import ui

from noonbit.studio.elements import words
from noonbit.studio.language import Speech
from noonbit.studio.state import studio
from noonbit.studio.trainings import Training


def find_training(name: str, speech: Speech, *, back: tuple[str, str]) -> Training | None:
    """Return the training of that name; where there is none, answer 404 and say so on the page.

    `back` is the link from there: the key of its text, and its address.
    """
    training = studio.trainings.find(name)
    if training is None:
        text, address = back
        ui.context.client.status_code = 404
        words("h1", speech("watch.no_run", name=name))
        ui.link(speech(text), address)
    return training
