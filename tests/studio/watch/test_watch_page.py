"""A training that is watched and steered from pages, as people do."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import watched_page
from playwright.sync_api import Browser, Locator, Page, expect
from running_studio import RunningStudio, running_studio

from noonbit.live.folder import LiveFolder
from noonbit.studio.trainings import Order, Trainings


@pytest.fixture(scope="module")
def endless(studio: RunningStudio, chromium: Browser) -> Iterator[str]:
    """The name of a training that does not end by itself, begun on the page."""
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train?data=digits&model=mlp&epochs=1000000")
        page.get_by_role("button", name="Begin training").click()
        expect(page.locator(".status")).to_have_text("training")
        yield page.url.rpartition("/")[2]


def number(page: Page, name: str) -> Locator:
    """What stands below a name among the numbers."""
    return page.locator(".numbers > div", has_text=name).locator("dd")


def step(studio: RunningStudio, name: str) -> int:
    """The last step in the log of a training; 0 before it has one."""
    lines, _ = LiveFolder(studio.runs / name).read_log()
    return max((line["step"] for line in lines if "step" in line), default=0)


def pause(page: Page) -> None:
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".status")).to_have_text("paused")


def go_on(page: Page) -> None:
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".status")).to_have_text("training")


def test_the_numbers_and_curves_of_a_training_come_by_themselves(
    studio: RunningStudio, chromium: Browser, endless: str
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train/{endless}")
        expect(page.locator(".numbers dd").first).to_have_text(re.compile(r"\d+ / 1,000,000"))
        for name in ("Loss", "Accuracy", "Items per second", "Time left"):
            expect(number(page, name)).to_have_text(re.compile(r"\d"))
        chart = page.get_by_role("img", name=re.compile("curves of the accuracy"))
        expect(chart).to_have_attribute("aria-label", re.compile(r"it is [\d.]+% now"))
        expect(chart.locator("canvas")).to_be_visible()


def test_the_pictures_of_the_layers_come_as_frames(
    studio: RunningStudio, chromium: Browser, endless: str
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train/{endless}")
        page.wait_for_function(
            "document.querySelector('training-frames')?.count > 3", timeout=60_000
        )
        assert LiveFolder(studio.runs / endless).is_watched()


def test_pause_change_the_learning_rate_go_on_and_find_it_again(
    studio: RunningStudio, chromium: Browser, endless: str
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train/{endless}")
        pause(page)
        page.get_by_label("Learning rate", exact=True).fill("0.0123")
        page.get_by_label("Learning rate", exact=True).press("Enter")
        expect(page.get_by_role("log")).to_contain_text("Learning rate 0.0123")
        go_on(page)
        expect(page.locator(".numbers > div").last).to_contain_text("0.0123")
        with (studio.runs / endless / "changes.csv").open() as file:
            changes = list(csv.DictReader(file))
        assert changes[-1]["setting"] == "learning_rate"
        assert float(changes[-1]["value"]) == 0.0123
        page.reload()
        expect(page.get_by_role("log")).to_contain_text("Learning rate 0.0123")
        field = page.get_by_label("Learning rate", exact=True)
        expect(field).to_have_attribute("placeholder", "0.0123")


def test_what_does_not_fit_is_refused_in_a_sentence(
    studio: RunningStudio, chromium: Browser, endless: str
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train/{endless}")
        page.get_by_label("Batch size", exact=True).fill("1")
        page.get_by_role("button", name="Set: Batch size").click()
        expect(page.get_by_role("log")).to_contain_text("batch_size should be from 2")
        page.get_by_label("Weight decay", exact=True).fill("none")
        page.get_by_label("Weight decay", exact=True).press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Weight decay is a number such as 0.01")


def test_one_step_is_one_step(studio: RunningStudio, chromium: Browser, endless: str) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train/{endless}")
        pause(page)
        before = step(studio, endless)
        for taken in (1, 2):
            page.get_by_role("button", name="One step").click()
            while step(studio, endless) < before + taken:
                page.wait_for_timeout(50)
        page.wait_for_timeout(300)
        assert step(studio, endless) == before + 2
        go_on(page)


def test_two_pages_on_one_training_agree(
    studio: RunningStudio, chromium: Browser, endless: str
) -> None:
    with (
        watched_page(chromium, origin=studio.url) as page,
        watched_page(chromium, origin=studio.url, locale="ko-KR") as other,
    ):
        for each in (page, other):
            each.goto(f"{studio.url}/train/{endless}")
        pause(page)
        expect(other.locator(".status")).to_have_text("일시 정지")
        other.get_by_label("가중치 감쇠", exact=True).fill("0.5")
        other.get_by_label("가중치 감쇠", exact=True).press("Enter")
        expect(page.get_by_role("log")).to_contain_text("Weight decay 0.5")
        other.get_by_role("button", name="계속", exact=True).click()
        expect(page.locator(".status")).to_have_text("training")


def test_a_stopped_training_is_kept_and_goes_on(
    studio: RunningStudio, chromium: Browser, endless: str
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train/{endless}")
        page.get_by_role("button", name="Stop and save").click()
        expect(page.locator(".status")).to_have_text("stopped")
        stopped_at = step(studio, endless)
        page.get_by_role("button", name="Go on training").click()
        expect(page.locator(".status")).to_have_text("training")
        while step(studio, endless) <= stopped_at:
            page.wait_for_timeout(50)
        page.get_by_role("button", name="Stop and save").click()
        expect(page.locator(".status")).to_have_text("stopped")


def test_a_killed_studio_leaves_the_training_and_the_next_one_finds_it(
    tmp_path: Path, chromium: Browser
) -> None:
    with running_studio(tmp_path) as first, watched_page(chromium, origin=first.url) as page:
        page.goto(f"{first.url}/train?data=digits&model=mlp&epochs=1000000")
        page.get_by_role("button", name="Begin training").click()
        expect(page.locator(".status")).to_have_text("training")
        name = page.url.rpartition("/")[2]
        page.goto("about:blank")
        first.kill()
    reached = step(first, name)
    with running_studio(tmp_path) as second, watched_page(chromium, origin=second.url) as page:
        try:
            page.goto(f"{second.url}/train")
            page.get_by_role("link", name=re.compile("digits.*training")).click()
            expect(page.locator(".status")).to_have_text("training")
            while step(second, name) <= reached:
                page.wait_for_timeout(50)
            pause(page)
        finally:
            second.stop_trainings()
        expect(page.locator(".status")).to_have_text("stopped")


def test_a_run_that_was_not_live_shows_its_epochs(studio: RunningStudio, chromium: Browser) -> None:
    folder = studio.runs / "plain"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(
        '{"status": "interrupted", "source": "<b>digits</b>", "model": {"name": "mlp"}, '
        '"created": "2026-11-22T14:15:02+01:00"}'
    )
    (folder / "history.csv").write_text(
        "epoch,loss,accuracy,val_loss,val_accuracy,lr,seconds,items_per_second\n"
        "1,2.5,0.25,,,0.01,1.5,1000\n2,1.25,0.5,1.5,0.75,0.005,1.5,2000\n"
    )
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train/plain")
        expect(page.get_by_role("heading", level=1)).to_have_text("<b>digits</b>")
        expect(page.locator(".numbers dd").first).to_have_text("2")
        expect(number(page, "Loss")).to_have_text("1.2500")
        expect(page.get_by_role("button", name="Pause")).to_be_hidden()
        expect(page.get_by_role("button", name="Go on training")).to_be_visible()


def test_a_damaged_run_says_so(studio: RunningStudio, chromium: Browser) -> None:
    folder = studio.runs / "damaged"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text("{")
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/train/damaged")
        expect(page.get_by_role("alert")).to_contain_text("run.json is damaged")


def test_a_process_of_another_program_is_no_training(tmp_path: Path) -> None:
    trainings = Trainings(None, tmp_path)
    (tmp_path / "old.log").write_text("process  1\n")  # its number is another program's by now
    found = trainings.find("old")
    assert found is not None
    assert found.status == "failed"


def test_what_is_ordered_is_what_the_command_is_told() -> None:
    order = Order("digits", model="lenet5", settings=(("epochs", "3"), ("batch-size", "32")))
    assert order.flags() == ["digits", "--model=lenet5", "--epochs=3", "--batch-size=32"]
    assert Order("my data", is_fast=True).flags() == ["my data", "--fast"]
