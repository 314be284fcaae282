"""What the picture of a training shows: every value in its colour, every layer in words."""

import copy
import re
from typing import Literal

import pytest
import torch
from layer_samples import DIGITS, deep_frame, dense_frame, frame_of, sentence_frame, small_network
from layers_page import (
    canvas_pixels,
    colours,
    give,
    layers_page,
    painted_map,
    settle,
    stops,
    text_of,
)
from playwright.sync_api import Browser


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "name", ["activations", "activation_gradients", "weights", "weight_gradients"]
)
def test_each_value_of_a_map_has_the_colour_of_its_byte(
    chromium: Browser, name: str, theme: Literal["light", "dark"]
) -> None:
    frame = frame_of()
    with layers_page(chromium, theme=theme) as page:
        give(page, frame.encode())
        tile = frame.layer("0")[name]
        assert tile["count"] == 12
        for number in (0, 3, 7):
            levels = frame.levels(tile, number)[0]
            found = painted_map(page, "0", name, number, levels.shape)
            expected = colours(page, levels, tile)
            assert abs(found - expected).max() <= 1


def test_what_has_no_negative_values_has_only_the_positive_half_of_the_scale(
    chromium: Browser,
) -> None:
    frame = frame_of()
    tile = frame.layer("1")["activations"]
    assert not tile["signed"]
    with layers_page(chromium) as page:
        give(page, frame.encode())
        levels = frame.levels(tile, 2)[0]
        found = painted_map(page, "1", "activations", 2, levels.shape)
        assert abs(found - colours(page, levels, tile)).max() <= 1
        assert (found[levels == 0] == stops(page)[3]).all()


def test_pictures_and_filters_of_colour_keep_their_bytes(chromium: Browser) -> None:
    frame = deep_frame("features.0.0.conv")
    tile = frame.layer("features.0.0.conv")["weights"]
    assert tile["channels"] == 3
    with layers_page(chromium) as page:
        give(page, frame.encode())
        for number in (0, 5):
            levels = frame.levels(tile, number)
            found = painted_map(page, "features.0.0.conv", "weights", number, levels.shape[1:])
            assert (found == levels.transpose(1, 2, 0)).all()
        picture = canvas_pixels(page, ".lv-item canvas")
        scale = (picture.shape[1] - 2) // 32
        levels = frame.levels(frame.header["item"]["picture"], 0)
        half = scale // 2
        middles = picture[1 + half : -1 : scale, 1 + half : -1 : scale, :3]
        assert (middles == levels.transpose(1, 2, 0)).all()


def test_a_filter_of_three_by_three_is_drawn_with_four_pixels_a_value_at_least(
    chromium: Browser,
) -> None:
    with layers_page(chromium, width=390) as page:
        layers = ("features.0.0.conv", "features.1.path.0.conv")
        give(page, deep_frame(*layers).encode())
        scales = page.evaluate(
            """(layers) => view.rows.filter((row) => layers.includes(row.layer.name))
              .flatMap((row) => ["weights", "weight_gradients"]
              .map((name) => row.panels.get(name).sheet.layout.scale / devicePixelRatio))""",
            layers,
        )
        assert len(scales) == 4
        assert min(scales) >= 4


def test_filters_for_one_output_stay_side_by_side(chromium: Browser) -> None:
    frame = deep_frame("features.1.path.0.conv")
    with layers_page(chromium, width=390) as page:
        give(page, frame.encode())
        tops = page.evaluate(
            """(() => {
              const row = view.rows.find((each) => each.layer.name === "features.1.path.0.conv");
              const { layout } = row.panels.get("weights").sheet;
              return Array.from({ length: 64 }, (_, map) => layout.place(map)[1]);
            })()"""
        )
        assert all(len(set(tops[first : first + 8])) == 1 for first in range(0, 64, 8))


