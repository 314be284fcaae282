"""The table of runs, runs side by side, and a run taken out: as a person uses them."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx
import pytest
from answered_runs import rewrite_json
from axe import serious_faults
from browser import watched_page
from playwright.sync_api import Browser, Page, expect
from raw_http import connected, head
from running_studio import RunningStudio, running_studio
from sklearn.datasets import load_digits

from noonbit.config.recipe import Recipe
from noonbit.export.onnx_model import OnnxModel
from noonbit.jobs.train import train
from noonbit.runs.comparison import compare_runs
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run
from noonbit.studio.draw.exported_page import page_path
from noonbit.studio.trainings import Trainings

ONE, TWO = "one-epoch", "two-epochs"
EXPORT_MILLISECONDS = 400_000
"""An export took two minutes where other tests kept the machine busy."""


@pytest.fixture(scope="module", autouse=True)
def runs_of_the_studio(studio: RunningStudio, digits_run: Run) -> None:
    """Two runs that differ, one that is damaged, and a folder of something else."""
    shutil.copytree(digits_run.path, studio.runs / TWO)
    train("digits", Recipe(model="mlp", epochs=1, threads=1), out=studio.runs / ONE)
    shutil.copytree(digits_run.path, studio.runs / "photos")
    rewrite_json(studio.runs / "photos" / "run.json", source="my photos", status="interrupted")
    (studio.runs / "notes").mkdir()


@pytest.fixture
def opened(studio: RunningStudio, chromium: Browser) -> Iterator[Page]:
    with watched_page(chromium, origin=studio.url) as page:
        yield page


def names(page: Page) -> list[str]:
    return page.locator("tbody .of-name").all_inner_texts()


def test_runs_are_sorted_searched_chosen_and_compared(studio: RunningStudio, opened: Page) -> None:
    page = opened
    page.goto(f"{studio.url}/runs")
    expect(page.locator("tbody tr")).to_have_count(3)
    # By the keyboard, as by a click.
    page.get_by_role("button", name="Accuracy").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Accuracy")
    assert names(page).index(TWO) < names(page).index(ONE)
    page.get_by_role("button", name="Accuracy").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Accuracy")
    assert names(page).index(TWO) > names(page).index(ONE)
    page.get_by_label("Search").fill("PHOTOS stopped")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("my photos")
    page.get_by_label("Search").fill("epoch")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_text("Not listed (1)").click()
    expect(page.get_by_text("notes is no run: it has no run.json.")).to_be_visible()

    expect(page.get_by_role("button", name="Compare", exact=True)).to_be_disabled()
    page.get_by_role("checkbox", name=f"Compare {ONE}").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text(f"{ONE} is chosen")).to_be_visible()
    page.get_by_role("checkbox", name=f"Compare {TWO}").click()
    page.get_by_role("button", name="Compare", exact=True).click()

    page.wait_for_url(f"**/runs/compare?run={ONE}&run={TWO}")
    comparison = compare_runs(load_run(studio.runs / ONE), load_run(studio.runs / TWO))
    verdict = page.get_by_role("article")
    expect(verdict).to_contain_text(f"{100 * comparison.gain.gain:+.2f} percentage points")
    expect(verdict).to_contain_text(
        f"{100 * comparison.gain.low:+.2f} to {100 * comparison.gain.high:+.2f}"
    )
    expect(verdict).to_contain_text(f"only this one has right: {comparison.only_other};")
    assert comparison.verdict == "better"
    expect(verdict).to_contain_text(f"better than {ONE}")
    epochs = page.get_by_role("row", name=re.compile("^epochs Training"))
    expect(epochs.get_by_role("cell")).to_have_text(["1", "2"])
    expect(page.get_by_role("img", name="The curves of Loss of 2 runs")).to_be_visible()
    page.get_by_role("link", name=f"Make {TWO} the reference").click()
    expect(page.get_by_role("article")).to_contain_text(f"worse than {TWO}")


def test_a_run_that_appears_is_shown_without_loading_again(
    studio: RunningStudio, opened: Page
) -> None:
    opened.goto(f"{studio.url}/runs?search=later&sort=name")
    expect(opened.get_by_text("No run has these words.")).to_be_visible()
    shutil.copytree(studio.runs / TWO, studio.runs / "later")
    try:
        expect(opened.locator("tbody .of-name")).to_have_text("later")
        for link, place in (
            ("Report", "/runs/later/report"),
            ("Look", "/look/later"),
            ("Draw", "/draw/later"),
            ("Export, serve", "/export/later"),
        ):
            found = opened.get_by_role("link", name=f"{link}: later")
            expect(found).to_have_attribute("href", place)
    finally:
        shutil.rmtree(studio.runs / "later")


def test_a_run_is_exported_and_downloaded(
    studio: RunningStudio, opened: Page, digits_run: Run, tmp_path: Path
) -> None:
    page = opened
    page.goto(f"{studio.url}/runs")
    page.get_by_role("link", name=f"Export, serve: {TWO}").click()
    page.get_by_role("button", name="Make the ONNX file").click()
    download_link = page.get_by_role("link", name=f"Download {TWO}.onnx")
    expect(download_link).to_be_visible(timeout=EXPORT_MILLISECONDS)
    with page.expect_download() as download:
        download_link.click()
    download.value.save_as(tmp_path / "model.onnx")
    assert download.value.suggested_filename == f"{TWO}.onnx"
    images = load_digits().images[:20]
    answered = OnnxModel.open(tmp_path / "model.onnx").predict(images)
    assert answered.labels == digits_run.predict(images).labels
    page.reload()  # what has been made is there
    expect(page.get_by_role("link", name=f"Download {TWO}.onnx")).to_be_visible()
    expect(page.get_by_role("button", name="Make the ONNX file")).to_be_hidden()


def test_the_page_of_a_run_is_downloaded_under_its_name(
    studio: RunningStudio, opened: Page
) -> None:
    training = Trainings(None, studio.runs).find(ONE)
    assert training is not None
    path = page_path(training)  # where the page on which one draws has been made
    path.parent.mkdir()
    path.write_text("<html>the page</html>")
    opened.goto(f"{studio.url}/export/{ONE}")
    with opened.expect_download() as download:
        opened.get_by_role("link", name=f"Download {ONE}.html").click()
    assert download.value.suggested_filename == f"{ONE}.html"
    assert Path(download.value.path()).read_text() == "<html>the page</html>"


def test_an_export_that_fails_says_why(studio: RunningStudio, opened: Page) -> None:
    shutil.copytree(studio.runs / TWO, studio.runs / "broken", ignore=ignore_exports)
    (studio.runs / "broken" / "weights.safetensors").write_bytes(b"no weights")
    opened.goto(f"{studio.url}/export/broken")
    opened.get_by_role("button", name="Make the ONNX file").click()
    expect(opened.get_by_role("alert")).to_contain_text("weights.safetensors is damaged")
    opened.get_by_role("button", name="Start the server").click()
    expect(opened.get_by_role("alert")).to_have_count(2, timeout=EXPORT_MILLISECONDS)
    expect(opened.get_by_role("alert").last).to_contain_text("weights.safetensors is damaged")
    shutil.rmtree(studio.runs / "broken")


def ignore_exports(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "export"]


def test_a_server_answers_is_stopped_and_ends_with_the_studio(
    chromium: Browser, digits_run: Run, tmp_path: Path
) -> None:
    shutil.copytree(digits_run.path, tmp_path / "runs" / TWO)
    with (
        running_studio(tmp_path) as studio,
        watched_page(chromium, origin=studio.url) as page,
    ):
        page.goto(f"{studio.url}/export/{TWO}")
        first, second = start_server(page), None
        text = httpx.get(f"{first}/v1/model", trust_env=False, timeout=60).text
        assert '"0"' in text and "mlp" in text
        page.get_by_role("button", name="Stop the server").click()
        expect(page.get_by_role("button", name="Start the server")).to_be_visible()
        assert not is_answering(first)
        second = start_server(page)
        assert is_answering(second)
    assert not is_answering(second)


def start_server(page: Page) -> str:
    """Start the server of the page's run, and return its address."""
    page.get_by_role("button", name="Start the server").click()
    said = page.get_by_text(re.compile(r"It answers at http://127\.0\.0\.1:\d+"))
    expect(said).to_be_visible(timeout=EXPORT_MILLISECONDS)
    expect(page.locator("pre")).to_contain_text("curl")
    return said.inner_text().rpartition(" ")[2]


