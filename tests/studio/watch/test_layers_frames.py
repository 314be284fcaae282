"""Frames as they come: damaged, too many, three hundred of them, of another network."""

import base64
import copy
import json
import struct
from typing import Any

import numpy as np
import pytest
from layer_frames import Frame
from layer_samples import deep_frame, dense_frame, frame_of
from layers_page import (
    canvas_pixels,
    give,
    layers_page,
    panel,
    settle,
    text_of,
)
from playwright.sync_api import Browser


def damaged(how: str) -> bytes:
    frame = frame_of()
    whole = frame.encode()
    header = copy.deepcopy(frame.header)
    length = struct.unpack("<I", whole[:4])[0]
    match how:
        case "empty":
            return b""
        case "short":
            return whole[:3]
        case "in the header":
            return whole[: length // 2]
        case "in the atlas":
            return whole[:-1]
        case "longer":
            return whole + b"\0"
        case "no JSON":
            return whole[:4] + b"\xff" + whole[5:]
        case "a missing field":
            del header["tests"]
        case "no list":
            header["layers"] = {}
        case "a tile outside":
            header["layers"][0]["activations"]["x"] = header["atlas"]["width"] - 1
        case "a class that is none":
            header["tests"]["items"][0]["top"][0][0] = 10
        case "two channels":
            header["item"]["picture"]["channels"] = 2
        case "upside down":
            header["layers"][0]["weights"]["low"] = 5.0
    return Frame(header, frame.pixels).encode()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("empty", "A frame arrived with only 0 bytes, so it is damaged."),
        ("short", "A frame arrived with only 3 bytes, so it is damaged."),
        ("in the header", "A frame was cut off:"),
        ("in the atlas", "A frame was cut off:"),
        ("longer", "A frame is damaged: it has "),
        ("no JSON", "A frame is damaged: its header cannot be read."),
        ("a missing field", "A frame is damaged: its field “tests” is missing or wrong."),
        ("no list", "A frame is damaged: its field “layers” is missing or wrong."),
        ("a tile outside", "A frame is damaged: “layers[0].activations” reaches to "),
        ("a class that is none", "A frame is damaged: its field “tests.items[0].top” is"),
        ("two channels", "A frame is damaged: its field “item.picture.channels” is"),
        ("upside down", "A frame is damaged: its field “layers[0].weights.low” is"),
    ],
)
def test_a_damaged_frame_is_refused_in_words_and_the_last_picture_stays(
    chromium: Browser, how: str, said: str
) -> None:
    with layers_page(chromium) as page:
        good = frame_of().encode()
        give(page, good)
        before = canvas_pixels(page, panel("0", "activations"))
        give(page, damaged(how))
        assert text_of(page, ".lv-message").startswith(said)
        assert text_of(page, ".lv-message").endswith("The picture shown is older.")
        assert (canvas_pixels(page, panel("0", "activations")) == before).all()
        page.evaluate("view.setLanguage('ko')")
        assert text_of(page, ".lv-message").endswith("지금 보이는 것은 이전 화면입니다.")
        give(page, good)
        assert text_of(page, ".lv-message") == ""


def test_a_text_message_in_place_of_a_frame_is_refused(chromium: Browser) -> None:
    with layers_page(chromium) as page:
        page.evaluate("view.show('hello')")
        settle(page)
        assert text_of(page, ".lv-message").startswith("What arrived is no frame")
        assert text_of(page, ".lv-waiting").startswith("Waiting for the first picture")


def test_whatever_is_damaged_is_shown_or_refused_but_never_breaks_the_page(
    chromium: Browser,
) -> None:
    """Two hundred headers with one value changed at random, painted with all their consequences."""
    random = np.random.default_rng(0)
    frame = frame_of()
    strange = [None, -1, 0, 1e9, 0.5, "", "x", [], {}, True, [[]], 2**53]
    texts = []
    for _ in range(200):
        header = copy.deepcopy(frame.header)
        place: Any = header
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = keys[random.integers(len(keys))]
            inner = place[key]
            if isinstance(inner, dict | list) and inner and random.random() < 0.8:
                place = inner
                continue
            place[key] = strange[random.integers(len(strange))]
            break
        texts.append(base64.b64encode(Frame(header, frame.pixels).encode()).decode())
    with layers_page(chromium) as page:
        give(page, frame.encode())
        shown = page.evaluate(
            """async (texts) => {
              let refused = 0;
              for (const text of texts) {
                view.takenAt = -Infinity;
                view.show(bufferOf(text));
                while (view.waitingFrame) await new Promise(requestAnimationFrame);
                refused += view.damage !== null;
              }
              return texts.length - refused;
            }""",
            texts,
        )
        assert 0 < shown < 200
        give(page, frame.encode())
        assert text_of(page, ".lv-message") == ""


