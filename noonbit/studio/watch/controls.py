"""What steers a training: its buttons, and the settings that can be changed between two steps.

A click becomes a wish in the run folder, and what became of it is read from there, so it does not
matter which page asked.
"""

import math
from collections.abc import Callable
from typing import Any

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.elements import say_error, words
from noonbit.studio.help import with_help
from noonbit.studio.language import Speech
from noonbit.studio.state import studio
from noonbit.studio.watch.course import Course

SETTINGS = ("learning_rate", "momentum", "weight_decay", "batch_size")
BUTTONS = {"pause": "pause", "go": "play_arrow", "step": "skip_next", "stop": "stop"}
"""Each wish with its icon."""
ALLOWED = {"training": {"pause", "step", "stop"}, "paused": {"go", "step", "stop"}}
"""Which can be asked for in which state."""
NOTES_SHOWN = 8


class Controls:
    """The controls of one training, on one page."""

    def __init__(self, name: str, speech: Speech) -> None:
        self.name = name
        self.speech = speech
        self.fields: dict[str, ui.input] = {}
        self.shown_notes: list[dict[str, Any]] = []
        group = ui.element("div").classes("controls")
        with group.props(f'role="group" aria-label="{speech("control")}"'):
            self.buttons = {
                kind: ui.button(
                    speech(f"control.{kind}"), icon=icon, on_click=self.asking({"kind": kind})
                ).props("outline" if kind in ("step", "stop") else "unelevated")
                for kind, icon in BUTTONS.items()
            }
        self.group = group

    def build_settings(self) -> None:
        """Add the fields of the settings, and what became of the wishes."""
        speech = self.speech
        self.settings = ui.element("section").classes("panel")
        with self.settings.props('aria-labelledby="settings"'):
            words("h2", speech("control.settings")).props('id="settings"')
            words("p", speech("control.settings_help")).classes("aside")
            with ui.element("div").classes("fields"):
                for setting in SETTINGS:
                    self.add_field(setting)
            self.notes = ui.element("ul").classes("notes").props('role="log"')

    def add_field(self, setting: str) -> None:
        """Add the field of a setting; Enter or its button asks for the value in it."""
        name = self.speech(f"setting.{setting}")
        with with_help(self.speech, f"setting.{setting}", f"help.{setting}"):
            field = ui.input(name).props('inputmode="decimal" stack-label').classes("wide")
        change = self.changing(setting)
        field.on("keydown.enter", change)
        with field.add_slot("append"):
            ui.button(icon="check", on_click=change).props(
                f'flat round dense aria-label="{self.speech("control.set", setting=name)}"'
            )
        self.fields[setting] = field

    def changing(self, setting: str) -> Callable[[], None]:
        """Return what asks for the value in the field of a setting."""

        def change() -> None:
            field = self.fields[setting]
            typed = str(field.value or "").strip()
            if not typed:
                return
            try:
                value = float(typed)
            except ValueError:
                value = math.nan
            if not math.isfinite(value):
                name = self.speech(f"setting.{setting}")
                say_error(self.speech("control.no_number", setting=name, typed=typed))
                return
            self.ask({"kind": "set", "setting": setting, "value": value})
            field.set_value("")

        return change

    def asking(self, wish: dict[str, Any]) -> Callable[[], None]:
        """Return what sends a wish."""
        return lambda: self.ask(wish)

    def ask(self, wish: dict[str, Any]) -> None:
        """Send a wish."""
        training = studio.trainings.find(self.name)
        try:
            if training is not None:
                training.live.send(wish)
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))

    def show(self, status: str, course: Course, *, is_live: bool) -> None:
        """Show what can be asked for now, the settings' values, and what became of the wishes."""
        allowed = ALLOWED.get(status, set()) if is_live else set()
        self.group.set_visibility(bool(allowed))
        for kind, button in self.buttons.items():
            button.set_visibility(kind in allowed)
        values = course.header.get("settings", {})
        self.settings.set_visibility(bool(allowed) or bool(course.notes))
        for setting, field in self.fields.items():
            value = values.get(setting)
            has_none = setting in values and value is None
            now = self.speech("control.none") if has_none else "" if value is None else f"{value:g}"
            if field.props.get("placeholder") != now:
                field.props["placeholder"] = now
                field.update()
            field.set_enabled(bool(allowed) and not has_none)
        if course.notes != self.shown_notes:
            self.shown_notes = course.notes
            self.notes.clear()
            with self.notes:
                for note in reversed(course.notes[-NOTES_SHOWN:]):
                    self.show_note(note)

    def show_note(self, note: dict[str, Any]) -> None:
        """Add a line: what was changed, or why not."""
        if note["kind"] == "refused":
            words("li", str(note["message"])).classes("warning")
            return
        setting = self.speech(f"setting.{note['setting']}")
        said = self.speech(
            "control.changed", step=note["step"], setting=setting, value=f"{note['value']:g}"
        )
        words("li", said)
