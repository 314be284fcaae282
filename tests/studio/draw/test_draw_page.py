"""Draw to a run on the page of the studio."""

import shutil
from collections.abc import Iterator
from typing import Literal

import pytest
from browser import watched_page
from page_faces import DIGITS, answer_of, draw
from playwright.sync_api import Browser, Frame, Page, expect
from running_studio import RunningStudio

from noonbit.runs.run import Run

NAME = "digits-run"


@pytest.fixture(scope="module", autouse=True)
def run_of_the_studio(studio: RunningStudio, digits_run: Run) -> Iterator[None]:
    """A finished run among those of the studio."""
    shutil.copytree(digits_run.path, studio.runs / NAME)
    yield


def exported(page: Page) -> Frame:
    """The frame of the exported page, once it has checked itself."""
    element = page.locator("iframe.exported").element_handle(timeout=120_000)
    frame = element.content_frame()
    assert frame is not None
    frame.wait_for_selector("#main:not([hidden])")
    return frame


def test_a_three_that_is_drawn_is_read(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/draw")
        page.get_by_role("link", name="digits mlp").click()
        expect(page.get_by_role("status")).to_contain_text("taken out of its run")
        frame = exported(page)
        draw(frame, DIGITS["3"])
        assert answer_of(frame) == "3"
        frame.click("#clear")
        frame.wait_for_selector("#winner:empty", state="attached")  # an empty pad has no answer


def test_the_page_is_made_once(studio: RunningStudio, chromium: Browser) -> None:
    for _ in range(2):
        with watched_page(chromium, origin=studio.url) as page:
            page.goto(f"{studio.url}/draw/{NAME}")
            exported(page)
    assert len(list((studio.runs / NAME / "export").glob("studio-*.html"))) == 1


@pytest.mark.parametrize(
    ("locale", "theme", "title", "ground"),
    [
        ("en-US", "light", "Answer", "rgb(251, 250, 247)"),
        ("ko-KR", "dark", "예측", "rgb(20, 22, 26)"),
    ],
)
def test_language_and_theme_are_handed_on(
    studio: RunningStudio,
    chromium: Browser,
    locale: str,
    theme: Literal["light", "dark"],
    title: str,
    ground: str,
) -> None:
    with watched_page(chromium, origin=studio.url, width=390, locale=locale) as page:
        cookie = {"name": "noonbit_theme", "value": theme, "url": studio.url}
        page.context.add_cookies([cookie])  # type: ignore[list-item]
        page.goto(f"{studio.url}/draw/{NAME}")
        frame = exported(page)
        expect(frame.get_by_role("heading", name=title, exact=True)).to_be_visible()
        expect(frame.locator("#languages")).to_be_hidden()
        assert frame.evaluate("getComputedStyle(document.body).backgroundColor") == ground
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        frame.wait_for_function("document.documentElement.scrollHeight <= innerHeight")
        assert frame.evaluate("innerHeight") > 1500  # all of it, one below the other
        places = [link.bounding_box() for link in page.locator("nav a").all()]
        assert all(box is not None and box["x"] + box["width"] <= 390 for box in places)


def test_the_exported_page_reaches_nothing_of_the_studio(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/draw/{NAME}")
        frame = exported(page)
        assert frame.evaluate("origin") == "null"
        assert (
            frame.evaluate("() => { try { return parent.document.title } catch { return null } }")
            is None
        )
        assert (
            "sandbox" in studio.client.get(f"/runs/{NAME}/page").headers["content-security-policy"]
        )


def test_a_run_that_cannot_be_exported_says_why(studio: RunningStudio, chromium: Browser) -> None:
    shutil.copytree(studio.runs / NAME, studio.runs / "broken", dirs_exist_ok=True)
    (studio.runs / "broken" / "weights.safetensors").write_bytes(b"no weights")
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/draw/broken")
        expect(page.get_by_role("alert")).to_contain_text("weights.safetensors is damaged")
    (studio.runs / "broken" / "weights.safetensors").unlink()
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/draw/broken")
        expect(page.get_by_role("alert")).to_contain_text("has no weights yet")
