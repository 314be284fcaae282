"""A page with the studio's LayersView alone, and what it painted."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from browser import watched_page
from playwright.sync_api import Browser, Page

import noonbit

STATIC = Path(noonbit.__file__).parent / "studio" / "static"

Pixels = npt.NDArray[np.uint8]

SCRIPT = """
import { LayersView } from "static/layers.js";
import { decodeFrame } from "static/frame.js";
import { TEXTS, KINDS, formatValue } from "static/texts.js";
import { Palette } from "static/colours.js";
Object.assign(window, { LayersView, decodeFrame, TEXTS, KINDS, formatValue, Palette });
window.buffers = [];
window.bufferOf = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0)).buffer;
const language = document.documentElement.lang;
window.view = new LayersView(document.getElementById("place"), { language });
window.wishes = [];
view.onShow = (wish) => wishes.push(wish);
window.ready = true;
"""


def page_html(language: str) -> str:
    """The view in an empty page. Its modules are in the page, so that no server is needed."""
    modules = {}
    for path in sorted(STATIC.glob("*.js")):
        text = path.read_text(encoding="utf-8").replace('from "./', 'from "static/')
        code = base64.b64encode(text.encode()).decode()
        modules[f"static/{path.name}"] = f"data:text/javascript;base64,{code}"
    return f"""<!doctype html><html lang="{language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Layers</title>
<script type="importmap">{json.dumps({"imports": modules})}</script>
<style>:root {{ color-scheme: light dark; font-family: system-ui, NanumGothic, sans-serif; }}
body {{ margin: 1rem; background: light-dark(#fff, #1b1e23); }}
{(STATIC / "layers.css").read_text(encoding="utf-8")}</style>
<main id="place"></main><script type="module">{SCRIPT}</script></html>"""


@contextmanager
def layers_page(
    chromium: Browser,
    *,
    language: Literal["en", "ko"] = "en",
    theme: Literal["light", "dark"] = "light",
    width: int = 1280,
    height: int = 900,
) -> Iterator[Page]:
    """A page whose view waits for frames; no console error and no request until the end."""
    with watched_page(chromium, theme=theme, width=width, height=height) as page:
        page.set_content(page_html(language))
        page.wait_for_function("window.ready")
        yield page


def give(page: Page, frame: bytes) -> None:
    """Show a frame, and wait until it and its texts are on the page."""
    text = base64.b64encode(frame).decode()
    page.evaluate("(text) => view.show(bufferOf(text))", text)
    settle(page)


def settle(page: Page) -> None:
    """Wait until nothing is left to paint or write."""
    for _ in range(2):  # observers report after the painting, and may ask for another
        page.wait_for_function("view.idle")
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    page.wait_for_function("view.idle")


def canvas_pixels(page: Page, selector: str) -> Pixels:
    """The (height, width, 4) pixels of a canvas."""
    width, height, text = page.evaluate(
        """(selector) => {
          const canvas = document.querySelector(selector);
          const { width, height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          let text = "";
          for (const each of data) text += String.fromCharCode(each);
          return [width, height, btoa(text)];
        }""",
        selector,
    )
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)


def panel(layer: str, name: str) -> str:
    """The selector of a layer's canvas."""
    return f'[data-layer="{layer}"] [data-panel="{name}"] canvas'


def stops(page: Page) -> Pixels:
    """The seven colours of the scale from negative to positive, as the page's style has them."""
    names = [
        *(f"--lv-negative-{size}" for size in (3, 2, 1)),
        "--lv-zero",
        *(f"--lv-positive-{size}" for size in (1, 2, 3)),
    ]
    texts = page.evaluate(
        "(names) => names.map((name) => getComputedStyle(view.root).getPropertyValue(name))", names
    )
    return np.array([[int(each) for each in re.findall(r"\d+", text)[:3]] for text in texts])


def colours(page: Page, levels: Pixels, tile: dict[str, Any]) -> npt.NDArray[np.float64]:
    """The colours (..., 3) that bytes should have: zero is the middle of the scale.

    What is above zero throughout starts with its lowest value there.
    """
    scale = stops(page)
    low, high = tile["low"], tile["high"]
    values = low + (high - low) * levels / 255
    if low > 0:
        values, high = values - low, high - low
    at = 3 + 3 * values / max(-low, high)
    return np.stack([np.interp(at, range(len(scale)), scale[:, c]) for c in range(3)], axis=-1)


def painted_map(page: Page, layer: str, name: str, number: int, size: tuple[int, int]) -> Pixels:
    """The colours (height, width, 3) of a map on its canvas, whose values are plain squares."""
    whole = canvas_pixels(page, panel(layer, name))
    left, top, scale = page.evaluate(
        """([layer, name, number]) => {
          const row = view.rows.find((each) => each.layer.name === layer);
          const { layout } = row.panels.get(name).sheet;
          return [...layout.place(number), layout.scale];
        }""",
        [layer, name, number],
    )
    height, width = size
    cut = whole[top : top + height * scale, left : left + width * scale]
    squares = cut.reshape(height, scale, width, scale, 4)
    assert (squares == squares[:, :1, :, :1]).all()
    assert (squares[..., 3] == 255).all()
    return squares[:, 0, :, 0, :3]


def text_of(page: Page, selector: str) -> str:
    return page.locator(selector).first.inner_text()
