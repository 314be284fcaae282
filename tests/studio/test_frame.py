"""What every page has around its content, as a person meets it."""

import pytest
from browser import watched_page
from playwright.sync_api import Browser, Page, expect
from running_studio import RunningStudio, running_studio

from noonbit.studio.pages import PAGES
from noonbit.studio.texts import TEXTS

IN_HEADER = [page for page in PAGES if page.is_in_header]


def dark(page: Page) -> bool:
    return bool(page.evaluate("document.body.classList.contains('body--dark')"))


def test_the_address_leads_to_the_first_page(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(studio.url)
        title = TEXTS[PAGES[0].title][0]
        expect(page).to_have_title(f"{title} · noonbit studio")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_every_page_is_a_click_away(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(studio.url)
        for each in IN_HEADER:
            title = TEXTS[each.title][0]
            page.get_by_role("navigation").get_by_role("link", name=title).click()
            expect(page).to_have_title(f"{title} · noonbit studio")
            expect(page.locator("nav [aria-current=page]")).to_have_text(title)


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
@pytest.mark.parametrize("each", IN_HEADER, ids=lambda each: each.path)
def test_a_page_speaks_the_language_of_the_browser(
    studio: RunningStudio, chromium: Browser, each: object, locale: str
) -> None:
    with watched_page(chromium, origin=studio.url, locale=locale) as page:
        page.goto(f"{studio.url}{each.path}")  # type: ignore[attr-defined]
        texts = TEXTS[each.title]  # type: ignore[attr-defined]
        expect(page.get_by_role("heading", level=1)).to_have_text(texts[locale == "ko-KR"])
        expect(page.locator("html")).to_have_attribute("lang", locale)


def test_the_switch_of_the_language_is_kept(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train")
        page.get_by_role("button", name="한국어").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("학습")
        expect(page.get_by_role("button", name="한국어")).to_have_attribute("aria-pressed", "true")
        page.goto(f"{studio.url}/draw")
        expect(page.get_by_role("heading", level=1)).to_have_text("그리기")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Draw")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_that_of_the_system(
    studio: RunningStudio, chromium: Browser, theme: str
) -> None:
    with watched_page(chromium, origin=studio.url, theme=theme) as page:  # type: ignore[arg-type]
        page.goto(studio.url)
        expect(page.get_by_role("button", name="Theme: as the system")).to_be_visible()
        assert dark(page) == (theme == "dark")


def test_the_switch_of_the_theme_is_kept(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(studio.url)
        page.get_by_role("button", name="Theme: as the system").click()
        page.get_by_role("button", name="Theme: light").click()
        expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
        page.wait_for_function("document.cookie.includes('noonbit_theme=dark')")
        page.reload()
        expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
        assert dark(page)


@pytest.mark.parametrize("each", IN_HEADER, ids=lambda each: each.path)
@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_a_page_fits_a_phone(
    studio: RunningStudio, chromium: Browser, each: object, locale: str
) -> None:
    with watched_page(chromium, origin=studio.url, width=390, touch=True, locale=locale) as page:
        page.goto(f"{studio.url}{each.path}")  # type: ignore[attr-defined]
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_keyboard_skips_the_header(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(studio.url)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"


def test_an_unknown_page_says_so_in_the_frame(studio: RunningStudio, chromium: Browser) -> None:
    assert studio.client.get("/nothing").status_code == 404
    assert "There is no such page." in studio.client.get("/nothing").text


def test_a_page_that_lost_its_studio_finds_the_next_one(
    tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> None:
    folder = tmp_path_factory.mktemp("studio")
    page = chromium.new_page(locale="en-US")  # not watched: it will say that nobody answers
    with running_studio(folder) as first:
        page.goto(first.url)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.evaluate("window.isOld = true")
        first.kill()
    with running_studio(folder, port=first.port):
        page.wait_for_function("window.isOld === undefined", timeout=60_000)
        expect(page.get_by_role("heading", level=1)).to_have_text(TEXTS[PAGES[0].title][0])
    page.close()
