"""What a page holds of a test item is enough to make the network's input again."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import load_scripts, watched_page
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page

from noonbit.config.recipe import Recipe
from noonbit.data.prepared import PreparedDataset, load
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.errors import UsageError
from noonbit.page.characters import character_tables
from noonbit.page.items import item_of

PIXELS_OF = """async (text) => {
    const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    return Array.from(context.getImageData(0, 0, picture.width, picture.height).data);
}"""


@pytest.fixture
def empty_page(chromium: Browser) -> Iterator[Page]:
    with watched_page(chromium) as page:
        yield page


def write_pictures(kind: str, folder: Path) -> None:
    """Twelve pictures of two classes in a folder; grey ones, or of three colours."""
    generator = np.random.default_rng(0)
    for name in ("a", "b"):
        (folder / name).mkdir()
        for number in range(6):
            shape = (9, 7) if kind == "grey" else (9, 7, 3)
            pixels: NDArray[np.uint8] = generator.integers(0, 256, shape).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")


@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_a_picture_comes_back_pixel_by_pixel(kind: str, empty_page: Page, tmp_path: Path) -> None:
    write_pictures(kind, tmp_path)
    items = load(tmp_path, Recipe(), data_dir=None)
    for number in range(3):
        text = item_of(items, number)
        assert isinstance(text, str)
        wanted = np.asarray(items.values[number]).transpose(1, 2, 0)
        picture = Image.open(io.BytesIO(base64.b64decode(text)))
        assert picture.info == {}, "nothing tells a browser to change its colours"
        assert (np.asarray(picture).reshape(wanted.shape) == wanted).all()
        shown = np.array(empty_page.evaluate(PIXELS_OF, text)).reshape(*wanted.shape[:2], 4)
        assert (shown[..., :3] == wanted).all() and (shown[..., 3] == 255).all()


def test_a_sentence_is_its_text(empty_page: Page, tmp_path: Path) -> None:
    lines = ["A gripping film!", "don't, </script>", "that's \u201call\u201d", "caf\u00e9"]
    for name in ("neg", "pos"):
        (tmp_path / f"{name}.txt").write_text("\n".join(f"{name} {line}" for line in lines) + "\n")
    items = load(tmp_path, Recipe(), data_dir=None)
    assert isinstance(items.preprocessor, TextPreprocessor)
    load_scripts(empty_page, "characters.js", "text.js")
    contract = json.loads(items.preprocessor.model_dump_json())
    tables = character_tables(items.preprocessor)
    for number in range(len(items.labels)):
        values = empty_page.evaluate(
            "(given) => Array.from(encodeSentence(...given).values)",
            [item_of(items, number), contract, tables],
        )
        assert values == np.asarray(items.values[number]).tolist()


def test_a_position_is_its_moves(
    empty_page: Page, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    pytest.importorskip("numba")
    pytest.importorskip("sgfmill")
    from noonbit.data.files import content, open_files
    from noonbit.data.go.files import find_sgf_files

    files = list(find_sgf_files(open_files(shared_data("go-sgf"))))[:6]
    for file in files:
        (tmp_path / Path(file.name).name).write_bytes(content(file))
    items = load(tmp_path, Recipe(), data_dir=None)
    numbers = np.linspace(0, len(items.labels) - 1, 20).astype(int).tolist()
    assert_positions_come_back(empty_page, items, numbers)


def assert_positions_come_back(page: Page, items: PreparedDataset, numbers: list[int]) -> None:
    load_scripts(page, "go_board.js", "go_planes.js")
    sets = page.evaluate(
        """([items, contract]) => items.map((item) => {
            const { planes } = planesOf(GoBoard.fromItem(item), contract);
            return Array.from(planes.keys()).filter((at) => planes[at]);
        })""",
        [
            [item_of(items, number) for number in numbers],
            json.loads(items.preprocessor.model_dump_json()),
        ],
    )
    for number, ones in zip(numbers, sets, strict=True):
        assert ones == np.flatnonzero(items.values[number]).tolist()
        item = item_of(items, number)
        assert (
            not isinstance(item, str)
            and len(item["moves"]) == int(items.names[number].rsplit(" ", 1)[1]) - 1
        )


def test_another_kind_of_input_has_no_page(tmp_path: Path) -> None:
    write_pictures("grey", tmp_path)
    items = load(tmp_path, Recipe(), data_dir=None)
    tones = items.preprocessor.model_copy(update={"input_kind": "tones"})
    with pytest.raises(
        UsageError, match="pictures, sentences, boards, and this network takes tones"
    ):
        item_of(replace(items, preprocessor=tones), 0)
