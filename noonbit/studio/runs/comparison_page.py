"""Runs side by side: figures, the verdict of `noonbit compare`, curves, settings that differ.

/runs/compare?run=REFERENCE&run=OTHER&run=ANOTHER

What stands in the run folders is there at once; the verdict comes when the engine has answered.
"""

import asyncio
from typing import Any
from urllib.parse import quote, urlencode

from nicegui import ui

from noonbit.errors import ArtefactError, NoonbitError
from noonbit.runs.listing import ListedRun, read_listed_run
from noonbit.runs.value_text import NOTHING, format_p, format_points, format_value
from noonbit.studio.charts import COLOURS, MEASURES
from noonbit.studio.elements import warning, words
from noonbit.studio.engine import ask
from noonbit.studio.language import Speech
from noonbit.studio.runs.figures import (
    Scale,
    accuracy_text,
    interval_text,
    seconds_text,
    show_interval,
    table_cell,
    tested_text,
)
from noonbit.studio.runs.page import MOST_COMPARED, STYLE
from noonbit.studio.runs.run_curves import compare_chart
from noonbit.studio.state import studio
from noonbit.studio.trainings import short_name
from noonbit.studio.watch.course import read_epochs

COLUMNS = ("name", "source", "model", "accuracy", "interval", "train_seconds", "parameters")


async def build(speech: Speech) -> None:
    """Add the page's content."""
    ui.add_head_html(STYLE)
    names = list(dict.fromkeys(ui.context.client.request.query_params.getlist("run")))
    with ui.element("div").classes("watch-head"):
        words("h1", speech("compare.title"))
        ui.link(speech("runs.to_table"), "/runs")
    runs: list[ListedRun] = []
    for name in names[:MOST_COMPARED]:
        training = studio.trainings.find(name)
        if training is None:
            ui.context.client.status_code = 404
            warning(speech("watch.no_run", name=name))
            continue
        try:
            runs.append(await asyncio.to_thread(read_listed_run, training.path))
        except ArtefactError as error:
            warning(speech.engine(str(error)))
    if len(runs) < 2:
        words("p", speech("compare.few"))
        return
    page = ComparisonPage(speech, runs)
    page.build()
    ui.timer(0, page.compare, once=True)


