"""The page on which one looks into a run: what it gets right and wrong, and how sure it is of it.

A query says which items are shown, so an address can be kept: /look/RUN?cell=3,5
"""

import asyncio
import json
from typing import Any

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.elements import warning, words
from noonbit.studio.language import Speech
from noonbit.studio.look.calibration import reliability_chart
from noonbit.studio.look.frame import HEAD, address_of, find_tested, is_tested, short_source
from noonbit.studio.look.gallery import Gallery, Selection
from noonbit.studio.look.own_input import show_own_input
from noonbit.studio.look.process import processes
from noonbit.studio.run_list import accuracy_of, when
from noonbit.studio.state import studio
from noonbit.studio.trainings import Training

MOST = 30
"""Runs that are offered, the latest."""


async def build(speech: Speech) -> None:
    """Add the runs to choose from."""
    words("h1", speech("page.look"))
    words("p", speech("look.choose")).classes("aside")
    trainings = await asyncio.to_thread(studio.trainings.list)
    tested = [each for each in trainings if is_tested(each)]
    if not tested:
        words("p", speech("look.none"))
        ui.link(speech("draw.train_first"), "/train")
    with ui.element("ul").classes("cards"):
        for training in tested[:MOST]:
            with ui.element("li"), ui.link(target=address_of(training)).classes("panel card"):
                words("b", short_source(training))
                words("span", training.model)
                words("span", accuracy_of(training, speech))
                words("span", when(training.created)).classes("aside")


def build_run(speech: Speech, run: str) -> None:
    """Add the page of a run."""
    training = find_tested(run, speech)
    if training is None:
        return
    ui.add_head_html(HEAD)
    selection = Selection.from_query(ui.context.client.request.query_params)
    page = LookPage(training, speech)
    page.build()
    ui.timer(0, lambda: page.load(selection), once=True)


