"""What a person meets in the page of a run: drawing, opening, answers, languages, themes."""

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from browser import load_scripts, watched_page
from page_faces import DIGITS, answer_of, draw, model_of, opened, wait_until, write_changed
from PIL import Image
from playwright.sync_api import Browser, Page

import noonbit.page
from noonbit.config.recipe import Recipe
from noonbit.jobs.train import train
from noonbit.page.page import write_page
from noonbit.runs.run import Run

FOLDER = Path(noonbit.page.__file__).parent
HOSTILE = "<img src=x onerror=document.title='broken'>"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on the digits that knows them."""
    recipe = Recipe(model="mlp", epochs=12, threads=1)
    return train("digits", recipe, out=tmp_path_factory.mktemp("runs") / "digits")


@pytest.fixture(scope="module")
def digits(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "digits.html"
    write_page(run, path, run.items())
    return path


@pytest.fixture(scope="module")
def picture(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A test picture, enlarged as a photograph of it would be."""
    values = np.asarray(run.items().values[run.split.test[0]])[0]
    path = tmp_path_factory.mktemp("pictures") / "digit.png"
    Image.fromarray(values).resize((96, 96), Image.Resampling.NEAREST).save(path)
    return path


def test_both_languages_have_the_same_texts_with_the_same_values(page: Page) -> None:
    load_scripts(page, "language.js")
    texts: dict[str, dict[str, str]] = page.evaluate("TEXTS")
    assert sorted(texts) == ["en", "ko"]
    assert texts["en"].keys() == texts["ko"].keys()
    for key, text in texts["en"].items():
        names = set(re.findall(r"\{(\w+)\}", text))
        assert names == set(re.findall(r"\{(\w+)\}", texts["ko"][key])), key
        has_words = re.search("[a-z]{4}", re.sub(r"\{\w+\}", "", text))
        assert re.search("[가-힣]", texts["ko"][key]) or not has_words, key


def test_every_text_that_is_asked_for_is_there(page: Page) -> None:
    load_scripts(page, "language.js")
    keys = set(page.evaluate("Object.keys(TEXTS.en)"))
    template = (FOLDER / "page.html.j2").read_text()
    asked = set(re.findall(r'data-text="(\w+)"', template))
    for path in set(FOLDER.glob("*.js")) - {FOLDER / "language.js"}:
        asked |= set(re.findall(r'translate\(\s*"([\w.]+)"', path.read_text()))
        asked |= set(re.findall(r'write\([^;]*?, "([\w.]+)"', path.read_text()))
        asked |= set(re.findall(r'writeAttribute\([^;]*?, "[\w-]+", "([\w.]+)"', path.read_text()))
    assert len(asked) > 40
    assert not asked - keys


@pytest.mark.parametrize(
    "name", ["4", *(pytest.param(name, marks=pytest.mark.slow) for name in DIGITS if name != "4")]
)
def test_a_digit_drawn_with_the_mouse_is_named(chromium: Browser, digits: Path, name: str) -> None:
    with opened(chromium, digits) as page:
        draw(page, DIGITS[name])
        assert answer_of(page) == name
        assert page.locator("#bars li.best").inner_text().split()[0] == name
        assert page.inner_text("#spoken").startswith(f"{name}, ")


def test_undo_takes_a_stroke_back_and_clear_all_of_them(chromium: Browser, digits: Path) -> None:
    with opened(chromium, digits) as page:
        page.evaluate("() => { window.drawingOf = (id) => byId(id).toDataURL() }")
        ink = "drawingOf('drawing')"
        empty = page.evaluate(ink)
        draw(page, DIGITS["4"][:1])
        one = page.evaluate(ink)
        draw(page, DIGITS["4"][1:])
        assert len({empty, one, page.evaluate(ink)}) == 3
        page.click("#undo")
        assert page.evaluate(ink) == one
        page.click("#clear")
        assert page.evaluate(ink) == empty
        wait_until(page, "byId('winner').textContent === ''")
        page.click("#undo")  # clearing can be taken back too
        assert page.evaluate(ink) == one


