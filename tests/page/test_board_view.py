"""The board of a Go page: played on by mouse and keyboard."""

from pathlib import Path

import pytest
from go_boards import random_game, sgf_of
from page_faces import model_of, opened, wait_until
from paths import PROJECT
from playwright.sync_api import Browser, Page

from noonbit.config.recipe import Recipe
from noonbit.jobs.train import train
from noonbit.models.custom import CustomNetwork
from noonbit.page.page import write_page

TINY = f"{PROJECT / 'tests' / 'helpers' / 'tiny_policy.py'}:tiny"
SIZE = 19


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a network that was trained on short random games."""
    CustomNetwork.read(TINY).trust()
    folder = tmp_path_factory.mktemp("games")
    for seed in range(12):
        (folder / f"{seed}.sgf").write_bytes(sgf_of(random_game(seed, size=SIZE, moves=20)))
    recipe = Recipe(model=TINY, epochs=1, batch_size=32, threads=1, test_time_augmentation="none")
    run = train(folder, recipe, out=tmp_path_factory.mktemp("runs") / "go")
    path = tmp_path_factory.mktemp("pages") / "go.html"
    write_page(run, path, run.items())
    return path


def click(page: Page, row: int, column: int) -> None:
    """Click a point, by what the drawing says of its margins."""
    box = page.locator("#board").bounding_box()
    assert box is not None
    unit = box["width"] / page.evaluate(f"2 * MARGIN + {SIZE - 1} * CELL")
    at = page.evaluate("[MARGIN, CELL]")
    x, y = (unit * (at[0] + at[1] * each) for each in (column, row))
    page.locator("#board").click(position={"x": x, "y": y})


def stones(page: Page) -> int:
    return page.locator("#board .stone").count()


def test_stones_are_played_captured_and_taken_back(chromium: Browser, go: Path) -> None:
    with opened(chromium, go) as page:
        assert page.inner_text("#to-move") == "Black to move"
        for place in ((0, 1), (0, 0), (1, 0)):
            click(page, *place)
        assert stones(page) == 2  # the white stone in the corner is captured
        assert page.inner_text("#captured") == "Captured: by Black 1, by White 0"
        assert page.inner_text("#to-move") == "White to move"
        click(page, 0, 1)
        assert page.inner_text("#board-state") == "B19 is on a stone."
        click(page, 0, 0)
        assert page.inner_text("#board-state") == "A19 would be suicide."
        page.click("#board-undo")
        assert stones(page) == 2
        assert page.inner_text("#captured") == "Captured: by Black 0, by White 0"
        page.click("#board-pass")
        assert page.inner_text("#board-state") == "Black passes"
        page.click("#board-new")
        assert stones(page) == 0


def test_the_keyboard_plays_and_hears_where_it_is(chromium: Browser, go: Path) -> None:
    with opened(chromium, go, locale="ko-KR") as page:
        page.focus("#board")
        page.keyboard.press("ArrowUp")
        assert page.inner_text("#board-state").startswith("K11, 빈 점")
        page.keyboard.press("Enter")
        assert page.inner_text("#board-state") == "흑 K11"
        page.keyboard.press("p")
        assert page.inner_text("#to-move") == "흑 차례"
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+z")
        assert stones(page) == 0
        page.keyboard.press("Control+z")
        assert page.inner_text("#board-state") == "무를 수가 없습니다."


def test_the_most_probable_moves_are_numbered_on_the_board_and_in_the_list(
    chromium: Browser, go: Path
) -> None:
    item = model_of(go)["items"][0]
    with opened(chromium, go, theme="dark", width=390) as page:
        page.locator("#samples button").first.click()
        wait_until(page, "byId('spoken').textContent !== ''")
        numbers = page.evaluate(
            "Array.from(document.querySelectorAll('#board .rank-text')).map((e) => e.textContent)"
        )
        assert numbers == ["1", "2", "3", "4", "5"]
        best = max(range(SIZE * SIZE), key=lambda point: item["probabilities"][point])
        name = model_of(go)["contract"]["class_names"][best]
        assert page.inner_text("#winner") == name
        assert page.locator("#bars li").first.inner_text().startswith(f"1. {name}")
        assert "The move that was played is" in page.inner_text("#truth")
        moves = item["input"]["moves"]
        assert page.inner_text("#moves-played") == f"Move {len(moves)}"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
