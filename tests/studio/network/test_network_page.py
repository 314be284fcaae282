"""The page on which networks are compared and built, as a person uses it."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from browser import watched_page
from playwright.sync_api import Browser, Page, expect
from running_studio import RunningStudio

from noonbit.models.layer_file import LayerFile

PATIENCE = 120_000
"""Milliseconds for an answer of the engine, which imports PyTorch."""


@pytest.fixture
def network_page(studio: RunningStudio, chromium: Browser) -> Iterator[Page]:
    """The page for the digits, when everything is counted."""
    with watched_page(chromium, origin=studio.url) as page:
        open_counted(page, f"{studio.url}/network?data=digits")
        yield page


def open_counted(page: Page, address: str) -> None:
    page.goto(address, timeout=PATIENCE)
    expect(page.locator("[data-network=glance]")).to_be_visible(timeout=PATIENCE)


def arithmetic(page: Page, number: int) -> str:
    """The line below a layer of the draft."""
    return page.locator("ol .arithmetic").nth(number - 1).inner_text()


def test_the_catalogue_has_a_cost_and_a_time_for_these_data(network_page: Page) -> None:
    card = network_page.locator("[data-network=lenet5]")
    expect(card).to_contain_text("LeNet-5 in its modern form")
    expect(card).to_contain_text("61,706")
    assert re.search(r"Training \(16 epochs\)\s+[\d.]+ s", card.inner_text())
    expect(network_page.locator("#content")).to_contain_text("1,293 training items of 8x8x1")
    expect(network_page.locator("[data-network=sentence-cnn]")).to_have_count(0)


def test_a_card_shows_its_layers_and_leads_to_its_training(network_page: Page) -> None:
    network_page.get_by_role("button", name="Layers of cnn", exact=True).click()
    dialog = network_page.get_by_role("dialog")
    expect(dialog.get_by_role("row")).to_have_count(12)
    expect(dialog).to_contain_text("Conv2d features.1")
    network_page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    network_page.get_by_role("link", name="Train cnn", exact=True).click()
    network_page.wait_for_url("**/train?data=digits&model=cnn")


def test_a_network_is_built_with_its_arithmetic(network_page: Page) -> None:
    page = network_page
    line = page.locator("ol .arithmetic").first
    expect(line).to_have_text(
        "(8 - 3 + 2*1)/1 + 1 = 8 → 8x8x16 · 16*(3*3*1 + 1) = 160 parameters · 9,216 multiply-adds"
    )
    first = page.locator("ol > li").first
    first.get_by_label("Filters").fill("4")
    expect(line).to_contain_text("4*(3*3*1 + 1) = 40 parameters")
    first.get_by_label("Size", exact=True).fill("9")
    first.get_by_label("Padding").click()
    page.get_by_role("option", name="none").click()
    expect(line).to_have_text(
        'Layer 1 does not fit: its input is 8x8; 8 - 9 + 1 is below 1. Use padding = "same", a '
        "smaller size, or fewer pools."
    )
    expect(page.get_by_role("button", name="Set up its training")).to_be_disabled()
    assert arithmetic(page, 2) == "The layer above has to fit first."
    first.get_by_label("Size", exact=True).fill("3")
    expect(line).to_contain_text("(8 - 3)/1 + 1 = 6 → 6x6x4")
    expect(page.get_by_role("button", name="Set up its training")).to_be_enabled()


def test_layers_are_added_moved_and_taken_out(network_page: Page) -> None:
    page = network_page
    kinds = page.locator("ol .layer-kind")
    page.get_by_role("button", name="Dense").click()
    expect(kinds).to_have_text(["1. Convolution", "2. ReLU", "3. Pool", "4. Dense"])
    expect(page.locator("ol .arithmetic").nth(3)).to_contain_text("Put flatten before it")
    page.get_by_role("button", name="Flatten").click()
    page.get_by_role("button", name="Move layer 5 up").click()
    expect(kinds).to_have_text(["1. Convolution", "2. ReLU", "3. Pool", "4. Flatten", "5. Dense"])
    expect(page.locator("ol .arithmetic").nth(3)).to_contain_text("4*4*16 = 256")
    page.get_by_role("button", name="Remove layer 2").click()
    expect(kinds).to_have_text(["1. Convolution", "2. Pool", "3. Flatten", "4. Dense"])
    page.wait_for_url(lambda url: "dense" in url and "relu" not in url)
    expect(page.locator(".added li")).to_have_text([re.compile("64 \\+ 1.* = 650 parameters")])


def test_a_number_that_is_being_typed_has_no_sum(network_page: Page) -> None:
    page = network_page
    first = page.locator("ol .arithmetic").first
    expect(first).to_contain_text("parameters")
    page.locator("ol > li").first.get_by_label("Filters").fill("")
    expect(first).to_have_text("A number is missing.")
    page.locator("ol > li").first.get_by_label("Filters").fill("2")
    expect(first).to_contain_text("parameters")


def test_a_reload_and_the_other_language_lose_nothing(network_page: Page) -> None:
    page = network_page
    page.get_by_role("button", name="Global pool").click()
    expect(page.locator("ol > li")).to_have_count(4)
    page.wait_for_url("**global_pool**")
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("신경망")
    expect(page.locator("ol .layer-kind").last).to_have_text("4. 전역 풀링")
    page.get_by_role("button", name="밀집층").click()
    expect(page.locator("ol .arithmetic").last).to_contain_text("5번 층이 맞지 않습니다")
    page.reload()
    expect(page.locator("ol > li")).to_have_count(5)


def test_a_network_is_saved_and_led_to_its_training(
    network_page: Page, studio: RunningStudio
) -> None:
    page = network_page
    page.get_by_label("Name", exact=True).fill("three layers")
    page.get_by_role("button", name="Save as TOML").click()
    expect(page.get_by_text("Saved: networks/three-layers.toml")).to_be_visible()
    path = studio.folder / "networks" / "three-layers.toml"
    file = LayerFile.parse(path.read_text(encoding="utf-8"), origin="it")
    assert [layer.kind for layer in file.layers] == ["conv", "relu", "pool"]
    page.get_by_role("button", name="Set up its training").click()
    page.wait_for_url("**/train?data=digits&model=networks*three-layers.toml")
    expect(page.get_by_label("Path of a TOML file on this computer")).to_have_value(
        "networks/three-layers.toml"
    )
    page.get_by_role("combobox", name="Network").fill("three-layers")
    expect(page.get_by_role("option", name="three-layers · a network of your own")).to_be_visible()
    page.goto(f"{studio.url}/network?data=digits&layers=[]")
    page.get_by_role("link", name="three-layers").click()
    expect(page.locator("ol .layer-kind")).to_have_text(["1. Convolution", "2. ReLU", "3. Pool"])
    expect(page.get_by_label("Name", exact=True)).to_have_value("three-layers")


def test_a_network_that_was_built_is_trained(network_page: Page, studio: RunningStudio) -> None:
    page = network_page
    page.get_by_role("button", name="Batch norm").click()
    page.get_by_label("Name", exact=True).fill("built")
    page.get_by_role("button", name="Set up its training").click()
    page.wait_for_url("**/train?data=digits&model=networks*built.toml")
    page.get_by_text("Settings").click()
    page.get_by_label("Epochs").fill("1")
    page.get_by_role("button", name="Begin training").click()
    page.wait_for_url(re.compile("/train/[^/?]+$"))
    expect(page.locator(".status")).to_have_text("finished")
    (copy,) = studio.folder.glob("runs/*built*/model-*.toml")
    written = studio.folder / "networks" / "built.toml"
    assert copy.read_bytes() == written.read_bytes()


def test_data_that_cannot_be_read_are_the_engines_sentence(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/network?data=absent")
        expect(page.get_by_role("alert")).to_contain_text("absent", timeout=PATIENCE)


def test_a_wrong_address_is_said_and_the_page_still_works(
    studio: RunningStudio, chromium: Browser
) -> None:
    layers = quote('[{"kind": "lstm"}]')
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/network?data=digits&layers={layers}")
        expect(page.get_by_role("alert")).to_contain_text("the kind 'lstm', which does not exist")
        expect(page.locator("ol > li")).to_have_count(3)


def test_a_phone_shows_it_without_scrolling_sideways(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url, width=390, height=800, touch=True) as page:
        open_counted(page, f"{studio.url}/network?data=digits")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_message_about_an_error_lets_clicks_through_until_it_is_closed(
    network_page: Page,
) -> None:
    page = network_page
    page.locator("ol > li").first.get_by_label("Filters").fill("-3")
    message = page.get_by_role("alert").filter(has_text="filters")
    expect(message).to_be_visible()
    is_in_the_way = """element => {
        const box = element.getBoundingClientRect();
        const top = document.elementFromPoint(box.x + box.width / 3, box.y + box.height / 2);
        return element.contains(top);
    }"""
    assert not message.evaluate(is_in_the_way)
    message.get_by_role("button", name="✕").click()
    expect(message).to_have_count(0)