def is_answering(url: str) -> bool:
    try:
        return httpx.get(f"{url}/docs", trust_env=False, timeout=60).is_success
    except httpx.ConnectError:
        return False


@pytest.mark.parametrize(
    ("locale", "theme", "width"), [("en-US", "light", 1280), ("ko-KR", "dark", 390)]
)
def test_the_pages_are_accessible_and_fit(
    studio: RunningStudio,
    chromium: Browser,
    locale: str,
    theme: Literal["light", "dark"],
    width: int,
) -> None:
    with watched_page(chromium, origin=studio.url, locale=locale, theme=theme, width=width) as page:
        for path, awaited in (
            ("/runs", "tbody tr"),
            (f"/runs/compare?run={ONE}&run={TWO}", "article, [role=alert]"),
            (f"/export/{ONE}", "#serve"),
        ):
            page.goto(f"{studio.url}{path}")
            expect(page.locator(awaited).first).to_be_visible()
            faults = serious_faults(page)
            assert not faults, "\n".join(faults)
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_runs_that_cannot_be_compared_say_why(studio: RunningStudio, opened: Page) -> None:
    opened.goto(f"{studio.url}/runs/compare?run={ONE}&run=photos")
    expect(opened.get_by_role("alert")).to_contain_text("photos has no test figures yet")
    opened.goto(f"{studio.url}/runs/compare?run={ONE}")
    expect(opened.get_by_text("Choose two runs or more in the table")).to_be_visible()


def test_names_are_never_paths(studio: RunningStudio) -> None:
    outside = studio.folder / "outside"
    shutil.copytree(studio.runs / ONE, outside)
    (outside / "export").mkdir(exist_ok=True)
    (outside / "export" / "model.onnx").write_bytes(b"secret")
    for name in ("%2e%2e%2foutside", "..%2foutside", "%2e%2e%5coutside", "nothing", "%00"):
        for path in (
            f"/runs/{name}/export/model.onnx",
            f"/export/{name}",
            f"/runs/compare?run={name}&run={ONE}",
        ):
            with connected(studio.port) as connection:
                connection.sendall(head(f"GET {path}"))
                answer = connection.recv(65536)
            assert b" 404 " in answer.partition(b"\r\n")[0], path
            assert b"secret" not in answer
