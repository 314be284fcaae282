"""The page on which a training is watched and steered, and a run is looked at.

All it shows is read from the run folder again and again, so pages on one training agree, and a page
that is opened later shows the same. The pictures of layers come by a way of their own (live.js).
"""

import asyncio
import time

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.charts import MEASURES
from noonbit.studio.elements import say_error, warning, words
from noonbit.studio.find_training import find_training
from noonbit.studio.language import Speech
from noonbit.studio.look.frame import address_of
from noonbit.studio.run_list import when
from noonbit.studio.state import studio
from noonbit.studio.trainings import Training, read_log
from noonbit.studio.watch.controls import Controls
from noonbit.studio.watch.course import Course
from noonbit.studio.watch.curves import chart

LOOK_SECONDS = 0.25
"""Between two looks at the run folder."""
NUMBERS_SECONDS, CHART_SECONDS = 1.0, 2.0
"""Between two writings of the numbers and two drawings of the curves, for each of which a browser
lays out and paints the page: on the same processors as the training, if it has no GPU."""
LOG_LINES = 12
NUMBERS = ("epoch", "loss", "accuracy", "speed", "left", "rate")
FRAME_SCRIPT = (
    '<link rel="stylesheet" href="/static/layers.css">'
    '<script type="module" src="/static/live.js"></script>'
)


def build(speech: Speech, run: str) -> None:
    """Add the page's content."""
    training = find_training(run, speech, back=("watch.to_the_list", "/train"))
    if training is None:
        return
    ui.add_head_html(FRAME_SCRIPT)
    page = WatchPage(training, speech)
    page.build()
    ui.timer(LOOK_SECONDS, page.look)


