"""What axe-core finds on every page: no serious fault, in both themes and languages."""

import shutil
from typing import Literal

import pytest
from axe import serious_faults
from browser import watched_page
from playwright.sync_api import Browser, expect
from running_studio import RunningStudio

from noonbit.runs.run import Run


@pytest.fixture(scope="module", autouse=True)
def run_of_the_studio(studio: RunningStudio, digits_run: Run) -> None:
    shutil.copytree(digits_run.path, studio.runs / "digits-run")


@pytest.mark.parametrize(("locale", "theme"), [("en-US", "light"), ("ko-KR", "dark")])
@pytest.mark.parametrize(
    "path",
    [
        *("/data", "/data/view?data=digits", "/data/make"),
        *("/train", "/train/digits-run", "/network?data=digits", "/draw"),
        *("/train", "/train/digits-run", "/network?data=digits", "/draw"),
        *("/learn?of=dropout", "/learn/D3"),
    ],
)
def test_axe_finds_no_serious_fault(
    studio: RunningStudio,
    chromium: Browser,
    path: str,
    locale: str,
    theme: Literal["light", "dark"],
) -> None:
    with watched_page(chromium, origin=studio.url, locale=locale, theme=theme) as page:
        page.goto(f"{studio.url}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        if path.startswith("/data/view"):
            expect(page.locator(".strips img").first).to_be_visible()
        if path == "/data/make":
            expect(page.locator("picture-sets canvas")).to_be_visible()
        if path == "/train":
            expect(page.locator(".run")).to_be_visible()
            page.locator(".q-expansion-item").click()
        if path.startswith("/network"):
            expect(page.locator("[data-network=glance]")).to_be_visible()
            page.locator("[data-kind=dense]").click()  # which does not fit
            expect(page.locator("ol .warning")).to_be_visible()
        faults = serious_faults(page)
        assert not faults, "\n".join(faults)