def test_a_pen_draws_as_wide_as_it_is_pressed(chromium: Browser, digits: Path) -> None:
    with opened(chromium, digits) as page:
        box = page.locator("#drawing").bounding_box()
        assert box is not None
        client = page.context.new_cdp_session(page)
        inked = []
        for force in (0.1, 0.9):
            page.click("#clear")
            for kind, x in (("mousePressed", 0.2), ("mouseMoved", 0.8), ("mouseReleased", 0.8)):
                place = {"x": box["x"] + x * box["width"], "y": box["y"] + 0.5 * box["height"]}
                pen = {"pointerType": "pen", "force": force, "button": "left", "buttons": 1}
                client.send("Input.dispatchMouseEvent", {"type": kind, **place, **pen})
            inked.append(page.evaluate(INKED))
        assert 0 < 1.5 * inked[0] < inked[1]


INKED = """byId('drawing').getContext('2d').getImageData(0, 0, 336, 336).data
  .filter((level, at) => at % 4 === 0 && level > 0).length"""


def test_a_finger_draws_without_scrolling_and_the_answer_is_below_the_pad(
    chromium: Browser, digits: Path
) -> None:
    with opened(chromium, digits, width=390, touch=True) as page:
        box = page.locator("#drawing").bounding_box()
        assert box is not None
        before = page.evaluate(INKED)
        client = page.context.new_cdp_session(page)
        for kind, y in (("touchStart", 0.1), ("touchMove", 0.5), ("touchMove", 0.9)):
            point = {"x": box["x"] + 0.5 * box["width"], "y": box["y"] + y * box["height"]}
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert page.evaluate(INKED) > before
        assert page.evaluate("scrollY") == 0
        answer_of(page)
        ends = page.evaluate(
            """["#stage", "#clear", "#winner", "#choose"].map(
              (each) => document.querySelector(each).getBoundingClientRect().bottom)"""
        )
        assert ends == sorted(ends)
        assert ends[2] - ends[0] < 200  # on the same screen as the pad


def choose(page: Page, picture: Path) -> None:
    page.set_input_files("#file", picture)


def drop(page: Page, picture: Path) -> None:
    give(page, picture, "drop")


def paste(page: Page, picture: Path) -> None:
    give(page, picture, "paste")


def give(page: Page, picture: Path, way: Literal["drop", "paste"]) -> None:
    """Hand over a file as the browser does; a test cannot drag one out of the file manager."""
    page.evaluate(
        """([bytes, name, way]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], name));
          byId("stage").dispatchEvent(
            way === "drop"
              ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true })
              : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }),
          );
        }""",
        [list(picture.read_bytes()), picture.name, way],
    )


@pytest.mark.parametrize("way", [choose, drop, paste])
def test_a_picture_file_gets_pythons_answer(
    chromium: Browser, run: Run, digits: Path, picture: Path, way: Callable[[Page, Path], None]
) -> None:
    wanted = run.predict([Image.open(picture)])
    with opened(chromium, digits) as page:
        way(page, picture)
        assert answer_of(page) == run.class_names[int(wanted.probabilities[0].argmax())]
        given = page.evaluate("() => { const app = byId('bars'); return app.innerText }")
        shares = [float(each) for each in re.findall(r"([\d.]+)%", given)]
        assert np.abs(np.array(shares) / 100 - wanted.probabilities[0]).max() <= 0.02
        assert "Resized to 8" in page.inner_text("#done")


