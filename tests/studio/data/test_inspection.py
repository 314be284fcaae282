"""What the page Data is told of a data set, by a process that may be broken by it."""

import asyncio
import base64
import io
import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from noonbit.data import open_data
from noonbit.data.checks.check import check
from noonbit.errors import NoonbitError
from noonbit.studio.data.inspection import Preview, describe, strip
from noonbit.studio.data.inspector import Inspector


def pixels_of(url: str) -> NDArray[np.uint8]:
    """The pixels (H, W, C) of a data: URL, with transparency as the last channel."""
    assert url.startswith("data:image/png;base64,")
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
        return np.asarray(picture)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Twelve pictures of each of two classes, 6x4 grey; 3 and 15 are the same, and 7 is blank."""
    pixels = np.random.default_rng(0).integers(40, 200, (24, 4, 6), np.uint8)
    pixels[15], pixels[7] = pixels[3], 90
    path = tmp_path / "pixels.npz"
    np.savez(path, x_train=pixels, y_train=np.repeat(["b", "d"], 12))
    return path


@pytest.fixture
def items(source: Path) -> Any:
    return check(open_data(str(source), on_bad="skip"))


def test_a_strip_is_pictures_side_by_side_with_clear_gaps() -> None:
    pictures = np.arange(2 * 3 * 4 * 24, dtype=np.uint8).reshape(2, 3, 4, 24)
    shown = pixels_of(strip(pictures))
    assert shown.shape == (4, 24 + 2 + 24, 4)
    assert (shown[:, :24, :3] == pictures[0].transpose(1, 2, 0)).all()
    assert (shown[:, 26:, :3] == pictures[1].transpose(1, 2, 0)).all()
    assert (shown[..., 3] == 255).sum(axis=1).tolist() == [48] * 4
    assert not shown[:, 24:26, 3].any()


def test_a_finding_shows_the_pictures_in_question(items: Any) -> None:
    conflict, blank, copies, _ = describe(items)["findings"]
    assert conflict["title"] == "1 image stands under more than one label."
    assert (pixels_of(blank["entries"][0]["strip"])[..., 0] == 90).all()
    shown = pixels_of(copies["entries"][0]["strip"])
    assert (shown[:, :6] == shown[:, 7:]).all()
    assert (shown[:, :6, 0] == items.items.values[3][0]).all()


def test_a_description_is_what_check_says_with_samples(items: Any) -> None:
    description = describe(items)
    said = items.as_dict()
    assert {name: description[name] for name in ("source", "counts", "sizes")} == {
        name: said[name] for name in ("source", "counts", "sizes")
    }
    assert [sample["count"] for sample in description["samples"]] == [8, 8]
    json.dumps(description)


def test_sentences_are_shown_as_text(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    lines = [f"{label},a {label} film number {n}" for n in range(30) for label in ("good", "bad")]
    path.write_text("label,text\n" + "\n".join(lines))
    description = describe(check(open_data(str(path), on_bad="skip")))
    assert not description["is_pictures"]
    assert description["samples"][0]["text"] == "a bad film number 0"


def test_a_preview_begins_with_what_noonbit_chooses(items: Any) -> None:
    preview = Preview(items.items)
    answer = preview.answer({"augment": None, "seed": 1})
    assert answer["augment"] == "none"  # 8 % of four pixels
    first = pixels_of(answer["strips"][0])
    assert first.shape[1] == 7 * (6 + 1) - 1
    for start in range(0, first.shape[1], 7):
        assert (first[:, start : start + 6, 0] == preview.pictures[0][0]).all()


def test_a_preview_draws_what_is_asked_for_and_says_what_it_does_to_classes(items: Any) -> None:
    preview = Preview(items.items)
    answer = preview.answer({"augment": "flip", "seed": 1})
    assert answer["warnings"] == [
        "flip changes what classes mean: b would pass for d; "
        "leave it out if they are what their names say."
    ]
    shown = pixels_of(answer["strips"][0])[..., 0]
    draws = [shown[:, start : start + 6] for start in range(0, shown.shape[1], 7)]
    own = preview.pictures[0][0]
    assert all((draw == own).all() or (draw == own[:, ::-1]).all() for draw in draws)
    assert any((draw == own[:, ::-1]).all() for draw in draws)
    assert preview.answer({"augment": "flip", "seed": 1}) == answer
    assert (
        "No augmentation is called 'turn'"
        in preview.answer({"augment": "turn", "seed": 1})["error"]
    )


def test_the_process_answers_until_it_is_closed(source: Path) -> None:
    async def ask() -> None:
        inspector = Inspector(str(source))
        assert (await inspector.describe())["classes"] == ["b", "d"]
        answers = await asyncio.gather(
            *(inspector.ask({"augment": f"rotation={n}", "seed": 1}) for n in (5, 9))
        )
        assert [answer["augment"] for answer in answers] == ["rotation=5", "rotation=9"]
        with pytest.raises(NoonbitError, match="should be from 0 to 180"):
            await inspector.ask({"augment": "rotation=999", "seed": 1})
        process = inspector._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)  # as the system does when memory is full
        with pytest.raises(NoonbitError, match="ended without an answer"):
            await inspector.ask({"augment": "flip", "seed": 1})
        inspector.close()
        await process.wait()

    asyncio.run(ask())


@pytest.mark.parametrize("source", ["--trust", "", "a\0b", "no/such/folder"])
def test_what_is_no_source_is_a_sentence(source: str) -> None:
    async def ask() -> None:
        inspector = Inspector(source)
        try:
            await inspector.describe()
        finally:
            inspector.close()
            if inspector._process is not None:
                await inspector._process.wait()

    with pytest.raises(NoonbitError, match="no source|neither|does not exist"):
        asyncio.run(ask())
