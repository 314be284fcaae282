"""The table of all runs: sorted by a click, searched, and chosen from to be compared.

It is read from the run folders again and again, so it follows what happens there. A query sorts and
searches: /runs?sort=accuracy&search=digits
"""

import asyncio
from typing import get_args
from urllib.parse import quote, urlencode

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.runs.listing import Column, ListedRun, Listing, list_runs, sort_runs
from noonbit.studio.elements import words
from noonbit.studio.language import Speech
from noonbit.studio.runs.figures import (
    accuracy_text,
    interval_text,
    seconds_text,
    table_cell,
    tested_text,
)
from noonbit.studio.state import studio
from noonbit.studio.trainings import short_name

STYLE = '<link rel="stylesheet" href="/static/runs.css">'
COLUMNS: tuple[Column, ...] = get_args(Column)
FALLING_FIRST = ("accuracy", "created")
"""Columns whose highest value is what one looks for."""
SECONDS = 2.0
"""Between two looks at the folder."""
MOST_ROWS = 200
MOST_COMPARED = 6
"""As many as colours that can be told apart."""


async def build(speech: Speech) -> None:
    """Add the page's content."""
    ui.add_head_html(STYLE)
    query = ui.context.client.request.query_params
    words("h1", speech("page.runs"))
    words("p", speech("runs.intro")).classes("aside")
    page = RunsPage(speech, query.get("sort", "created"), query.get("search", ""))
    await page.build()
    ui.timer(SECONDS, page.look)


