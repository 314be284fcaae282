"""The picture of a training under mouse and keyboard."""

import re

import pytest
from layer_samples import deep_frame, frame_of
from layers_page import (
    canvas_pixels,
    colours,
    give,
    layers_page,
    painted_map,
    panel,
    settle,
    text_of,
)
from playwright.sync_api import Browser


def test_a_folded_group_takes_no_room_and_opens_when_one_goes_there(chromium: Browser) -> None:
    with layers_page(chromium) as page:
        give(page, deep_frame().encode())
        fold = page.locator(".lv-fold").nth(1)
        fold.click()
        assert fold.get_attribute("aria-expanded") == "false"
        assert page.locator('[data-layer="features.1.path.1"]').is_hidden()
        page.locator(".lv-thumbnail").nth(5).click()
        assert fold.get_attribute("aria-expanded") == "true"
        assert page.locator('[data-layer="features.1.path.1"]').is_visible()


def test_the_overview_is_one_stop_of_the_tab_key_and_arrows_move_in_it(chromium: Browser) -> None:
    with layers_page(chromium) as page:
        give(page, deep_frame().encode())
        page.locator(".lv-thumbnail").first.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        assert page.evaluate(
            "[...document.querySelectorAll('.lv-thumbnail')].indexOf(document.activeElement)"
        ) == 3  # fmt: skip
        assert page.locator('.lv-thumbnail[tabindex="0"]').count() == 1
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.dataset.layer") == "features.1.path.0.conv"


def test_a_layer_is_folded_until_one_asks_for_all_of_it(chromium: Browser) -> None:
    frame = frame_of()
    with layers_page(chromium) as page:
        give(page, frame.encode())
        canvas = page.locator(panel("0", "activations"))
        assert "8 maps of 8 × 8" in str(canvas.get_attribute("aria-label"))
        page.locator('[data-layer="0"] button').click()
        settle(page)
        assert page.evaluate("wishes") == [{"layers": ["0"], "item": None}]
        assert "12 maps of 8 × 8" in str(canvas.get_attribute("aria-label"))
        tile = frame.layer("0")["activations"]
        levels = frame.levels(tile, 11)[0]
        found = painted_map(page, "0", "activations", 11, levels.shape)
        assert abs(found - colours(page, levels, tile)).max() <= 1
        assert text_of(page, '[data-layer="0"] button') == "Show fewer"
        page.locator('[data-layer="1"] button').click()
        assert page.evaluate("wishes.at(-1)") == {"layers": ["0", "1"], "item": None}
        page.locator('[data-layer="0"] button').click()
        assert page.evaluate("wishes.at(-1)") == {"layers": ["1"], "item": None}
        settle(page)
        assert "8 maps of 8 × 8" in str(canvas.get_attribute("aria-label"))


def test_a_deep_network_sends_gradients_and_filters_when_they_are_asked_for(
    chromium: Browser,
) -> None:
    name = "features.1.path.0.conv"
    with layers_page(chromium) as page:
        give(page, deep_frame().encode())
        row = page.locator(f'[data-layer="{name}"]')
        assert row.locator("canvas:visible").count() == 1
        assert row.locator("button").inner_text() == "Show all, with gradients"
        row.locator("button").click()
        assert page.evaluate("wishes") == [{"layers": [name], "item": None}]
        frame = deep_frame(name)
        give(page, frame.encode())
        assert row.locator("canvas:visible").count() == 4
        tile = frame.layer(name)["weights"]
        levels = frame.levels(tile, 16 * 8 - 1)[0]
        found = painted_map(page, name, "weights", 16 * 8 - 1, levels.shape)
        assert abs(found - colours(page, levels, tile)).max() <= 1
        row.locator("button").click()
        give(page, deep_frame().encode())
        assert row.locator("canvas:visible").count() == 1