def test_nothing_grows_over_three_hundred_frames(chromium: Browser) -> None:
    """Elements, canvases and memory; the time of a frame is printed, since it is the machine's."""
    frames = [frame_of(number).encode() for number in range(0, 60, 6)]
    with layers_page(chromium) as page:
        page.evaluate(
            "(texts) => { window.frames10 = texts.map(bufferOf); }",
            [base64.b64encode(each).decode() for each in frames],
        )
        session = page.context.new_cdp_session(page)

        def run(count: int) -> tuple[int, int, float]:
            page.evaluate(
                """async (count) => {
                  for (let i = 0; i < count; i++) {
                    view.show(frames10[i % frames10.length].slice(0));
                    while (view.waitingFrame) await new Promise(requestAnimationFrame);
                  }
                }""",
                count,
            )
            settle(page)
            session.send("HeapProfiler.collectGarbage")
            used = session.send("Runtime.getHeapUsage")
            nodes = page.evaluate("document.querySelectorAll('*').length")
            canvases = page.evaluate("document.querySelectorAll('canvas').length")
            return nodes, canvases, used["usedSize"] + used.get("backingStorageSize", 0)

        first = run(60)
        last = run(240)
        assert page.evaluate("view.statistics.painted") == 300
        assert last[:2] == first[:2]
        assert last[2] - first[2] < 300_000, "bytes of 240 frames, each of which has ten thousands"
        print(f"{page.evaluate('view.statistics.milliseconds'):.1f} ms for the last frame")


def test_frames_that_come_faster_than_they_are_painted_are_passed_over(chromium: Browser) -> None:
    frames = [frame_of(number).encode() for number in range(10)]
    with layers_page(chromium) as page:
        page.evaluate(
            "(texts) => { for (const text of texts) view.show(bufferOf(text)); }",
            [base64.b64encode(each).decode() for each in frames],
        )
        settle(page)
        statistics = page.evaluate("view.statistics")
        assert (statistics["shown"], statistics["painted"], statistics["dropped"]) == (10, 1, 9)
        assert text_of(page, ".lv-item .lv-label").startswith("Item 9:")


def test_with_reduced_motion_the_next_frame_waits_and_the_latest_is_shown(
    chromium: Browser,
) -> None:
    frames = [base64.b64encode(frame_of(number).encode()).decode() for number in range(4)]
    with layers_page(chromium) as page:
        page.emulate_media(reduced_motion="reduce")
        painted = page.evaluate(
            """async (texts) => {
              const turn = () => new Promise(requestAnimationFrame);
              view.show(bufferOf(texts[0]));
              while (view.waitingFrame) await turn();
              const taken = [view.takenAt];
              for (const text of texts.slice(1)) {
                view.show(bufferOf(text));
                await turn();
                await turn();
              }
              while (view.waitingFrame) await turn();
              taken.push(view.takenAt);
              return [view.statistics.painted, taken[1] - taken[0]];
            }""",
            frames,
        )
        settle(page)
        assert painted[0] == 2
        assert painted[1] >= 1000  # by the view's own clock
        assert text_of(page, ".lv-item .lv-label").startswith("Item 3:")


def test_another_network_replaces_the_first(chromium: Browser) -> None:
    with layers_page(chromium) as page:
        give(page, deep_frame().encode())
        give(page, dense_frame().encode())
        assert page.locator(".lv-layer").count() == 4
        assert page.evaluate("view.parts.size") == 2 + 4 + sum(
            layer[name] is not None
            for layer in dense_frame().header["layers"]
            for name in ("activations", "activation_gradients", "weights", "weight_gradients")
        )


def test_what_is_destroyed_leaves_nothing_and_paints_nothing(chromium: Browser) -> None:
    with layers_page(chromium) as page:
        give(page, frame_of().encode())
        texts = [base64.b64encode(frame_of(number).encode()).decode() for number in (4, 5)]
        page.evaluate(
            """(texts) => {
              view.show(bufferOf(texts[0]));
              view.destroy();
              view.show(bufferOf(texts[1]));
            }""",
            texts,
        )
        page.evaluate("new Promise((done) => setTimeout(done, 50))")
        assert page.evaluate("document.getElementById('place').childElementCount") == 0
        assert page.evaluate("view.statistics.painted") == 1


def test_the_json_of_a_frame_is_padded_to_words(chromium: Browser) -> None:
    """The atlas may begin anywhere; the reader takes the length that is stated."""
    frame = frame_of()
    text = json.dumps(frame.header).encode()
    while len(text) % 4 != 3:
        text += b" "
    odd = struct.pack("<I", len(text)) + text + frame.pixels.tobytes()
    with layers_page(chromium) as page:
        give(page, odd)
        assert text_of(page, ".lv-message") == ""