class LookPage:
    """The page of one run: its head at once, the rest when its process has answered."""

    def __init__(self, training: Training, speech: Speech) -> None:
        self.training, self.speech = training, speech

    def build(self) -> None:
        """Add what run.json says."""
        speech, training = self.speech, self.training
        result = training.result or {}
        with ui.element("div").classes("watch-head"):
            words("h1", short_source(training))
            ui.link(speech("look.others"), "/look")
            source = training.source if training.source != short_source(training) else ""
            facts = (source, training.model, when(training.created))
            words("p", " · ".join(filter(None, facts))).classes("aside")
        with ui.element("section").classes("panel result"):
            words("p", f"{result['accuracy']:.2%}").classes("headline number")
            self.interval = words("p", self.interval_text(result["test_items"], None))
            with ui.element("div").classes("side-by-side"):
                if (training.path / "report.html").is_file():
                    ui.link(speech("watch.report"), f"/runs/{training.name}/report", new_tab=True)
                ui.link(speech("look.watch"), f"/train/{training.name}")
                ui.link(speech("watch.draw"), f"/draw/{training.name}")
        self.place = ui.element("div").classes("rows")
        with self.place, ui.element("div").classes("waiting").props('role="status"'):
            ui.spinner(size="2.5rem")
            words("p", speech("look.starting"))

    def interval_text(self, items: int, groups: int | None) -> str:
        """Return what stands behind the accuracy."""
        result = self.training.result or {}
        return self.speech(
            "look.interval" if groups is None else "look.interval_groups",
            items=int(items),
            groups=groups,
            low=f"{result['accuracy_low']:.2%}",
            high=f"{result['accuracy_high']:.2%}",
        )

    async def load(self, selection: Selection) -> None:
        """Ask for the figures, and show them; then for the data, of which the pictures are."""
        path = self.training.path
        try:
            overview = await processes.ask(path, "overview")
        except NoonbitError as error:
            self.place.clear()
            with self.place:
                warning(self.speech.engine(str(error)))
            return
        self.interval.set_text(self.interval_text(overview["items"], overview["groups"]))
        self.place.clear()
        gallery = Gallery(self.training, overview, self.speech)
        with self.place:
            show_own_input(self.training, overview["input_kind"], self.speech)
            no_data = warning("")
            no_data.set_visibility(False)
            with ui.element("div").classes("look-columns"):
                if overview["matrix"] is not None:
                    self.show_matrix(overview["matrix"], gallery, selection)
                gallery.build()
                self.show_calibration(overview)
                if overview["classes"]:
                    self.show_classes(overview)
        try:
            await processes.ask(path, "open")
        except NoonbitError as error:
            gallery.has_pictures = False
            reason = self.speech.engine(str(error))
            no_data.set_text(self.speech("look.no_data", reason=reason))
            no_data.set_visibility(True)
        await gallery.show(selection)

    def show_matrix(self, matrix: dict[str, Any], gallery: Gallery, selection: Selection) -> None:
        """Add the confusion matrix; a cell of it shows its items."""
        speech = self.speech
        keys = {"axis": "look.matrix_axis", "right": "look.cell_right", "wrong": "look.cell"}
        texts = {name: speech.text(key) for name, key in keys.items()}
        with ui.element("section").classes("panel").props('aria-labelledby="matrix"'):
            words("h2", speech("look.matrix")).props('id="matrix"')
            words("p", speech("look.matrix_help")).classes("aside")
            if not matrix["whole"]:
                words("p", speech("look.matrix_part")).classes("aside")
            element = ui.element("confusion-matrix")
            element.props["matrix"] = json.dumps({**matrix, **texts})

        def mark(cell: tuple[int, int] | None) -> None:
            element.props["chosen"] = "" if cell is None else f"{cell[0]},{cell[1]}"
            element.update()

        async def choose(event: Any) -> None:
            cell = (int(event.args["detail"]["row"]), int(event.args["detail"]["column"]))
            await gallery.show(Selection("cell", cell), moves=True)

        gallery.on_show = mark
        element.on("choose", choose, ["detail"])

    def show_calibration(self, overview: dict[str, Any]) -> None:
        """Add the chart of stated probabilities and shares that were right."""
        speech = self.speech
        with ui.element("section").classes("panel").props('aria-labelledby="calibration"'):
            words("h2", speech("look.calibration")).props('id="calibration"')
            words(
                "p",
                speech(
                    "look.calibration_help",
                    error=f"{overview['calibration_error']:.2%}",
                    stated=f"{overview['mean_confidence']:.2%}",
                    right=f"{overview['accuracy']:.2%}",
                ),
            ).classes("aside")
            bins = overview["reliability"]
            chart = ui.echart(reliability_chart(bins, speech)).classes("reliability")
            chart.props('role="img"')
            chart.props["aria-label"] = "; ".join(
                speech(
                    "look.calibration_said",
                    stated=f"{stated:.0%}",
                    right=f"{right:.0%}",
                    count=count,
                )
                for stated, right, count, _, _ in bins
            )

    def show_classes(self, overview: dict[str, Any]) -> None:
        """Add the table of classes."""
        speech, rows = self.speech, overview["classes"]
        with ui.element("section").classes("panel").props('aria-labelledby="classes"'):
            words("h2", speech("look.classes")).props('id="classes"')
            words("p", speech("look.classes_help")).classes("aside")
            if len(rows) < overview["all_classes"]:
                part = speech("look.classes_part", shown=len(rows), all=overview["all_classes"])
                words("p", part).classes("aside")
            with (
                ui.element("div")
                .classes("table-place")
                .props('tabindex="0" role="group"') as place,
                words("table"),
            ):
                place.props["aria-label"] = speech("look.classes")
                with words("thead"), words("tr"):
                    for key in ("class", "count", "recall", "recall_interval", "precision", "f1"):
                        words("th", speech(f"look.{key}")).props('scope="col"')
                with words("tbody"):
                    for row in rows:
                        with words("tr"):
                            words("th", row["name"]).props('scope="row"')
                            for text in (
                                f"{row['items']:,}",
                                f"{row['recall']:.1%}",
                                f"{row['low']:.1%} – {row['high']:.1%}",
                                f"{row['precision']:.1%}",
                                f"{row['f1']:.3f}",
                            ):
                                words("td", text).classes("number")
