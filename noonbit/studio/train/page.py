"""The page on which trainings are begun and found again.

A query fills the form, so that other pages can lead here:
/train?data=digits&model=lenet5&epochs=3&augment=shift=2
"""

import asyncio
from collections.abc import Mapping

from nicegui import ui

from noonbit.errors import NoonbitError
from noonbit.studio.elements import say_error, warning, words
from noonbit.studio.help import with_help
from noonbit.studio.language import Speech
from noonbit.studio.network.draft import saved_networks
from noonbit.studio.run_list import show_runs
from noonbit.studio.state import studio
from noonbit.studio.trainings import Order

OWN = "\0own"
"""The choice of a path that is typed."""
DEFAULT = "\0default"
"""The choice of what noonbit chooses."""
OPTIMIZERS = ("muon", "sgd", "adam", "adamw", "rmsprop", "adadelta")
"""The recipe's, which takes a tenth of a second to import."""
NUMBERS = ("epochs", "batch_size", "learning_rate")


async def build(speech: Speech) -> None:
    """Add the page's content."""
    words("h1", speech("page.train"))
    with ui.element("div").classes("train-columns"):
        with ui.element("section").classes("panel").props('aria-labelledby="new"'):
            words("h2", speech("train.new")).props('id="new"')
            await TrainForm(speech, ui.context.client.request.query_params).build()
        with ui.element("section").classes("panel").props('aria-labelledby="runs"'):
            words("h2", speech("train.runs")).props('id="runs"')
            show_runs(speech)


