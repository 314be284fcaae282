"""The table of the network by hand, growing while it is computed, beside the document's figures."""

import re
from collections.abc import Sequence

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.elements import say_error, warning, words
from noonbit.studio.language import Speech
from noonbit.studio.learn.commands import CourseCommands
from noonbit.studio.state import studio

COMMAND = "noonbit byhand"
LINE = re.compile(r" *(\d+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)")
"""A line of the command's table."""
COLUMNS = ("train_error", "train_accuracy", "test_error", "test_accuracy")
LOOK_SECONDS = 0.25


class ByhandTable:
    """The button, and the table of what has come by now."""

    def __init__(self, program: str, speech: Speech, commands: CourseCommands) -> None:
        self.name = f"{program}-table"
        self.speech, self.commands = speech, commands
        self.rows: list[tuple[str, ...]] = []
        self.has_ended = False

    def build(self) -> None:
        """Add the elements."""
        speech = self.speech
        ui.button(speech("table.begin"), on_click=self.begin).props("unelevated").classes("main")
        with ui.element("div").classes("table-place").props('tabindex="0" role="region"') as place:
            place.props["aria-label"] = speech("drawing.byhand-table")
            with ui.element("table").classes("byhand-table"):
                with ui.element("thead"), ui.element("tr"):
                    for key in ("epoch", *COLUMNS, "same"):
                        words("th", speech(f"table.{key}")).props("scope=col")
                self.body = ui.element("tbody")
        self.said = words("p").props('role="status"')
        self.failure = ui.element("div")
        ui.timer(LOOK_SECONDS, self.look)

    def begin(self) -> None:
        """Start the computation anew."""
        try:
            self.commands.begin(self.name, COMMAND, studio.data_dir, self.speech.language)
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))
            return
        self.rows, self.has_ended = [], False
        self.body.clear()
        self.failure.clear()
        self.said.set_text("")

    def look(self) -> None:
        """Append the lines that are new."""
        if self.has_ended or (said := self.commands.find(self.name)) is None:
            return
        rows = [match.groups() for match in map(LINE.fullmatch, said.lines) if match]
        for row in rows[len(self.rows) :]:
            self.add_row(row)
        self.rows = rows
        if not said.is_running:
            self.has_ended = True
            self.show_end(said.error)

    def add_row(self, row: Sequence[str]) -> None:
        """Append a line, with whether it is the document's."""
        with self.body, ui.element("tr"):
            words("th", row[0]).props("scope=row")
            for cell in row[1:]:
                words("td", cell).classes("number")
            same = is_documented(row)
            words("td", self.speech("table.yes" if same else "table.no")).classes(
                "good" if same else "bad"
            )

    def show_end(self, error: str | None) -> None:
        """Say what came out."""
        if error is not None:
            with self.failure:
                warning(error)
        elif self.rows and all(map(is_documented, self.rows)):
            self.said.set_text(self.speech("table.all", count=4 * len(self.rows)))


def is_documented(row: Sequence[str]) -> bool:
    """Whether a line, its epoch first, is the document's to the last digit."""
    from noonbit.course.byhand import DOCUMENTED

    number = int(row[0])
    return number < len(DOCUMENTED) and DOCUMENTED[number] == tuple(row[1:])