def test_a_layer_says_what_it_is(chromium: Browser) -> None:
    frame = frame_of()
    with layers_page(chromium) as page:
        give(page, frame.encode())
        text = text_of(page, '[data-layer="0"] > header')
        assert re.split(r"\n+", text) == [
            "Convolution 8×8×12",
            "0",
            "3×3, stride 1, padding 1",
            "120 parameters",
            "Show all 12",
        ]
        tile = frame.layer("0")["weights"]
        caption = text_of(page, '[data-layer="0"] [data-panel="weights"] figcaption')
        assert re.fullmatch(r"filters ±0\.\d+ ?", caption)
        assert float(caption.split("±")[1]) == pytest.approx(tile["high"], rel=5e-3)
        page.evaluate("view.setLanguage('ko')")
        text = text_of(page, '[data-layer="0"] > header')
        assert re.split(r"\n+", text)[2:] == [
            "3×3, 스트라이드 1, 패딩 1",
            "파라미터 120개",
            "12개 모두 보기",
        ]


def test_numbers_are_written_in_three_digits(chromium: Browser) -> None:
    with layers_page(chromium) as page:
        values = [0, 0.03124, -12.345, 1234.5, 3.14e-7, -2.5e8]
        assert page.evaluate("(values) => values.map(formatValue)", values) == [
            "0",
            "0.0312",
            "−12.3",
            "1230",
            "3.1e−7",
            "−2.5e8",
        ]


def test_items_have_their_answers_with_a_word_and_a_mark(chromium: Browser) -> None:
    frame = frame_of()
    tests = frame.header["tests"]
    tests["items"][1]["label"] = (tests["items"][1]["top"][0][0] + 1) % 10
    with layers_page(chromium) as page:
        give(page, frame.encode())
        assert text_of(page, ".lv-item .lv-label") == f"Item 17: {frame.header['item']['label']}"
        share = f"{100 * tests['correct'] / tests['of']:.1f}%"
        assert text_of(page, ".lv-tests .lv-label") == f"{share} of the last 200 right"
        assert "test split is kept for the end" in text_of(page, ".lv-tests")
        assert page.locator(".lv-test").count() == 4
        for number, item in enumerate(tests["items"]):
            card = page.locator(".lv-test").nth(number)
            right = item["top"][0][0] == item["label"]
            assert card.locator(".lv-verdict").inner_text() == ("✓ right" if right else "✗ wrong")
            for rank, (place, probability) in enumerate(item["top"]):
                bar = card.locator(".lv-bars li").nth(rank)
                mark = "✓" if place == item["label"] else "✗"
                assert bar.inner_text().split()[:2] == [mark, DIGITS[place]]
                width = bar.evaluate(
                    "(each) => each.querySelector('i').getBoundingClientRect().width"
                    " / each.querySelector('.lv-bar').getBoundingClientRect().width"
                )
                assert width == pytest.approx(probability, abs=0.02)
        assert page.locator(".lv-test").nth(1).locator(".lv-verdict").inner_text() == "✗ wrong"


