"""That the watched page of the other tests sees what it should."""

import pytest
from browser import watched_page
from playwright.sync_api import Browser


def test_a_quiet_page_passes(chromium: Browser) -> None:
    with watched_page(chromium, locale="ko-KR", theme="dark", width=390) as page:
        page.set_content("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='>")
        assert page.evaluate("[navigator.language, innerWidth]") == ["ko-KR", 390]
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("console.error('too late')", "console: too late"),
        ("setTimeout(() => { throw new Error('lost') })", "exception: lost"),
        ("fetch('http://127.0.0.1:9/x').catch(() => 0)", "request: http://127.0.0.1:9/x"),
    ],
)
def test_what_goes_wrong_in_a_page_fails_its_test(
    chromium: Browser, script: str, problem: str
) -> None:
    with pytest.raises(AssertionError, match=problem), watched_page(chromium) as page:
        page.evaluate(f"() => {{ {script} }}")
        page.wait_for_timeout(100)