class RunsPage:
    """The table on one screen."""

    def __init__(self, speech: Speech, column: str, search: str) -> None:
        self.speech = speech
        self.column: Column = next((each for each in COLUMNS if each == column), "created")
        self.is_falling = self.column in FALLING_FIRST
        self.search = search
        self.listing = Listing((), ())
        self.chosen: list[str] = []
        """Names, in the order in which they were chosen."""

    async def build(self) -> None:
        """Add the elements."""
        speech = self.speech
        with ui.element("div").classes("runs-tools"):
            ui.input(
                speech("runs.search"),
                value=self.search,
                on_change=lambda event: self.find(event.value),
            ).props(
                f'type="search" clearable debounce="200" hint="{speech("runs.search_help")}"'
            ).classes("runs-search")
            with ui.element("div").classes("side-by-side runs-choice"):
                self.compare_button = ui.button(speech("runs.compare"), on_click=self.compare)
                self.compare_button.props("unelevated").classes("main")
                self.choice = words("p").classes("aside").props('role="status"')
        self.count = words("p").classes("aside").props('role="status"')
        self.place = ui.element("div")
        self.others = ui.element("div")
        self.listing = await asyncio.to_thread(self.read)
        self.show()
        self.show_choice()

    def read(self) -> Listing:
        """Read the folder; nothing is there before the first training."""
        try:
            return list_runs(studio.trainings.runs)
        except NoonbitError:
            return Listing((), ())

    async def look(self) -> None:
        """Read the folder again, and show what has changed."""
        found = await asyncio.to_thread(self.read)
        if found != self.listing:
            self.listing = found
            self.show()

    def find(self, search: str | None) -> None:
        """Show the runs that have all of these words."""
        self.search = search or ""
        self.show()

    def sort(self, column: Column) -> None:
        """Sort by a column; once more, the other way round."""
        is_again = column == self.column
        self.is_falling = not self.is_falling if is_again else column in FALLING_FIRST
        self.column = column
        self.show()

    def found(self) -> list[ListedRun]:
        """Return the runs that are searched for, in order."""
        asked = self.search.casefold().split()
        runs = [run for run in self.listing.runs if all(map(self.text_of(run).__contains__, asked))]
        return sort_runs(runs, self.column, descending=self.is_falling)

    def text_of(self, run: ListedRun) -> str:
        """Return what is searched in a run."""
        status = self.speech(f"status.{run.status}")
        return " ".join((run.name, run.source, run.model, run.status, status)).casefold()

    def show(self) -> None:
        """Show the table anew."""
        speech, found = self.speech, self.found()
        self.place.clear()
        with self.place:
            if not self.listing.runs:
                words("p", speech("runs.none_yet"))
                ui.link(speech("runs.train"), "/train")
            elif not found:
                words("p", speech("runs.no_match"))
            else:
                self.show_table(found[:MOST_ROWS])
            if len(found) > MOST_ROWS:
                words("p", speech("runs.older", count=len(found) - MOST_ROWS)).classes("aside")
        self.count.set_text(speech("runs.shown", shown=len(found), count=len(self.listing.runs)))
        self.others.clear()
        if self.listing.others:
            with (
                self.others,
                ui.expansion(speech("runs.not_listed", count=len(self.listing.others))),
                ui.element("ul").classes("notes"),
            ):
                for sentence in self.listing.others:
                    words("li", sentence)

    def show_table(self, runs: list[ListedRun]) -> None:
        """Add the table. Its roles are stated, since narrow screens show rows as cards."""
        speech = self.speech
        with words("table").classes("runs-table cards-if-narrow").props('role="table"'):
            with words("thead").props('role="rowgroup"'), words("tr").props('role="row"'):
                words("th", speech("runs.choose")).props('role="columnheader" scope="col"')
                for column in COLUMNS:
                    self.show_head(column)
                words("th", speech("runs.actions")).props('role="columnheader" scope="col"')
            with words("tbody").props('role="rowgroup"'):
                for run in runs:
                    self.show_row(run)

    def show_head(self, column: Column) -> None:
        """Add the head of a column, which sorts by it."""
        text = self.speech(f"column.{column}")
        is_sorted = column == self.column
        order = "none" if not is_sorted else "descending" if self.is_falling else "ascending"
        with words("th").props(f'role="columnheader" scope="col" aria-sort="{order}"'):
            button = words("button", text).props(
                f'type="button" title="{self.speech("runs.sort_by", column=text)}"'
            )
            button.on("click", lambda: self.sort(column))

    def show_row(self, run: ListedRun) -> None:
        """Add a run."""
        speech = self.speech
        with words("tr").props('role="row"'):
            with words("td").props('role="cell"').classes("of-choice"):
                box = ui.checkbox(
                    value=run.name in self.chosen,
                    on_change=lambda event: self.choose(run.name, is_chosen=event.value),
                ).props("dense")
                box.props["aria-label"] = speech("runs.choose_run", name=run.name)
            with words("th").props('role="rowheader" scope="row"').classes("of-name"):
                ui.link(run.name, f"/train/{quote(run.name)}")
            self.show_cell("source", run.source)
            self.show_cell("model", short_name(run.model))
            with self.show_cell("status"):
                words("span", speech(f"status.{run.status}")).classes(f"status {run.status}")
            with self.show_cell("accuracy"):
                words("b", accuracy_text(run)).classes("number")
                words("span", interval_text(run)).classes("aside number")
                words("span", tested_text(run, speech)).classes("aside number")
            self.show_cell("train_seconds", seconds_text(run.train_seconds, speech))
            self.show_cell("parameters", speech.number(run.parameters))
            self.show_cell("created", f"{run.created:%Y-%m-%d %H:%M}")
            with (
                words("td").props('role="cell"').classes("of-actions"),
                ui.element("div").classes("actions"),
            ):
                self.show_actions(run)

    def show_cell(self, column: Column, text: str = "") -> ui.element:
        """Add a cell; a narrow screen shows the name of its column before it."""
        return table_cell(text, column, self.speech(f"column.{column}"))

    def show_actions(self, run: ListedRun) -> None:
        """Add the links to what can be done with a run."""
        name = quote(run.name)
        places = {"watch": f"/train/{name}"}
        if run.status == "finished":
            places = {
                "report": f"/runs/{name}/report",
                "look": f"/look/{name}",
                "draw": f"/draw/{name}",
                "take_out": f"/export/{name}",
            }
        for key, place in places.items():
            link = ui.link(self.speech(f"runs.{key}"), place, new_tab=key == "report")
            link.props["aria-label"] = f"{self.speech(f'runs.{key}')}: {run.name}"

    def choose(self, name: str, *, is_chosen: bool) -> None:
        """Choose a run to compare, or no longer."""
        self.chosen = [each for each in self.chosen if each != name] + [name] * is_chosen
        self.show_choice()

    def show_choice(self) -> None:
        """Say what is chosen, and let it be compared if it can be."""
        speech, chosen = self.speech, self.chosen
        if len(chosen) > MOST_COMPARED:
            text = speech("runs.compare_many", most=MOST_COMPARED)
        elif not chosen:
            text = speech("runs.compare_none")
        else:
            key = "runs.compare_some" if len(chosen) > 1 else "runs.compare_one"
            text = speech(key, count=len(chosen), name=chosen[0])
        self.choice.set_text(text)
        self.compare_button.set_enabled(2 <= len(chosen) <= MOST_COMPARED)

    def compare(self) -> None:
        """Go to the comparison of what is chosen."""
        ui.navigate.to(f"/runs/compare?{urlencode([('run', name) for name in self.chosen])}")
