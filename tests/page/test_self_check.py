"""The page finds out when it does not compute what Python did, and does not answer then."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from noonbit.page.page import write_page
from noonbit.runs.run import Run

SHOWN = "#self-check.passed, #refusal:not([hidden])"


@pytest.fixture(scope="module")
def text(digits_run: Run, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run."""
    path = tmp_path_factory.mktemp("page") / "digits.html"
    write_page(digits_run, path, digits_run.items())
    return path.read_text()


def opened(chromium: Browser, path: Path) -> Page:
    """An unwatched page: what refuses may log why."""
    page = chromium.new_page(bypass_csp=True)  # tampering changes the script's hash
    page.goto(path.as_uri())
    page.wait_for_selector(SHOWN)
    return page


def tampered(text: str, change: Callable[[dict[str, Any]], None]) -> str:
    """The page with another MODEL."""
    start = text.index("const MODEL = ") + len("const MODEL = ")
    end = text.index(";\nstartPage(MODEL)")
    model = json.loads(text[start:end])
    change(model)
    return text[:start] + json.dumps(model) + text[end:]


def change_one_weight(model: dict[str, Any]) -> None:
    """Flip the last bit of one weight, as a bad disk might."""
    content = bytearray(b64decode(model["weights"]))
    content[len(content) // 2] ^= 1
    model["weights"] = b64encode(content).decode()


def change_weights_and_checksum(model: dict[str, Any]) -> None:
    """Another network in place of the exported one."""
    content = bytearray(b64decode(model["weights"]))
    entry = max(model["network"]["weights"], key=lambda each: each["count"])
    numbers = np.frombuffer(content, "<f2", entry["count"], entry["offset"]).copy()
    numbers[: len(numbers) // 4] *= -1
    content[entry["offset"] : entry["offset"] + numbers.nbytes] = numbers.tobytes()
    model["weights"] = b64encode(content).decode()
    model["weights_checksum"] = crc32(content)


def change_answer(model: dict[str, Any]) -> None:
    model["items"][3]["probabilities"] = model["items"][3]["probabilities"][::-1]


def lose_answers(model: dict[str, Any]) -> None:
    model["items"] = []


def lose_number(model: dict[str, Any]) -> None:
    for item in model["items"]:
        item["probabilities"].pop()


def test_an_untouched_page_answers(chromium: Browser, text: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(tampered(text, lambda model: None))
    page = opened(chromium, path)
    assert page.is_visible("#main")
    assert "20 of 20" in page.inner_text("#self-check")
    page.context.close()


def test_the_check_says_how_far_it_is_and_lets_the_page_be_drawn(
    chromium: Browser, text: str, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(tampered(text, lambda model: None))
    page = chromium.new_page(bypass_csp=True)
    page.add_init_script(
        """globalThis.said = [];
        document.addEventListener("DOMContentLoaded", () => {
          new MutationObserver(() => said.push(document.getElementById("self-check").textContent))
            .observe(document.getElementById("self-check"), { childList: true });
        });"""
    )
    page.goto(path.as_uri())
    page.wait_for_selector(SHOWN)
    said = page.evaluate("said")
    assert [each for each in said if each.startswith("checking 3 of 20 ")]
    page.context.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (change_one_weight, "weights are damaged"),
        (change_weights_and_checksum, "does not answer"),
        (change_answer, "does not answer"),
        (lose_answers, "does not answer"),
        (lose_number, "does not answer"),
    ],
    ids=["one weight", "weights and checksum", "one answer", "no items", "a class less"],
)
def test_a_tampered_page_does_not_answer(
    chromium: Browser,
    text: str,
    tmp_path: Path,
    change: Callable[[dict[str, Any]], None],
    says: str,
) -> None:
    path = tmp_path / "page.html"
    path.write_text(tampered(text, change))
    page = opened(chromium, path)
    assert not page.is_visible("#main")
    assert says in page.inner_text("#refusal")
    page.context.close()


def test_a_tampered_script_does_not_run(chromium: Browser, text: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(tampered(text, change_answer))
    page = chromium.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("typeof startPage") == "undefined"
    page.context.close()