class ComparisonPage:
    """The comparison of some runs with the first of them."""

    def __init__(self, speech: Speech, runs: list[ListedRun]) -> None:
        self.speech = speech
        self.runs = runs

    def build(self) -> None:
        """Add the elements."""
        speech = self.speech
        with self.section("figures"):
            self.show_figures()
        with self.section("verdict"):
            words("p", speech("compare.verdict_help")).classes("aside")
            self.verdict = ui.element("div").classes("rows")
        with self.verdict, ui.element("div").classes("side-by-side").props('role="status"'):
            ui.spinner(size="1.5rem")
            words("p", speech("compare.asking"))
        with self.section("curves"):
            self.show_curves()
        self.settings_section = self.section("settings")
        with self.settings_section:
            self.settings = ui.element("div").classes("table-place").props('tabindex="0"')

    def section(self, part: str) -> ui.element:
        """Add a part of the page."""
        section = ui.element("section").classes("panel").props(f'aria-labelledby="{part}"')
        with section:
            words("h2", self.speech(f"compare.{part}")).props(f'id="{part}"')
        return section

    def show_figures(self) -> None:
        """Add a row for each run, its colour that of its curves."""
        speech, scale = self.speech, Scale.around(self.runs)
        with words("table").classes("compared cards-if-narrow").props('role="table"'):
            with words("thead").props('role="rowgroup"'), words("tr").props('role="row"'):
                for column in COLUMNS:
                    head = words("th", speech(f"column.{column}"))
                    head.props('role="columnheader" scope="col"')
            with words("tbody").props('role="rowgroup"'):
                for number, run in enumerate(self.runs):
                    with words("tr").props('role="row"'):
                        self.show_row(number, run, scale)

    def show_row(self, number: int, run: ListedRun, scale: Scale) -> None:
        """Add the cells of a run."""
        speech = self.speech
        with words("th").props('role="rowheader" scope="row"').classes("of-name"):
            words("span").classes("swatch").style(f"background: {COLOURS[number]}")
            ui.link(run.name, f"/train/{quote(run.name)}")
            if number == 0:
                words("span", speech("compare.reference")).classes("status")
            else:
                others = [each.name for each in self.runs if each is not run]
                query = urlencode([("run", name) for name in (run.name, *others)])
                link = ui.link(speech("compare.take"), f"/runs/compare?{query}").classes("aside")
                link.props["aria-label"] = speech("compare.take_named", name=run.name)
        self.show_cell("source", run.source)
        self.show_cell("model", short_name(run.model))
        with self.show_cell("accuracy"):
            words("b", accuracy_text(run))
            words("span", tested_text(run, speech)).classes("aside")
        with self.show_cell("interval"):
            words("span", interval_text(run) or NOTHING)
            show_interval(run, scale, COLOURS[number])
        self.show_cell("train_seconds", seconds_text(run.train_seconds, speech))
        self.show_cell("parameters", speech.number(run.parameters))

    def show_cell(self, column: str, text: str = "") -> ui.element:
        """Add a cell; a narrow screen shows the name of its column before it."""
        return table_cell(text, column, self.speech(f"column.{column}"))

    def show_curves(self) -> None:
        """Add the curves of all runs, loss and accuracy."""
        speech = self.speech
        histories = {run.name: read_epochs(run.path) for run in self.runs}
        names = [run.name for run in self.runs]
        words("p", speech("compare.curves_help")).classes("aside")
        with ui.element("ul").classes("legend"):
            for name, colour in zip(names, COLOURS, strict=False):
                with words("li"):
                    words("span").classes("swatch").style(f"background: {colour}")
                    words("span", name)
        without = [name for name in names if not histories[name]]
        if without:
            words("p", speech("compare.no_curves", names=", ".join(without))).classes("aside")
        with ui.element("div").classes("watch-side"):
            for measure in MEASURES:
                title = speech(f"compare.{measure}")
                with ui.element("figure").classes("chart"):
                    words("h3", title)
                    chart = ui.echart(compare_chart(measure, histories, names, speech))
                    chart.props["role"] = "img"
                    chart.props["aria-label"] = speech(
                        "compare.curves_said", measure=title, count=len(names)
                    )

    async def compare(self) -> None:
        """Ask how the runs compare, and show it."""
        try:
            answer = await ask("compare", *(str(run.path.absolute()) for run in self.runs))
        except NoonbitError as error:
            self.verdict.clear()
            with self.verdict:
                warning(self.speech.engine(str(error)))
            self.settings_section.set_visibility(False)
            return
        self.verdict.clear()
        with self.verdict:
            for comparison in answer["comparisons"]:
                self.show_verdict(comparison)
            words("p", self.speech("compare.luck")).classes("aside")
        with self.settings:
            self.show_settings(answer["differences"])

    def show_verdict(self, comparison: dict[str, Any]) -> None:
        """Add whether a run is better than the reference, and how that is known."""
        speech, gain = self.speech, comparison["gain"]
        verdict, reference = comparison["verdict"], comparison["reference"]["name"]
        with ui.element("article").classes(f"verdict {verdict}"):
            words("h3", comparison["other"]["name"])
            words("p", speech(f"compare.{verdict}", reference=reference)).classes("headline-words")
            words(
                "p",
                speech(
                    "compare.gain",
                    gain=format_points(gain["gain"]),
                    low=format_points(gain["low"]),
                    high=format_points(gain["high"]),
                    items=comparison["shared_items"],
                ),
            ).classes("number")
            words(
                "p",
                speech(
                    "compare.counts",
                    only_other=comparison["only_other"],
                    only_reference=comparison["only_reference"],
                ),
            ).classes("aside number")
            if comparison["p_value"] is not None:
                p = format_p(comparison["p_value"])
                words("p", speech("compare.p_value", p=p)).classes("aside number")
            if comparison["groups"] is not None:
                words("p", speech("compare.groups", groups=comparison["groups"])).classes("aside")
            for note in comparison["notes"]:
                words("p", note).classes("aside")

    def show_settings(self, differences: list[dict[str, Any]]) -> None:
        """Add the settings in which the runs differ."""
        speech = self.speech
        if not differences:
            words("p", speech("compare.same"))
            return
        with words("table").classes("compared"):
            with words("thead"), words("tr"):
                words("th", speech("compare.setting")).props('scope="col"')
                for number, run in enumerate(self.runs):
                    with words("th").props('scope="col"'):
                        words("span").classes("swatch").style(f"background: {COLOURS[number]}")
                        words("span", run.name)
            with words("tbody"):
                for difference in differences:
                    with words("tr"):
                        with words("th").props('scope="row"'):
                            words("span", difference["name"])
                            words("span", speech(f"topic.{difference['topic']}")).classes("aside")
                        for value in difference["values"]:
                            words("td", format_value(value)).classes("number")
