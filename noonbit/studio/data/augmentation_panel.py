"""Sliders for the transforms of augmentation, and some pictures redrawn at each change.

The text that `--augment` takes is put together here; the engine says whether it fits.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from nicegui import ui
from nicegui.events import GenericEventArguments

from noonbit.errors import NoonbitError
from noonbit.studio.data.inspector import Inspector
from noonbit.studio.elements import warning, words
from noonbit.studio.language import Speech

MOST_SHIFT_SHARE = 0.4
"""Of the shorter side: more leaves little of a picture."""
FILLS = ("constant", "nearest", "reflect", "wrap")
DEFAULT_FILL = "default"


class Range(NamedTuple):
    """A slider."""

    name: str
    most: float
    step: float


SLIDERS = (
    Range("rotation", 180, 1),
    Range("zoom", 0.9, 0.05),
    Range("shear", 45, 1),
    Range("brightness", 0.9, 0.05),
    Range("channel_shift", 128, 4),
    Range("erase", 1, 0.05),
    Range("mixup", 1, 0.1),
    Range("cutmix", 1, 0.1),
)
"""Beside that of the shift, whose end depends on the pictures."""
SWITCHES = ("flip", "vertical_flip")


class Slider:
    """A browser's own slider with its name and value: Quasar's is no slider to a keyboard."""

    def __init__(self, label: str, span: Range, on_change: Callable[[], Awaitable[None]]) -> None:
        self.value = 0.0
        self._on_change = on_change
        with words("label").classes("slider"):
            words("span", label)
            self._input = ui.element("input").props(
                f'type="range" min="0" max="{span.most}" step="{span.step}" value="0"'
            )
            self._output = words("output", "0")
        self._input.on(
            "input", self._take, js_handler="(event) => emit(event.target.value)", throttle=0.05
        )

    async def _take(self, event: GenericEventArguments) -> None:
        self.set(float(event.args))
        await self._on_change()

    def set(self, value: float) -> None:
        """Move it."""
        self.value = value
        self._input.props["value"] = f"{value:g}"
        self._output.set_text(f"{value:g}")


class AugmentationPanel:
    """The panel of one data set on one page."""

    def __init__(self, speech: Speech, inspector: Inspector, shape: list[int]) -> None:
        self.speech = speech
        self.inspector = inspector
        most_shift = max(1, round(MOST_SHIFT_SHARE * min(shape[1:])))
        self.ranges = (Range("shift", most_shift, 1), *SLIDERS)
        self.on_change: Callable[[str | None], None] = lambda augment: None
        """Called with the new text; None for the one that noonbit chooses."""
        self.default = ""
        self.seed = 0
        self.wanted: tuple[str, int] | None = None
        """Text and seed of what shall be shown."""
        self.is_drawing = False
        self.is_setting = False
        """Whether the sliders move by themselves."""

    def build(self) -> None:
        """Add the elements; the preview comes when the engine has answered."""
        speech = self.speech
        with ui.element("section").classes("panel").props('aria-labelledby="augment"'):
            words("h2", speech("augment")).props('id="augment"')
            words("p", speech("augment.help")).classes("aside")
            with ui.element("div").classes("augment-columns"):
                self.controls = ui.element("div").classes("sliders")
                with self.controls:
                    self.add_controls()
                with ui.element("div").classes("rows augment-preview"):
                    self.waiting = words("p", speech("augment.preparing")).props('role="status"')
                    self.strips = ui.element("div").classes("strips")
                    self.warnings = ui.element("div").classes("rows")
                    with words("p").classes("flag"):
                        words("span", speech("augment.flag"))
                        self.flag = words("code")
        self.controls.set_visibility(False)

    def add_controls(self) -> None:
        """Add sliders, switches and buttons."""
        speech = self.speech
        self.sliders = {
            span.name: Slider(speech(f"augment.{span.name}"), span, self.change)
            for span in self.ranges
        }
        self.switches = {
            name: ui.checkbox(speech(f"augment.{name}"), on_change=self.change) for name in SWITCHES
        }
        self.fill = ui.select(
            {each: speech(f"augment.fill.{each}") for each in (DEFAULT_FILL, *FILLS)},
            label=speech("augment.fill"),
            value=DEFAULT_FILL,
            on_change=self.change,
        ).classes("wide")
        with ui.element("div").classes("side-by-side"):
            for key, press in (
                ("again", self.draw_others),
                ("default", lambda: self.set_to(self.default_settings)),
                ("none", lambda: self.set_to({})),
            ):
                ui.button(speech(f"augment.{key}"), on_click=press).props("outline")

    async def start(self) -> None:
        """Ask what noonbit chooses, and begin there."""
        try:
            answer = await self.inspector.ask({"augment": None, "seed": self.seed})
        except NoonbitError as error:
            self.waiting.set_visibility(False)
            self.show_sentences([str(error)])
            return
        self.default = answer["augment"]
        self.default_settings = answer["settings"]
        self.waiting.set_visibility(False)
        self.controls.set_visibility(True)
        self.show(answer)
        await self.set_to(self.default_settings)

    async def set_to(self, settings: dict[str, Any]) -> None:
        """Move every slider and switch."""
        self.is_setting = True
        for name, slider in self.sliders.items():
            slider.set(share_of(settings.get(name, 0)))
        for name, switch in self.switches.items():
            switch.set_value(settings.get(name, False))
        self.fill.set_value(settings.get("fill") or DEFAULT_FILL)
        self.is_setting = False
        await self.change()

    def text(self) -> str:
        """Return what `--augment` takes."""
        pieces = [
            f"{name}={slider.value:g}" for name, slider in self.sliders.items() if slider.value
        ]
        pieces += [name for name, switch in self.switches.items() if switch.value]
        if self.fill.value != DEFAULT_FILL:
            pieces.append(f"fill={self.fill.value}")
        return ",".join(pieces) or "none"

    async def draw_others(self) -> None:
        """Draw at random again."""
        self.seed += 100
        await self.change()

    async def change(self) -> None:
        """Show what is wanted now; changes that come while it is drawn are drawn next."""
        if self.is_setting:
            return
        self.wanted = (self.text(), self.seed)
        self.on_change(None if self.wanted[0] == self.default else self.wanted[0])
        if self.is_drawing:
            return
        self.is_drawing = True
        try:
            while self.wanted is not None:
                (augment, seed), self.wanted = self.wanted, None
                self.show(await self.inspector.ask({"augment": augment, "seed": seed}))
        except NoonbitError as error:
            self.show_sentences([str(error)])
        finally:
            self.is_drawing = False

    def show(self, answer: dict[str, Any]) -> None:
        """Show the augmented pictures, and what the settings would do to classes."""
        strips, settings = answer["strips"], answer["augment"]
        if len(self.strips.default_slot.children) != len(strips):
            self.strips.clear()
            with self.strips:
                for _ in strips:
                    ui.element("img").classes("strip")
        for picture, strip in zip(self.strips.default_slot.children, strips, strict=True):
            picture.props["src"] = strip
            picture.props["alt"] = self.speech("augment.preview", settings=settings)
            picture.update()
        self.flag.set_text(f"--augment {settings}")
        self.show_sentences(answer["warnings"])

    def show_sentences(self, sentences: list[str]) -> None:
        """Show what is wrong."""
        self.warnings.clear()
        with self.warnings:
            for sentence in sentences:
                warning(sentence)


def share_of(setting: float | list[float]) -> float:
    """Return what a slider shows of a number, or of an interval such as 0.8 to 1.2."""
    return round(setting[1] - 1, 3) if isinstance(setting, list) else setting