class WatchPage:
    """The page of one training, on one screen."""

    def __init__(self, training: Training, speech: Speech) -> None:
        self.training = training
        self.speech = speech
        self.course = Course(training.live)
        self.written_at = self.drawn_at = float("-inf")
        self.written: str | None = None
        """The status beside which the numbers were written."""
        self.drawn: object = None
        self.shown_layers = False

    def build(self) -> None:
        """Add the elements, in the order in which they are read."""
        speech, training = self.speech, self.training
        with ui.element("div").classes("watch-head"):
            self.title = words("h1")
            self.status = words("span").classes("status").props('role="status"')
            self.facts = words("p").classes("aside")
        self.message = warning("")
        self.retry = ui.link(speech("watch.to_the_list"), "/train")
        self.log = words("pre").classes("log").props(f'aria-label="{speech("watch.log")}"')
        self.result = ui.element("section").classes("panel result")
        self.controls = Controls(training.name, speech)
        self.now = ui.element("dl").classes("numbers")
        with self.now:
            self.numbers = {}
            for name in NUMBERS:
                with ui.element("div"):
                    words("dt", speech(f"watch.{name}"))
                    self.numbers[name] = words("dd", "–").classes("number")
        self.progress = ui.linear_progress(value=0, show_value=False).props(
            f'aria-label="{speech("watch.progress")}" instant-feedback'
        )
        with ui.element("div").classes("watch-columns"):
            with ui.element("div").classes("watch-side"):
                self.charts = {}
                for measure in MEASURES:
                    with ui.element("figure").classes("panel chart"):
                        words("h2", speech(f"watch.{measure}"))
                        options = chart(measure, self.course, speech)
                        self.charts[measure] = ui.echart(options).props('role="img"')
                self.controls.build_settings()
            self.layers = ui.element("section").classes("panel")
        self.show()

    async def look(self) -> None:
        """Read what is new, and show it."""
        training, _ = await asyncio.gather(
            asyncio.to_thread(studio.trainings.find, self.training.name),
            asyncio.to_thread(self.course.read),
        )
        if training is not None:
            self.training = training
        self.show()

    def show(self) -> None:
        """Show what is known by now."""
        training, speech, course = self.training, self.speech, self.course
        status = training.status
        if status == "training" and course.state == "paused":
            status = "paused"
        self.title.set_text(training.source or training.name)
        self.status.set_text(speech(f"status.{status}"))
        self.status.classes(replace=f"status {status}")
        self.facts.set_text(" · ".join(filter(None, (training.model, when(training.created)))))
        self.message.set_text(training.message)
        self.message.set_visibility(bool(training.message))
        self.retry.set_visibility(status == "failed")
        is_open = bool(course.ticks.latest or course.history)
        self.log.set_visibility(not is_open and status in ("starting", "failed", "training"))
        if self.log.visible:
            lines = [line for line in read_log(training.path) if not line.startswith("process ")]
            self.log.set_text("\n".join(lines[-LOG_LINES:]) or speech("watch.preparing"))
        self.controls.show(status, course, is_live=training.live.exists)
        if status != self.written or time.monotonic() - self.written_at >= NUMBERS_SECONDS:
            self.written, self.written_at = status, time.monotonic()
            self.show_numbers()
        if time.monotonic() - self.drawn_at >= CHART_SECONDS:
            self.show_charts()
        self.show_result()
        if not self.shown_layers and training.live.exists:
            self.shown_layers = True
            with self.layers:
                words("h2", speech("watch.layers"))
                ui.element("training-frames").props(
                    f'run="{training.name}" language="{speech.language}"'
                )
        self.layers.set_visibility(self.shown_layers)

    def show_numbers(self) -> None:
        """Show the numbers of the latest tick; before and without one, those of the last epoch."""
        course = self.course
        for name, text in course.numbers(self.speech).items():
            self.numbers[name].set_text(text)
        # Of the last batches alone; when the test accuracy is there, they would only confuse.
        self.now.set_visibility(self.training.result is None)
        self.progress.set_value(course.share)
        self.progress.set_visibility(self.training.is_active)

    def show_charts(self) -> None:
        """Draw the curves, if there is anything new in them."""
        course = self.course
        self.drawn_at = time.monotonic()
        if self.drawn == (course.ticks.latest, len(course.history)):
            return
        self.drawn = (course.ticks.latest, len(course.history))
        for measure, element in self.charts.items():
            element.options.clear()
            element.options.update(chart(measure, course, self.speech))
            said = course.numbers(self.speech)[measure]
            element.props["aria-label"] = self.speech(f"curves.{measure}_said", value=said)
            element.update()

    def show_result(self) -> None:
        """Show what came out, when the training has ended."""
        speech, training = self.speech, self.training
        can_resume = training.status == "interrupted"
        has_report = (training.path / "report.html").is_file()
        key = (training.status, training.result is not None, has_report)
        self.result.set_visibility(can_resume or training.result is not None)
        if getattr(self, "_result_key", None) == key:
            return
        self._result_key = key
        self.result.clear()
        with self.result:
            if training.result is not None:
                result = training.result
                words("h2", speech("watch.result"))
                if result.get("accuracy") is not None:
                    words("p", f"{result['accuracy']:.2%}").classes("headline number")
                    words(
                        "p",
                        speech(
                            "watch.interval",
                            items=int(result["test_items"]),
                            low=f"{result['accuracy_low']:.2%}",
                            high=f"{result['accuracy_high']:.2%}",
                        ),
                    )
            with ui.element("div").classes("side-by-side"):
                if has_report:
                    ui.link(speech("watch.report"), f"/runs/{training.name}/report", new_tab=True)
                if training.status == "finished":
                    ui.link(speech("look.into"), address_of(training))
                    ui.link(speech("watch.draw"), f"/draw/{training.name}")
            if can_resume:
                words("p", speech("watch.can_resume"))
                ui.button(speech("watch.resume"), on_click=self.resume).props("unelevated").classes(
                    "main"
                )

    def resume(self) -> None:
        """Let the training go on."""
        try:
            studio.trainings.resume(self.training.name, language=self.speech.language)
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))
