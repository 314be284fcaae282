"""The form in which a picture, a sentence or a game of the user's own is given."""

from nicegui import ui

from noonbit.studio.elements import words
from noonbit.studio.language import Speech
from noonbit.studio.trainings import Training

ACCEPTED = {"pictures": "image/*", "boards": ".sgf"}
"""Files that the browser offers; which can be used is seen by their content."""
LONGEST_SENTENCE = 20_000


def show_own_input(training: Training, kind: str, speech: Speech) -> None:
    """Add the form for an input of this kind; look.js sends it."""
    with ui.element("section").classes("panel").props('aria-labelledby="own"'):
        words("h2", speech(f"own.{kind}")).props('id="own"')
        form = ui.element("own-input")
        form.props["run"], form.props["kind"] = training.name, kind
        with form, words("form").classes("own"):
            if kind == "sentences":
                words("label", speech("own.sentences_label")).props('for="own-field"')
                words("textarea").props(f'id="own-field" rows="2" maxlength="{LONGEST_SENTENCE}"')
                words("button", speech("own.explain")).props('type="submit"').classes("own-send")
            else:
                words("input").props(
                    f'id="own-field" type="file" accept="{ACCEPTED[kind]}" '
                    'aria-describedby="own-help"'
                )
                words("label", speech("own.choose")).props('for="own-field"').classes("own-send")
                words("span", speech(f"own.{kind}_label")).props('id="own-help"')
            words("p").classes("warning").props('role="alert"')
