"""Colours that everybody can tell apart, in every theme; languages, and a phone."""

import re
from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest
from layer_samples import deep_frame, dense_frame, frame_of, sentence_frame
from layers_page import (
    STATIC,
    Pixels,
    colours,
    give,
    layers_page,
    painted_map,
    settle,
    stops,
)
from playwright.sync_api import Browser


def test_another_theme_repaints_what_is_there(chromium: Browser) -> None:
    frame = frame_of()
    with layers_page(chromium, theme="light") as page:
        give(page, frame.encode())
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("view.palette.signed[127] % 256 < 60")
        settle(page)
        tile = frame.layer("0")["activations"]
        levels = frame.levels(tile, 0)[0]
        found = painted_map(page, "0", "activations", 0, levels.shape)
        assert stops(page)[3].max() < 60
        assert abs(found - colours(page, levels, tile)).max() <= 1


@pytest.mark.parametrize("mark", ["class='body--dark'", "data-theme='dark'"])
def test_the_theme_of_the_host_page_comes_before_the_systems(chromium: Browser, mark: str) -> None:
    name, value = mark.replace("'", "").split("=")
    with layers_page(chromium, theme="light") as page:
        give(page, frame_of().encode())
        page.evaluate("([name, value]) => document.body.setAttribute(name, value)", [name, value])
        page.wait_for_function("view.palette.signed[127] % 256 < 60")


def test_it_stands_in_a_host_page_that_resets_everything(chromium: Browser) -> None:
    """As component libraries do: a column as wide as its content, no margins, large headings."""
    with layers_page(chromium) as page:
        page.add_style_tag(
            content="""@layer base { * { margin: 0; padding: 0; border: 0 solid; } }
              main { display: flex; flex-direction: column; align-items: flex-start; }
              h3 { font-size: 3rem; line-height: 3.125rem; } p { margin: 0 0 16px; }"""
        )
        give(page, frame_of().encode())
        assert page.evaluate("view.root.offsetWidth") == 1280 - 32
        size = page.locator(".lv-item h3").evaluate("(each) => getComputedStyle(each).fontSize")
        assert float(size.removesuffix("px")) < 20
        page.locator(".lv-panel canvas").first.click()
        settle(page)
        box = page.locator(".lv-lens").bounding_box()
        assert box is not None
        assert box["x"] == pytest.approx((1280 - box["width"]) / 2, abs=1)


def test_a_host_page_can_set_the_colours(chromium: Browser) -> None:
    with layers_page(chromium) as page:
        page.add_style_tag(content=":root { --layers-zero: #123456; }")
        give(page, dense_frame().encode())
        assert stops(page)[3].tolist() == [0x12, 0x34, 0x56]
        assert page.evaluate("view.palette.unsigned[0].toString(16)") == "ff563412"


# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB.
BLINDNESS = {
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def lab(colour: Pixels, blindness: str) -> npt.NDArray[np.float64]:
    """CIE L*a*b* of sRGB as somebody with this colour blindness sees it."""
    share = colour / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(BLINDNESS[blindness]) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.array(to_xyz) @ seen / [0.9505, 1, 1.089] + 1e-9)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colour_blind_people_tell_positive_from_negative(
    chromium: Browser, theme: Literal["light", "dark"]
) -> None:
    """At a third of the range and above the colours differ by 20, ten times what can be seen."""
    with layers_page(chromium, theme=theme) as page:
        scale = stops(page)
        for blindness in BLINDNESS:
            seen = [lab(each, blindness) for each in scale]
            for size in (1, 2):
                assert np.linalg.norm(seen[3 - size] - seen[3 + size]) > 20, (blindness, size)
            lightness = [each[0] for each in seen]
            darker = 1 if theme == "dark" else -1
            for half in (lightness[3:], lightness[3::-1]):
                assert all(np.diff(half) * darker > 5), blindness


@pytest.mark.parametrize("language", ["en", "ko"])
def test_it_fits_a_phone_and_every_canvas_has_words(
    chromium: Browser, language: Literal["en", "ko"]
) -> None:
    with layers_page(chromium, language=language, width=390, height=844) as page:
        for frame in (frame_of(), deep_frame(), dense_frame(), sentence_frame()):
            give(page, frame.encode())
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            problems = page.evaluate(
                """() => {
                  const unnamed = [...document.querySelectorAll("canvas")].filter((each) =>
                    each.closest("dialog") === null && each.checkVisibility() &&
                    !(each.getAttribute("aria-label") && each.getAttribute("role")));
                  const buttons = [...document.querySelectorAll("button")].filter((each) =>
                    each.checkVisibility() && !each.textContent.trim());
                  const targets = [...document.querySelectorAll("button, .lv-thumbnail")];
                  const small = targets.filter((each) =>
                    each.checkVisibility() && each.getBoundingClientRect().height < 24);
                  return [unnamed, buttons, small].map((each) => each.map((one) => one.outerHTML));
                }"""
            )
            assert problems == [[], [], []]
            assert page.locator("[aria-live], [role=status], output").count() == 1
            page.locator(".lv-panel canvas").first.click()
            settle(page)
            box = page.locator(".lv-lens").bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
            assert page.locator(".lv-lens canvas").get_attribute("aria-label")
            page.keyboard.press("Escape")


def test_both_languages_have_all_texts_with_the_same_values(chromium: Browser) -> None:
    with layers_page(chromium) as page:
        texts = page.evaluate("TEXTS")
    assert texts["en"].keys() == texts["ko"].keys()
    for key, english in texts["en"].items():
        values = re.findall(r"\{\w+\}", english)
        assert set(re.findall(r"\{\w+\}", texts["ko"][key])) == set(values), key
    scripts = [path for path in STATIC.glob("*.js") if path.name != "texts.js"]
    used = "\n".join(path.read_text(encoding="utf-8") for path in scripts)
    made = {"activations", "activation_gradients", "weights", "weight_gradients"}
    made |= {"tests_note", "tests_training_note"}
    for key in texts["en"].keys() - made:
        assert re.search(rf'\b{re.escape(key)}\b["(:,]', used), f"{key} is said nowhere"