def test_what_is_no_picture_is_refused_in_words(
    chromium: Browser, digits: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"{HOSTILE.replace('/', '')}.png"
    path.write_bytes(b"no picture")
    with opened(chromium, digits) as page:
        draw(page, DIGITS["0"])
        answer_of(page)
        choose(page, path)
        page.wait_for_selector("#picture-problem:not([hidden])")
        assert page.inner_text("#picture-problem").endswith("This file is no picture.")
        assert page.inner_text("#winner") == ""  # no old answer beside a new input


def test_an_empty_picture_is_said_to_be_empty(
    chromium: Browser, digits: Path, tmp_path: Path
) -> None:
    Image.new("L", (50, 50), 255).save(tmp_path / "white.png")
    with opened(chromium, digits) as page:
        choose(page, tmp_path / "white.png")
        answer_of(page)
        assert "nothing in it" in page.inner_text("#warnings")
        assert "nothing in it" in page.inner_text("#spoken")


def test_the_keyboard_alone_draws_and_opens_maps(chromium: Browser, digits: Path) -> None:
    with opened(chromium, digits) as page:
        for _ in range(10):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "drawing":
                break
        for key in ["Shift+ArrowUp"] * 5 + ["Space"] + ["Shift+ArrowDown"] * 10 + ["Space"]:
            page.keyboard.press(key)
        assert answer_of(page) == "1"
        assert page.inner_text("#pen-state") == "Pen up"
        while page.evaluate("document.activeElement.className") != "layer":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.inner_text("#map-number").startswith("Map 1 of")
        page.keyboard.press("ArrowRight")
        assert page.inner_text("#map-number").startswith("Map 2 of")
        page.keyboard.press("Escape")
        assert not page.locator("#map-dialog").is_visible()
        page.focus("#drawing")
        page.keyboard.press("Control+z")
        wait_until(page, "byId('winner').textContent === ''")


def test_a_test_item_is_answered_and_its_class_told(chromium: Browser, digits: Path) -> None:
    item = model_of(digits)["items"][3]
    with opened(chromium, digits) as page:
        page.locator("#samples button").nth(3).click()
        assert answer_of(page) == str(int(np.argmax(item["probabilities"])))
        assert f"true class is {item['label']}" in page.inner_text("#truth")
        assert page.locator("#samples [aria-pressed=true]").count() == 1
        page.click("#back-to-drawing")
        wait_until(page, "byId('winner').textContent === ''")
        assert page.locator("#truth").is_hidden()
        assert page.locator("#samples [aria-pressed=true]").count() == 0


def test_a_page_whose_check_fails_does_not_answer(
    chromium: Browser, digits: Path, tmp_path: Path
) -> None:
    model = model_of(digits)
    model["items"][7]["probabilities"].reverse()
    path = write_changed(tmp_path / "wrong.html", model)
    with watched_page(chromium) as page:
        page.goto(path.as_uri())
        page.wait_for_selector("#refusal:not([hidden])")
        assert "19 of 20 agree" in page.inner_text("#self-check")
        assert "does not answer" in page.inner_text("#refusal")
        assert page.locator("#main").is_hidden()


def test_a_passed_check_says_how_many_agree(chromium: Browser, digits: Path) -> None:
    with opened(chromium, digits) as page:
        said = page.inner_text("#self-check")
        assert re.fullmatch(
            r"20 of 20 agree with Python’s answers, worst difference (\de−\d|0\.\d+)", said
        )


@pytest.mark.parametrize(
    ("locale", "language"),
    [("ko-KR", "ko"), ("fr-FR", "en"), pytest.param("en-GB", "en", marks=pytest.mark.slow)],
)
def test_the_browsers_language_is_spoken_and_can_be_switched(
    chromium: Browser, digits: Path, locale: str, language: str
) -> None:
    with opened(chromium, digits, locale=locale) as page:
        draw(page, DIGITS["0"])
        answer_of(page)
        for code in (language, "en", "ko"):
            page.click(f"#languages [lang={code}]")
            assert page.evaluate("document.documentElement.lang") == code
            assert page.locator(f"#languages [lang={code}]").get_attribute("aria-pressed") == "true"
            wrong = page.evaluate(
                "code => Array.from(document.querySelectorAll('[data-text]'))"
                ".filter(each => each.textContent !== TEXTS[code][each.dataset.text]).length",
                code,
            )
            assert wrong == 0
            words = page.inner_text("body").replace("한국어", "")
            assert bool(re.search("[가-힣]", words)) is (code == "ko")


@pytest.mark.parametrize(
    ("locale", "theme", "width"),
    [
        ("ko-KR", "dark", 390),
        ("en-US", "light", 1280),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in product(("ko-KR", "en-US"), ("light", "dark"), (390, 1280))
            if case not in (("ko-KR", "dark", 390), ("en-US", "light", 1280))
        ),
    ],
)
def test_nothing_is_wider_than_the_window_and_all_text_can_be_read(
    chromium: Browser,
    digits: Path,
    locale: str,
    theme: Literal["light", "dark"],
    width: int,
) -> None:
    with opened(chromium, digits, locale=locale, theme=theme, width=width) as page:
        draw(page, DIGITS["3"])
        answer_of(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CONTRASTS) == []


