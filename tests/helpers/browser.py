"""The machine's Chromium, driven by Playwright, and a page that is watched.

Fixtures: `chromium`, one browser for all tests of a file, and `page`, a new watched page. Both are
made known by an import in a conftest.py. A test that needs another language, theme or window opens
its own with `watched_page(chromium, locale="ko-KR")`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import noonbit.page

NAMES = ("chromium", "google-chrome", "chromium-browser", "chrome")
"""What Debian, Google and others call it."""
ALLOWED = ("file:", "data:", "blob:", "about:")
"""Where a page may get anything from; all else is the network."""
SCRIPTS = Path(noonbit.page.__file__).parent


def find_chromium() -> str:
    """The path of the machine's Chromium; skips the test where there is none."""
    for name in NAMES:
        if (path := shutil.which(name)) is not None:
            return path
    pytest.skip(f"needs a browser: none of {', '.join(NAMES)} is on the PATH")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser, closed after the file: Playwright's loop would stand in the way of asyncio.run."""
    path = find_chromium()
    with sync_playwright() as playwright:
        # As root there is no sandbox; containers give /dev/shm only 64 MB.
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with watched_page(chromium) as page:
        yield page


@contextmanager
def watched_page(
    chromium: Browser,
    *,
    locale: str = "en-US",
    theme: Literal["light", "dark"] = "light",
    width: int = 1280,
    height: int = 900,
    touch: bool = False,
    origin: str | None = None,
) -> Iterator[Page]:
    """An empty page. Fails in the end on any console error, exception or request to a network.

    A page that a server brings may ask that server: `origin`, such as http://127.0.0.1:8080.
    """
    context = chromium.new_context(
        locale=locale,
        color_scheme=theme,
        viewport={"width": width, "height": height},
        has_touch=touch,
    )
    context.set_default_timeout(120_000)  # of a machine that is busy with other tests
    page = context.new_page()
    problems: list[str] = []
    allowed = ALLOWED if origin is None else (*ALLOWED, f"{origin}/")

    def note_request(url: str) -> None:
        if not url.replace("ws:", "http:", 1).startswith(allowed):
            problems.append(f"request: {url}")

    page.on(
        "console",
        lambda message: (
            problems.append(f"console: {message.text}") if message.type == "error" else None
        ),
    )
    page.on("pageerror", lambda error: problems.append(f"exception: {error}"))
    page.on("request", lambda request: note_request(request.url))
    page.on("websocket", lambda websocket: note_request(websocket.url))
    try:
        yield page
        page.evaluate("0")  # what the page has said by now arrives before this answer
    finally:
        context.close()
    assert not problems, "\n".join(problems)


def load_scripts(page: Page, *names: str) -> None:
    """Load scripts of noonbit/page into the page, in this order, as the page file joins them."""
    for name in names:
        page.add_script_tag(content=f'"use strict";\n{(SCRIPTS / name).read_text()}')
