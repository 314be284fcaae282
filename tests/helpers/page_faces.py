"""Pages of small runs, opened and drawn on as people do."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from browser import watched_page
from playwright.sync_api import Browser, Frame, Page

from noonbit.page.page import render_page

Stroke = Sequence[tuple[float, float]]
"""Points in parts of the drawing's width and height."""

DIGITS: dict[str, list[Stroke]] = {
    "0": [
        [(0.5, 0.06), (0.31, 0.15), (0.23, 0.5), (0.31, 0.85), (0.5, 0.94)],
        [(0.5, 0.94), (0.68, 0.85), (0.77, 0.5), (0.68, 0.15), (0.5, 0.06)],
    ],
    "3": [
        [(0.28, 0.15), (0.5, 0.06), (0.69, 0.18), (0.65, 0.37), (0.45, 0.48)],
        [(0.45, 0.48), (0.67, 0.56), (0.72, 0.78), (0.52, 0.92), (0.28, 0.82)],
    ],
    "4": [[(0.62, 0.06), (0.26, 0.62), (0.8, 0.62)], [(0.65, 0.37), (0.62, 0.97)]],
}
"""Large figures of straight pieces."""


@contextmanager
def opened(
    chromium: Browser,
    path: Path,
    *,
    locale: str = "en-US",
    theme: Literal["light", "dark"] = "light",
    width: int = 1280,
    touch: bool = False,
) -> Iterator[Page]:
    """The page of a file, once it has checked itself; no error, no request until the end."""
    with watched_page(chromium, locale=locale, theme=theme, width=width, touch=touch) as page:
        page.goto(path.as_uri())
        page.wait_for_selector("#main:not([hidden])")
        yield page


def model_of(path: Path) -> dict[str, Any]:
    """The MODEL of a page."""
    found = re.search(r"^const MODEL = (.*);$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    model: dict[str, Any] = json.loads(found[1])
    return model


def write_changed(path: Path, model: dict[str, Any]) -> Path:
    """A page of another MODEL."""
    path.write_text(render_page("changed", model), encoding="utf-8")
    return path


def draw(
    page: Page | Frame, strokes: Sequence[Stroke], *, steps: int = 5, on: str = "#drawing"
) -> None:
    """Draw with the mouse, which moves in so many steps from point to point."""
    mouse = page.mouse if isinstance(page, Page) else page.page.mouse
    page.locator(on).scroll_into_view_if_needed()
    box = page.locator(on).bounding_box()
    assert box is not None
    for stroke in strokes:
        for number, (x, y) in enumerate(stroke):
            mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=steps)
            if number == 0:
                mouse.down()
        mouse.up()


def answer_of(page: Page | Frame) -> str:
    """The answer, once it was spoken, which it is when no other came for 0.7 s."""
    wait_until(page, "byId('spoken').textContent !== ''")
    return page.inner_text("#winner")


def wait_until(page: Page | Frame, condition: str) -> None:
    """Wait until a condition holds; the page's own rules forbid `wait_for_function`."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never became true: {condition}")
