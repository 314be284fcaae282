"""The part of a page on which a network is built, layer by layer, with its arithmetic."""

import json
from collections.abc import Callable
from urllib.parse import urlencode

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from noonbit.errors import NoonbitError
from noonbit.models.layer_file import LayerSpec
from noonbit.models.layer_table import DoesNotFit, LayerRow
from noonbit.models.placement import format_shape
from noonbit.studio.elements import say_error, words
from noonbit.studio.help import add_help
from noonbit.studio.language import Speech
from noonbit.studio.network.draft import NEW_LAYERS, Draft, Target

CHOICES = {"padding": ("valid", "same", 1, 2, 3), "how": ("max", "average")}
"""Settings that are chosen and not typed."""
STEPS = {"rate": 0.05}
"""Of the arrows of a number, where it is not whole."""


class Builder:
    """A draft of a network, with its elements."""

    def __init__(self, speech: Speech, draft: Draft, source: str, name: str) -> None:
        self.speech, self.draft, self.source = speech, draft, source
        self.first_name = name or speech("network.first_name")
        self.target = Target()
        self.client = ui.context.client
        self.arithmetic: list[TextElement] = []
        """A line for each written layer."""

    def build(self) -> None:
        """Add the elements."""
        speech = self.speech
        words("p", speech("network.build_help")).classes("aside")
        self.input = words("p").classes("number")
        self.list = ui.element("ol").classes("layers-built")
        self.added = ui.element("ul").classes("layers-built added")
        with (
            ui.element("div")
            .classes("side-by-side")
            .props(f'role="group" aria-label="{speech("network.add")}"')
        ):
            words("span", speech("network.add")).classes("aside")
            for kind in NEW_LAYERS:
                ui.button(
                    speech(f"kind.{kind}"), icon="add", on_click=lambda kind=kind: self.add(kind)
                ).props(f'outline dense data-kind="{kind}"').classes("kind")
        terms = {
            "network.parameters": "help.parameters",
            "network.multiply_adds": "help.multiply_adds",
            "network.epoch": "help.epochs",
        }
        names = {speech(label): key for label, key in terms.items()}
        with ui.element("div").classes("with-help"):
            with ui.element("div"):
                self.totals = ui.element("dl").classes("numbers")
            add_help(speech, ", ".join(names), names)
        with ui.element("div").classes("side-by-side"):
            self.name = ui.input(
                speech("network.name"),
                value=self.first_name,
                on_change=lambda: self.explain(),
            )
            ui.button(speech("network.save"), on_click=self.save).props("outline")
            self.train_button = ui.button(speech("network.train"), on_click=self.train)
            self.train_button.props("unelevated").classes("main")
            self.saved = words("span").classes("aside").props('role="status"')
        with ui.expansion(speech("network.file")).classes("wide"):
            self.file = words("pre").classes("log")
        self.show_layers()

    def show_for(self, target: Target, source: str) -> None:
        """Build for other data from now on."""
        self.target, self.source = target, source
        self.explain()

    def show_layers(self) -> None:
        """Show all layers anew, with the fields of each."""
        self.list.clear()
        self.arithmetic = []
        with self.list:
            for index, layer in enumerate(self.draft.layers):
                self.show_layer(index, layer)
        self.explain()

    def show_layer(self, index: int, layer: LayerSpec) -> None:
        """Add one layer: its kind, its settings, what moves it, and the line of its arithmetic."""
        speech, number = self.speech, index + 1
        with ui.element("li").classes("layer-built"):
            with ui.element("div"):
                kind = speech(f"kind.{layer.kind}")
                words("b", f"{number}. {kind}").classes("layer-kind")
                fields = {
                    speech(f"field.{name}"): f"help.field.{name}"
                    for name in type(layer).model_fields
                }
                add_help(speech, f"{number}. {kind}", {"": f"help.kind.{layer.kind}", **fields})
            with ui.element("div").classes("layer-fields"):
                for name in type(layer).model_fields:
                    self.show_field(index, layer, name)
            with ui.element("div").classes("layer-moves"):
                for key, icon, act in (
                    ("up", "arrow_upward", lambda: self.move(index, -1)),
                    ("down", "arrow_downward", lambda: self.move(index, 1)),
                    ("remove", "close", lambda: self.remove(index)),
                ):
                    text = speech(f"network.{key}", number=number)
                    button = ui.button(icon=icon, on_click=act).props("flat dense round")
                    button.props(f'aria-label="{text}" title="{text}"')
            self.arithmetic.append(words("p").classes("arithmetic"))

    def show_field(self, index: int, layer: LayerSpec, name: str) -> None:
        """Add the field of one setting."""
        speech = self.speech
        value = getattr(layer, name)
        label = speech(f"field.{name}")
        if name in CHOICES:
            choices = dict.fromkeys([*CHOICES[name], value])
            ui.select(
                {
                    each: speech(f"value.{each}") if isinstance(each, str) else str(each)
                    for each in choices
                },
                label=label,
                value=value,
                on_change=lambda event: self.change(index, name, event.value),
            ).props("dense")
            return
        field = ui.number(
            label,
            value=value,
            min=0 if name == "rate" else 1,
            step=STEPS.get(name, 1),
            on_change=lambda event: self.change(index, name, event.value),
        ).props("dense")
        if is_optional(layer, name):
            field.props(f'stack-label placeholder="{speech("value.as_size")}"')

    def explain(self) -> None:
        """Write the arithmetic of all layers anew, and what follows from them."""
        speech = self.speech
        rows, misfit = self.draft.check(self.target)
        self.input.set_text(speech("network.input", shape=format_shape(self.target.image)))
        for index, line in enumerate(self.arithmetic):
            is_misfit = misfit is not None and misfit.number == index + 1
            line.classes(add="warning" if is_misfit else "", remove="" if is_misfit else "warning")
            if misfit is not None and is_misfit:
                line.set_text(self.why(misfit))
            elif index < len(rows):
                line.set_text(self.explanation(rows[index]))
            else:
                line.set_text(speech("network.waits"))
        self.added.clear()
        with self.added:
            for row in rows[len(self.draft.layers) :]:
                with ui.element("li").classes("layer-built"):
                    kind = speech(f"kind.{row.layer.kind}")
                    words("b", f"{kind} ({speech('network.added')})").classes("layer-kind")
                    words("p", self.explanation(row)).classes("arithmetic")
            if misfit is not None and misfit.number > len(self.draft.layers):
                words("li", self.why(misfit)).classes("warning")
        self.show_totals(rows, misfit)
        self.train_button.set_enabled(misfit is None)
        self.file.set_text(self.draft.to_toml(self.name.value))
        query = urlencode(
            {"data": self.source, "layers": self.draft.to_query(), "name": self.name.value}
        )
        # So the page is the same after a reload, and in the other language.
        # Asked of the page: the button that was pressed may be gone with its layer by now.
        self.client.run_javascript(f"history.replaceState(null, '', {json.dumps('?' + query)})")

    def why(self, misfit: DoesNotFit) -> str:
        """Say what does not fit."""
        speech = self.speech
        reason = speech(f"misfit.{misfit.reason}", **misfit.numbers)
        return speech("network.misfit", number=misfit.number, reason=reason)

    def explanation(self, row: LayerRow) -> str:
        """Say the arithmetic of a layer: `(32 - 5 + 2*2)/1 + 1 = 32 → 32x32x16 · ...`."""
        speech = self.speech
        size = row.size_formula
        if row.leaves_out:
            size += f" ({speech('network.rounded')})"
        pieces = [
            f"{size} → {format_shape(row.output)}" if size else f"→ {format_shape(row.output)}"
        ]
        if row.parameters:
            pieces.append(speech("network.parameters_are", formula=row.parameter_formula))
        if row.multiply_adds:
            pieces.append(speech("network.multiply_adds_are", count=row.multiply_adds))
        return " · ".join(pieces)

    def show_totals(self, rows: list[LayerRow], misfit: DoesNotFit | None) -> None:
        """Show what the whole network costs."""
        speech = self.speech
        seconds = None if misfit is not None else self.target.seconds(rows)
        unknown = "–" if misfit is not None else speech("network.unknown_time")
        facts = {
            "network.parameters": f"{sum(row.parameters for row in rows):,}",
            "network.multiply_adds": f"{sum(row.multiply_adds for row in rows):,}",
            "network.epoch": unknown if seconds is None else duration(speech, seconds[0]),
            "network.planned": unknown if seconds is None else duration(speech, seconds[1]),
        }
        self.totals.clear()
        with self.totals:
            for key, value in facts.items():
                with ui.element("div"):
                    words("dt", speech(key))
                    words("dd", value).classes("" if value != unknown else "aside")

    def change(self, index: int, name: str, value: object) -> None:
        """Give a layer another setting; what it cannot have is said, and the old one stays."""
        if value is None and not is_optional(self.draft.layers[index], name):  # it is being typed
            self.arithmetic[index].set_text(self.speech("network.typing"))
            return
        try:
            self.draft.change(index, name, value)
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))
            return
        self.explain()

    def add(self, kind: str) -> None:
        """Append a layer."""
        self.alter(lambda: self.draft.add(kind))

    def move(self, index: int, by: int) -> None:
        """Move a layer."""
        self.alter(lambda: self.draft.move(index, by))

    def remove(self, index: int) -> None:
        """Take a layer out."""
        self.alter(lambda: self.draft.remove(index))

    def alter(self, act: Callable[[], None]) -> None:
        """Change which layers there are."""
        try:
            act()
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))
            return
        self.show_layers()

    def save(self) -> str | None:
        """Write the file; return its path, or say why not."""
        try:
            path = str(self.draft.save(self.name.value))
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))
            return None
        self.saved.set_text(self.speech("network.saved", path=path))
        return path

    def train(self) -> None:
        """Write the file, and go to where its training begins."""
        path = self.save()
        if path is not None:
            ui.navigate.to(f"/train?{urlencode({'data': self.source, 'model': path})}")


def is_optional(layer: LayerSpec, name: str) -> bool:
    """Whether a setting may be left empty, as the stride of a pool, which then is its size."""
    field = type(layer).model_fields[name]
    return not field.is_required() and field.default is None


def duration(speech: Speech, seconds: float) -> str:
    """`<0.1 s`, `0.4 s`, `12 s`, `3 min`, `5 h`."""
    if seconds < 90:
        count = f"{seconds:.1f}" if seconds < 9.5 else f"{seconds:.0f}"
        if seconds < 0.1:
            count = "<0.1"
        return speech("time.seconds", count=count)
    if seconds < 5_400:
        return speech("time.minutes", count=f"{seconds / 60:.0f}")
    return speech("time.hours", count=f"{seconds / 3600:.0f}")
