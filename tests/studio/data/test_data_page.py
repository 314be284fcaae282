"""Bring data to the studio as a person does: drop, draw, photograph, look, and train."""

import io
import math
import random
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from browser import watched_page
from page_faces import Stroke, answer_of, draw
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from running_studio import RunningStudio


def png(seed: int, *, dark: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(40, 220, (24, 32, 3), np.uint8)
    pixels[:, dark : dark + 12] //= 4
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def animals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifteen pictures of cats and of dogs; one is cut off, and one there twice."""
    path = tmp_path_factory.mktemp("drop") / "animals.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(15):
            cat = png(0 if number == 7 else number)
            dog = png(100 + number, dark=16)
            archive.writestr(f"고양이/{number}.png", cat)
            archive.writestr(f"dog/{number}.png", dog[:300] if number == 3 else dog)
    return path


def test_a_zip_is_dropped_checked_and_led_to_a_training(
    studio: RunningStudio, chromium: Browser, animals: Path
) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(studio.url)
        expect(page.get_by_role("heading", level=1)).to_have_text("Data")
        drop(page, animals)
        page.wait_for_url(re.compile(r"/data/view\?data=data%2Fanimals%2Fanimals\.zip$"))
        problem = page.locator(".finding.problem")
        expect(problem).to_contain_text("1 of 30 files cannot be read.")
        expect(problem).to_contain_text("dog/3.png is cut off after 300 bytes")
        copies = page.locator(".finding.note").filter(has_text="is a copy of another")
        pair = copies.get_by_role("img", name="고양이/7.png = 고양이/0.png")
        expect(pair).to_be_visible()
        assert pair.evaluate("image => image.naturalWidth") == 32 + 2 + 32
        cats = page.get_by_role("row", name="고양이")
        expect(cats.get_by_role("cell").first).to_have_text("15")
        expect(cats.get_by_role("img", name="8 pictures of class 고양이")).to_be_visible()

        first = page.locator(".strips img").first
        expect(page.locator(".flag code")).to_have_text("--augment shift=2,flip")
        before = first.get_attribute("src")
        page.get_by_role("slider", name="Rotation").fill("15")
        expect(page.locator(".flag code")).to_have_text(
            re.compile(r"--augment shift=2,rotation=\d+,flip")
        )
        expect(first).not_to_have_attribute("src", before or "")
        settings = page.locator(".flag code").inner_text().removeprefix("--augment ")

        page.get_by_role("link", name="Train with it").click()
        data = page.get_by_role("combobox", name="Data")
        expect(data).to_have_value("data/animals/animals.zip")
        expect(page.get_by_label("Augmentation")).to_have_value(settings)
        expect(page.get_by_role("checkbox", name="Leave out what cannot be read")).to_be_checked()
        page.get_by_label("Epochs").fill("1")
        page.get_by_role("button", name="Begin training").click()
        expect(page.locator(".status")).to_have_text("finished")


def drop(page: Page, path: Path) -> None:
    """Drop a file from another window onto the page."""
    content = path.read_bytes()
    transfer = page.evaluate_handle(
        """([name, bytes]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], name));
          return transfer;
        }""",
        [path.name, list(content)],
    )
    place = page.locator("file-drop")
    place.dispatch_event("dragover", {"dataTransfer": transfer})
    place.dispatch_event("drop", {"dataTransfer": transfer})


def circle(chance: random.Random) -> Sequence[Stroke]:
    x, y, radius = chance.uniform(0.4, 0.6), chance.uniform(0.4, 0.6), chance.uniform(0.2, 0.34)
    turns = [2 * math.pi * step / 12 for step in range(13)]
    return [[(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]]


def line(chance: random.Random) -> Sequence[Stroke]:
    slant = chance.uniform(-0.15, 0.15)
    x = chance.uniform(0.35, 0.65)
    return [[(x - slant, 0.12), (x + slant, 0.88)]]


def test_what_is_drawn_is_saved_trained_and_told_apart(
    studio: RunningStudio, chromium: Browser
) -> None:
    chance = random.Random(3)
    figures = {"circle": circle, "line": line}
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/data")
        page.get_by_role("link", name="Make a data set").click()
        page.get_by_label("Name of the data set").fill("figures")
        page.get_by_role("button", name="Save and look at it").click()
        expect(page.get_by_role("alert")).to_contain_text("class 1 has none yet")
        for number, (name, figure) in enumerate(figures.items(), 1):
            page.get_by_label(f"Name of class {number}").fill(name)
            for _ in range(10):
                draw(page, figure(chance), steps=1, on=".pad")
                page.get_by_role("button", name=f"Add to {name}").click()
            expect(
                page.get_by_role("button", name=re.compile(f"Delete .* of {name}"))
            ).to_have_count(10)
        page.get_by_role("button", name="Delete picture 10 of line").click()
        draw(page, line(chance), steps=1, on=".pad")
        page.get_by_role("button", name="Add to line").click()
        page.get_by_role("button", name="Save and look at it").click()
        expect(page.get_by_role("row", name="circle").get_by_role("cell").first).to_have_text("10")
        folder = studio.folder / "data/figures"
        assert len(list(folder.glob("line/*.png"))) == 10
        with Image.open(folder / "circle/0001.png") as picture:
            assert (picture.size, picture.mode) == ((28, 28), "L")

        page.get_by_role("link", name="Train with it").click()
        page.get_by_text("Settings", exact=True).click()
        page.get_by_label("Epochs").fill("15")
        page.get_by_role("button", name="Begin training").click()
        expect(page.locator(".status")).to_have_text("finished")
        page.get_by_role("link", name="Try it with inputs of your own").click()
        frame = page.locator("iframe.exported").element_handle(timeout=300_000).content_frame()
        assert frame is not None
        frame.wait_for_selector("#main:not([hidden])")
        for name, figure in figures.items():
            draw(frame, figure(chance), steps=1)
            assert answer_of(frame) == name
            frame.click("#clear")
            frame.wait_for_selector("#winner:empty", state="attached")


CAMERA = """
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 640, height: 480 });
  const context = canvas.getContext("2d");
  setInterval(() => context.fillRect(0, 0, 320, 480), 30); // a canvas that rests has no frames
  navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(30);