class TrainForm:
    """The form of a new training."""

    def __init__(self, speech: Speech, query: Mapping[str, str]) -> None:
        self.speech = speech
        self.query = query

    async def build(self) -> None:
        """Add the form's elements; the catalogue comes when the engine has answered."""
        await self.build_data()
        self.build_network()
        self.build_shortcuts()
        self.build_settings()
        button = ui.button(self.speech("train.begin"), on_click=self.begin)
        button.props("unelevated").classes("main")
        ui.timer(0, self.fill_networks, once=True)

    async def build_data(self) -> None:
        """Add the choice of data: known sets, those that were made here, or a path."""
        speech = self.speech
        try:
            known = await asyncio.to_thread(studio.known_data)
        except NoonbitError as error:
            known = {}
            warning(speech.engine(str(error)))
        data = self.query.get("data", next(iter(known), OWN))
        options = {name: f"{name} · {speech.engine(title)}" for name, title in known.items()}
        own = await asyncio.to_thread(studio.data_sets.list)
        options |= {each.source: each.source for each in own}
        self.data = ui.select(
            {**options, OWN: speech("train.own_data")},
            label=speech("train.data"),
            value=data if data in options else OWN,
        ).classes("wide")
        self.data_path = ui.input(
            speech("train.data_path"), value="" if data in options or data == OWN else data
        ).classes("wide")
        self.data_path.bind_visibility_from(self.data, "value", value=OWN)

    def build_network(self) -> None:
        """Add the choice of a network: the default, the one of the query, or a file's path."""
        speech, model = self.speech, self.query.get("model", DEFAULT)
        is_file = model.endswith(".toml")
        self.networks = {DEFAULT: speech("train.default_network")}
        if model not in (DEFAULT, OWN) and not is_file:
            self.networks[model] = model
        with with_help(speech, "train.network", "help.network"):
            self.model = ui.select(
                {**self.networks, OWN: speech("train.own_network")},
                label=speech("train.network"),
                value=OWN if is_file else model,
                with_input=True,
            ).classes("wide")
        self.model_path = ui.input(
            speech("train.network_path"), value=model if is_file else ""
        ).classes("wide")
        self.model_path.bind_visibility_from(self.model, "value", value=OWN)
        self.model_path.bind_enabled_from(self.model)

    def build_shortcuts(self) -> None:
        """Add the two ways that name a network themselves: in seconds, and on published weights."""
        self.is_fast, self.is_pretrained = (
            ui.checkbox(
                self.speech(f"train.{name}"),
                value=name in self.query,
                on_change=lambda: self.leave_one_choice(),
            )
            for name in ("fast", "pretrained")
        )
        self.leave_one_choice()

    def build_settings(self) -> None:
        """Add the settings that noonbit derives unless they are stated; open if the query does."""
        speech, query = self.speech, self.query
        is_open = any(name in query for name in (*NUMBERS, "optimizer", "augment", "on_bad"))
        with (
            ui.expansion(speech("train.settings"), value=is_open).classes("wide"),
            ui.element("div").classes("fields"),
        ):
            words("p", speech("train.settings_help")).classes("aside")
            self.numbers = {name: self.add_setting(name) for name in NUMBERS}
            for field in self.numbers.values():
                field.props('inputmode="decimal"')
            with with_help(speech, "setting.optimizer", "help.optimizer"):
                self.optimizer = ui.select(
                    {
                        DEFAULT: speech("train.derived"),
                        **{name: name for name in OPTIMIZERS},
                    },
                    label=speech("setting.optimizer"),
                    value=query.get("optimizer", DEFAULT),
                ).classes("wide")
            self.augment = self.add_setting("augment")
            self.skips_bad = ui.checkbox(
                speech("train.skip_bad"), value=query.get("on_bad") == "skip"
            )

    def leave_one_choice(self) -> None:
        """Switch off what a choice makes pointless: each of the two names a network itself."""
        self.is_fast.set_enabled(not self.is_pretrained.value)
        self.is_pretrained.set_enabled(not self.is_fast.value)
        self.model.set_enabled(not (self.is_fast.value or self.is_pretrained.value))

    def add_setting(self, name: str) -> ui.input:
        """Add the field of a setting that is typed, and what it means."""
        speech = self.speech
        with with_help(speech, f"setting.{name}", f"help.{name}"):
            field = ui.input(speech(f"setting.{name}"), value=self.query.get(name, ""))
        return field.props(f'placeholder="{speech("train.derived")}" stack-label').classes("wide")

    async def fill_networks(self) -> None:
        """Offer the networks that were saved, and the catalogue."""
        try:
            networks = await studio.networks()
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))
            return
        for path in saved_networks():
            self.networks[str(path)] = f"{path.stem} · {self.speech('train.built')}"
        for each in sorted(networks, key=lambda each: each["takes"] != "pictures"):
            title = f"{each['name']} · {self.speech.engine(each['title'])}"
            if each["takes"] != "pictures":
                title += f" ({self.speech('takes.' + each['takes'])})"
            self.networks[each["name"]] = title
        self.model.set_options({**self.networks, OWN: self.speech("train.own_network")})

    def order(self) -> Order:
        """Return what the form says."""
        model = self.model_path.value.strip() if self.model.value == OWN else self.model.value
        numbers = {name: field.value.strip() for name, field in self.numbers.items()}
        settings = [(name.replace("_", "-"), value) for name, value in numbers.items() if value]
        if self.optimizer.value != DEFAULT:
            settings.append(("optimizer", self.optimizer.value))
        if augment := self.augment.value.strip():
            settings.append(("augment", augment))
        if self.skips_bad.value:
            settings.append(("on-bad", "skip"))
        is_own = self.data.value == OWN
        return Order(
            source=self.data_path.value.strip() if is_own else self.data.value,
            model=None
            if self.is_fast.value or self.is_pretrained.value or model in (None, "", DEFAULT)
            else model,
            is_fast=self.is_fast.value,
            is_pretrained=self.is_pretrained.value,
            settings=tuple(settings),
        )

    def begin(self) -> None:
        """Start the training, and go to where it is watched."""
        order = self.order()
        if not order.source:
            say_error(self.speech("train.no_data"))
            return
        try:
            name = studio.trainings.begin(order, language=self.speech.language)
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))
            return
        ui.navigate.to(f"/train/{name}")
