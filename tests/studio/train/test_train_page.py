"""Begin a training as a person does, and read what came out."""

import json
import re
from pathlib import Path
from typing import get_args

import pytest
from browser import watched_page
from playwright.sync_api import Browser, Page, expect
from raw_http import connected, head
from running_studio import RunningStudio

from noonbit.config.recipe import OptimizerName
from noonbit.models.layer_file import KINDS
from noonbit.studio.help_texts import HELP_TEXTS
from noonbit.studio.train.page import NUMBERS, OPTIMIZERS
from noonbit.studio.trainings import Trainings
from noonbit.studio.watch.controls import SETTINGS


def begin(page: Page, studio: RunningStudio, query: str) -> str:
    """Open the form filled by a query, press the button, and return the training's name."""
    page.goto(f"{studio.url}/train?{query}")
    page.get_by_role("button", name="Begin training").click()
    page.wait_for_url(re.compile(r"/train/[\w-]+$"))
    return page.url.rpartition("/")[2]


def test_digits_are_trained_to_the_end_and_the_accuracy_is_read(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        name = begin(page, studio, "data=digits&model=mlp&epochs=2")
        expect(page.locator(".status")).to_have_text("finished")
        expect(page.get_by_role("heading", level=1)).to_have_text("digits")
        result = json.loads((studio.runs / name / "run.json").read_text())["result"]
        expect(page.locator(".headline")).to_have_text(f"{result['accuracy']:.2%}")
        low, high = result["accuracy_low"], result["accuracy_high"]
        expect(page.locator(".result")).to_contain_text(f"between {low:.2%} and {high:.2%}")
        page.reload()  # a page that comes later knows the same
        expect(page.locator(".headline")).to_have_text(f"{result['accuracy']:.2%}")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Open the report").click()
        expect(opened.value.locator("h1")).to_have_text("mlp on digits")
        page.goto(f"{studio.url}/train")
        row = page.get_by_role("link", name=re.compile("digits.*mlp"))
        expect(row).to_contain_text("finished")
        row.click()
        expect(page).to_have_url(f"{studio.url}/train/{name}")


def test_an_error_of_the_engine_is_the_same_sentence(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train")
        page.get_by_role("combobox", name="Data").click()
        page.get_by_role("option", name="Data of your own …").click()
        page.get_by_label("Path of a folder").fill("no/such/folder")
        page.get_by_role("button", name="Begin training").click()
        expect(page.locator(".status")).to_have_text("failed")
        expect(page.get_by_role("alert")).to_contain_text(
            "no/such/folder does not exist. A source is a folder, a file, an archive, or one of"
        )
        page.get_by_role("link", name="To the form and the list").click()
        expect(page.get_by_role("list").locator(".failed")).to_have_count(1)


def test_a_setting_out_of_range_is_refused_by_the_engine(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        begin(page, studio, "data=digits&model=mlp&batch_size=1")
        expect(page.get_by_role("alert")).to_contain_text("batch-size should be from 2")


def test_python_code_and_flags_are_no_network_and_no_data(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        for query, sentence in (
            ("data=digits&model=evil.py:build", "Python code is not run"),
            ("data=--trust", "is no source"),
        ):
            page.goto(f"{studio.url}/train?{query}")
            page.get_by_role("button", name="Begin training").click()
            expect(page.get_by_role("alert")).to_contain_text(sentence)
    assert not list(studio.runs.glob("*trust*"))


def test_the_catalogue_is_offered(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train")
        page.get_by_role("combobox", name="Network").click()
        page.get_by_role("combobox", name="Network").fill("lenet")
        expect(
            page.get_by_role("option", name="lenet5 · LeNet-5 in its modern form")
        ).to_be_visible()


def test_seconds_mean_a_network_that_noonbit_chooses(
    studio: RunningStudio, chromium: Browser
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train")
        network = page.get_by_role("combobox", name="Network")
        for choice, other in (("In seconds", "Photographs"), ("Photographs", "In seconds")):
            page.get_by_role("checkbox", name=choice).click()
            expect(network).to_be_disabled()
            expect(page.get_by_role("checkbox", name=other)).to_be_disabled()
            page.get_by_role("checkbox", name=choice).click()
            expect(network).to_be_enabled()


@pytest.mark.parametrize(
    ("locale", "mark", "sentence"),
    [
        ("en-US", "What does this mean? Batch size", "before its weights are corrected once"),
        ("ko-KR", "무슨 뜻인가요? 배치 크기", "가중치를 한 번 고칠 때까지 보는 데이터의 개수"),
    ],
)
def test_a_technical_word_is_explained_by_keyboard(
    studio: RunningStudio, chromium: Browser, locale: str, mark: str, sentence: str
) -> None:
    with watched_page(chromium, origin=studio.url, locale=locale, width=390) as page:
        page.goto(f"{studio.url}/train?data=digits&epochs=2")
        summary = page.locator("summary", has_text=mark)
        explained = page.get_by_text(sentence)
        expect(explained).to_be_hidden()
        summary.focus()
        page.keyboard.press("Enter")
        expect(explained).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.keyboard.press("Enter")
        expect(explained).to_be_hidden()


def test_every_setting_and_layer_has_its_sentence() -> None:
    asked = {"network", "optimizer", "augment", *NUMBERS, *SETTINGS, "parameters", "multiply_adds"}
    asked |= {f"kind.{kind}" for kind in KINDS}
    asked |= {f"field.{name}" for layer in KINDS.values() for name in layer.model_fields}
    assert {f"help.{name}" for name in asked} | {"help.of"} == HELP_TEXTS.keys()


def test_every_optimizer_is_offered() -> None:
    assert get_args(OptimizerName) == OPTIMIZERS


def test_names_in_addresses_are_never_paths(studio: RunningStudio) -> None:
    outside = studio.folder / "outside"
    outside.mkdir()
    studio.runs.mkdir(exist_ok=True)
    for folder in (outside, studio.folder):
        (folder / "run.json").write_text("{}")
        (folder / "report.html").write_text("secret")
    names = ("%2e%2e", "..%2foutside", "%2e%2e%2foutside", "%2e%2e%5coutside", "nothing", "%00")
    for name in names:
        for path in (f"/runs/{name}/report", f"/runs/{name}/page", f"/train/{name}"):
            with connected(studio.port) as connection:  # a client would resolve some itself
                connection.sendall(head(f"GET {path}"))
                answer = connection.recv(65536)
            assert b" 404 " in answer.partition(b"\r\n")[0], path


@pytest.mark.parametrize("name", ["..", "../outside", ".", "", ".hidden", "a/b", "a\\b", "a\0"])
def test_a_name_is_no_way_to_somewhere_else(tmp_path: Path, name: str) -> None:
    for folder in ("outside", ".hidden", "runs", "runs/a/b", "runs/.hidden"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "run.json").write_text("{}")
    (tmp_path / "run.json").write_text("{}")
    assert Trainings(None, tmp_path / "runs").find(name) is None