"""
"""A camera that sees black on the left, and nothing on the right."""


def test_photos_and_files_are_classes_in_korean_on_a_phone(
    studio: RunningStudio, chromium: Browser, tmp_path: Path
) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(png(number))
    (tmp_path / "notes.txt").write_text("no picture")
    with watched_page(chromium, origin=studio.url, locale="ko-KR", width=390) as page:
        page.add_init_script(CAMERA)
        page.goto(f"{studio.url}/data/make")
        page.get_by_label("클래스 1의 이름").fill("사진")
        page.get_by_role("button", name="카메라").click()
        page.wait_for_function("document.querySelector('video').videoWidth === 640")
        for _ in range(3):
            page.get_by_role("button", name="사진에 사진 찍어 넣기").click()
        expect(page.locator(".thumbnails img")).to_have_count(3)
        page.get_by_label("클래스 2의 이름").fill("파일")
        page.get_by_role("button", name="파일", exact=True).click()
        page.set_input_files("picture-sets input[type=file]", sorted(tmp_path.iterdir()))
        expect(page.locator(".thumbnails img")).to_have_count(6)
        expect(page.get_by_role("alert")).to_contain_text("notes.txt: 브라우저가 열 수 없는")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="저장하고 살펴보기").click()
        expect(page.get_by_role("row", name="사진").get_by_role("cell").first).to_have_text("3")
        expect(page.get_by_role("heading", name="점검 결과")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    folder = studio.folder / "data/내 그림"
    assert (folder / "파일/0002.png").read_bytes() == png(1)
    with Image.open(folder / "사진/0001.png") as photo:
        assert photo.size == (512, 384)


def test_a_source_that_is_none_says_why(studio: RunningStudio, chromium: Browser) -> None:
    with watched_page(chromium, origin=studio.url) as page:
        page.goto(f"{studio.url}/data")
        page.get_by_label("path of a folder").fill("no/such/folder")
        page.get_by_role("button", name="Look at this path").click()
        expect(page.get_by_role("alert")).to_contain_text("no/such/folder does not exist.")
