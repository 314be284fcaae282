"""What the page Learn draws beside a program.

What moves under one's hands is a custom element of static/learn/, which gets its texts and numbers
as JSON; what needs PyTorch is asked of the engine when a button is pressed.
"""

import json
import shlex
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from nicegui import ui

from noonbit.course.path.program import Place
from noonbit.errors import NoonbitError
from noonbit.studio.elements import warning, words
from noonbit.studio.engine import ask, run
from noonbit.studio.language import Speech
from noonbit.studio.learn.architecture import boxes_of, draw
from noonbit.studio.learn.byhand_table import ByhandTable
from noonbit.studio.learn.commands import CourseCommands
from noonbit.studio.learn.ensemble_drawing import add_ensemble
from noonbit.studio.learn.pictures import add_picture
from noonbit.studio.learn.texts import LEARN_TEXTS
from noonbit.studio.learn.two_trainings import TwoTrainings

ELEMENTS = {
    "convolution": ("learn-window", "grid."),
    "pooling": ("learn-window", "grid."),
    "byhand": ("learn-byhand", "byhand."),
    "one-hot": ("learn-one-hot", "one-hot."),
    "split": ("learn-split", "split."),
    "dropout": ("learn-dropout", "dropout."),
    "gradcheck": ("learn-gradcheck", "gradcheck."),
}
"""Drawing -> its custom element, and how the keys of its texts begin."""
SMALL_PICTURE = "0 0 9 9 0 0 / 0 0 9 9 0 0 / 0 0 0 9 9 0 / 0 0 0 9 9 0 / 0 0 9 9 0 0 / 0 0 9 9 0 0"
"""Beside commands about pictures whose numbers are too many to be looked at."""


def add_drawing(place: Place, speech: Speech, commands: CourseCommands) -> None:
    """Add the drawing of a program: its name, and after a blank what of."""
    program = place.name
    name, _, of = place.program.drawing.partition(" ")
    with ui.element("section").classes("drawing") as section:
        section.props["aria-label"] = speech(f"drawing.{name}")
        words("h3", speech(f"drawing.{name}"))
        if name in ELEMENTS:
            add_element(name, place.program.command, speech)
        elif name == "architecture":
            label = speech("architecture.show", name=of.split()[0])
            add_on_demand(label, lambda: add_architecture(of, speech), speech)
        elif name == "augmentation":
            command = place.program.command
            add_on_demand(
                speech("augmentation.show"), lambda: add_augmentation(command, speech), speech
            )
        elif name == "byhand-table":
            ByhandTable(program, speech, commands).build()
        elif name == "curves":
            TwoTrainings(of, speech).build()
        elif name == "ensemble":
            add_ensemble(speech)


def add_element(name: str, command: str, speech: Speech) -> None:
    """Add a custom element with its texts, and with its numbers where the engine has them."""
    tag, prefix = ELEMENTS[name]
    element = ui.element(tag)
    # Places such as {row} are filled in the browser.
    texts = {
        key.partition(".")[2]: pair[speech.language == "ko"]
        for key, pair in LEARN_TEXTS.items()
        if key.startswith((prefix, "grid.next", "grid.back"))
    }
    element.props["data-texts"] = json.dumps(texts, ensure_ascii=False)
    element.props["data-kind"] = name
    if tag == "learn-window":
        window = window_of(command)
        element.props["data-window"] = json.dumps(window)
        if "--pixels" not in command:
            height, width = len(window["pixels"]), len(window["pixels"][0])
            words("p", speech("learn.small", size=f"{height}x{width}")).classes("aside")
    if name == "byhand":
        from noonbit.course.byhand_steps import walk

        steps = [{"name": step.name, "lines": step.lines} for step in walk()]
        element.props["data-steps"] = json.dumps(steps, ensure_ascii=False)


def window_of(command: str) -> dict[str, Any]:
    """Return picture, filter, stride and padding of a `noonbit arithmetic`.

    Without pixels the picture is a small one. A pool has a filter of zeros, whose size alone
    counts.
    """
    flags = read_flags(command)
    from noonbit.course.convolution_steps import parse_grid  # imports NumPy

    kernel = int(flags["--kernel"])
    window: dict[str, Any] = {
        "pixels": parse_grid(flags.get("--pixels", SMALL_PICTURE), "--pixels").tolist(),
        "weights": parse_grid(flags["--weights"], "--weights").tolist()
        if "--weights" in flags
        else small_filter(kernel, is_pool="--pool" in flags),
    }
    if "--stride" in flags:
        window["stride"] = int(flags["--stride"])
    if "--padding" in flags:
        padding = flags["--padding"]
        window["padding"] = int(padding) if padding.isdecimal() else padding
    return window


def small_filter(side: int, *, is_pool: bool) -> list[list[int]]:
    """Return a filter that answers to vertical edges; zeros for a pool."""
    row = [0] * side if is_pool else [-1, *[0] * (side - 2), 1][:side]
    return [row] * side


def read_flags(command: str) -> dict[str, str]:
    """Return the flags of a command and the word behind each."""
    pieces = shlex.split(command)
    return {
        name: value
        for name, value in zip(pieces, [*pieces[1:], ""], strict=True)
        if name[:2] == "--"
    }


def add_on_demand(label: str, add: Callable[[], Awaitable[None]], speech: Speech) -> None:
    """Add a button that is replaced with what `add` adds, or followed by why not."""
    place = ui.element("div").classes("rows")

    async def show() -> None:
        button.props("loading")
        with place:
            try:
                await add()
            except NoonbitError as error:
                warning(speech.engine(str(error)))
        button.delete()

    with place:
        button = ui.button(label, on_click=show).props("outline").classes("main")


async def add_architecture(of: str, speech: Speech) -> None:
    """Ask for the layers of a network and draw them. Raises `NoonbitError`."""
    name, *flags = shlex.split(of)
    summary: dict[str, Any] = await ask("summary", name, *flags)
    boxes = boxes_of(summary)
    title = speech(
        "architecture.said",
        name=name,
        input="x".join(map(str, summary["input"])),
        count=len(boxes) - 1,
        parameters=summary["parameters"],
    )
    words("p", title)
    with ui.element("div").classes("wide-drawing").props('tabindex="0" role="region"') as region:
        region.props["aria-label"] = title
        ui.html(draw(boxes, title), sanitize=False)  # numbers, and names of the catalogue
    with ui.element("ul").classes("legend"):
        for kind in ("input", "convolution", "pool", "dense"):
            with ui.element("li"):
                words("span").classes(f"swatch {kind}")
                words("span", speech(f"architecture.{kind}"))
    words("p", speech("architecture.legend")).classes("aside")


async def add_augmentation(command: str, speech: Speech) -> None:
    """Let a command write the pictures of the slides' augmentations and show them.

    Raises `NoonbitError`.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "augmented.png"
        pieces = shlex.split(command)[1:]
        pieces[pieces.index("--out") + 1] = str(path)
        await run(*pieces)
        add_picture(path, speech("augmentation.said"))