CONTRASTS = """() => {
  const channels = (colour) => {
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return Array.from(canvas.getImageData(0, 0, 1, 1).data);
  };
  const light = ([r, g, b]) => [r, g, b].map((each) => {
    const share = each / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = channels(getComputedStyle(each).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return channels("white");
  };
  const bad = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.getClientRects().length) continue;
    const [one, other] = [channels(getComputedStyle(element).color), ground(element)].map(light);
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) bad.push(`${element.id || element.className}: ${contrast.toFixed(2)}`);
  }
  return bad;
}"""


def test_every_control_has_a_name_and_every_answer_is_announced(
    chromium: Browser, digits: Path
) -> None:
    with opened(chromium, digits) as page:
        draw(page, DIGITS["3"])
        answer_of(page)
        nameless = page.evaluate(
            """() => Array.from(document.querySelectorAll(
              'button, input:not([hidden]), canvas[role], [role=application], textarea, dialog'
            )).filter((each) => !(each.getAttribute('aria-label') || each.textContent.trim()
              || (each.labels && each.labels.length)
              || byId(each.getAttribute('aria-labelledby')))).map((each) => each.outerHTML)"""
        )
        assert nameless == []
        for name in ("spoken", "pen-state", "self-check"):
            assert page.get_attribute(f"#{name}", "role") == "status"
        ids = page.evaluate("Array.from(document.querySelectorAll('[id]')).map((e) => e.id)")
        assert len(ids) == len(set(ids))


def test_hostile_names_stay_text(chromium: Browser, digits: Path, tmp_path: Path) -> None:
    model = model_of(digits)
    model["contract"]["class_names"] = [f"{HOSTILE}</script>{n}" for n in range(10)]
    model["run"] = {**model["run"], "source": HOSTILE, "network": HOSTILE}
    path = write_changed(tmp_path / "hostile.html", model)
    with opened(chromium, path, width=390) as page:
        draw(page, DIGITS["3"])
        assert answer_of(page).startswith(HOSTILE)
        page.locator("#samples button").first.click()
        page.wait_for_selector("#truth:not([hidden])")
        assert HOSTILE in page.inner_text("#truth")
        assert page.locator("img[onerror]").count() == 0
        assert page.title() != "broken"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_thousand_classes_with_long_names_are_shown_by_rank(
    chromium: Browser, digits: Path
) -> None:
    with opened(chromium, digits, width=390) as page:
        page.evaluate(
            """() => {
              byId("bars").replaceChildren();
              const names = Array.from({ length: 1000 }, (_, n) => "눈빛".repeat(90) + n);
              const view = new AnswerView(names);
              view.show(Float32Array.from(names, (_, n) => (n === 617 ? 0.5 : 0.5 / 999)));
            }"""
        )
        wait_until(page, "byId('spoken').textContent !== ''")
        assert page.inner_text("#winner").endswith("617")
        assert page.locator("#bars li").count() == 5
        assert page.locator("#bars li").first.inner_text().endswith("50.0%")
        page.click("#more-classes")
        assert page.locator("#bars li").count() == 50
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_unfamiliar_answer_is_said_to_be_one(
    chromium: Browser, digits: Path, tmp_path: Path
) -> None:
    model = model_of(digits)
    for threshold, is_said in ((1.0, True), (0.0, False)):
        model["unfamiliar"] = {**UNFAMILIAR, "threshold": threshold}
        path = write_changed(tmp_path / f"{is_said}.html", model)
        with opened(chromium, path) as page:
            draw(page, DIGITS["3"])
            answer_of(page)
            assert ("It is unsure" in page.inner_text("#warnings")) is is_said
            assert "does not look like" not in page.inner_text("#warnings")
            assert "of 300 test images, 4.0% are" in page.inner_text("#rule-note")


UNFAMILIAR = {
    "score": "maximum softmax probability",
    "fitted_items": 200,
    "fitted_flagged": 10,
    "test_items": 300,
    "test_flagged": 12,
}


def test_nothing_moves_for_people_who_asked_for_that(chromium: Browser, digits: Path) -> None:
    with opened(chromium, digits) as page:
        moving = "getComputedStyle(document.querySelector('.bar')).transitionDuration"
        assert page.evaluate(moving) != "0s"
        page.emulate_media(reduced_motion="reduce")
        assert page.evaluate(moving) == "0s"
