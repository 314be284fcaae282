"""Two trainings side by side: what a convolution gains, and what dropout does, as curves."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.charts import COLOURS, curve, curve_chart, points
from noonbit.studio.elements import say_error, words
from noonbit.studio.language import Speech
from noonbit.studio.state import studio
from noonbit.studio.trainings import Order
from noonbit.studio.watch.course import read_epochs

FOLDER = Path(__file__).parent / "networks"
PLAIN = (
    ("learning-rate", "0.001"),
    ("optimizer", "adam"),
    ("schedule", "constant"),
    ("weight-decay", "0"),
    ("label-smoothing", "0"),
    ("augment", "none"),
    ("batch-size", "32"),
)
"""So that nothing but the networks differs, and nothing else works against overfitting."""
LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two trainings on the digits."""

    names: tuple[str, str]
    """Keys of their texts."""
    models: tuple[str, str]
    epochs: int
    settings: tuple[tuple[str, str], ...] = ()
    """Of both, beside those of all pairs."""

    def orders(self) -> list[Order]:
        """Return what is trained."""
        settings = (("epochs", str(self.epochs)), *PLAIN, *self.settings)
        return [Order("digits", model=model, settings=settings) for model in self.models]


PAIRS = {
    "networks": Pair(("curves.dnn", "curves.cnn"), ("slides-dnn", "lab-cnn"), 15),
    "dropout": Pair(
        ("curves.without", "curves.with"),
        (str(FOLDER / "without-dropout.toml"), str(FOLDER / "with-dropout.toml")),
        40,
        (("validation", "1300"),),  # so few train that the gap shows
    ),
}
begun: dict[str, list[str]] = {}
"""Of each pair the names of the runs that were begun last, in this studio."""


class TwoTrainings:
    """The button and the chart of a pair."""

    def __init__(self, name: str, speech: Speech) -> None:
        self.name, self.pair, self.speech = name, PAIRS[name], speech
        self.drawn: object = None

    def build(self) -> None:
        """Add the elements."""
        speech = self.speech
        words("p", speech("curves.about")).classes("aside")
        ui.button(speech("curves.begin"), on_click=self.begin).props("unelevated").classes("main")
        self.links = ui.element("div").classes("side-by-side")
        self.chart = ui.echart(self.options([[], []])).classes("two-curves").props('role="img"')
        self.chart.set_visibility(False)
        self.said = words("p").props('role="status"')
        ui.timer(LOOK_SECONDS, self.look)
        self.show_links()

    def begin(self) -> None:
        """Start both at once; they share the machine."""
        try:
            begun[self.name] = [
                studio.trainings.begin(order, language=self.speech.language)
                for order in self.pair.orders()
            ]
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))
            return
        self.show_links()

    def show_links(self) -> None:
        """Lead to where each is watched."""
        self.links.clear()
        with self.links:
            for run, key in zip(begun.get(self.name, []), self.pair.names, strict=False):
                ui.link(self.speech(key), f"/train/{run}")

    async def look(self) -> None:
        """Draw what has come by now."""
        runs = begun.get(self.name)
        if runs is None:
            return
        histories = await asyncio.to_thread(
            lambda: [read_epochs(studio.trainings.runs / run) for run in runs]
        )
        if self.drawn == (runs, histories) or not any(histories):
            return
        self.drawn = (runs, histories)
        self.chart.set_visibility(True)
        self.chart.options.clear()
        self.chart.options.update(self.options(histories))
        said = self.describe(histories)
        self.chart.props["aria-label"] = said
        self.chart.update()
        self.said.set_text(said)

    def describe(self, histories: list[list[dict[str, float]]]) -> str:
        """Say the last validation losses."""
        last = [f"{history[-1]['val_loss']:.4f}" if history else "–" for history in histories]
        first, second = (self.speech(key) for key in self.pair.names)
        return self.speech(
            "curves.pair_said",
            first=first,
            first_value=last[0],
            second=second,
            second_value=last[1],
        )

    def options(self, histories: list[list[dict[str, float]]]) -> dict[str, Any]:
        """Return the options of the chart: a colour a training, dashed where it validates."""
        speech = self.speech
        curves = [
            curve(
                f"{speech(key)}, {speech(f'curves.{part}')}",
                points((row["epoch"], row.get(column)) for row in history),
                colour,
                is_dashed=part == "validation",
            )
            for key, history, colour in zip(self.pair.names, histories, COLOURS, strict=False)
            for part, column in (("training", "loss"), ("validation", "val_loss"))
        ]
        return curve_chart(
            curves, speech("curves.epoch"), {"min": 0}, x_end=self.pair.epochs, legend={}, top=64
        )