def test_an_item_can_be_kept_until_one_lets_it_go(chromium: Browser) -> None:
    with layers_page(chromium) as page:
        give(page, frame_of(17).encode())
        keep = page.locator(".lv-item button")
        keep.click()
        assert page.evaluate("wishes") == [{"layers": [], "item": 17}]
        assert keep.inner_text() == "Go on to other items"
        keep.click()
        assert page.evaluate("wishes.at(-1)") == {"layers": [], "item": None}
        assert keep.inner_text() == "Keep this item"


def test_a_map_that_is_pressed_is_enlarged_with_its_own_range(chromium: Browser) -> None:
    frame = frame_of()
    tile = frame.layer("0")["activations"]
    with layers_page(chromium) as page:
        give(page, frame.encode())
        canvas = page.locator(panel("0", "activations"))
        left, top, side = page.evaluate(
            """(() => { const { layout } = view.rows[0].panels.get("activations").sheet;
              return [...layout.place(5), layout.cellWidth]; })()"""
        )
        canvas.click(position={"x": left + side / 2, "y": top + side / 2})
        settle(page)
        assert text_of(page, ".lv-lens h3") == "Activations, map 6 of 12"
        levels = frame.levels(tile, 5)[0]
        large = canvas_pixels(page, ".lv-lens canvas")
        scale = (large.shape[1] - 2) // 8
        assert scale > 30
        found = large[1 + scale // 2 : -1 : scale, 1 + scale // 2 : -1 : scale, :3]
        assert abs(found - colours(page, levels, tile)).max() <= 1
        low, high = (
            tile["low"] + (tile["high"] - tile["low"]) * int(level) / 255
            for level in (levels.min(), levels.max())
        )
        said = text_of(page, ".lv-lens-range").replace("−", "-")
        numbers = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", said)]
        assert numbers == pytest.approx([low, high, tile["low"], tile["high"]], rel=0.01)

        box = page.locator(".lv-lens canvas").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 2.5 * scale, box["y"] + 4.5 * scale)
        settle(page)
        value = tile["low"] + (tile["high"] - tile["low"]) * int(levels[4, 2]) / 255
        place, number = text_of(page, ".lv-lens-value").split(": ")
        assert place == "column 3, row 5"
        assert float(number.replace("−", "-")) == pytest.approx(value, rel=0.01, abs=1e-3)

        page.keyboard.press("ArrowRight")
        settle(page)
        assert text_of(page, ".lv-lens h3") == "Activations, map 7 of 12"
        page.keyboard.press("End")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        settle(page)
        assert text_of(page, ".lv-lens h3") == "Activations, map 12 of 12"
        assert text_of(page, ".lv-lens-layer") == "1 · ReLU 8×8×12"
        page.keyboard.press("Escape")
        assert page.locator(".lv-lens").is_hidden()


def test_the_enlarged_map_goes_on_with_the_training(chromium: Browser) -> None:
    with layers_page(chromium) as page:
        give(page, frame_of(3).encode())
        page.locator(panel("0", "weight_gradients")).focus()
        page.keyboard.press("Enter")
        settle(page)
        assert text_of(page, ".lv-lens h3") == "Filter gradients, map 1 of 12"
        before = canvas_pixels(page, ".lv-lens canvas")
        give(page, frame_of(4).encode())
        assert not (canvas_pixels(page, ".lv-lens canvas") == before).all()
        page.keyboard.press("Escape")
        focused = "document.activeElement.closest('[data-panel]').dataset.panel"
        assert page.evaluate(focused) == "weight_gradients"


def test_a_canvas_that_has_the_focus_keeps_its_words(chromium: Browser) -> None:
    """A screen reader would read every new name."""
    with layers_page(chromium) as page:
        give(page, frame_of(3).encode())
        canvas = page.locator(panel("0", "activations"))
        canvas.focus()
        before = canvas.get_attribute("aria-label")
        give(page, frame_of(4).encode())
        assert canvas.get_attribute("aria-label") == before
        page.locator(panel("0", "weights")).focus()
        give(page, frame_of(4).encode())
        assert canvas.get_attribute("aria-label") != before
