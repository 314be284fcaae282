"""The page's planes of Go against Python's: every plane of every point."""

import base64
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("sgfmill")
from browser import load_scripts, watched_page
from go_boards import board_of, game_of, random_game
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from noonbit.data.files import open_files
from noonbit.data.go.board import BLACK, PASS, WHITE
from noonbit.data.go.files import find_sgf_files
from noonbit.data.go.games import collect_games
from noonbit.data.go.planes import LADDER_CAPTURE, LADDER_ESCAPE, PLANES, Planes
from noonbit.data.go.positions import History, planes_after
from noonbit.data.go.sgf import Game
from noonbit.data.go.symmetries import SYMMETRIES, turn
from noonbit.page.board_items import plain_history

PLANES_OF_ALL = """(items) => items.map((item) => {
    const { planes } = planesOf(GoBoard.fromItem(item),
        { planes: 48, height: item.size, width: item.size });
    let text = "";
    for (const each of planes) text += String.fromCharCode(each);
    return btoa(text);
})"""

LADDER = """
.........
..XX.....
.XO......
.X.......
.........
.........
.........
.........
.........
"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    with watched_page(chromium) as page:
        load_scripts(page, "go_board.js", "go_planes.js")
        yield page


def history(game: Game, moves: int, to_play: int | None = None) -> History:
    return History(
        game.setup, game.colours[:moves], game.points[:moves], to_play or game.to_play(moves)
    )


def python_planes(position: History) -> Planes:
    colours = np.append(position.colours, np.int8(position.to_play))
    points = np.append(position.points, np.int16(PASS))
    game = Game("g", position.setup, colours, points, 0, None, None)
    return planes_after(game, len(position.points))


def assert_alike(page: Page, positions: Sequence[History]) -> None:
    answers: list[Any] = page.evaluate(PLANES_OF_ALL, [plain_history(each) for each in positions])
    assert len(answers) == len(positions)
    for position, answer in zip(positions, answers, strict=True):
        size = len(position.setup)
        planes = np.frombuffer(base64.b64decode(answer), np.uint8).reshape(PLANES, size, size)
        expected = python_planes(position)
        different = np.unique(np.nonzero(planes != expected)[0])
        assert not len(different), f"planes {different.tolist()} after {len(position.points)} moves"


def turned(game: Game, symmetry: int) -> Game:
    """The same game on the board turned or mirrored."""
    size = game.size
    # Where each point of the board goes: turning moves point `sources[i]` to i.
    sources = turn(np.arange(size * size).reshape(size, size), symmetry).ravel()
    goal = np.argsort(sources)
    points = np.where(game.points == PASS, PASS, goal[game.points]).astype(np.int16)
    setup: NDArray[np.int8] = np.ascontiguousarray(turn(game.setup, symmetry))
    return Game(game.name, setup, game.colours, points, 0, None, None)


def every_game(path: Path, step: int) -> list[Game]:
    """One of `step` games of a source; all of them take 5 s to read."""
    files = list(find_sgf_files(open_files(path)))
    return collect_games(files[::step], str(path))[0]


def test_real_games_from_the_first_move_to_the_last(
    page: Page, shared_data: Callable[[str], Path]
) -> None:
    games = every_game(shared_data("go-sgf"), 200)
    generator = np.random.default_rng(0)
    positions = [history(g, int(generator.integers(len(g.points) + 1))) for g in games]
    positions += [history(game, moves) for game in games[:3] for moves in (0, len(game.points))]
    assert len(positions) > 30
    assert_alike(page, positions)


def test_handicap_stones_are_as_old_as_can_be(page: Page) -> None:
    setup = np.zeros((19, 19), np.int8)
    setup[3::6, 3::6] = BLACK
    colours = np.array([WHITE, BLACK, WHITE], np.int8)
    points = np.array([2 * 19 + 5, 5 * 19 + 2, PASS], np.int16)
    assert_alike(page, [History(setup, colours[:n], points[:n], 2 - n % 2) for n in range(4)])


@pytest.mark.slow
def test_two_thousand_positions_of_real_games(
    page: Page, shared_data: Callable[[str], Path]
) -> None:
    games = every_game(shared_data("go-sgf"), 4)
    generator = np.random.default_rng(1)
    ladders = np.zeros(2, np.int64)
    for _ in range(20):
        chosen = [games[i] for i in generator.choice(len(games), 100)]
        positions = [history(g, int(generator.integers(len(g.points) + 1))) for g in chosen]
        assert_alike(page, positions)
        for each in positions:
            ladders += python_planes(each)[[LADDER_CAPTURE, LADDER_ESCAPE]].any(axis=(1, 2))
    assert (ladders > 50).all(), "these games have ladders"


@pytest.mark.parametrize("symmetry", range(SYMMETRIES))
def test_every_symmetry_of_a_game(page: Page, symmetry: int) -> None:
    game = turned(random_game(3, size=9, moves=70), symmetry)
    assert_alike(page, [history(game, moves) for moves in range(0, 71, 7)])


@given(st.data())
@settings(max_examples=10, deadline=None)
def test_games_at_random_have_every_odd_shape(page: Page, data: st.DataObject) -> None:
    """Passes, players who move twice, a player to move who has just moved, any small board."""
    positions = []
    for _ in range(8):
        size, seed = data.draw(st.sampled_from([2, 3, 5, 6])), data.draw(st.integers(0, 10_000))
        game = random_game(seed, size=size, moves=data.draw(st.integers(1, 3 * size * size)))
        moves = data.draw(st.integers(0, len(game.points)))
        to_play = data.draw(st.sampled_from([None, BLACK, WHITE]))
        positions.append(history(game, moves, to_play))
    assert_alike(page, positions)


KO = ".XO.. XO.O. .XO.. ..... ....X"


@pytest.mark.parametrize(
    ("diagram", "moves", "to_play"),
    [
        pytest.param(KO, [(BLACK, 7)], WHITE, id="ko"),
        pytest.param(KO, [(BLACK, 7)], BLACK, id="ko of one's own"),
        pytest.param(KO, [(BLACK, 7), (WHITE, PASS)], WHITE, id="ko after a pass"),
        pytest.param(KO, [(BLACK, 7), (WHITE, 20), (BLACK, 21), (WHITE, 6)], BLACK, id="back"),
        pytest.param("..OX. OOOX. XXXX. ..... .....", [(BLACK, 1)], WHITE, id="snapback"),
        pytest.param("OOOX. OOOOX OO.OX XOOX. .XX..", [], BLACK, id="eleven captives"),
        pytest.param(".X.X. XXXX. ....X OOOO. .O.O.", [], BLACK, id="eyes"),
        pytest.param(".X.XO XXXX. O.O.. XXXX. OX.XO", [], BLACK, id="false eyes"),
        pytest.param(LADDER, [], BLACK, id="ladder"),
        pytest.param(LADDER, [(BLACK, 21)], WHITE, id="no escape"),
        pytest.param(LADDER, [(WHITE, 60), (BLACK, 21)], WHITE, id="escape"),
        pytest.param(
            "\n".join([r + "." * 10 for r in LADDER.split()] + ["." * 19] * 10),
            [],
            BLACK,
            id="ladder over the whole board",
        ),
        pytest.param("." * 19 + ("\n" + "." * 19) * 18, [], WHITE, id="empty, white first"),
    ],
)
def test_drawn_positions(
    page: Page, diagram: str, moves: list[tuple[int, int]], to_play: int
) -> None:
    game = game_of(diagram, moves)
    assert_alike(page, [history(game, len(moves), to_play)])


def test_a_drawn_ladder_is_one(page: Page) -> None:
    """So that both do not merely agree on planes without any."""
    planes = python_planes(history(game_of(LADDER, []), 0, BLACK))
    assert planes[LADDER_CAPTURE].sum() == 2


def test_a_network_of_other_planes_or_another_board_is_refused_by_numbers(page: Page) -> None:
    message = page.evaluate(
        """() => {
            try { planesOf(new GoBoard(9), { planes: 48, height: 19, width: 19 }); }
            catch (error) { return error.message; }
        }"""
    )
    assert message == "The network takes 48 planes of 19x19 points, and the board has 48 of 9x9."


def test_setup_stones_of_both_colours_travel(page: Page) -> None:
    setup = board_of("X.O .X. O..")
    item = plain_history(History(setup, np.zeros(0, np.int8), np.zeros(0, np.int16), WHITE))
    stones = page.evaluate("(item) => Array.from(GoBoard.fromItem(item).stones)", item)
    assert stones == setup.ravel().tolist()