def test_a_network_of_many_layers_has_groups_and_an_overview(chromium: Browser) -> None:
    frame = deep_frame()
    count = len(frame.header["layers"])
    assert count > 50
    with layers_page(chromium) as page:
        give(page, frame.encode())
        assert page.locator(".lv-layer").count() == count
        assert page.locator(".lv-thumbnail").count() == count
        groups = page.locator(".lv-group h3").all_inner_texts()
        assert groups[1].split("\n") == ["features.1", "6 layers"]
        assert len(groups) == 10
        heights = page.evaluate("view.rows.map((row) => row.element.offsetHeight)")
        assert sorted(heights)[count // 2] < 160
        page.locator(".lv-thumbnail").nth(40).click()
        name = frame.header["layers"][40]["name"]
        page.wait_for_function(
            "document.querySelectorAll('.lv-thumbnail')[40].hasAttribute('aria-current')"
        )
        assert page.evaluate("document.activeElement.dataset.layer") == name
        row = page.locator(f'[data-layer="{name}"]').bounding_box()
        strip = page.locator(".lv-strip").bounding_box()
        assert row is not None and strip is not None
        assert strip["y"] < 5  # it stays on top
        assert strip["y"] + strip["height"] <= row["y"] < 400
        settle(page)
        tile = frame.layer(name)["activations"]
        levels = frame.levels(tile, 0)[0]
        found = painted_map(page, name, "activations", 0, levels.shape)
        assert abs(found - colours(page, levels, tile)).max() <= 1


def test_only_what_is_on_the_screen_is_painted(chromium: Browser) -> None:
    with layers_page(chromium, height=700) as page:
        give(page, deep_frame().encode())
        script = """view.rows.map((row) =>
          row.panels.get("activations").sheet.image !== null)"""
        painted = page.evaluate(script)
        assert painted[0]
        assert sum(painted) < 12
        page.locator(".lv-layer").last.scroll_into_view_if_needed()
        settle(page)
        assert page.evaluate(script)[-1]


def test_units_of_dense_layers_are_squares(chromium: Browser) -> None:
    frame = dense_frame()
    with layers_page(chromium, width=390) as page:
        give(page, frame.encode())
        tile = frame.layer("2")["activations"]
        page.locator('[data-layer="2"]').scroll_into_view_if_needed()
        settle(page)
        for number in (0, 17, 299):
            levels = frame.levels(tile, number)[0]
            found = painted_map(page, "2", "activations", number, (1, 1))
            assert abs(found - colours(page, levels, tile)).max() <= 1
        assert "all zero" not in text_of(page, '[data-layer="2"] [data-panel="activations"]')


def test_a_sentence_is_one_map_of_channels_and_words(chromium: Browser) -> None:
    frame = sentence_frame()
    tile = frame.layer("conv")["activations"]
    assert (tile["count"], tile["height"], tile["width"]) == (1, 100, 22)
    with layers_page(chromium) as page:
        give(page, frame.encode())
        levels = frame.levels(tile, 0)[0]
        found = painted_map(page, "conv", "activations", 0, levels.shape)
        assert abs(found - colours(page, levels, tile)).max() <= 1
        assert "Convolution 22×100" in text_of(page, '[data-layer="conv"] > header')
        assert page.locator(".lv-test .lv-bars li:visible").count() == 8  # two classes each


def test_maps_that_are_zero_throughout_are_counted_hatched_and_named(chromium: Browser) -> None:
    network = copy.deepcopy(small_network())
    with torch.no_grad():
        network[0].bias[[1, 5]] = -100.0  # type: ignore[index]
    frame = frame_of(network=network)
    with layers_page(chromium) as page:
        give(page, frame.encode())
        selector = '[data-layer="1"] [data-panel="activations"]'
        found = text_of(page, f"{selector} .lv-note")
        silent = [
            number for number in range(8)
            if not frame.levels(frame.layer("1")["activations"], number).any()
        ]  # fmt: skip
        assert {1, 5} <= set(silent)
        assert found == f"{len(silent)} of 8 all zero"
        label = page.locator(f"{selector} canvas").get_attribute("aria-label")
        assert label is not None and label.endswith(f"{len(silent)} of them all zero.")
        whole = canvas_pixels(page, f"{selector} canvas")
        layouts = page.evaluate(
            """(() => {
              const { layout } = view.rows[1].panels.get("activations").sheet;
              const places = Array.from({ length: 8 }, (_, map) => layout.place(map));
              return [layout.cellWidth, ...places];
            })()"""
        )
        side, *places = layouts
        colour = page.evaluate("getComputedStyle(view.root).getPropertyValue('--lv-hatch')")
        hatch = [int(each) for each in re.findall(r"\d+", colour)]
        for number, (left, top) in enumerate(places):
            inside = whole[top : top + side, left : left + side, :3]
            hatched = bool((inside == hatch).all(axis=2).any())
            assert hatched == (number in silent)
        assert text_of(page, '[data-layer="0"] [data-panel="activations"] .lv-note') == ""
