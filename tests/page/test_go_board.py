"""The page's rules of Go against Python's."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")
from browser import load_scripts, watched_page
from go_boards import board_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from noonbit.data.go.board import (
    BLACK,
    LARGEST,
    PASS,
    REFUSALS,
    WHITE,
    Board,
    has_dead_stones,
    new_grid,
    new_lists,
    place_of,
    play,
)
from noonbit.errors import UsageError

Move = tuple[int, int]

PLAY_ALL = """(games) => {
    const name = (board, point, colour) => board.refusal(point, colour) ?? "legal";
    const refusals = (board) => [GO_BLACK, GO_WHITE].map((colour) =>
        Array.from(board.stones, (_, point) => name(board, point, colour)));
    return games.map(({ size, setup, moves, watched }) => {
        const board = new GoBoard(size, setup);
        return moves.map(([colour, point], number) => {
            const stones = Array.from(board.stones), earlier = board.moves.length;
            let captives = null;
            try { captives = board.play(point, colour); } catch (error) {
                if (!(error instanceof RangeError)) throw error;
                if (board.moves.length !== earlier) throw new Error("kept an illegal move");
            }
            const after = Array.from(board.stones);
            const all = number % watched === 0 ? refusals(board) : null;
            return { captives, stones: after, refusals: all };
        });
    });
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    with watched_page(chromium) as page:
        load_scripts(page, "go_board.js")
        yield page


def refusals(board: Board, colour: int) -> list[str]:
    """Why each point is refused, from Python's own functions."""
    names = {-1: "occupied", -2: "ko", -3: "suicide"}
    ko = board._ko_of(colour)
    answers = []
    for point in range(board.size**2):
        grid = new_grid(board.stones)
        captives, _ = play(grid, place_of(point, board.size), colour, ko, new_lists())
        answers.append(names.get(captives, "legal"))
    return answers


def python_plays(setup: NDArray[np.int8], moves: Sequence[Move], watched: int) -> list[Any]:
    board, answers = Board(setup), []
    for number, (colour, point) in enumerate(moves):
        captives: int | None
        try:
            captives = board.play(colour, point)
        except UsageError:
            captives = None
        shown = number % watched == 0
        answers.append(
            {
                "captives": captives,
                "stones": board.stones.ravel().tolist(),
                "refusals": [refusals(board, c) for c in (BLACK, WHITE)] if shown else None,
            }
        )
    return answers


def assert_alike(
    page: Page, games: Sequence[tuple[NDArray[np.int8], Sequence[Move]]], *, watched: int = 1
) -> None:
    """The same captives, stones and refusals after every move, legal or not."""
    asked = [
        {
            "size": len(setup),
            "setup": setup.ravel().tolist(),
            "moves": [list(move) for move in moves],
            "watched": watched,
        }
        for setup, moves in games
    ]
    for (setup, moves), answers in zip(games, page.evaluate(PLAY_ALL, asked), strict=True):
        assert answers == python_plays(setup, moves, watched)


@st.composite
def games(draw: st.DrawFn) -> tuple[NDArray[np.int8], list[Move]]:
    """Any stones and any moves, many of them illegal, on boards so small that chains meet."""
    size = draw(st.sampled_from([1, 2, 3, 4, 5, 7, 9]))
    points = st.integers(-1, size * size - 1)
    filled = draw(
        st.lists(st.tuples(points.filter(lambda p: p >= 0), st.integers(1, 2)), max_size=12)
    )
    setup = np.zeros(size * size, np.int8)
    for point, colour in filled:
        setup[point] = colour
    setup = setup.reshape(size, size)
    if has_dead_stones(setup):
        setup[:] = 0
    alternates = draw(st.booleans())
    moves = draw(st.lists(st.tuples(st.integers(1, 2), points), max_size=25))
    return setup, [
        (1 + number % 2 if alternates else colour, point)
        for number, (colour, point) in enumerate(moves)
    ]


@given(batch=st.lists(games(), min_size=5, max_size=10))
@settings(max_examples=10, deadline=None)
def test_any_moves_capture_and_are_refused_as_in_python(
    page: Page, batch: list[tuple[NDArray[np.int8], list[Move]]]
) -> None:
    assert_alike(page, batch, watched=8)


KO = ".XO.. XO.O. .XO.. ..... ....."


@pytest.mark.parametrize(
    ("diagram", "moves"),
    [
        pytest.param(KO, [(BLACK, 7), (WHITE, 6), (WHITE, 24), (BLACK, 20), (WHITE, 6)], id="ko"),
        pytest.param(KO, [(BLACK, 7), (WHITE, PASS), (BLACK, PASS), (WHITE, 6)], id="ko, passes"),
        pytest.param(KO, [(BLACK, 7), (BLACK, 24), (WHITE, 6)], id="ko, twice running"),
        pytest.param(
            "..OX. OOOX. XXXX. ..... .....", [(BLACK, 1), (WHITE, 0), (BLACK, 1)], id="snapback"
        ),
        pytest.param(".O. O.. ...", [(BLACK, 0), (WHITE, 0), (BLACK, 4)], id="suicide"),
        pytest.param("XX. OX. .O.", [(WHITE, 2), (BLACK, 0), (WHITE, 1)], id="captures first"),
        pytest.param("OO OO".replace("OO OO", "O. OX"), [(BLACK, 1), (WHITE, 0)], id="2x2"),
        pytest.param(
            "XO.OX XO.OX XOXOX XO.OX XO.OX", [(BLACK, 2), (WHITE, 7), (BLACK, 12)], id="large"
        ),
    ],
)
def test_kos_and_captures_are_those_of_python(page: Page, diagram: str, moves: list[Move]) -> None:
    assert_alike(page, [(board_of(diagram), moves)])


def test_a_ko_is_refused_by_its_name(page: Page) -> None:
    assert REFUSALS.keys() == {-1, -2, -3}
    answer = page.evaluate(
        """(setup) => {
            const board = new GoBoard(5, setup);
            board.play(7);
            return [board.refusal(6), board.legal(6), board.refusal(7), board.legal(24)];
        }""",
        board_of(KO).ravel().tolist(),
    )
    assert answer == ["ko", False, "occupied", True]


def test_a_longer_cycle_may_repeat_a_position(page: Page) -> None:
    """As in Python, there is no superko: a pass gives a ko back."""
    page.evaluate(
        """(setup) => {
            const board = new GoBoard(5, setup);
            const first = String(board.stones);
            board.play(7); board.pass(); board.pass(); board.play(6);
            if (String(board.stones) !== first) throw new Error("another position");
        }""",
        board_of(KO).ravel().tolist(),
    )


def test_undo_brings_back_stones_ko_and_whose_move_it_is(page: Page) -> None:
    answer = page.evaluate(
        """(setup) => {
            const board = new GoBoard(5, setup);
            const state = () => JSON.stringify([Array.from(board.stones), board.toPlay,
                board.moves, board.lastPoint, board.refusal(6, GO_WHITE), board.refusal(7)]);
            const states = [state()];
            for (const move of [7, 24, 20, 6, GO_PASS, 3]) {
                board.play(move);
                states.push(state());
            }
            states.pop();
            while (states.length) {
                if (!board.undo()) throw new Error("nothing to undo");
                if (state() !== states.pop()) throw new Error("another state");
            }
            return [board.undo(), board.moves.length];
        }""",
        board_of(KO).ravel().tolist(),
    )
    assert answer == [False, 0]


def test_a_whole_game_at_random_on_the_largest_board(page: Page) -> None:
    generator = np.random.default_rng(5)
    setup = np.zeros((LARGEST, LARGEST), np.int8)
    moves = [(1 + n % 2, int(generator.integers(-1, LARGEST**2))) for n in range(600)]
    assert_alike(page, [(setup, moves)], watched=300)
