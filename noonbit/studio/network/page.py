"""The page on which networks are compared by cost and time for some data, and built.

A query names the data and the layers, /network?data=digits&layers=[{"kind":"relu"}], or a network
that was saved, /network?data=digits&name=my-network
"""

import asyncio
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.elements import warning, words
from noonbit.studio.language import Speech
from noonbit.studio.network.builder import Builder, duration
from noonbit.studio.network.costs import costs_of
from noonbit.studio.network.draft import Draft, Target, saved_networks
from noonbit.studio.state import studio

STYLE = '<link rel="stylesheet" href="/static/network.css">'


async def build(speech: Speech) -> None:
    """Add the page's content."""
    ui.add_head_html(STYLE)
    query = ui.context.client.request.query_params
    words("h1", speech("page.network"))
    try:
        known = await asyncio.to_thread(studio.known_data)
    except NoonbitError as error:
        known = {}
        warning(speech.engine(str(error)))
    source = query.get("data") or next(iter(known), "digits")
    draft, name = Draft(), query.get("name", "")
    try:
        if "layers" in query:
            draft = Draft.from_query(query["layers"])
        elif name:
            draft = Draft.open(name)
    except NoonbitError as error:
        warning(speech.engine(str(error)))
    await NetworkPage(speech, known, source, draft, name).build()


class NetworkPage:
    """The choice of the data, the builder, and the catalogue."""

    def __init__(
        self, speech: Speech, known: dict[str, str], source: str, draft: Draft, name: str
    ) -> None:
        self.speech, self.known, self.source = speech, known, source
        self.builder = Builder(speech, draft, source, name)

    async def build(self) -> None:
        """Add the elements; the costs come when the engine has answered."""
        speech = self.speech
        options = {
            name: f"{name} · {self.speech.engine(title)}" for name, title in self.known.items()
        }
        options.setdefault(self.source, self.source)
        ui.select(
            options,
            label=speech("network.data"),
            value=self.source,
            on_change=lambda event: self.choose(event.value),
        ).classes("network-data")
        self.about = ui.element("div").props('role="status"')
        with ui.element("section").classes("panel").props('aria-labelledby="build"'):
            words("h2", speech("network.build")).props('id="build"')
            self.show_saved()
            self.place = ui.element("div").classes("rows")
            with self.place:
                self.builder.build()
            self.no_build = words("p", speech("network.no_build")).classes("aside")
            self.no_build.set_visibility(False)
        with ui.element("section").classes("rows").props('aria-labelledby="catalogue"'):
            words("h2", speech("network.catalogue")).props('id="catalogue"')
            self.cards = ui.element("ul").classes("cards")
        ui.timer(0, self.count, once=True)

    def show_saved(self) -> None:
        """Lead to the networks that were saved."""
        saved = saved_networks()
        if not saved:
            return
        with ui.element("div").classes("side-by-side"):
            words("span", self.speech("network.saved_ones")).classes("aside")
            for path in saved:
                query = urlencode({"data": self.source, "name": path.stem})
                ui.link(path.stem, f"/network?{query}")

    async def choose(self, source: str) -> None:
        """Show everything for other data."""
        self.source = source
        await self.count()

    async def count(self) -> None:
        """Ask what the networks cost on the data, and show it."""
        source = self.source
        self.cards.clear()
        self.about.clear()
        with self.about, ui.element("div").classes("side-by-side"):
            ui.spinner(size="1.5rem")
            words("p", self.speech("network.counting"))
        try:
            answer = await costs_of(source)
        except NoonbitError as error:
            self.about.clear()
            with self.about:
                warning(self.speech.engine(str(error)))
            return
        if source == self.source:  # else other data were chosen meanwhile
            self.show(answer)

    def show(self, answer: dict[str, Any]) -> None:
        """Show the costs, and build for these data."""
        speech = self.speech
        is_image = len(answer["input"]) == 3
        self.about.clear()
        with self.about:
            words(
                "p",
                speech(
                    "network.for",
                    train=answer["train"],
                    size="x".join(map(str, answer["input"])),
                    classes=answer["classes"],
                ),
            ).classes("aside")
        self.place.set_visibility(is_image)
        self.no_build.set_visibility(not is_image)
        if is_image:
            self.builder.show_for(Target.of(answer), self.source)
        with self.cards:
            for network in answer["networks"]:
                self.show_card(network)

    def show_card(self, network: dict[str, Any]) -> None:
        """Add one network of the catalogue."""
        speech, name = self.speech, network["name"]
        with ui.element("li").classes("panel network-card").props(f'data-network="{name}"'):
            words("h3", name)
            words("p", self.speech.engine(network["title"]))
            words("p", network["source"]).classes("aside")
            facts = {
                speech("network.parameters"): speech.number(network["parameters"]),
                speech("network.multiply_adds"): speech.number(network["multiply_adds"]),
                speech("network.epoch"): duration(speech, network["seconds_per_epoch"]),
                speech("network.training", epochs=network["epochs"]): duration(
                    speech, network["seconds"]
                ),
            }
            with ui.element("dl").classes("facts"):
                for label, value in facts.items():
                    words("dt", label)
                    words("dd", value).classes("number")
            with ui.element("div").classes("side-by-side"):
                query = urlencode({"data": self.source, "model": name})
                ui.link(speech("network.train"), f"/train?{query}").props(
                    f'aria-label="{speech("network.train_named", name=name)}"'
                )
                ui.button(
                    speech("network.layers"), on_click=lambda: self.show_layers(network)
                ).props(f'flat dense aria-label="{speech("network.layers_of", name=name)}"')

    def show_layers(self, network: dict[str, Any]) -> None:
        """Open the layer table of a network."""
        speech = self.speech
        title = speech("network.layers_of", name=network["name"])
        with ui.dialog(value=True).props(f'aria-label="{title}"') as dialog, ui.card():
            dialog.on("hide", dialog.delete)
            words("h2", title)
            with ui.element("div").classes("table-place").props('tabindex="0"'), words("table"):
                with words("thead"), words("tr"):
                    for key in ("layer", "output", "parameters", "multiply_adds"):
                        words("th", speech(f"network.{key}")).props('scope="col"')
                with words("tbody"):
                    for layer in network["layers"]:
                        with words("tr"):
                            words("td", f"{layer['kind']} {layer['name']}")
                            words("td", output_shape(layer["output"])).classes("number")
                            words("td", f"{layer['parameters']:,}").classes("number")
                            words("td", f"{layer['multiply_adds']:,}").classes("number")
            ui.button(speech("network.close"), on_click=dialog.close).props("flat")


def output_shape(output: list[int]) -> str:
    """`28x28x6` of (channels, height, width); anything else in its order."""
    return "x".join(map(str, [*output[1:], output[0]] if len(output) == 3 else output))
