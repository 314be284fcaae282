"""Look into a run as a person does: from its accuracy to why one picture was taken for another."""

import io
import json
import re
import shutil
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import watched_page
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from running_studio import RunningStudio

from noonbit.config.recipe import Recipe
from noonbit.jobs.train import train
from noonbit.runs.predictions import StoredPredictions, read_predictions
from noonbit.runs.run import Run
from noonbit.studio.look.gallery import PAGE_ITEMS
from noonbit.studio.look.own import MOST_BYTES

NAME = "숫자 50%"
"""A folder may be called anything."""
RUN = f"/look/{quote(NAME)}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A network with convolutions that errs now and then."""
    out = tmp_path_factory.mktemp("runs") / "run"
    return train("digits", Recipe(model="lenet5", epochs=2, threads=1), out=out)


@pytest.fixture(scope="module", autouse=True)
def run_of_the_studio(studio: RunningStudio, run: Run) -> None:
    shutil.copytree(run.path, studio.runs / NAME)


@pytest.fixture(scope="module")
def stored(run: Run) -> StoredPredictions:
    return read_predictions(run)


@pytest.fixture(scope="module")
def confused(stored: StoredPredictions) -> tuple[int, int]:
    """The classes that are confused most: what it was, and what it was taken for."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (stored.labels, stored.predictions), 1)
    np.fill_diagonal(counts, 0)
    real, predicted = np.unravel_index(counts.argmax(), counts.shape)
    return int(real), int(predicted)


def require_no_serious_fault(page: Page) -> None:
    """What axe-core finds."""
    page.wait_for_timeout(500)  # until nothing fades in
    faults = [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in Axe().run(page).response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert not faults, "\n".join(faults)


def test_from_the_accuracy_to_the_reason_of_one_mistake(
    studio: RunningStudio,
    chromium: Browser,
    run: Run,
    stored: StoredPredictions,
    confused: tuple[int, int],
) -> None:
    real, predicted = confused
    evaluation = run.evaluation
    assert evaluation is not None
    count = evaluation.confusion[real][predicted]
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train/{quote(NAME)}")
        link = page.get_by_role("link", name="Look into it", exact=True)
        expect(link).to_have_attribute("href", RUN)
        page.goto(f"{studio.url}/train")
        page.get_by_role("link", name=f"Look into it: {NAME}").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("digits")
        expect(page.locator(".headline")).to_have_text(f"{evaluation.accuracy:.2%}")

        # The cell, by keyboard: down the first column, then along the row.
        matrix = page.locator("confusion-matrix")
        expect(matrix.get_by_role("button", name="0, recognised")).to_be_visible()
        wanted = f"{real}, taken for {predicted}: {count}"
        cell = matrix.get_by_role("button", name=wanted, exact=True)
        matrix.locator("[tabindex='0']").focus()
        go_to_cell(page, real, wanted)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=f"{real} taken for {predicted}")).to_be_focused()
        expect(cell).to_have_attribute("aria-pressed", "true")
        cards = page.locator(".pictures .item")
        expect(cards).to_have_count(min(count, PAGE_ITEMS))
        assert page.url.endswith(f"{RUN}?cell={real},{predicted}".replace(",", "%2C"))

        # Why: the most confident of them.
        inside = (stored.labels == real) & (stored.predictions == predicted)
        rows = np.flatnonzero(inside)
        item = stored.items[rows[stored.confidence[rows].argmax()]]
        expect(cards.first.locator("img")).to_have_js_property("complete", True)
        assert cards.first.locator("img").evaluate("image => image.naturalWidth") == 8
        cards.first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Item {item}")
        verdict = page.locator(".verdict")
        expect(verdict).to_have_text(f"Wrong: it is {real}, and was taken for {predicted}.")
        for method in ("Grad-CAM", "Occlusion"):
            shown = page.get_by_role("img", name=re.compile(f"{method}: \\d+% of what speaks"))
            assert shown.evaluate("image => image.naturalWidth") == 8
        expect(page.locator("layer-maps .lv-rows")).to_contain_text("Convolution")

        # Why not the right one?
        page.locator(".bar", has_text=f"{real} ✓").click()
        expect(page.get_by_role("heading", name=f"What speaks for {real}")).to_be_visible()

        # What it is like.
        neighbour = page.get_by_role("link", name=re.compile("Training item")).first
        said = neighbour.get_attribute("aria-label")
        assert said is not None
        neighbour.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(
            said.split(":")[0][9:].capitalize()
        )
        expect(page.get_by_text("learned from in training")).to_be_visible()


def go_to_cell(page: Page, row: int, label: str) -> None:
    """Press arrow keys from a number of the matrix to the one of this label in this row."""
    focus = "document.activeElement"
    while (at := page.evaluate(f"{focus}.closest('tr').rowIndex - 1")) < row:
        page.keyboard.press("ArrowDown")
        if page.evaluate(f"{focus}.closest('tr').rowIndex - 1") == at:
            page.keyboard.press("ArrowRight")  # there is no number below
    page.keyboard.press("Home")
    while (at := page.evaluate(f"{focus}.ariaLabel")) != label:
        page.keyboard.press("ArrowRight")
        assert page.evaluate(f"{focus}.ariaLabel") != at, "the end of the row"


def test_a_picture_of_ones_own_is_explained_and_a_file_that_is_none_is_not(
    studio: RunningStudio, chromium: Browser, run: Run, stored: StoredPredictions
) -> None:
    row = int(np.flatnonzero(stored.predictions == stored.labels)[0])
    picture = io.BytesIO()
    Image.fromarray(run.items().values[stored.items[row]][0]).save(picture, "PNG")
    expected = run.class_names[stored.predictions[row]]
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}{RUN}")
        file = {"name": "../../쓴 숫자.png", "mimeType": "image/png", "buffer": picture.getvalue()}
        page.get_by_label("Choose a file").set_input_files(file)  # type: ignore[arg-type]
        expect(page.get_by_role("heading", level=1)).to_have_text("Your own")
        original = page.get_by_role("img", name="as it was given")
        expect(original).to_be_visible()
        expect(original).to_have_js_property("naturalWidth", 8)  # when it has been loaded
        expect(page.get_by_role("heading", name=f"What speaks for {expected}")).to_be_visible()
        expect(page.get_by_role("link", name=re.compile("Training item")).first).to_be_visible()
        expect(page.locator("layer-maps .lv-rows")).to_contain_text("Convolution")
        page.go_back()
        text = {"name": "a.png", "mimeType": "image/png", "buffer": b"a text and no picture"}
        page.get_by_label("Choose a file").set_input_files(text)  # type: ignore[arg-type]
        expect(page.locator(".warning[role=alert]").first).not_to_be_empty()
        expect(page.get_by_role("heading", name="What speaks for")).to_have_count(0)


@pytest.mark.parametrize(
    ("locale", "theme", "width"), [("ko-KR", "dark", 390), ("en-US", "light", 1280)]
)
def test_the_pages_are_accessible_in_both_languages_themes_and_widths(
    studio: RunningStudio,
    chromium: Browser,
    stored: StoredPredictions,
    locale: str,
    theme: Literal["light", "dark"],
    width: int,
) -> None:
    item = stored.items[0]
    with watched_page(chromium, origin=studio.url, locale=locale, theme=theme, width=width) as page:
        title = {"ko-KR": "살펴보기", "en-US": "Look"}[locale]
        page.goto(f"{studio.url}/look")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        page.locator(".card").click()
        expect(page.locator(".gallery .item").first).to_be_visible()
        expect(page.locator(".reliability canvas")).to_be_visible()
        require_no_serious_fault(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.goto(f"{studio.url}{RUN}/{item}")
        expect(page.locator(".over").first).to_be_visible()
        expect(page.locator(".pictures .item").first).to_be_visible()
        expect(page.locator("layer-maps .lv-rows")).not_to_be_empty()
        require_no_serious_fault(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_run_without_its_data_shows_what_it_holds_and_says_once_what_is_missing(
    studio: RunningStudio,
    chromium: Browser,
    tmp_path: Path,
    stored: StoredPredictions,
    confused: tuple[int, int],
) -> None:
    gone = studio.runs / "gone"
    shutil.copytree(studio.runs / NAME, gone)
    described = json.loads((gone / "run.json").read_text(encoding="utf-8"))
    described["source_path"] = "/nowhere/digits"
    (gone / "run.json").write_text(json.dumps(described), encoding="utf-8")
    real, predicted = confused
    item = stored.items[
        np.flatnonzero((stored.labels == real) & (stored.predictions == predicted))[0]
    ]
    try:
        with watched_page(chromium, origin=studio.url, locale="ko-KR") as page:
            page.goto(f"{studio.url}/look/gone?cell={real},{predicted}")
            said = page.get_by_role("alert").filter(has_text="데이터를 열 수 없어서")
            expect(said).to_contain_text("/nowhere/digits이(가) 없습니다.")
            expect(said).to_have_count(1)
            expect(page.locator("confusion-matrix")).to_be_visible()
            expect(page.locator(".gallery .item").first).to_be_visible()
            page.goto(f"{studio.url}/look/gone/{item}")
            expect(page.get_by_role("alert")).to_contain_text("저장된 예측만 보여 줍니다")
            expect(page.locator(".verdict.wrong")).to_contain_text(f"예측은 {predicted}")
            expect(page.locator(".bars li")).to_have_count(10)
            picture = io.BytesIO()
            Image.new("L", (8, 8), 255).save(picture, "PNG")
            page.goto(f"{studio.url}/look/gone")
            page.get_by_label("파일 고르기").set_input_files(
                {"name": "a.png", "mimeType": "image/png", "buffer": picture.getvalue()}
            )
            nearest = page.locator("[aria-labelledby=nearest]").get_by_role("alert")
            expect(nearest).to_contain_text("학습 이미지와 비교할 수 없습니다")
            expect(page.locator(".over").first).to_be_visible()
            expect(page.locator("layer-maps .lv-rows")).not_to_be_empty()
    finally:
        shutil.rmtree(gone)


def test_what_is_not_there_is_said(studio: RunningStudio, chromium: Browser) -> None:
    broken = studio.runs / "broken"
    shutil.copytree(studio.runs / NAME, broken)
    (broken / "predictions.parquet").write_bytes(b"no predictions")
    try:
        with watched_page(chromium, origin=studio.url) as page:
            page.goto(f"{studio.url}/look/broken")
            expect(page.get_by_role("alert")).to_contain_text("predictions.parquet is damaged")
        for path in ("/look/none", f"{RUN}/own-0123456789abcdef", f"{RUN}/x"):
            assert studio.client.get(path).status_code == 404, path
    finally:
        shutil.rmtree(broken)


def test_routes_answer_in_sentences_and_within_limits(studio: RunningStudio) -> None:
    client = studio.client
    picture = client.get(f"{RUN}/items/17.png")
    assert picture.headers["content-type"] == "image/png"
    assert "max-age" in picture.headers["cache-control"]
    assert "no item 99999" in client.get(f"{RUN}/items/99999.png").json()["error"]
    assert "no other picture" in client.get(f"{RUN}/17/original").json()["error"]
    assert client.get("/look/none/items/17.png").status_code == 404
    assert client.get("/look/%2e%2e/items/17.png").status_code == 404
    layers = f"{RUN}/17/layers"
    assert client.get(layers).status_code == 200
    assert client.get(layers, params={"layers": "{"}).status_code == 400
    assert client.get(f"{RUN}/x/layers").status_code == 404
    large = client.post(f"{RUN}/own", content=bytes(MOST_BYTES + 1))
    assert large.status_code == 413
    assert "larger than 32 MB" in large.json()["error"]
    foreign = client.post(f"{RUN}/own", content=b"x", headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
